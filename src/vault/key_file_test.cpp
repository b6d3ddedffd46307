// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <filesystem>
#include <fstream>

#include "test_world.hpp"

namespace cordon::vault {
namespace {

using namespace test;

const ByteView kSecret = view_of("correct horse battery staple");

KeyFile sample() {
    World world;
    KeyFacts facts = world.facts(kEthereum, "evm");
    facts.kinds.emplace_back("psbt");
    facts.chains.push_back(kBitcoin);
    facts.sighashes = {0x83};
    facts.predecessor = "02ab";
    facts.descriptors = {
        "wpkh(0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798)"};
    facts.quorum.gate = world.gate.key();
    facts.unattended = true;
    return world.seed_key(std::move(facts));
}

std::string scratch(const std::string& name) {
    const auto folder =
        std::filesystem::path{testing::TempDir()} / format("cordon-key-{}-{}", ::getpid(), name);
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    return folder.string();
}

TEST(KeyFile, opens_with_its_passphrase_only_and_as_it_was) {
    const KeyFile key = sample();
    const Bytes sealed = seal_key_file(key, kSecret, kCheap).value();
    const KeyFile again = open_key_file(sealed, kSecret).value();
    EXPECT_EQ(again.facts, key.facts);
    EXPECT_TRUE(std::ranges::equal(again.secret.view(), key.secret.view()));
    EXPECT_EQ(open_key_file(sealed, view_of("another one, as long")).error().code,
              ErrorCode::kPermission);
    // New salt and nonce each time: two files do not tell that they hold one key.
    EXPECT_NE(seal_key_file(key, kSecret, kCheap).value(), sealed);
    EXPECT_EQ(kdf_cost_of(sealed).value(), kCheap);
}

TEST(KeyFile, holds_no_secret_and_no_fact_in_the_open) {
    const Bytes sealed = seal_key_file(sample(), kSecret, kCheap).value();
    const std::string text{sealed.begin(), sealed.end()};
    for (const std::string_view word : {"cold 1", "alice", "ed25519", "quorum"})
        EXPECT_EQ(text.find(word), std::string::npos) << word;
    EXPECT_EQ(text.find(std::string(16, '\5')), std::string::npos);
}

TEST(KeyFile, notices_every_changed_byte_and_every_length) {
    const Bytes sealed = seal_key_file(sample(), kSecret, kCheap).value();
    for (std::size_t i = 0; i < sealed.size(); i += i < 64 ? 1 : 7) {
        Bytes bad = sealed;
        bad[i] ^= 1;
        // A changed cost may ask for much: bounded, and then it does not open.
        if (const auto cost = kdf_cost_of(bad); cost && cost->kibibytes > 1024) continue;
        EXPECT_FALSE(open_key_file(bad, kSecret)) << i;
    }
    for (std::size_t size = 0; size < sealed.size(); size += 5)
        EXPECT_FALSE(open_key_file(ByteView{sealed}.first(size), kSecret));
    Bytes longer = sealed;
    longer.push_back(0);
    EXPECT_FALSE(open_key_file(longer, kSecret));
}

TEST(KeyFile, does_not_take_all_memory_because_a_file_asks_for_it) {
    Bytes sealed = seal_key_file(sample(), kSecret, kCheap).value();
    std::fill_n(sealed.begin() + 14, 8, uint8_t{0xff});
    EXPECT_EQ(open_key_file(sealed, kSecret).error().code, ErrorCode::kLimit);
    EXPECT_EQ(seal_key_file(sample(), kSecret, {1, 2 << 20}).error().code,
              ErrorCode::kInvalidParam);
}

TEST(KeyFile, refuses_facts_that_would_let_anybody_sign) {
    const auto refused = [](auto change) {
        KeyFile key = sample();
        change(key.facts);
        return !seal_key_file(key, kSecret, kCheap);
    };
    EXPECT_TRUE(refused([](KeyFacts& facts) { facts.quorum = {}; }));
    EXPECT_TRUE(refused([](KeyFacts& facts) { facts.quorum.needed = 4; }));
    EXPECT_TRUE(refused([](KeyFacts& facts) { facts.quorum.gate.reset(); }));  // Unattended.
    EXPECT_TRUE(refused(
        [](KeyFacts& facts) { facts.quorum.members[1].key = facts.quorum.members[0].key; }));
    EXPECT_TRUE(refused([](KeyFacts& facts) { facts.quorum.members[1].name = "alice"; }));
    EXPECT_TRUE(refused([](KeyFacts& facts) { facts.quorum.members[1].name = "gate"; }));
    EXPECT_TRUE(refused([](KeyFacts& facts) { facts.chains.clear(); }));
    EXPECT_TRUE(refused([](KeyFacts& facts) { facts.kinds = {"message"}; }));
    EXPECT_TRUE(refused([](KeyFacts& facts) { facts.label = "cold\u202e1"; }));
    EXPECT_TRUE(refused([](KeyFacts& facts) { facts.descriptors = {"wpkh(nothing)"}; }));
    KeyFile key = sample();
    key.secret = LockedBytes{Bytes(15, 1)};
    EXPECT_FALSE(seal_key_file(key, kSecret, kCheap));
}

TEST(KeyFile, is_never_written_over_and_read_by_its_owner_only) {
    const std::string path = scratch("disk") + "/key";
    const Bytes sealed = seal_key_file(sample(), kSecret, kCheap).value();
    ASSERT_TRUE(create_key_file(path, sealed));
    EXPECT_EQ(create_key_file(path, Bytes(3, 1)).error().code, ErrorCode::kDuplicate);
    EXPECT_EQ(read_key_file(path).value(), sealed);
    using std::filesystem::perms;
    EXPECT_EQ(std::filesystem::status(path).permissions(), perms::owner_read | perms::owner_write);
    std::filesystem::permissions(path, perms::group_read, std::filesystem::perm_options::add);
    EXPECT_EQ(read_key_file(path).error().code, ErrorCode::kPermission);
    ASSERT_TRUE(replace_key_file(path, Bytes(3, 1)));
    EXPECT_EQ(read_key_file(path).value(), Bytes(3, 1));
    // What a broken write left is looked at by somebody, not overwritten.
    std::ofstream{path + ".new"} << "half";
    EXPECT_EQ(replace_key_file(path, sealed).error().code, ErrorCode::kDuplicate);
    EXPECT_EQ(read_key_file(path).value(), Bytes(3, 1));
    EXPECT_FALSE(read_key_file(path + "/none"));
}

TEST(KeyFacts, are_read_as_they_are_written) {
    const KeyFacts facts = sample().facts;
    EXPECT_EQ(parse_key_facts(format_key_facts(facts)).value(), facts);
    EXPECT_EQ(parse_quorum(format_quorum(facts.quorum)).value(), facts.quorum);
    EXPECT_FALSE(parse_key_facts("{}"));
    EXPECT_FALSE(parse_quorum(R"({"needed":1,"members":[],"extra":1})"));
    EXPECT_FALSE(parse_quorum(R"({"needed":-1,"members":[]})"));
}

}  // namespace
}  // namespace cordon::vault
