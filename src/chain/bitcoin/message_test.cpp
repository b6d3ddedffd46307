// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "message.hpp"

#include <gtest/gtest.h>

#include <cordon/base/base64.hpp>
#include <cordon/crypto/hash.hpp>

#include "opcodes.hpp"
#include "psbt_builder.hpp"
#include "script.hpp"

namespace cordon::chain {
namespace {

using namespace test;

/// P2WSH of one byte OP_1: anybody signs for it, so that a test needs no key.
const Bytes kAnybody{kOp1};
Address anybody() { return Address{AddressKind::kP2wsh, crypto::sha256(ByteView{kAnybody})}; }

std::string simple(const std::vector<Bytes>& items) {
    Bytes out;
    append_compact_size(out, items.size());
    for (const Bytes& item : items) append_var_bytes(out, item);
    return to_base64(out);
}

/// A full signature for anybody() over the words, as a txn of this version and locktime.
Bytes to_sign(std::string_view words, uint32_t version = 0, const Bytes& output = {kOpReturn}) {
    const Bytes script = *script_of_address(anybody());
    Bytes out;
    append_number(out, version);
    append_bytes(out, Bytes{0, 1, 1});
    append_bytes(out, message_hashes(script, words).to_spend);
    append_number(out, uint32_t{0});
    out.push_back(0);
    append_number(out, uint32_t{0});
    out.push_back(1);
    append_number(out, uint64_t{0});
    append_var_bytes(out, output);
    out.push_back(1);
    append_var_bytes(out, kAnybody);
    append_number(out, uint32_t{0});
    return out;
}

SpendVerdict verdict(const std::string& signature, std::string_view words = "words") {
    const auto check = check_message(anybody(), words, signature);
    EXPECT_TRUE(check) << check.error().message;
    return check ? check->verdict : SpendVerdict::kInvalid;
}

TEST(Message, holds_in_the_simple_and_the_full_form) {
    EXPECT_EQ(verdict(simple({kAnybody})), SpendVerdict::kValid);
    EXPECT_EQ(verdict("smp" + simple({kAnybody})), SpendVerdict::kValid);
    EXPECT_EQ(verdict("ful" + to_base64(to_sign("words"))), SpendVerdict::kValid);
    EXPECT_EQ(verdict(to_base64(to_sign("words"))), SpendVerdict::kValid);
}

TEST(Message, holds_for_its_own_words_only) {
    EXPECT_EQ(verdict("ful" + to_base64(to_sign("words")), "other words"), SpendVerdict::kInvalid);
    EXPECT_EQ(verdict("smp" + simple({{kOpReturn}})), SpendVerdict::kInvalid);
    EXPECT_EQ(verdict("smp" + simple({})), SpendVerdict::kInvalid);
}

TEST(Message, keeps_to_the_shape_of_the_bip) {
    EXPECT_EQ(verdict("ful" + to_base64(to_sign("words", 0, {kOp1}))), SpendVerdict::kInvalid);
    EXPECT_EQ(verdict("ful" + to_base64(to_sign("words", 1))), SpendVerdict::kInconclusive);
    EXPECT_EQ(verdict("ful" + to_base64(to_sign("words", 2))), SpendVerdict::kValid);
}

TEST(Message, refuses_what_is_no_signature) {
    for (const std::string& text :
         {std::string{"%"}, std::string{"smp%"}, std::string{"ful"}, std::string{"pof"},
          "smp" + to_base64(to_sign("words")), "ful" + simple({kAnybody}),
          "pof" + simple({kAnybody}), to_base64(Bytes{0xff, 0xff, 0xff, 0xff, 0xff})})
        EXPECT_FALSE(check_message(anybody(), "words", text)) << text;
    Bytes legacy(65, 1);
    const Address plain = address_of_script(p2pkh_script(1));
    EXPECT_FALSE(check_message(plain, "words", to_base64(legacy)));  // The first byte is none.
    legacy[0] = 31;
    const auto other = check_message(plain, "words", to_base64(legacy));
    ASSERT_TRUE(other);
    EXPECT_EQ(other->verdict, SpendVerdict::kInvalid);
}

}  // namespace
}  // namespace cordon::chain
