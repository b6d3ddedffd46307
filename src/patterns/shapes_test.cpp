// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <set>

#include "builders.hpp"
#include "fan_out.hpp"
#include "gather.hpp"
#include "peel_chain.hpp"

namespace cordon::patterns {
namespace {

using test::address;

const Asset kUsd = test::token("USD");

World world(std::set<Address> businesses = {}, std::set<Address> old = {}) {
    return {[businesses](const Address& who) { return businesses.contains(who); },
            [old](const Address& who, TxnPosition) { return old.contains(who); }};
}

/// Rows a minute apart.
class Rows {
public:
    Rows& pay(unsigned from, unsigned to, uint64_t amount) {
        const uint64_t number = rows_.size() + 1;
        rows_.push_back({{number, 0},
                         test::hash(number),
                         from_unix_seconds(1'700'000'000 + 60 * static_cast<int64_t>(number)),
                         address(from),
                         address(to),
                         kUsd,
                         Amount{amount}});
        return *this;
    }
    Movements moves() const { return {kEthereum, rows_}; }
    std::vector<Movement> rows_;
};

Rows chain(unsigned hops, uint64_t peel) {
    Rows rows;
    uint64_t left = 1'000'000;
    for (unsigned i = 0; i < hops; ++i) {
        if (peel > 0) rows.pay(1 + i, 1000 + i, peel);
        rows.pay(1 + i, 2 + i, left -= peel);
    }
    return rows;
}

TEST(Movements, of_a_trace_number_an_address_once_whether_an_edge_names_it_or_not) {
    trace::TraceResult result;
    trace::EdgeList::Txn txn;
    txn.chain = kEthereum;
    const auto pay = [&](uint32_t from, uint32_t to, uint64_t amount) {
        txn.at = {++txn.at.block, 0};
        result.edges.add(txn, 0, {from, to, 0, 0, {}, Amount{99U}, Amount{amount}});
    };
    const auto name = [&](unsigned from, unsigned to, uint64_t amount) {
        trace::Edge edge;
        edge.chain = kEthereum;
        edge.at = {++txn.at.block, 0};
        edge.from = address(from);
        edge.to = address(to);
        edge.amount = edge.tainted = Amount{amount};
        result.edges.add(std::move(edge), 0);
    };
    name(1, 2, 1), pay(2, 1, 2), pay(0, 2, 3), name(3, 1, 4), pay(1, 1, 5);
    const auto found = std::make_shared<trace::Found>();
    found->assets.number({});
    for (const unsigned number : {3U, 1U, 2U}) {
        trace::Found::Node node;
        node.address = address(number);
        found->nodes.add(std::move(node));
    }
    result.edges.close(found);
    const Movements moves = Movements::of(result, kEthereum);
    ASSERT_EQ(moves.node_count(), 3U);
    EXPECT_EQ(moves.address(2), address(3));
    EXPECT_EQ(moves.out(0).size(), 1U);
    EXPECT_EQ(moves.in(0).size(), 2U);
    for (uint32_t place = 0; place < 4; ++place) {
        EXPECT_EQ(moves.row(place).amount, Amount{place + 1U});
        EXPECT_EQ(moves.row(place).at.block, place + 1U);
        EXPECT_TRUE(moves.asset(place).is_native());
    }
}

TEST(PeelChain, needs_length_and_peels_and_fresh_addresses) {
    const auto found = peel_chains(chain(8, 100).moves(), world());
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].text, "peel chain of 8 hops");
    EXPECT_EQ(found[0].addresses.front(), address(1));
    EXPECT_EQ(found[0].addresses.back(), address(9));
    EXPECT_EQ(found[0].txns.size(), 8U);
    EXPECT_TRUE(peel_chains(chain(4, 100).moves(), world()).empty());
    EXPECT_TRUE(peel_chains(chain(8, 0).moves(), world()).empty());
    std::set<Address> old;
    for (unsigned i = 0; i < 20; ++i) old.insert(address(i));
    EXPECT_TRUE(peel_chains(chain(8, 100).moves(), world({}, old)).empty());
    // A service in the middle ends it.
    EXPECT_TRUE(peel_chains(chain(8, 100).moves(), world({address(5)})).empty());
}
TEST(PeelChain, of_rings_doubles_and_nothing_ends) {
    EXPECT_TRUE(peel_chains(Rows{}.moves(), world()).empty());
    Rows ring;
    for (unsigned turn = 0; turn < 3; ++turn)
        for (unsigned i = 0; i < 8; ++i) ring.pay(i, (i + 1) % 8, 100).pay(i, 50 + i, 1);
    static_cast<void>(peel_chains(ring.moves(), world()));
    Rows doubled = chain(8, 100);
    const std::vector<Movement> once = doubled.rows_;
    doubled.rows_.insert(doubled.rows_.end(), once.begin(), once.end());
    static_cast<void>(peel_chains(doubled.moves(), world()));
}
TEST(PeelChain, of_a_very_long_chain_names_the_first_hundred) {
    const auto found = peel_chains(chain(900, 1).moves(), world());
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].addresses.size(), kMaxNamed);
    EXPECT_EQ(found[0].text, "peel chain of 900 hops");
}

