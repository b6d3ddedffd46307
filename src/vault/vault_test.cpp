// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "mnemonic.hpp"
#include "private_key.hpp"

namespace cordon::vault {
namespace {

/// A list of our own: w0 to w2047.
std::vector<std::string> list() {
    std::vector<std::string> words;
    for (unsigned i = 0; i < 2048; ++i) words.push_back("w" + std::to_string(i));
    return words;
}

TEST(PrivateKey, leads_to_the_children_that_its_public_key_leads_to) {
    const PrivateKey root = PrivateKey::from_seed(Bytes(32, 7)).value();
    const chain::ExtKey account = root.at({0x80000054, 0x80000000}).value().public_key();
    for (const uint32_t step : {0U, 1U, 77U, 0x7fffffffU}) {
        const auto secret = root.at({0x80000054, 0x80000000, step});
        EXPECT_EQ(chain::format_ext_key(secret->public_key()),
                  chain::format_ext_key(chain::child_of(account, step).value()));
    }
    EXPECT_FALSE(chain::child_of(account, chain::kHardened));
}

TEST(PrivateKey, is_read_as_it_is_written) {
    const PrivateKey key = PrivateKey::from_seed(Bytes(16, 1)).value();
    EXPECT_EQ(PrivateKey::parse(key.secret_text())->secret_text(), key.secret_text());
}

TEST(PrivateKey, shows_no_secret_in_a_refusal) {
    std::string text = PrivateKey::from_seed(Bytes(16, 1))->secret_text();
    text[20] = text[20] == 'x' ? 'y' : 'x';
    const auto refused = PrivateKey::parse(text);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message.find(text.substr(4, 6)), std::string::npos);
    EXPECT_FALSE(PrivateKey::from_seed(Bytes(15, 1)));
    EXPECT_FALSE(PrivateKey::from_seed(Bytes(65, 1)));
    EXPECT_FALSE(PrivateKey::parse(""));
}

TEST(Mnemonic, is_read_as_it_is_written) {
    const auto words = list();
    for (const std::size_t size : {16U, 20U, 24U, 28U, 32U}) {
        Bytes entropy(size);
        for (std::size_t i = 0; i < size; ++i) entropy[i] = static_cast<uint8_t>(37 * i + size);
        const std::string text = mnemonic_of(entropy, words).value();
        EXPECT_EQ(entropy_of(text, words).value(), entropy);
    }
}

TEST(Mnemonic, refuses_words_that_do_not_belong_together) {
    const auto words = list();
    const std::string text = mnemonic_of(Bytes(16, 3), words).value();
    EXPECT_EQ(entropy_of(text.substr(0, text.rfind(' ')) + " w9", words).error().code,
              ErrorCode::kChecksum);
    EXPECT_EQ(entropy_of(text + " w9", words).error().code, ErrorCode::kMalformed);
    EXPECT_EQ(entropy_of("w1 zebra", words).error().code, ErrorCode::kMalformed);
    EXPECT_EQ(entropy_of("w1 zebra", words).error().message.find("zebra"), std::string::npos);
    EXPECT_EQ(entropy_of("", words).error().code, ErrorCode::kMalformed);
    EXPECT_EQ(entropy_of(text, {}).error().code, ErrorCode::kInvalidParam);
    EXPECT_FALSE(mnemonic_of(Bytes(17, 0), words));
}

}  // namespace
}  // namespace cordon::vault
