// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <deque>
#include <set>

#include "builders.hpp"
#include "crossing_test_bridge.hpp"
#include "fake_context.hpp"
#include "memory_ledger.hpp"
#include "movements.hpp"
#include "paths.hpp"

// Small random worlds of two chains: what the searches say of them is found again by going all
// ways.
namespace cordon::trace {
namespace {

constexpr unsigned kPeople = 4;
constexpr double kSure = 0.5;  // Params::min_confidence.

struct Payment {
    ChainId chain;
    TxnPosition at;
    std::optional<UnixMillis> time;
    Hash256 txn;
    Address from, to;
    Amount amount;
    bool gone = false, ends = false, begins = false;
};
using RandomMove = std::tuple<uint8_t, uint8_t, uint8_t, uint8_t>;  // From, to, amount, block.
using RandomClaim = RandomMove;                                     // Row, row, chains, confidence.

/// One payment a txn, up to three txns a block; some blocks without a time.
std::vector<Payment> payments_of(ChainId chain, const std::vector<RandomMove>& moves) {
    std::vector<Payment> out;
    BlockNum block = 1;
    uint32_t txn = 0;
    for (const auto& [from, to, amount, next] : moves) {
        if (txn == 3 || next % 2 == 0) {
            ++block;
            txn = 0;
        }
        Payment payment;
        payment.chain = chain;
        payment.at = {block, txn++};
        if (block % 4 != 0) payment.time = AccountChain::time_of(block);
        payment.txn = test::hash(1000 * chain.reference + out.size());
        payment.from = address(1U + from % kPeople);
        payment.to = address(1U + to % kPeople);
        if (payment.from == payment.to) payment.to = address(1U + (to + 1) % kPeople);
        payment.amount = Amount{uint64_t{10U + 10U * (amount % 3U)}};
        out.push_back(std::move(payment));
    }
    return out;
}

/// Claims that a payment of one chain came out as a payment of the same amount, true or not.
std::vector<Crossing> claims_of(const std::vector<Payment>& one, const std::vector<Payment>& two,
                                const std::vector<RandomClaim>& claims) {
    std::vector<Crossing> out;
    for (const auto& [a, b, how, sure] : claims) {
        const auto& left = how % 2 == 0 ? one : two;
        const auto& arrived = how % 5 == 0 ? left : how % 2 == 0 ? two : one;
        if (left.empty() || arrived.empty()) continue;
        const Payment& from = left[a % left.size()];
        for (std::size_t i = 0; i < arrived.size(); ++i) {
            const Payment& to = arrived[(how % 3 != 0 ? a + b % 8U + i : b + i) % arrived.size()];
            if (to.amount != from.amount) continue;
            Crossing crossing;
            crossing.kind = "bridge";
            crossing.from_chain = from.chain;
            crossing.from_txn = from.txn;
            crossing.from_at = from.at;
            crossing.from = {from.from, {}, from.amount};
            crossing.via = from.to;
            crossing.to_chain = to.chain;
            crossing.to_txn = to.txn;
            crossing.to_at = to.at;
            crossing.to = {how % 7 == 6 ? from.to : to.to, {}, to.amount};
            crossing.confidence = 0.3 + static_cast<double>(sure % 8) / 10;
            out.push_back(std::move(crossing));
            break;
        }
    }
    return out;
}

/// A world, and what moved in it by the rules of CrossingChoice, read off all its claims at once.
struct World {
    std::vector<Payment> payments;
    std::vector<Crossing> claims;
    test::MemoryLedger ledger;
    test::FakeContext context;
    std::vector<Movement> movements;
    std::deque<Movement::Far> fars;

    World(const std::vector<RandomMove>& home, const std::vector<RandomMove>& away,
          const std::vector<RandomClaim>& random) {
        auto one = payments_of(kEthereum, home);
        const auto two = payments_of(kPolygon, away);
        claims = claims_of(one, two, random);
        payments = std::move(one);
        payments.insert(payments.end(), two.begin(), two.end());
        std::map<std::pair<ChainId, BlockNum>, Block> blocks;
        for (const Payment& each : payments) {
            Block& block = blocks[{each.chain, each.at.block}];
            block.chain = each.chain;
            block.header.number = each.at.block;
            block.header.time = each.time;
            block.account_txns.push_back(
                {each.txn, {transfer().from(each.from).to(each.to).amount(each.amount)}});
        }
        for (auto& [key, block] : blocks) ledger.add(std::move(block));
        context.price({}, 1);
        settle();
    }

