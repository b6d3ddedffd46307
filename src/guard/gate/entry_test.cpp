// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "entry.hpp"

#include <gtest/gtest.h>

#include "test_world.hpp"

namespace cordon::guard {
namespace {

const UnixMillis kNow{std::chrono::milliseconds{1'700'000'000'123}};

Hash256 filled(uint8_t byte) {
    Hash256 hash;
    hash.bytes.fill(byte);
    return hash;
}

wallet::SignedStatement a_statement() {
    wallet::Statement statement;
    statement.subject = wallet::Subject::kBreaker;
    statement.by = "alice";
    statement.time = from_unix_seconds(1'700'000'000);
    statement.expires = from_unix_seconds(1'700'003'600);
    statement.about = wallet::breaker_text("global", kNow).value();
    return Person{"alice"}.sign(statement);
}

std::vector<Entry> one_of_each() {
    WithdrawalRequest request = test_request("a \"quoted\" id", 7);
    request.payload = {"psbt", std::string("any\0bytes\xff", 10)};
    Verdict verdict;
    verdict.id = request.id;
    verdict.decision = Decision::kAllow;
    verdict.reasons = {{Decision::kAllow, "small", "7 is less\nthan 8", "policy"}};
    verdict.needs = {{"treasury", 2, 1}};
    verdict.earliest = kNow;
    verdict.expires = kNow + std::chrono::hours{1};
    verdict.request = filled(1);
    verdict.policy = filled(2);
    Judged later{std::nullopt, verdict};
    later.verdict.earliest.reset();
    later.verdict.needs.clear();
    const Transfer transfer{3,
                            test_address(1),
                            test_address(2),
                            Asset::parse("USDT").value(),
                            Amount::max(),
                            TransferKind::kToken};
    return {
        {kNow,
         Judged{request, verdict, {{Scope::kWallet, "eth:0x1"}, {Scope::kAll, ""}}, -5, true}},
        {kNow, later},
        {kNow, Stated{wallet::Subject::kBreaker, "global", a_statement()}},
        {kNow, Judged{request, verdict, {}, 0, false, "queue"}},
        {kNow, Cancelled{"a", "bob"}},
        {kNow, Cancelled{"a", "bob", "asked twice"}},
        {kNow, Tripped{{BreakerKey::Kind::kWallet, kBitcoin, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"},
                       "alert 1",
                       "why"}},
        {kNow, WasReset{{BreakerKey::Kind::kAsset, ChainId{ChainFamily::kEvm, 31337}, "native"}}},
        {kNow, Proposed{digest_of_text("version: 2"), 2, "version: 2", "carol", kNow}},
        {kNow, Began{filled(3)}},
        {kNow, Dropped{filled(4), "dave"}},
        {kNow, Outflow{kEthereum, filled(5), transfer, "", "nobody asked for it"}},
        {kNow, Bundled{"a"}},
        {kNow, Part{filled(6), "some bytes"}},
    };
}

TEST(Entry, comes_back_from_its_text) {
    for (const Entry& entry : one_of_each()) {
        const std::string text = format_entry(entry);
        const auto read = parse_entry(text);
        ASSERT_TRUE(read) << text << ": " << read.error().message;
        EXPECT_EQ(read->entry, entry) << text;
        EXPECT_FALSE(read->left_out);
        EXPECT_EQ(text.find('\n'), std::string::npos);
    }
}

TEST(Entry, long_texts_go_into_parts_before_it) {
    Entry entry{kNow, Proposed{{}, 2, std::string(3 * kMaxInline + 5, 'y'), "carol", kNow}};
    auto& proposed = std::get<Proposed>(entry.deed);
    proposed.digest = digest_of_text(proposed.yaml);
    const std::vector<Entry> parts = parts_of(entry);
    ASSERT_EQ(parts.size(), 4U);
    std::string joined;
    for (const Entry& part : parts) {
        EXPECT_LE(format_entry(part).size(), tlog::kMaxEntry);
        joined += std::get<Part>(part.deed).data;
    }
    EXPECT_EQ(joined, proposed.yaml);
    const auto read = parse_entry(format_entry(entry));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->left_out, proposed.digest);
    EXPECT_TRUE(parts_of(one_of_each()[0]).empty());
}

TEST(Entry, refuses_what_is_none) {
    for (const Entry& entry : one_of_each()) {
        const std::string text = format_entry(entry);
        for (std::size_t size = 0; size < text.size(); size += 1 + size / 10)
            EXPECT_FALSE(parse_entry(text.substr(0, size))) << text.substr(0, size);
    }
    EXPECT_FALSE(parse_entry(R"([])"));
    EXPECT_FALSE(parse_entry(R"({"v":1,"type":"dance","time":"2024-01-01T00:00:00Z"})"));
    EXPECT_FALSE(parse_entry(R"({"v":0,"type":"bundle","time":"2024-01-01T00:00:00Z","id":"a"})"));
    EXPECT_FALSE(parse_entry(
        R"({"v":1,"type":"trip","time":"2024-01-01T00:00:00Z","breaker":"all","by":"a","why":"b"})"));
    // A text that is not the one of its digest.
    std::string text = format_entry(one_of_each()[6]);
    text.replace(text.find("sha256\":\"") + 9, 4, "0000");
    EXPECT_FALSE(parse_entry(text));
}

TEST(Entry, tells_when_a_newer_program_wrote_it) {
    const auto read =
        parse_entry(R"({"v":2,"type":"bundle","time":"2024-01-01T00:00:00Z","id":"a"})");
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::kUnsupported);
}

TEST(BreakerKey, comes_back_from_its_text) {
    for (const char* text : {"global", "wallet eth:0x1111111111111111111111111111111111111111",
                             "asset eip155:31337:USDT", "asset btc:native"})
        EXPECT_EQ(parse_breaker_key(text)->text(), text);
    for (const char* text : {"", "Global", "global ", "wallet", "wallet eth",
                             "asset eth:", "wallet eth:0x12", "wallet nochain:0x1", "tier hot"})
        EXPECT_FALSE(parse_breaker_key(text)) << text;
}

}  // namespace
}  // namespace cordon::guard
