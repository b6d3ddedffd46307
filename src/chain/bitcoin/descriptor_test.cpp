// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "descriptor.hpp"

#include <gtest/gtest.h>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "script.hpp"

namespace cordon::chain {
namespace {

/// An extended key of our own making: a multiple of the generator, and a chain code of that number.
std::string xpub(uint8_t number) {
    Hash256 scalar;
    scalar.bytes[31] = number;
    ExtKey key{0x0488b21e, 0, {}, 0, {}, *crypto::PublicKey::generator().times(scalar)};
    key.chain_code.bytes.fill(number);
    return format_ext_key(key);
}

std::string origin(uint8_t number) {
    return format("[{:08x}/48'/0']{}/<0;1>/*", number, xpub(number));
}

Descriptor parsed(const std::string& text) {
    auto out = Descriptor::parse(text);
    EXPECT_TRUE(out) << text << ": " << out.error().message;
    return *out;
}

AddressKind kind_of(const std::string& text) {
    return address_of_script(parsed(text).scripts(0, 0).value()[0]).kind();
}

TEST(Descriptor, makes_the_kind_of_output_that_it_names) {
    const std::string key = xpub(1) + "/*";
    EXPECT_EQ(kind_of(format("pkh({})", key)), AddressKind::kP2pkh);
    EXPECT_EQ(kind_of(format("wpkh({})", key)), AddressKind::kP2wpkh);
    EXPECT_EQ(kind_of(format("sh(wpkh({}))", key)), AddressKind::kP2sh);
    EXPECT_EQ(kind_of(format("wsh(pk({}))", key)), AddressKind::kP2wsh);
    EXPECT_EQ(kind_of(format("tr({})", key)), AddressKind::kP2tr);
    EXPECT_EQ(kind_of(format("multi(1,{})", key)), AddressKind::kMultisig);
    EXPECT_EQ(parsed(format("combo({})", key)).scripts(0, 3)->size(), 4U);
}

TEST(Descriptor, gives_each_index_and_branch_a_script_of_its_own) {
    const Descriptor descriptor = parsed(format("wpkh({})", origin(1)));
    EXPECT_TRUE(descriptor.ranged());
    EXPECT_EQ(descriptor.branches(), 2U);
    EXPECT_NE(descriptor.scripts(0, 0).value(), descriptor.scripts(1, 0).value());
    EXPECT_NE(descriptor.scripts(0, 0).value(), descriptor.scripts(0, 1).value());
    EXPECT_FALSE(descriptor.scripts(0, kHardened));
}

TEST(Descriptor, sorts_the_keys_that_it_says_it_sorts) {
    const std::string a = xpub(1), b = xpub(2);
    EXPECT_EQ(parsed(format("wsh(sortedmulti(1,{},{}))", a, b)).scripts(0, 0).value(),
              parsed(format("wsh(sortedmulti(1,{},{}))", b, a)).scripts(0, 0).value());
    EXPECT_NE(parsed(format("wsh(multi(1,{},{}))", a, b)).scripts(0, 0).value(),
              parsed(format("wsh(multi(1,{},{}))", b, a)).scripts(0, 0).value());
}

TEST(Descriptor, says_who_may_spend_when) {
    EXPECT_EQ(
        parsed(format("wsh(sortedmulti(2,{},{},{}))", origin(1), origin(2), origin(3))).words(),
        "2 of 3: 00000001, 00000002, 00000003");
    EXPECT_EQ(
        parsed(format("wsh(or_d(multi(2,{},{}),and_v(v:pkh({}),older(52560))))", origin(1),
                      origin(2), origin(3)))
            .words(),
        "00000001 and 00000002; or 00000003 and 52,560 blocks (about 365 days) after the coin "
        "came");
    EXPECT_EQ(parsed(format("tr({},{{pk({}),and_v(v:pk({}),after(840000))}})", origin(1), origin(2),
                            origin(3)))
                  .words(),
              "00000001; or 00000002; or 00000003 and from block 840,000 on");
    // Nobody can sign with BIP-341's point: only the script is a way.
    EXPECT_EQ(parsed(format("tr(50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0,"
                            "pk({}))",
                            origin(2)))
                  .words(),
              "00000002");
}

TEST(Descriptor, checks_its_checksum) {
    const std::string text = format("wpkh({})", xpub(1));
    const std::string sum = descriptor_checksum(text);
    ASSERT_EQ(sum.size(), 8U);
    EXPECT_TRUE(Descriptor::parse(text + "#" + sum));
    std::string wrong = sum;
    wrong[3] = wrong[3] == 'q' ? 'p' : 'q';
    EXPECT_EQ(Descriptor::parse(text + "#" + wrong).error().code, ErrorCode::kChecksum);
    EXPECT_EQ(Descriptor::parse(text + "#").error().code, ErrorCode::kChecksum);
}

TEST(Descriptor, refuses_what_it_cannot_stand_for) {
    const std::string key = xpub(1);
    for (const std::string& bad :
         {std::string{},
          std::string{"wpkh"},
          std::string{"wpkh()"},
          format("wpkh({},{})", key, key),
          format("wpkh({}", key),
          format("wpkh({}))", key),
          format("sh(sh(pk({})))", key),
          format("wsh(wpkh({}))", key),
          format("wpkh({}/0')", key),
          format("wpkh({}/*/0)", key),
          format("wsh(multi(2,{}))", key),
          format("wsh(multi(0,{}))", key),
          format("wsh(and_v(pk({}),pk({})))", key, key),  // and_v takes a V first.
          format("wsh(v:pk({}))", key),
          format("tr({},multi(1,{}))", key, key),
          format("wsh(multi_a(1,{}))", key),
          format("wsh(older(0))"),
          format("older(4)"),
          format("wsh(after(2147483648))"),
          std::string{"addr(nobody)"},
          std::string{"raw(0)"},
          format("wpkh([00000001/]{})", key),
          format("wpkh({}/<0>/*)", key)}) {
        EXPECT_FALSE(Descriptor::parse(bad)) << bad;
    }
    const std::string deep(200, '{');
    EXPECT_EQ(Descriptor::parse("tr(" + key + "," + deep).error().code, ErrorCode::kLimit);
    EXPECT_EQ(Descriptor::parse(std::string(100'000, 'a')).error().code, ErrorCode::kLimit);
}

TEST(Descriptor, takes_no_private_key_and_shows_none) {
    const std::string secret = "xprv9s21ZrQH143K";
    const auto refused = Descriptor::parse(format("wpkh({})", secret));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message.find(secret), std::string::npos);
}

}  // namespace
}  // namespace cordon::chain