    Payment& payment(ChainId chain, TxnPosition at) {
        return *std::find_if(payments.begin(), payments.end(), [&](const Payment& each) {
            return each.chain == chain && each.at == at;
        });
    }

    void settle() {
        std::vector<const Crossing*> order;
        for (const Crossing& claim : claims)
            if (claim.confidence >= kSure && claim.confidence <= 1) order.push_back(&claim);
        std::stable_sort(order.begin(), order.end(), [](const Crossing* a, const Crossing* b) {
            const auto rank = [](const Crossing& c) {
                return std::tuple{-c.confidence, c.from_chain, c.from_at,
                                  c.to_chain,    c.to_at,      c.to.address};
            };
            return rank(*a) < rank(*b);
        });
        std::set<std::pair<ChainId, TxnPosition>> left, arrived;
        for (const Crossing* claim : order) {
            Payment& from = payment(claim->from_chain, claim->from_at);
            Payment& to = payment(claim->to_chain, claim->to_at);
            from.ends = to.begins = true;  // Unless one of them is followed.
            const bool early = from.chain == to.chain
                                   ? to.at <= from.at
                                   : from.time && to.time && *to.time < *from.time;
            if (early || claim->to.address != to.to || left.contains({from.chain, from.at}) ||
                arrived.contains({to.chain, to.at}))
                continue;
            left.emplace(from.chain, from.at);
            arrived.emplace(to.chain, to.at);
            from.gone = to.gone = true;
            Movement over;
            over.chain = from.chain;
            over.at = from.at;
            over.time = from.time;
            over.txn = from.txn;
            over.from = from.from;
            over.to = to.to;
            over.amount = over.to_amount = from.amount;
            over.far = &fars.emplace_back(Movement::Far{to.chain, to.txn, to.at, to.time, from.to});
            movements.push_back(std::move(over));
        }
        for (const Payment& each : payments) {
            if (each.gone) continue;
            Movement plain;
            plain.chain = each.chain;
            plain.at = each.at;
            plain.time = each.time;
            plain.txn = each.txn;
            plain.from = each.from;
            plain.to = each.to;
            plain.amount = plain.to_amount = each.amount;
            plain.ends = each.ends;
            plain.begins = each.begins;
            movements.push_back(std::move(plain));
        }
    }
};

using Where = std::pair<ChainId, Address>;
auto key_of(const Movement& row) {
    return std::tuple{Where{row.chain, row.from},
                      row.at,
                      Where{row.to_chain(), row.to},
                      row.far != nullptr ? row.far->at : row.at,
                      row.amount,
                      row.to_amount,
                      row.ends,
                      row.begins};
}
using Keys = std::multiset<decltype(key_of(Movement{}))>;

TEST(MovementReader, tells_every_crossing_at_both_of_its_ends_as_all_claims_together_say) {
    EXPECT_TRUE(
        rc::check([](const std::vector<RandomMove>& home, const std::vector<RandomMove>& away,
                     const std::vector<RandomClaim>& claims) {
            const World world{home, away, claims};
            const FakeBridge bridge{world.claims};
            const LinkSource* const link = &bridge;
            const Sight sight{world.ledger, world.context, std::span{&link, 1}, {}, {}};
            MovementReader reader{sight};
            Keys truth, left, arrived;
            for (const Movement& row : world.movements) truth.insert(key_of(row));
            for (const ChainId chain : {kEthereum, kPolygon})
                for (unsigned i = 1; i <= kPeople; ++i) {
                    const auto found =
                        reader.of(chain, address(i), ledger::Order::kAscending, 10'000).value();
                    for (std::size_t row = 1; row < found.rows.size(); ++row)
                        RC_ASSERT(found.rows[row - 1].when(chain, address(i)) <=
                                  found.rows[row].when(chain, address(i)));
                    for (const Movement& row : found.rows) {
                        RC_ASSERT(row.leaves(chain, address(i)) || row.arrives(chain, address(i)));
                        if (row.leaves(chain, address(i))) left.insert(key_of(row));
                        if (row.arrives(chain, address(i))) arrived.insert(key_of(row));
                    }
                }
            RC_ASSERT(left == truth);
            RC_ASSERT(arrived == truth);
        }));
}

/// All ways of at most `hops` movements, by the stations: the widest.
class AllWays {
public:
    AllWays(const World& world, const Where& target, uint32_t hops)
        : world_{world}, target_{target}, hops_{hops} {}

    std::map<std::vector<Where>, Amount> from(const Where& start) {
        way_ = {start};
        go({}, Amount::max());
        return found_;
    }

private:
    void go(std::optional<std::size_t> last, const Amount& width) {
        if (last && way_.back() == target_) {
            Amount& best = found_[way_];
            best = std::max(best, width);
            return;
        }
        if (way_.size() > hops_) return;
        if (last && world_.movements[*last].ends) return;
        for (std::size_t i = 0; i < world_.movements.size(); ++i) {
            const Movement& row = world_.movements[i];
            if (!row.leaves(way_.back().first, way_.back().second)) continue;
            if (last &&
                (row.begins || !row.leaving().not_before(world_.movements[*last].arriving())))
                continue;
            const Where next{row.to_chain(), row.to};
            // Money back to oneself ties nobody to anybody; nothing is met twice.
            if (std::find(way_.begin(), way_.end(), next) != way_.end()) continue;
            way_.push_back(next);
            go(i, std::min(width, row.amount));
            way_.pop_back();
        }
    }

    const World& world_;
    Where target_;
    uint32_t hops_;
    std::vector<Where> way_;
    std::map<std::vector<Where>, Amount> found_;
};

TEST(Paths, over_two_chains_are_all_ways_and_each_as_wide_as_its_widest) {
    uint64_t crossed = 0;
    EXPECT_TRUE(rc::check([&] {
        const auto some = [](std::size_t count) {
            return *rc::gen::resize(200, rc::gen::container<std::vector<RandomMove>>(
                                             count, rc::gen::arbitrary<RandomMove>()));
        };
        const World world{some(24), some(24), some(10)};
        const FakeBridge bridge{world.claims};
        const LinkSource* const link = &bridge;
        const auto hops = *rc::gen::resize(200, rc::gen::inRange<uint32_t>(2, 7));
        const Where start{kEthereum, address(1)},
            target{*rc::gen::element(kEthereum, kPolygon),
                   address(*rc::gen::inRange(2U, kPeople + 1U))};
        const Seed seed{start.first, Seed::FromAddress{start.second, {}}, "seed"};
        const Seed end{target.first, Seed::FromAddress{target.second, {}}, "target"};
        PathParams params;
        params.max_hops = hops;
        params.count = 100'000;
        const auto result = find_paths(world.ledger, world.context, std::span{&link, 1},
                                       std::span{&seed, 1}, std::span{&end, 1}, params);
        RC_ASSERT(result.has_value());
        RC_ASSERT(!result->incomplete);
        // Who recognised what, and in which order they are asked, makes no difference.
        const auto half =
            world.claims.begin() + static_cast<std::ptrdiff_t>(world.claims.size() / 2);
        const FakeBridge first{{world.claims.begin(), half}}, second{{half, world.claims.end()}};
        const std::array<const LinkSource*, 2> both{&second, &first};
        const auto again = find_paths(world.ledger, world.context, both, std::span{&seed, 1},
                                      std::span{&end, 1}, params);
        RC_ASSERT(again->paths.size() == result->paths.size());
        for (std::size_t i = 0; i < again->paths.size(); ++i) {
            RC_ASSERT(again->paths[i].edges == result->paths[i].edges);
            RC_ASSERT(again->paths[i].bottleneck == result->paths[i].bottleneck);
        }
        for (std::size_t i = 0; i < again->edges.size(); ++i) {
            RC_ASSERT(again->edges[i].txn == result->edges[i].txn);
            RC_ASSERT(again->edges[i].to_txn == result->edges[i].to_txn);
        }
        auto ways = AllWays{world, target, hops}.from(start);
        for (const Path& path : result->paths) {
            std::vector<Where> stations{start};
            bool turned = false;
            for (const uint32_t at : path.edges) {
                const Edge edge = result->edges[at];
                const Where next{edge.arrives_on(), edge.to};
                if (edge.to_chain) ++crossed;
                turned = turned || next == stations.back();
                stations.push_back(next);
            }
            if (turned) continue;  // Back to oneself through a mixer, then on.
            const auto way = ways.find(stations);
            RC_ASSERT(way != ways.end());
            RC_ASSERT(way->second == path.bottleneck);
            ways.erase(way);
        }
        RC_ASSERT(ways.empty());
    }));
    RecordProperty("crossed", static_cast<int>(crossed));
    EXPECT_GT(crossed, 5U) << "the worlds have bridges that lead somewhere";
}

}  // namespace
}  // namespace cordon::trace