TEST(FanOut, needs_many_fresh_receivers_in_a_day) {
    Rows rows;
    for (unsigned i = 0; i < 6; ++i) rows.pay(1, 10 + i, 100);
    const auto found = fan_outs(rows.moves(), world());
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].pattern, "fan-out");
    EXPECT_EQ(found[0].addresses.size(), 7U);
    EXPECT_EQ(found[0].amounts.at(0).second, Amount{600U});
    // The same person paid six times, a business that pays, receivers who were there before.
    Rows same;
    for (unsigned i = 0; i < 6; ++i) same.pay(1, 10, 100);
    EXPECT_TRUE(fan_outs(same.moves(), world()).empty());
    EXPECT_TRUE(fan_outs(rows.moves(), world({address(1)})).empty());
    EXPECT_TRUE(
        fan_outs(rows.moves(), world({}, {address(10), address(11), address(12), address(13)}))
            .empty());
    for (std::size_t i = 0; i < rows.rows_.size(); ++i)
        rows.rows_[i].time = from_unix_seconds(1'700'000'000 + 86'400 * static_cast<int64_t>(i));
    EXPECT_TRUE(fan_outs(rows.moves(), world()).empty());
    for (Movement& row : rows.rows_) row.time.reset();  // Without times all is one day.
    EXPECT_EQ(fan_outs(rows.moves(), world()).size(), 1U);
}
TEST(Layering, is_where_the_parts_meet_later) {
    Rows rows;
    for (unsigned i = 0; i < 6; ++i) rows.pay(1, 10 + i, 100);
    for (unsigned i = 0; i < 6; ++i) rows.pay(10 + i, 20 + i, 100);
    for (unsigned i = 0; i < 4; ++i) rows.pay(20 + i, 99, 100);
    const auto found = fan_outs(rows.moves(), world());
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[1].pattern, "layering");
    EXPECT_EQ(found[1].addresses.at(1), address(99));
    EXPECT_EQ(found[1].addresses.size(), 6U);
    EXPECT_EQ(fan_outs(rows.moves(), world({address(99)})).size(), 1U);
    // What the meeting was paid before the split has nothing to do with it.
    Rows before;
    for (unsigned i = 0; i < 6; ++i) before.pay(20 + i, 99, 100);
    for (unsigned i = 0; i < 6; ++i) before.pay(1, 10 + i, 100);
    for (unsigned i = 0; i < 6; ++i) before.pay(10 + i, 20 + i, 100);
    EXPECT_EQ(fan_outs(before.moves(), world()).size(), 1U);
}
TEST(Consolidation, needs_one_source_of_the_senders) {
    Rows rows;
    for (unsigned i = 0; i < 6; ++i) rows.pay(1, 10 + i, 100);
    for (unsigned i = 0; i < 6; ++i) rows.pay(10 + i, 50, 90);
    const auto found = consolidations(rows.moves(), world());
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].addresses.front(), address(50));
    EXPECT_TRUE(consolidations(rows.moves(), world({address(50)})).empty());
    Rows strangers;
    for (unsigned i = 0; i < 6; ++i) strangers.pay(100 + i, 10 + i, 100);
    for (unsigned i = 0; i < 6; ++i) strangers.pay(10 + i, 50, 90);
    EXPECT_TRUE(consolidations(strangers.moves(), world()).empty());
    Rows keep;  // Who keeps half does not hand over.
    for (unsigned i = 0; i < 6; ++i) keep.pay(1, 10 + i, 100);
    for (unsigned i = 0; i < 6; ++i) keep.pay(10 + i, 50, 50);
    EXPECT_TRUE(consolidations(keep.moves(), world()).empty());
}
TEST(PayoutBatch, pays_people_who_were_there_before) {
    Rows rows;
    std::set<Address> old;
    for (unsigned i = 0; i < 10; ++i) {
        rows.pay(1, 10 + i, 100);
        old.insert(address(10 + i));
    }
    for (Movement& row : rows.rows_) row.time = from_unix_seconds(1'700'000'000);
    EXPECT_EQ(payout_batches(rows.moves(), world({}, old)).size(), 1U);
    EXPECT_TRUE(payout_batches(rows.moves(), world()).empty());
    uint64_t different = 100;
    for (Movement& row : rows.rows_) row.amount = Amount{++different};
    EXPECT_TRUE(payout_batches(rows.moves(), world({}, old)).empty());
    for (Movement& row : rows.rows_) row.at = {1, 0};  // In one txn amounts may differ.
    EXPECT_EQ(payout_batches(rows.moves(), world({}, old)).size(), 1U);
}

}  // namespace
}  // namespace cordon::patterns
