// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "token.hpp"

#include <gmock/gmock.h>

#include "soft_hsm.hpp"

namespace cordon::hsm {
namespace {

Hash256 digest_of(uint8_t fill) {
    Hash256 out;
    out.bytes.fill(fill);
    return out;
}

using SoftHsm = SoftHsmTest;

TEST_F(SoftHsm, its_signatures_are_low_and_recover_its_key) {
    const auto open = token();
    const TokenKey key = open->generate("hot-1").value();
    EXPECT_TRUE(key.stays);
    const auto signer = Token::signer(open, "hot-1").value();
    EXPECT_EQ(signer->name(), "hot-1 of token custody");
    EXPECT_EQ(signer->public_key({}).value(), key.public_key);
    // The token draws its nonces and half of its s are high: forty leave none of that to chance.
    for (uint8_t i = 0; i < 40; ++i) {
        const Hash256 digest = digest_of(i);
        const auto made = signer->sign_ecdsa(digest, {});
        ASSERT_TRUE(made) << made.error().message;
        EXPECT_TRUE(made->signature.has_low_s());
        EXPECT_TRUE(crypto::verify(made->signature, digest, key.public_key));
        EXPECT_EQ(crypto::recover(made->signature, digest, made->odd_y).value(), key.public_key);
    }
    EXPECT_EQ(signer->sign_ecdsa(digest_of(1), {0}).error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(signer->sign_schnorr(digest_of(1), {}, {}).error().code, ErrorCode::kUnsupported);
}

TEST_F(SoftHsm, keys_and_data_are_there_again_after_a_new_login) {
    const Bytes facts{'{', '}'};
    {
        const auto open = token();
        ASSERT_TRUE(open->generate("b"));
        ASSERT_TRUE(open->generate("a"));
        EXPECT_EQ(open->generate("a").error().code, ErrorCode::kDuplicate);
        EXPECT_FALSE(open->generate(""));
        EXPECT_EQ(open->data("a").error().code, ErrorCode::kNotFound);
        ASSERT_TRUE(open->store("a", facts));
        EXPECT_EQ(open->store("a", facts).error().code, ErrorCode::kDuplicate);
    }
    const auto again = token();
    const auto keys = again->keys().value();
    ASSERT_EQ(keys.size(), 2U);
    EXPECT_EQ(keys[0].label, "a");
    EXPECT_EQ(again->data("a").value(), facts);
    EXPECT_EQ(Token::signer(again, "c").error().code, ErrorCode::kNotFound);
}

TEST_F(SoftHsm, refusals_have_the_names_of_pkcs11) {
    const auto module = Module::load(module_path_).value();
    const auto wrong = Token::open(module, "custody", "9999");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, ErrorCode::kPermission);
    EXPECT_EQ(wrong.error().message, "C_Login: CKR_PIN_INCORRECT");
    EXPECT_EQ(Token::open(module, "nobody", "1234").error().code, ErrorCode::kNotFound);
}

TEST_F(SoftHsm, two_tokens_of_one_name_are_none) {
    make_token("custody");
    const auto module = Module::load(module_path_).value();
    EXPECT_EQ(module->slots().value().size(), 3U);  // And SoftHSM's free one.
    EXPECT_EQ(Token::open(module, "custody", "1234").error().code, ErrorCode::kDuplicate);
}

TEST(Module, what_is_no_driver_is_refused) {
    EXPECT_EQ(Module::load("libsofthsm2.so").error().code, ErrorCode::kInvalidParam);
    EXPECT_EQ(Module::load("/nowhere/x.so").error().code, ErrorCode::kNotFound);
    EXPECT_EQ(Module::load("/usr/bin/env").error().code, ErrorCode::kNotFound);
    EXPECT_EQ(error_of("C_Sign", 0x80000001).message, "C_Sign: CKR 0x80000001");
}

TEST(Normalized, what_does_not_verify_does_not_leave) {
    const auto key = crypto::PublicKey::generator();
    EXPECT_EQ(normalized(Bytes(64, 1), digest_of(1), key).error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(normalized(Bytes(64, 0xff), digest_of(1), key).error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(normalized(Bytes(64, 0), digest_of(1), key).error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(normalized(Bytes(63, 1), digest_of(1), key).error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(normalized({}, digest_of(1), key).error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace cordon::hsm
