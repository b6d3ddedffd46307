// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "builders.hpp"
#include "fake_context.hpp"
#include "memory_ledger.hpp"
#include "trace.hpp"

/// What trace does with the labels and the bait that a source tells; what they are is for patterns.
namespace cordon::trace {
namespace {

using test::AccountChain;
using test::address;

const Address kThief = address(1), kMule = address(2), kAccount = address(3), kHot = address(4),
              kBaiter = address(5);

/// Takes one address for a deposit address, and what one address sends for bait.
class Fake final : public LinkSource {
public:
    std::vector<Link> links(ChainId, const ledger::PlacedAccountTxn&,
                            const Context&) const override {
        return {};
    }
    Infers infers() const noexcept override { return Infers::kOfAll; }
    Result<std::optional<Label>> inferred_label(ChainId, const Address& who, const ledger::Reader&,
                                                const Context&) const override {
        ++asked;
        if (broken) return fail(ErrorCode::kCorrupt, "broken");
        if (who != kAccount) return std::optional<Label>{};
        return std::optional{
            Label{{}, who, "Deposit address", Category::kDeposit, "inferred: test", 0.8}};
    }
    std::unique_ptr<BaitWatch> bait_watch(ChainId, const Address& who, std::span<const Address>,
                                          const Context&) const override {
        struct Watch final : BaitWatch {
            explicit Watch(const Address& address) : who{address} {}
            bool is_bait(const Transfer& row) override {
                return row.from == kBaiter && row.to == who;
            }
            Address who;
        };
        return std::make_unique<Watch>(who);
    }
    mutable int asked = 0;
    bool broken = false;
};

struct Case {
    Fake fake;
    test::FakeContext context;

    Result<TraceResult> follow(const AccountChain& chain, const Address& from,
                               Direction direction = Direction::kForward) const {
        const test::MemoryLedger ledger{chain.blocks()};
        const LinkSource* source = &fake;
        const Seed seed{kEthereum, Seed::FromAddress{from, {}}, "seed"};
        Params params;
        params.direction = direction;
        params.stop = default_stop_categories();
        return trace(ledger, context, std::span{&source, 1}, std::span{&seed, 1}, params);
    }
};
std::optional<Node> node_of(const TraceResult& result, const Address& who) {
    for (const Node& node : result.nodes)
        if (node.address == who) return node;
    return std::nullopt;
}

AccountChain deposits() {
    AccountChain chain;
    return chain.pay(kThief, kMule, 100).pay(kMule, kAccount, 100).pay(kAccount, kHot, 100);
}

TEST(InferredLabel, ends_the_walk_as_a_label_of_the_records_does) {
    const Case inferred;
    const auto result = inferred.follow(deposits(), kThief).value();
    ASSERT_TRUE(node_of(result, kAccount));
    EXPECT_EQ(node_of(result, kAccount)->stop, Stop::kLabel);
    EXPECT_EQ(node_of(result, kAccount)->label->source, "inferred: test");
    EXPECT_FALSE(node_of(result, kHot));
    EXPECT_EQ(inferred.fake.asked, 2);  // The mule and the account, once each; never the seed.
}
TEST(InferredLabel, is_not_asked_for_where_the_records_know_better) {
    Case labelled;
    labelled.context.call(kAccount, Category::kTheft, "Exploiter 2");
    const auto result = labelled.follow(deposits(), kThief).value();
    EXPECT_EQ(node_of(result, kAccount)->label->text, "Exploiter 2");
    EXPECT_TRUE(node_of(result, kHot));
}
TEST(InferredLabel, of_a_seed_is_what_the_user_says) {
    const auto result = Case{}.follow(deposits(), kAccount).value();
    EXPECT_FALSE(node_of(result, kAccount)->label);
    EXPECT_TRUE(node_of(result, kHot));
}
TEST(InferredLabel, that_cannot_be_read_is_an_error) {
    Case damaged;
    damaged.fake.broken = true;
    const auto result = damaged.follow(deposits(), kThief);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::kCorrupt);
}

TEST(Bait, is_not_followed_backward_and_is_followed_when_stolen_money_pays_it) {
    AccountChain chain;
    chain.pay(kMule, kBaiter, 50)
        .pay(kMule, kThief, 100)
        .pay(kBaiter, kThief, 50)
        .pay(kThief, kHot, 150);
    const auto back = Case{}.follow(chain, kHot, Direction::kBackward).value();
    EXPECT_FALSE(node_of(back, kBaiter));
    EXPECT_TRUE(node_of(back, kMule));
    EXPECT_EQ(back.warnings.size(), 1U);
    const auto forward = Case{}.follow(chain, kMule).value();
    ASSERT_TRUE(node_of(forward, kThief));
    EXPECT_EQ(node_of(forward, kThief)->holdings.front().tainted, Amount{150U});
}

}  // namespace
}  // namespace cordon::trace
