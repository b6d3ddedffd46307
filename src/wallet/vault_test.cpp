// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "vault.hpp"

#include <gtest/gtest.h>

#include <cordon/chain/bitcoin/descriptor.hpp>

namespace cordon::wallet {
namespace {

// Public keys of BIP-32's test vectors, with origins of our own.
const std::string kXpub1 =
    "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7"
    "usUDFdp6W1EGMcet8";
const std::string kXpub2 =
    "xpub661MyMwAqRbcFW31YEwpkMuc5THy2PSt5bDMsktWQcFF8syAmRUapSCGu8ED9W6oDMSgv6Zz8idoc4a6mr8BDzTJY4"
    "7LJhkJ8UB7WEGuduB";

const std::string kNobodys = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

std::string key(const std::string& name, const std::string& xpub, const std::string& from = "0") {
    return "[" + name + "/48h]" + xpub + "/" + from + "/<0;1>/*";
}
VaultTemplate plan() {
    return {{key("aaaaaaaa", kXpub1), key("bbbbbbbb", kXpub2), key("cccccccc", kXpub1, "1")},
            2,
            {key("dddddddd", kXpub2, "1")},
            1,
            12'960};
}

TEST(Vault, says_in_words_what_its_descriptor_does) {
    const auto made = make_vault(plan(), kBitcoin);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->words,
              "2 of 3: aaaaaaaa, bbbbbbbb, cccccccc; or dddddddd and 12,960 blocks (about 90 days) "
              "after the coin came");
    EXPECT_TRUE(made->address.starts_with("bc1q"));
    const auto read = chain::Descriptor::parse(made->descriptor);  // With its checksum.
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->words(), made->words);
    EXPECT_EQ(read->branches(), 2U);
    // Another time is told as such: the words are not written beside it.
    auto later = plan();
    later.blocks = 144;
    later.recovery.push_back(key("eeeeeeee", kXpub1, "2"));
    later.recovery_quorum = 2;
    EXPECT_NE(
        make_vault(later, kBitcoin)->words.find("dddddddd and eeeeeeee and 144 blocks (about"),
        std::string::npos)
        << make_vault(later, kBitcoin)->words;
}

TEST(Vault, of_one_key_needs_no_quorum) {
    auto one = plan();
    one.keys.resize(1);
    one.quorum = 1;
    const auto made = make_vault(one, kBitcoin);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_TRUE(made->words.starts_with("aaaaaaaa; or dddddddd and ")) << made->words;
}

TEST(Vault, is_refused_when_it_is_not_what_it_seems) {
    const auto refused = [](const auto& change) {
        VaultTemplate bad = plan();
        change(bad);
        return !make_vault(bad, kBitcoin);
    };
    EXPECT_TRUE(refused([](auto& p) { p.blocks = 0; }));
    EXPECT_TRUE(refused([](auto& p) { p.blocks = 65'536; }));
    EXPECT_TRUE(refused([](auto& p) { p.quorum = 0; }));
    EXPECT_TRUE(refused([](auto& p) { p.quorum = 4; }));
    EXPECT_TRUE(refused([](auto& p) { p.recovery_quorum = 2; }));
    EXPECT_TRUE(refused([](auto& p) { p.keys.clear(); }));
    EXPECT_TRUE(refused([](auto& p) { p.recovery.clear(); }));
    EXPECT_TRUE(refused([](auto& p) { p.keys.assign(21, p.keys[0]); }));
    EXPECT_TRUE(refused([](auto& p) { p.recovery[0] = p.keys[0]; }));
    EXPECT_TRUE(refused([](auto& p) { p.keys[0] = kNobodys; }));  // Whose is it?
    // No text of a key becomes more than a key.
    for (const char* text : {"", "A),pk(B", "A,B", "older(1)", "A)))#", "\n"})
        EXPECT_TRUE(refused([&](auto& p) { p.keys[1] = text; })) << text;
    EXPECT_TRUE(refused([](auto& p) { p.recovery[0] += ")),pk(" + kXpub1 + "/9/<0;1>/*"; }));
}

}  // namespace
}  // namespace cordon::wallet
