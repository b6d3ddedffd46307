// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "builders.hpp"
#include "lists.hpp"

namespace cordon::screen {
namespace {

using test::address;

const UnixMillis kNow = from_unix_seconds(1'800'000'000);
constexpr ChainId kBsc{ChainFamily::kEvm, 56};

Label label(const Address& who, Category category, double confidence = 1,
            std::optional<ChainId> chain = std::nullopt, std::string list = "ofac-sdn") {
    return {.chain = chain,
            .address = who,
            .text = "somebody",
            .category = category,
            .source = "source",
            .confidence = confidence,
            .list = std::move(list)};
}

ListUsed list(std::string name, std::optional<UnixMillis> as_of = kNow) {
    return {.name = std::move(name), .sha256 = "ab", .as_of = as_of, .entries = 1, .stale = false};
}

Screening screened(const Lists& lists, const Address& who, const Settings& settings = {},
                   ChainId chain = kEthereum) {
    Screening out;
    out.chain = chain;
    out.subject = who;
    out.matches = lists.matches(chain, who);
    out.lists = lists.used(settings, kNow);
    judge(out, settings);
    return out;
}

Exposure exposure(bool direct, double share, Cents usd) {
    Exposure out;
    out.category = Category::kSanctioned;
    out.direct = direct;
    out.share = share;
    out.usd = usd;
    return out;
}

Screening exposed(Exposure row, const Settings& settings = {}) {
    Screening out;
    out.exposure.push_back(std::move(row));
    judge(out, settings);
    return out;
}

TEST(Lists, name_the_listed_and_nobody_else) {
    const auto lists = Lists::make({list("ofac-sdn")}, {label(address(1), Category::kSanctioned)});
    EXPECT_EQ(screened(*lists, address(1)).outcome, Outcome::kHit);
    const Screening other = screened(*lists, address(2));
    EXPECT_EQ(other.outcome, Outcome::kClear);
    EXPECT_FALSE(other.incomplete);
    EXPECT_EQ(other.reasons.size(), 1u);
}

TEST(Lists, take_no_look_alike_for_a_match) {
    // Same first and last bytes, as poisoners make them.
    std::array<uint8_t, 20> listed{0xAB, 0xCD}, alike{0xAB, 0xCD};
    listed[10] = 1, alike[10] = 2;
    listed[19] = alike[19] = 0x77;
    const auto lists = Lists::make({}, {label({AddressKind::kEvm, listed}, Category::kSanctioned)});
    EXPECT_EQ(screened(*lists, {AddressKind::kEvm, listed}).outcome, Outcome::kHit);
    EXPECT_EQ(screened(*lists, {AddressKind::kEvm, alike}).outcome, Outcome::kClear);
}

TEST(Lists, know_a_key_in_its_other_form) {
    const Address old = address(1, AddressKind::kP2pkh);
    const Address segwit{AddressKind::kP2wpkh, old.payload()};
    const Address script{AddressKind::kP2sh, old.payload()};
    const auto lists = Lists::make({}, {label(old, Category::kSanctioned, 1, kBitcoin)});
    EXPECT_EQ(screened(*lists, segwit, {}, kBitcoin).outcome, Outcome::kHit);
    EXPECT_EQ(screened(*lists, script, {}, kBitcoin).outcome, Outcome::kClear);

    const Address evm = address(2);
    const Address tron{AddressKind::kTron, evm.payload()};
    const auto other = Lists::make({}, {label(evm, Category::kSanctioned)});
    EXPECT_EQ(screened(*other, tron, {}, kTronMainnet).outcome, Outcome::kHit);
}

TEST(Lists, ask_for_review_of_a_label_of_another_chain) {
    const auto lists = Lists::make({}, {label(address(1), Category::kSanctioned, 1, kBsc)});
    EXPECT_EQ(screened(*lists, address(1)).outcome, Outcome::kReview);
    EXPECT_EQ(screened(*lists, address(1), {}, kBsc).outcome, Outcome::kHit);
    EXPECT_TRUE(lists->labels(kEthereum, address(1)).empty());
}

TEST(Lists, make_a_weak_entry_a_review) {
    const auto lists = Lists::make({}, {label(address(1), Category::kSanctioned, 0.5)});
    EXPECT_EQ(screened(*lists, address(1)).outcome, Outcome::kReview);
}

TEST(Lists, leave_an_exchange_clear_and_show_its_label) {
    const auto lists = Lists::make({}, {label(address(1), Category::kExchange)});
    const Screening found = screened(*lists, address(1));
    EXPECT_EQ(found.outcome, Outcome::kClear);
    EXPECT_EQ(found.matches.size(), 1u);
}

TEST(Lists, forbid_whatever_a_block_list_names) {
    const auto lists =
        Lists::make({list("own")}, {label(address(1), Category::kOther, 1, {}, "own")});
    Settings settings;
    EXPECT_EQ(screened(*lists, address(1), settings).outcome, Outcome::kClear);
    settings.forbidding = {"own"};
    EXPECT_EQ(screened(*lists, address(1), settings).outcome, Outcome::kHit);
}

TEST(Lists, answer_the_same_in_any_order) {
    std::vector<Label> labels;
    for (unsigned i = 0; i < 50; ++i)
        for (const double sure : {0.2, 0.9})
            labels.push_back(label(address(i % 10),
                                   i % 2 == 0 ? Category::kTheft : Category::kSanctioned, sure));
    const auto first = Lists::make({list("b"), list("a")}, labels);
    std::mt19937 random{7};
    for (int round = 0; round < 20; ++round) {
        std::shuffle(labels.begin(), labels.end(), random);
        const auto again = Lists::make({list("a"), list("b")}, labels);
        for (unsigned i = 0; i < 10; ++i)
            EXPECT_EQ(first->matches(kEthereum, address(i)), again->matches(kEthereum, address(i)));
        EXPECT_EQ(first->used({}, kNow), again->used({}, kNow));
    }
}

TEST(Judge, clears_nobody_when_a_required_list_is_old_undated_or_absent) {
    Settings settings;
    settings.required["ofac-sdn"] = std::chrono::hours{24};
    const auto at = [&](std::optional<UnixMillis> as_of) {
        return screened(*Lists::make({list("ofac-sdn", as_of)}, {}), address(1), settings);
    };
    EXPECT_EQ(at(kNow - std::chrono::hours{24}).outcome, Outcome::kClear);
    for (const auto& as_of :
         {std::optional<UnixMillis>{}, std::optional{kNow - std::chrono::hours{25}}}) {
        EXPECT_EQ(at(as_of).outcome, Outcome::kReview);
        EXPECT_TRUE(at(as_of).incomplete);
    }
    const Screening absent = screened(*Lists::make({list("other")}, {}), address(1), settings);
    EXPECT_EQ(absent.outcome, Outcome::kReview);
    EXPECT_EQ(absent.lists.size(), 2u);

    // A hit stays one.
    const auto old = Lists::make({}, {label(address(1), Category::kSanctioned)});
    EXPECT_EQ(screened(*old, address(1), settings).outcome, Outcome::kHit);
}

TEST(Judge, takes_a_list_of_tomorrow_as_fresh) {
    Settings settings;
    settings.max_age = std::chrono::hours{1};
    const auto lists = Lists::make({list("x", kNow + std::chrono::hours{30})}, {});
    EXPECT_EQ(screened(*lists, address(1), settings).outcome, Outcome::kClear);
}

TEST(Judge, takes_no_list_for_fresh_for_ever) {
    Settings settings;
    settings.max_age = std::chrono::hours{1};
    const auto lists = Lists::make({list("x", kNow + std::chrono::hours{49})}, {});
    EXPECT_EQ(screened(*lists, address(1), settings).outcome, Outcome::kReview);
}

TEST(Judge, lets_dust_of_the_sanctioned_make_nobody_suspect) {
    Exposure dust = exposure(true, 1, 999);
    EXPECT_EQ(exposed(dust).outcome, Outcome::kClear);
    dust.usd = 1'000;
    EXPECT_EQ(exposed(dust).outcome, Outcome::kReview);
    dust.usd.reset();
    dust.share = 0.0009;
    EXPECT_EQ(exposed(dust).outcome, Outcome::kClear);
    dust.share = 0.001;
    EXPECT_EQ(exposed(dust).outcome, Outcome::kReview);
}

TEST(Judge, asks_by_share_or_by_value) {
    Exposure far = exposure(false, 0.0099, 99'999);
    EXPECT_EQ(exposed(far).outcome, Outcome::kClear);
    far.share = 0.01;
    EXPECT_EQ(exposed(far).outcome, Outcome::kReview);
    far.share = 0.00001;
    far.usd = 100'000;
    EXPECT_EQ(exposed(far).outcome, Outcome::kReview);
    far.category = Category::kExchange;
    EXPECT_EQ(exposed(far).outcome, Outcome::kClear);
}

TEST(Judge, clears_nobody_with_a_gap) {
    Screening out;
    out.gaps = {"the search ended at a bound"};
    judge(out, {});
    EXPECT_EQ(out.outcome, Outcome::kReview);
    EXPECT_TRUE(out.incomplete);
}

}  // namespace
}  // namespace cordon::screen
