// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "utxo_flow.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "builders.hpp"
#include "fake_context.hpp"
#include "memory_ledger.hpp"

namespace cordon::trace {
namespace {

using test::outpoint;
using test::UtxoChain;

constexpr std::array kPolicies{Policy::kFifo, Policy::kLifo, Policy::kTiho, Policy::kHaircut,
                               Policy::kPoison};

Address wallet(unsigned number) { return test::address(number, AddressKind::kP2wpkh); }

Params open_params(Policy policy, Direction direction = Direction::kForward) {
    Params params;
    params.policy = policy;
    params.direction = direction;
    params.min_purity = 0;
    params.min_share = 0;
    params.stop = default_stop_categories();
    return params;
}
Seed of_output(uint64_t id, uint32_t index) { return {kBitcoin, outpoint(id, index), "seed"}; }

TraceResult follow(const UtxoChain& chain, const Seed& seed, const Params& params,
                   const test::FakeContext& context = {}) {
    const test::MemoryLedger ledger{chain.blocks()};
    auto result = trace(ledger, context, {}, std::span{&seed, 1}, params);
    EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
    return result ? std::move(*result) : TraceResult{};
}
Amount resting(const TraceResult& result, const OutPoint& point, Stop stop) {
    for (const Endpoint& end : result.endpoints)
        if (end.outpoint == point && end.stop == stop) return end.tainted;
    return {};
}

/// Loot 60 (1:0) and clean 40 (2:0) go together into outputs of 30 and 65, fee 5.
UtxoChain joined() {
    UtxoChain chain;
    chain.txn(1, {}, {{wallet(1), 60}}).txn(2, {}, {{wallet(2), 40}});
    chain.txn(3, {outpoint(1, 0), outpoint(2, 0)}, {{wallet(3), 30}, {wallet(4), 65}});
    return chain;
}

TEST(Utxo, every_policy_fills_outputs_in_its_own_order) {
    const auto split = [](Policy policy) {
        const auto result = follow(joined(), of_output(1, 0), open_params(policy));
        return std::pair{resting(result, outpoint(3, 0), Stop::kUnspent),
                         resting(result, outpoint(3, 1), Stop::kUnspent)};
    };
    EXPECT_EQ(split(Policy::kFifo), (std::pair{Amount{30U}, Amount{30U}}));
    EXPECT_EQ(split(Policy::kLifo), (std::pair{Amount{0U}, Amount{55U}}));
    EXPECT_EQ(split(Policy::kTiho), (std::pair{Amount{0U}, Amount{60U}}));
    EXPECT_EQ(split(Policy::kHaircut), (std::pair{Amount{18U}, Amount{39U}}));
    EXPECT_EQ(split(Policy::kPoison), (std::pair{Amount{30U}, Amount{65U}}));
}

TEST(Utxo, the_fee_is_filled_last) {
    const auto result = follow(joined(), of_output(2, 0), open_params(Policy::kFifo));
    EXPECT_EQ(result.totals.at(0).fees, Amount{5U});
    EXPECT_EQ(resting(result, outpoint(3, 1), Stop::kUnspent), Amount{35U});
}

TEST(Utxo, edges_name_the_outputs_they_spend_and_make) {
    const auto result = follow(joined(), of_output(1, 0), open_params(Policy::kFifo));
    ASSERT_EQ(result.edges.size(), 2U);
    EXPECT_EQ(result.edges[0].spends, outpoint(1, 0));
    EXPECT_EQ(result.edges[0].outpoint, outpoint(3, 0));
    EXPECT_EQ(result.edges[0].from, wallet(1));
    EXPECT_EQ(result.edges[0].hop, 1U);
}

Seed of_txn(uint64_t id) { return {kBitcoin, Seed::FromTxn{test::hash(id)}, "txn"}; }
bool is_seed(const TraceResult& result, const Address& who) {
    return std::any_of(result.nodes.begin(), result.nodes.end(), [&](const Node& node) {
        return node.address == who && node.seed && node.hop == 0;
    });
}
void expect_closed(const TraceResult& result) {
    for (const Total& sum : result.totals)
        EXPECT_EQ(sum.seeded + sum.inherited, sum.resting + sum.fees + sum.burned);
}

TEST(Utxo, a_txn_seed_is_what_its_payers_lost_and_its_movements_are_the_first_edges) {
    for (const Policy policy : kPolicies) {
        const auto result = follow(joined(), of_txn(3), open_params(policy));
        EXPECT_EQ(result.totals.at(0).seeded, Amount{100U});
        EXPECT_EQ(result.totals.at(0).fees, Amount{5U});
        EXPECT_TRUE(is_seed(result, wallet(1)) && is_seed(result, wallet(2)));
        ASSERT_EQ(result.edges.size(), 2U);
        EXPECT_EQ(result.edges[0].from, wallet(1));  // The largest input.
        EXPECT_EQ(result.edges[0].hop, 1U);
        EXPECT_EQ(resting(result, outpoint(3, 0), Stop::kUnspent), Amount{30U});
        EXPECT_EQ(resting(result, outpoint(3, 1), Stop::kUnspent), Amount{65U});
        expect_closed(result);
    }
}

/// The victim pays the thief 60 of 100 and keeps 37 as change.
UtxoChain with_change() {
    UtxoChain chain;
    chain.txn(1, {}, {{wallet(1), 100}});
    chain.txn(2, {outpoint(1, 0)}, {{wallet(1), 37}, {wallet(2), 60}});
    chain.txn(3, {outpoint(2, 0)}, {{wallet(3), 37}}).txn(4, {outpoint(2, 1)}, {{wallet(4), 60}});
    return chain;
}
TEST(Utxo, change_of_a_txn_seed_that_goes_back_to_its_payer_was_not_stolen) {
    for (const Policy policy : kPolicies) {
        const auto result = follow(with_change(), of_txn(2), open_params(policy));
        EXPECT_EQ(result.totals.at(0).seeded, Amount{63U});
        EXPECT_EQ(resting(result, outpoint(3, 0), Stop::kUnspent), Amount{});
        EXPECT_EQ(resting(result, outpoint(4, 0), Stop::kUnspent), Amount{60U});
        EXPECT_EQ(result.totals.at(0).fees, Amount{3U});
        expect_closed(result);
    }
}
TEST(Utxo, a_thief_who_pays_in_a_little_of_his_own_gets_no_more_than_that_back_clean) {
    UtxoChain chain;
    chain.txn(1, {}, {{wallet(1), 100}}).txn(2, {}, {{wallet(2), 1}});
    chain.txn(3, {outpoint(1, 0), outpoint(2, 0)}, {{wallet(2), 99}});
    const auto result = follow(chain, of_txn(3), open_params(Policy::kFifo));
    EXPECT_EQ(result.totals.at(0).seeded, Amount{100U});
    EXPECT_EQ(resting(result, outpoint(3, 0), Stop::kUnspent), Amount{98U});
    EXPECT_EQ(result.totals.at(0).fees, Amount{2U});
}
TEST(Utxo, a_txn_seed_whose_payers_are_not_all_known_is_all_of_its_outputs) {
    UtxoChain chain;
    chain.txn(1, {}, {{wallet(1), 60}});
    chain.txn(3, {outpoint(50, 0), outpoint(1, 0)}, {{wallet(3), 70}, {wallet(1), 30}});
    const auto result = follow(chain, of_txn(3), open_params(Policy::kFifo));
    EXPECT_EQ(result.totals.at(0).seeded, Amount{100U});
    EXPECT_TRUE(result.edges.empty());
    EXPECT_TRUE(is_seed(result, wallet(3)));
    expect_closed(result);
}
TEST(Utxo, a_txn_seed_that_is_a_coinbase_is_all_of_its_outputs) {
    const auto result = follow(joined(), of_txn(1), open_params(Policy::kFifo));
    EXPECT_EQ(result.totals.at(0).seeded, Amount{60U});
    EXPECT_EQ(resting(result, outpoint(3, 0), Stop::kUnspent), Amount{30U});
}
TEST(Utxo, a_txn_seed_stops_where_its_loot_comes_back_to_a_labelled_victim) {
    UtxoChain chain = with_change();
    chain.txn(5, {outpoint(4, 0)}, {{wallet(1), 60}}).txn(6, {outpoint(5, 0)}, {{wallet(6), 60}});
    test::FakeContext context;
    context.call(wallet(1), Category::kExchange);
    const auto result = follow(chain, of_txn(2), open_params(Policy::kFifo), context);
    EXPECT_TRUE(is_seed(result, wallet(1)));
    EXPECT_EQ(resting(result, outpoint(5, 0), Stop::kLabel), Amount{60U});
}
TEST(Utxo, seeds_that_name_the_same_money_count_it_once) {
    const Seed address{kBitcoin, Seed::FromAddress{wallet(1), {}}, "address"};
    const auto total = [](const UtxoChain& chain, std::vector<Seed> seeds) {
        const test::MemoryLedger ledger{chain.blocks()};
        const test::FakeContext context;
        Amount seeded;
        for (const Policy policy : {Policy::kFifo, Policy::kLifo, Policy::kTiho, Policy::kHaircut})
            for (int turn = 0; turn < 2; ++turn) {
                const auto result = trace(ledger, context, {}, seeds, open_params(policy)).value();
                expect_closed(result);
                seeded = result.totals.at(0).seeded;
                std::reverse(seeds.begin(), seeds.end());
            }
        return seeded;
    };
    EXPECT_EQ(total(joined(), {of_txn(3), address}), Amount{100U});
    EXPECT_EQ(total(joined(), {of_txn(3), of_txn(3)}), Amount{100U});
    EXPECT_EQ(total(joined(), {of_txn(3), of_output(3, 1)}), Amount{100U});
    EXPECT_EQ(total(joined(), {of_txn(3), of_output(1, 0)}), Amount{100U});
    // Of 3:0, FIFO and the others bring a different part; the seed adds what is missing.
    EXPECT_GE(total(joined(), {address, of_output(3, 0)}), Amount{60U});
    // All that the seed address spends is loot, its change too: 100, then 37 again counts once.
    EXPECT_EQ(total(with_change(), {of_txn(2), address}), Amount{100U});
    EXPECT_EQ(total(with_change(), {of_txn(2), of_txn(4)}), Amount{63U});
}

TEST(Utxo, an_address_seed_is_what_it_spends) {
    UtxoChain chain = joined();
    chain.txn(5, {}, {{wallet(1), 1000}});
    const Seed seed{kBitcoin, Seed::FromAddress{wallet(1), {}}, "address"};
    EXPECT_EQ(follow(chain, seed, open_params(Policy::kFifo)).totals.at(0).seeded, Amount{60U});
    const Seed later{kBitcoin, Seed::FromAddress{wallet(1), test::AccountChain::time_of(4)},
                     "address"};
    EXPECT_TRUE(follow(chain, later, open_params(Policy::kFifo)).edges.empty());
}

TEST(Utxo, seeds_that_do_not_exist_are_refused) {
    const test::MemoryLedger ledger{joined().blocks()};
    const test::FakeContext context;
    for (const Seed& seed : {of_output(9, 0), of_output(3, 2),
                             Seed{kBitcoin, Seed::FromAddress{wallet(77), {}}, "nobody"}}) {
        const auto result =
            trace(ledger, context, {}, std::span{&seed, 1}, open_params(Policy::kFifo));
        ASSERT_FALSE(result.has_value());
        EXPECT_EQ(result.error().code, ErrorCode::kNotFound);
    }
}

/// Takes one txn for a join of strangers.
class Joins final : public LinkSource {
public:
    explicit Joins(const Hash256& txid) : txid_{txid} {}
    std::vector<Link> links(ChainId, const ledger::PlacedAccountTxn&,
                            const Context&) const override {
        return {};
    }
    std::optional<JoinVerdict> join_of(ChainId, const ledger::PlacedUtxoTxn& placed,
                                       const Context&) const override {
        if (placed.txn.txid != txid_) return std::nullopt;
        return JoinVerdict{"whirlpool", 0.99, {"five equal outputs"}};
    }

private:
    Hash256 txid_;
};

TEST(Utxo, taint_rests_before_a_join_of_strangers_unless_told_otherwise) {
    UtxoChain chain = joined();
    chain.txn(4, {outpoint(3, 1)}, {{wallet(5), 65}});
    const Joins joins{outpoint(3, 0).txid};
    const std::array<const LinkSource*, 1> links{&joins};
    const test::MemoryLedger ledger{chain.blocks()};
    const test::FakeContext context;
    const auto ask = [&](const Seed& seed, const Params& params) {
        return trace(ledger, context, links, std::span{&seed, 1}, params).value();
    };
    for (const Policy policy : kPolicies) {
        const auto result = ask(of_output(1, 0), open_params(policy));
        ASSERT_EQ(result.endpoints.size(), 1U);
        EXPECT_EQ(resting(result, outpoint(1, 0), Stop::kMixer), Amount{60U});
        EXPECT_EQ(result.endpoints.front().why,
                  (std::vector<std::string>{"coinjoin: whirlpool, confidence 0.99",
                                            "five equal outputs"}));
        EXPECT_EQ(result.endpoints.front().join, outpoint(3, 0).txid);
        EXPECT_TRUE(result.edges.empty());
        Params through = open_params(policy);
        through.through_joins = true;
        EXPECT_FALSE(ask(of_output(1, 0), through).edges.empty());
    }
    // The join itself as a seed, and an output of it, are followed; backward it is where it ends.
    const auto named = ask(of_output(3, 1), open_params(Policy::kFifo));
    EXPECT_EQ(resting(named, outpoint(4, 0), Stop::kUnspent), Amount{65U});
    const auto back = ask(of_output(4, 0), open_params(Policy::kFifo, Direction::kBackward));
    EXPECT_EQ(resting(back, outpoint(3, 1), Stop::kMixer), Amount{65U});
    // An address whose spend is the join: its money is stolen, and rests there.
    const Seed address{kBitcoin, Seed::FromAddress{wallet(1), std::nullopt}, "seed"};
    EXPECT_EQ(resting(ask(address, open_params(Policy::kHaircut)), outpoint(1, 0), Stop::kMixer),
              Amount{60U});
}

TEST(Utxo, data_carriers_burn_and_labels_stop) {
    UtxoChain chain;
    chain.txn(1, {}, {{wallet(1), 100}});
    chain.txn(2, {outpoint(1, 0)},
              {{test::address(7, AddressKind::kOpReturn), 10}, {wallet(2), 90}});
    chain.txn(3, {outpoint(2, 1)}, {{wallet(3), 90}});
    test::FakeContext context;
    context.call(wallet(2), Category::kExchange);
    const auto result = follow(chain, of_output(1, 0), open_params(Policy::kFifo), context);
    EXPECT_EQ(resting(result, outpoint(2, 0), Stop::kBurned), Amount{10U});
    EXPECT_EQ(resting(result, outpoint(2, 1), Stop::kLabel), Amount{90U});
    Params through = open_params(Policy::kFifo);
    through.through.emplace_back(kBitcoin, wallet(2));
    const auto further = follow(chain, of_output(1, 0), through, context);
    EXPECT_EQ(resting(further, outpoint(3, 0), Stop::kUnspent), Amount{90U});
}

TEST(Utxo, bounds_say_why_they_stop) {
    UtxoChain chain;
    chain.txn(1, {}, {{wallet(1), 100}}).txn(2, {outpoint(1, 0)}, {{wallet(2), 100}});
    chain.txn(3, {outpoint(2, 0)}, {{wallet(3), 100}});
    Params params = open_params(Policy::kLifo);
    params.max_hops = 1;
    EXPECT_EQ(resting(follow(chain, of_output(1, 0), params), outpoint(2, 0), Stop::kHops),
              Amount{100U});
    params = open_params(Policy::kLifo);
    params.until = test::AccountChain::time_of(2);
    EXPECT_EQ(resting(follow(chain, of_output(1, 0), params), outpoint(2, 0), Stop::kTime),
              Amount{100U});
    params = open_params(Policy::kLifo);
    params.max_edges = 1;
    const auto cut = follow(chain, of_output(1, 0), params);
    EXPECT_TRUE(cut.incomplete);
    EXPECT_EQ(resting(cut, outpoint(2, 0), Stop::kBudget), Amount{100U});
    params = open_params(Policy::kLifo);
    params.min_amount = Amount{1000U};
    EXPECT_EQ(follow(chain, of_output(1, 0), params).endpoints.front().stop, Stop::kBelowLimit);
}

TEST(Utxo, inputs_of_unknown_value_count_as_clean_and_are_named_in_a_warning) {
    UtxoChain chain;
    chain.txn(1, {}, {{wallet(1), 60}});
    chain.txn(3, {outpoint(50, 0), outpoint(1, 0)}, {{wallet(3), 100}});
    const auto result = follow(chain, of_output(1, 0), open_params(Policy::kFifo));
    EXPECT_EQ(resting(result, outpoint(3, 0), Stop::kUnspent), Amount{60U});
    EXPECT_EQ(result.warnings.size(), 1U);
}

TEST(Utxo, backward_ends_where_the_ledger_knows_no_more) {
    UtxoChain chain;
    chain.txn(1, {}, {{wallet(1), 60}});
    chain.txn(3, {outpoint(50, 0), outpoint(1, 0)}, {{wallet(3), 100}});
    const auto result =
        follow(chain, of_output(3, 0), open_params(Policy::kFifo, Direction::kBackward));
    EXPECT_EQ(resting(result, outpoint(50, 0), Stop::kUnknown), Amount{40U});
    Amount mined;
    for (const Endpoint& end : result.endpoints)
        if (end.address == wallet(1)) mined += end.tainted;
    EXPECT_EQ(mined, Amount{60U});
}

/// A random tree of txns over a few wallets; every output may be spent once.
UtxoChain random_chain(const std::vector<std::vector<uint8_t>>& txns) {
    UtxoChain chain;
    chain.txn(1, {}, {{wallet(1), 1000}}).txn(2, {}, {{wallet(2), 500}});
    std::vector<std::pair<OutPoint, uint64_t>> unspent{{outpoint(1, 0), 1000},
                                                       {outpoint(2, 0), 500}};
    uint64_t id = 3;
    for (const auto& bytes : txns) {
        if (bytes.empty() || unspent.empty()) continue;
        std::vector<OutPoint> inputs;
        uint64_t value = 0;
        for (unsigned i = 0; i <= bytes[0] % 3U && !unspent.empty(); ++i) {
            const auto at = unspent.begin() + bytes[0] % static_cast<int>(unspent.size());
            inputs.push_back(at->first);
            value += at->second;
            unspent.erase(at);
        }
        std::vector<UtxoChain::Out> outputs;
        for (const uint8_t byte : bytes) {
            const uint64_t part = value * byte / 512;
            outputs.push_back({wallet(1U + byte % 9U), part});
            value -= part;
        }
        for (uint32_t i = 0; i < outputs.size(); ++i)
            if (outputs[i].value != 0) unspent.emplace_back(outpoint(id, i), outputs[i].value);
        chain.txn(id++, inputs, outputs);
    }
    return chain;
}

TEST(Utxo, closes_its_books_over_any_tree) {
    EXPECT_TRUE(rc::check([](const std::vector<std::vector<uint8_t>>& txns) {
        const test::MemoryLedger ledger{random_chain(txns).blocks()};
        const test::FakeContext context;
        for (const Policy policy : kPolicies) {
            const Seed seed = of_output(1, 0);
            const auto result =
                trace(ledger, context, {}, std::span{&seed, 1}, open_params(policy));
            RC_ASSERT(result.has_value());
            for (const Edge& edge : result->edges) RC_ASSERT(edge.tainted <= edge.amount);
            if (policy == Policy::kPoison) continue;
            const Total& sum = result->totals.at(0);
            RC_ASSERT(sum.seeded == Amount{1000U});
            RC_ASSERT(sum.seeded == sum.resting + sum.fees + sum.burned);
        }
    }));
}

/// What forward FIFO says reached an unspent output from 1:0 is what backward FIFO says of that
/// output.
TEST(Utxo, fifo_backward_from_every_end_finds_what_forward_brought_there) {
    EXPECT_TRUE(rc::check([](const std::vector<std::vector<uint8_t>>& txns) {
        const test::MemoryLedger ledger{random_chain(txns).blocks()};
        const test::FakeContext context;
        for (const Policy policy : {Policy::kFifo, Policy::kLifo}) {
            const Seed seed = of_output(1, 0);
            Params params = open_params(policy);
            params.service_degree = params.service_both_sides = 0;
            const auto forward = trace(ledger, context, {}, std::span{&seed, 1}, params).value();
            params.direction = Direction::kBackward;
            for (const Endpoint& end : forward.endpoints) {
                if (!end.outpoint) continue;
                const Seed back{kBitcoin, *end.outpoint, "end"};
                const auto origins =
                    trace(ledger, context, {}, std::span{&back, 1}, params).value();
                Amount found;
                for (const Edge& edge : origins.edges)
                    if (edge.spends == outpoint(1, 0)) found += edge.tainted;
                if (*end.outpoint == outpoint(1, 0)) found = end.tainted;
                RC_ASSERT(found == end.tainted);
            }
        }
    }));
}

}  // namespace
}  // namespace cordon::trace
