// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "clusters.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <ctime>
#include <map>

#include <cordon/base/disk.hpp>
#include "cluster_file.hpp"
#include "test_support.hpp"

namespace cordon::ledger {
namespace {

using Ids = std::vector<uint32_t>;

struct Signed {
    TxnPosition at;
    Ids senders;
};

ClusterForest forest_of(const std::vector<Signed>& txns) {
    ClusterForest forest;
    for (const Signed& txn : txns) forest.add(txn.at, txn.senders);
    return forest;
}

/// The clusters as a child would find them: labels that are painted over until nothing changes.
Ids painted(const std::vector<Signed>& txns, uint32_t ids) {
    Ids label(ids);
    for (uint32_t id = 0; id < ids; ++id) label[id] = id;
    for (bool changed = true; changed;) {
        changed = false;
        for (const Signed& txn : txns)
            for (const uint32_t a : txn.senders)
                for (const uint32_t b : txn.senders)
                    if (label[a] < label[b]) {
                        label[b] = label[a];
                        changed = true;
                    }
    }
    return label;
}

std::vector<Signed> any_txns(uint32_t ids) {
    std::vector<Signed> txns;
    TxnPosition at{*rc::gen::inRange<BlockNum>(0, 5), 0};
    for (int n = *rc::gen::inRange(0, 40); n > 0; --n) {
        if (*rc::gen::inRange(0, 3) == 0)
            at = {at.block + *rc::gen::inRange<BlockNum>(1, 4), 0};
        else
            ++at.txn;
        Ids senders(*rc::gen::inRange<std::size_t>(0, 5));
        for (uint32_t& each : senders) each = *rc::gen::inRange<uint32_t>(0, ids);
        txns.push_back({at, std::move(senders)});
    }
    return txns;
}

TEST(Clusters, who_never_signed_with_another_is_a_cluster_of_one) {
    ClusterForest forest;
    forest.add({1, 0}, Ids{7});
    forest.add({1, 1}, Ids{7, 7, 7});
    EXPECT_EQ(forest.joins(), 0u);
    EXPECT_EQ(forest.id_end(), 0u);
    EXPECT_EQ(forest.cluster(4'000'000'000), 4'000'000'000);
    EXPECT_EQ(forest.size(7), 1u);
    EXPECT_EQ(forest.members(7), (Ids{7}));
    EXPECT_TRUE(forest.why(7, 7).empty());
    EXPECT_TRUE(forest.why(7, 8).empty());
    EXPECT_TRUE(forest.clusters().empty());
}

TEST(Clusters, a_cluster_has_the_name_of_its_smallest_id) {
    const ClusterForest forest = forest_of({{{1, 0}, {9, 5}}, {{1, 1}, {7, 3}}, {{2, 0}, {9, 7}}});
    EXPECT_EQ(forest.cluster(9), 3u);
    EXPECT_EQ(forest.members(7), (Ids{3, 5, 7, 9}));
    EXPECT_EQ(forest.size(5), 4u);
}

TEST(Clusters, the_path_between_two_is_told_with_its_txns) {
    const ClusterForest forest =
        forest_of({{{1, 4}, {1, 2}}, {{2, 0}, {3, 4}}, {{3, 1}, {2, 3, 1}}, {{4, 0}, {1, 4}}});
    using Join = ClusterForest::Join;
    EXPECT_EQ(forest.why(1, 4),
              (std::vector<Join>{{{1, 4}, 1, 2}, {{3, 1}, 2, 3}, {{2, 0}, 3, 4}}));
    EXPECT_EQ(forest.why(4, 3), (std::vector<Join>{{{2, 0}, 4, 3}}));
}

TEST(Clusters, larger_ones_come_first_and_equal_ones_by_id) {
    const ClusterForest forest =
        forest_of({{{1, 0}, {8, 9}}, {{1, 1}, {0, 1}}, {{1, 2}, {4, 5, 6}}});
    std::vector<std::pair<uint32_t, uint32_t>> got;
    for (const auto& each : forest.clusters()) got.emplace_back(each.id, each.size);
    EXPECT_EQ(got, (std::vector<std::pair<uint32_t, uint32_t>>{{4, 3}, {0, 2}, {8, 2}}));
    EXPECT_EQ(forest.clusters(3).size(), 1u);
}

TEST(Clusters, two_large_ones_that_merge_raise_the_alarm) {
    const ClusterForest forest =
        forest_of({{{1, 0}, {0, 1, 2}}, {{1, 1}, {5, 6}}, {{2, 0}, {2, 9}}, {{3, 7}, {6, 9}}});
    const auto merges = forest.merges(2);
    ASSERT_EQ(merges.size(), 1u);
    EXPECT_EQ(merges[0].join, (ClusterForest::Join{{3, 7}, 6, 9}));
    EXPECT_EQ(merges[0].size_a, 2u);
    EXPECT_EQ(merges[0].size_b, 4u);
    EXPECT_TRUE(forest.merges(3).empty());
}

TEST(Clusters, a_join_of_strangers_joins_nobody) {
    class Equal final : public JoinFilter {
    public:
        bool is_join(const TxnShape& shape) const override {
            return shape.values.size() > 1 && shape.values[0] == shape.values[1];
        }
        uint32_t identity() const noexcept override { return 1; }
    };
    ClusterForest forest;
    const Ids senders{1, 2};
    const std::vector<uint64_t> equal{5, 5};
    forest.add(TxnShape{{1, 0}, senders, senders, equal}, Equal{});
    EXPECT_EQ(forest.joins(), 0u);
    forest.add(TxnShape{{1, 0}, senders, senders, equal}, no_join_filter());
    EXPECT_EQ(forest.joins(), 1u);
}

TEST(Clusters, a_tie_joins_payer_and_change_and_says_so) {
    ClusterForest forest = forest_of({{{1, 0}, {1, 2}}, {{2, 0}, {3, 4}}});
    EXPECT_EQ(forest.tie({1, 7}, 2, 9, 5, 100), ClusterForest::Tie::kJoined);
    EXPECT_EQ(forest.tie({1, 8}, 9, 1, 6, 100), ClusterForest::Tie::kKnown);
    EXPECT_EQ(forest.members(9), (Ids{1, 2, 9}));
    const auto why = forest.why(1, 9);
    ASSERT_EQ(why.size(), 2u);
    EXPECT_EQ(why[0].mark, 0u);
    EXPECT_EQ(why[1], (ClusterForest::Join{{1, 7}, 2, 9, 5}));
    EXPECT_EQ(forest.join(forest.joins() - 1).mark, 5u);
}

TEST(Clusters, a_tie_of_two_large_ones_is_refused) {
    ClusterForest forest = forest_of({{{1, 0}, {1, 2, 3}}, {{2, 0}, {4, 5, 6}}, {{3, 0}, {7, 8}}});
    EXPECT_EQ(forest.tie({4, 0}, 1, 4, 1, 3), ClusterForest::Tie::kRefused);
    EXPECT_NE(forest.cluster(1), forest.cluster(4));
    EXPECT_EQ(forest.tie({4, 1}, 1, 7, 2, 3), ClusterForest::Tie::kJoined);
    EXPECT_EQ(forest.merges(2).size(), 1u);
    EXPECT_EQ(forest.merges(2)[0].join.mark, 2u);
}

TEST(Clusters, a_rewind_forgets_all_ties) {
    const std::vector<Signed> txns{{{1, 0}, {1, 2}}, {{2, 0}, {3, 4}}};
    ClusterForest forest = forest_of(txns);
    forest.tie({2, 1}, 2, 3, 1, 100);
    EXPECT_FALSE(forest == forest_of(txns));
    forest.rewind(2);
    EXPECT_TRUE(forest == forest_of(txns));
    EXPECT_EQ(forest.size(1), 2u);
    forest.add({3, 0}, Ids{1, 3});
    EXPECT_EQ(forest.size(4), 4u);
}

TEST(ClustersProperty, clusters_equal_those_of_painted_labels) {
    EXPECT_TRUE(rc::check([] {
        constexpr uint32_t kIds = 24;
        const auto txns = any_txns(kIds);
        const ClusterForest forest = forest_of(txns);
        const Ids label = painted(txns, kIds);
        std::map<uint32_t, Ids> members;
        for (uint32_t id = 0; id < kIds; ++id) members[label[id]].push_back(id);
        std::size_t joins = 0;
        for (uint32_t id = 0; id < kIds; ++id) {
            RC_ASSERT(forest.cluster(id) == label[id]);
            RC_ASSERT(forest.members(id) == members[label[id]]);
            RC_ASSERT(forest.size(id) == members[label[id]].size());
            joins += label[id] != id;
        }
        RC_ASSERT(forest.joins() == joins);
    }));
}

TEST(ClustersProperty, a_path_is_of_real_txns_and_ends_with_the_one_that_first_joined_the_two) {
    EXPECT_TRUE(rc::check([] {
        constexpr uint32_t kIds = 16;
        const auto txns = any_txns(kIds);
        const ClusterForest forest = forest_of(txns);
        std::map<TxnPosition, Ids> senders;
        for (const Signed& txn : txns) senders[txn.at] = txn.senders;
        const auto a = *rc::gen::inRange<uint32_t>(0, kIds);
        const auto b = *rc::gen::inRange<uint32_t>(0, kIds);
        const auto path = forest.why(a, b);
        RC_ASSERT(path.empty() == (a == b || forest.cluster(a) != forest.cluster(b)));
        uint32_t here = a;
        TxnPosition latest;
        for (const auto& step : path) {
            RC_ASSERT(step.a == here);
            here = step.b;
            const Ids& by = senders.at(step.at);
            RC_ASSERT(std::count(by.begin(), by.end(), step.a) > 0);
            RC_ASSERT(std::count(by.begin(), by.end(), step.b) > 0);
            latest = std::max(latest, step.at);
        }
        if (path.empty()) return;
        RC_ASSERT(here == b);
        ClusterForest until;  // Without that txn and what follows, they are apart.
        for (const Signed& txn : txns)
            if (txn.at < latest) until.add(txn.at, txn.senders);
        RC_ASSERT(until.cluster(a) != until.cluster(b));
    }));
}

TEST(ClustersProperty, rewound_and_gone_on_equals_built_at_once) {
    EXPECT_TRUE(rc::check([] {
        constexpr uint32_t kIds = 24;
        std::vector<Signed> chain = any_txns(kIds);
        ClusterForest forest = forest_of(chain);
        for (int reorg = *rc::gen::inRange(1, 4); reorg > 0; --reorg) {
            const auto cut = *rc::gen::inRange<BlockNum>(0, 40);
            const bool all = *rc::gen::inRange(0, 8) == 0;
            std::erase_if(chain, [&](const Signed& txn) { return all || txn.at.block > cut; });
            forest.rewind(all ? std::nullopt : std::optional{cut});
            RC_ASSERT(forest == forest_of(chain));
            const BlockNum above = chain.empty() ? 0 : chain.back().at.block + 1;
            for (Signed& txn : any_txns(kIds)) {
                txn.at.block += above;
                forest.add(txn.at, txn.senders);
                chain.push_back(std::move(txn));
            }
            const ClusterForest again = forest_of(chain);
            RC_ASSERT(forest == again);
            for (uint32_t id = 0; id < kIds; ++id)
                RC_ASSERT(forest.members(id) == again.members(id));
        }
    }));
}

SavedClusters saved_of(ClusterForest forest) {
    return {kBitcoin, 1, 7, {{3, test::hash(3)}, {60, test::hash(60)}}, std::move(forest)};
}

TEST(ClusterFile, what_was_saved_is_loaded) {
    const test::TempDir dir;
    const std::string path = dir / "clusters";
    EXPECT_EQ(load_clusters(path, 10).error().code, ErrorCode::kNotFound);
    const SavedClusters saved = saved_of(forest_of({{{1, 4}, {1, 2}}, {{2, 0}, {3, 2, 9}}}));
    ASSERT_TRUE(save_clusters(path, saved).has_value());
    const auto loaded = load_clusters(path, 10);
    ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
    EXPECT_TRUE(loaded->forest == saved.forest);
    EXPECT_EQ(loaded->marks, saved.marks);
    EXPECT_EQ(loaded->chain, saved.chain);
    EXPECT_EQ(loaded->filter, 7u);
    EXPECT_EQ(loaded->forest.members(9), (Ids{1, 2, 3, 9}));
    EXPECT_EQ(list_directory(dir.path()).value(), (std::vector<std::string>{"clusters"}));
    EXPECT_EQ(load_clusters(path, 9).error().code, ErrorCode::kCorrupt);  // Id 9 does not exist.
}

TEST(ClusterFile, has_no_ties) {
    ClusterForest forest = forest_of({{{1, 0}, {1, 2}}});
    const Bytes plain = encode_clusters({kBitcoin, 0, 0, {{5, {}}}, forest});
    forest.tie({1, 0}, 2, 3, 1, 100);
    EXPECT_EQ(encode_clusters({kBitcoin, 0, 0, {{5, {}}}, forest}), plain);
}

TEST(ClusterFile, no_byte_changes_without_being_noticed) {
    const Bytes good = encode_clusters(saved_of(forest_of({{{1, 4}, {1, 2}}, {{2, 0}, {3, 2}}})));
    ASSERT_TRUE(decode_clusters(good, "f", 10).has_value());
    for (std::size_t at = 0; at < good.size(); ++at) {
        Bytes bad = good;
        bad[at] ^= 0x10;
        const auto result = decode_clusters(bad, "f", 10);
        ASSERT_FALSE(result.has_value()) << at;
        EXPECT_EQ(result.error().code, at == 7 ? ErrorCode::kUnsupported : ErrorCode::kCorrupt);
        EXPECT_FALSE(decode_clusters(ByteView{good}.first(at), "f", 10).has_value()) << at;
    }
    Bytes longer = good;
    longer.push_back(0);
    EXPECT_EQ(decode_clusters(longer, "f", 10).error().code, ErrorCode::kCorrupt);
}

TEST(ClustersSpeed, a_million_txns_take_a_fraction_of_a_second) {
    std::mt19937 random{1};
    std::vector<Signed> txns;
    for (uint32_t n = 0; n < 1'000'000; ++n) {
        // 1.85 inputs: of addresses that were made lately, mostly.
        Ids senders(1 + (random() % 100 < 55) + (random() % 100 < 30));
        for (uint32_t& each : senders)
            each = n + 1 -
                   static_cast<uint32_t>(random() %
                                         (random() % 4 == 0 ? n + 1 : std::min(n + 1, 2000u)));
        txns.push_back({{n / 2000, n % 2000}, std::move(senders)});
    }
    ClusterForest forest;
    const std::clock_t begin = std::clock();
    for (const Signed& txn : txns) forest.add(txn.at, txn.senders);
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    RecordProperty("cpu_seconds", std::to_string(seconds));
    EXPECT_GT(forest.joins(), 0u);
    EXPECT_LT(seconds, 2.0);  // Sanitizers and loaded machines; tools/bench has the real bound.
}

}  // namespace
}  // namespace cordon::ledger
