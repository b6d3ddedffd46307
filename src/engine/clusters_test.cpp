// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "clusters.hpp"

#include <unistd.h>

#include <gtest/gtest.h>
#include <filesystem>
#include <fstream>

#include <cordon/chain/text.hpp>

#include "cluster_change.hpp"
#include "cluster_labels.hpp"
#include "context.hpp"

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

Address owner(unsigned n) {
    std::array<uint8_t, 20> payload{};
    payload[0] = static_cast<uint8_t>(n);
    return Address{AddressKind::kP2wpkh, payload};
}

Hash256 hash(uint64_t n, uint8_t tag) {
    Hash256 value;
    std::memcpy(value.bytes.data(), &n, sizeof n);
    value.bytes[31] = tag;
    return value;
}

/// A block of one txn in which the two owners sign together. `branch` makes it another block.
Block signed_by(BlockNum number, unsigned a, unsigned b, uint8_t branch = 0) {
    UtxoTxn txn;
    txn.txid = hash(number, static_cast<uint8_t>(100 + branch));
    for (const unsigned each : {a, b})
        txn.inputs.push_back({{hash(number * 1000 + each, static_cast<uint8_t>(200 + branch)), 0},
                              TxOut{10, owner(each)}});
    txn.outputs = {{20, owner(99)}};
    return Block{kBitcoin,
                 {number,
                  BlockNumKind::kHeight,
                  from_unix_seconds(static_cast<int64_t>(number)),
                  hash(number, branch),
                  {}},
                 {},
                 {txn}};
}

class ClustersTest : public ::testing::Test {
protected:
    ClustersTest() {
        fs::remove_all(folder_);
        writer_ = ledger::open_writer(folder_.string()).value();
    }
    ~ClustersTest() override { fs::remove_all(folder_); }

    void append(const Block& block) { ASSERT_TRUE(writer_->append({&block, 1}).has_value()); }
    Clusters now() const {
        return cluster_ledger(folder_.string(), std::nullopt, ledger::no_join_filter()).value();
    }
    static std::optional<uint32_t> id(const Clusters& clusters, const Address& address) {
        return clusters.reader->address_id(clusters.chain, address).value();
    }
    static unsigned size(const Clusters& clusters, unsigned n) {
        return clusters.forest.size(id(clusters, owner(n)).value());
    }

    // Tests run beside each other, each in a process of its own.
    const fs::path folder_ =
        fs::temp_directory_path() / ("cordon_engine_clusters_test_" + std::to_string(::getpid()));
    std::unique_ptr<ledger::Writer> writer_;
};

TEST_F(ClustersTest, the_next_call_goes_on_and_a_reorg_is_taken_back) {
    for (BlockNum number = 1; number <= 20; ++number)
        append(signed_by(number, static_cast<unsigned>(number), static_cast<unsigned>(number + 1)));
    const Clusters first = now();
    EXPECT_FALSE(first.incremental);
    EXPECT_EQ(size(first, 1), 21u);

    append(signed_by(21, 50, 51));
    const Clusters second = now();
    EXPECT_TRUE(second.incremental);
    EXPECT_EQ(size(second, 50), 2u);

    ASSERT_TRUE(writer_->rewind(kBitcoin, 10).has_value());
    append(signed_by(11, 60, 61, 1));
    append(signed_by(12, 61, 1, 1));
    const Clusters third = now();
    EXPECT_TRUE(third.incremental);
    EXPECT_EQ(size(third, 60), 13u);
    EXPECT_EQ(size(third, 11), 13u);
    EXPECT_FALSE(id(third, owner(50)).has_value());

    fs::remove(clusters_path(folder_.string(), kBitcoin));
    const Clusters anew = now();
    EXPECT_FALSE(anew.incremental);
    EXPECT_TRUE(anew.forest == third.forest);
    EXPECT_TRUE(anew.warnings.empty());
}

TEST_F(ClustersTest, another_join_filter_is_another_answer) {
    class All final : public ledger::JoinFilter {
    public:
        bool is_join(const ledger::TxnShape&) const override { return true; }
        uint32_t identity() const noexcept override { return 9; }
    };
    append(signed_by(1, 1, 2));
    EXPECT_EQ(now().forest.joins(), 1u);
    const auto none = cluster_ledger(folder_.string(), kBitcoin, All{}).value();
    EXPECT_FALSE(none.incremental);
    EXPECT_EQ(none.forest.joins(), 0u);
    EXPECT_EQ(now().forest.joins(), 1u);
}

TEST_F(ClustersTest, an_anchor_that_anybody_sweeps_joins_nobody) {
    const Address anchor = chain::parse_address(kBitcoin, "bc1pfeessrawgf").value();
    for (unsigned sweep = 1; sweep <= 2; ++sweep) {
        Block block = signed_by(sweep, 10 * sweep, 10 * sweep + 1);
        block.utxo_txns[0].inputs.push_back({{hash(sweep, 77), 0}, TxOut{240, anchor}});
        append(block);
    }
    const Clusters clusters = now();
    EXPECT_EQ(size(clusters, 10), 2u);
    EXPECT_EQ(size(clusters, 20), 2u);
    EXPECT_EQ(clusters.forest.size(id(clusters, anchor).value()), 1u);
}

TEST_F(ClustersTest, damage_costs_a_warning_and_a_new_start) {
    append(signed_by(1, 1, 2));
    EXPECT_TRUE(now().warnings.empty());
    std::ofstream{clusters_path(folder_.string(), kBitcoin)} << "noise";
    const Clusters again = now();
    EXPECT_EQ(again.warnings.size(), 1u);
    EXPECT_EQ(again.forest.joins(), 1u);
    EXPECT_TRUE(now().incremental);
}

TEST_F(ClustersTest, what_is_kept_is_used_as_it_is_or_not_at_all) {
    const auto kept = [&](const ledger::JoinFilter& filter) {
        const auto reader = ledger::open_reader(folder_.string()).value();
        return kept_clusters(folder_.string(), reader, kBitcoin, filter).value();
    };
    append(signed_by(1, 1, 2));
    EXPECT_FALSE(kept(ledger::no_join_filter()).has_value());  // Nobody has asked yet.
    now();
    append(signed_by(2, 3, 4));
    const auto old = kept(ledger::no_join_filter());
    ASSERT_TRUE(old.has_value());
    EXPECT_EQ(size(*old, 1), 2u);
    EXPECT_EQ(size(*old, 3), 1u);  // Came later.
    ASSERT_TRUE(writer_->rewind(kBitcoin, std::nullopt).has_value());
    append(signed_by(1, 7, 8, 1));
    EXPECT_FALSE(kept(ledger::no_join_filter()).has_value());  // Of blocks that are no more.
    std::ofstream{clusters_path(folder_.string(), kBitcoin)} << "noise";
    EXPECT_FALSE(kept(ledger::no_join_filter()).has_value());
}

TEST_F(ClustersTest, a_guess_joins_nobody_by_an_anchor) {
    const Address anchor = chain::parse_address(kBitcoin, "bc1pfeessrawgf").value();
    // The anchor signs and is paid again: by keys alone it would be change.
    Block block = signed_by(1, 1, 1);
    block.utxo_txns[0].inputs = {{{hash(1, 77), 0}, TxOut{900, anchor}},
                                 {{hash(1, 78), 0}, TxOut{900, owner(1)}}};
    block.utxo_txns[0].outputs = {{800, anchor}, {700, owner(2)}};
    append(block);
    Clusters clusters = now();
    ASSERT_TRUE(tie_changes(clusters, {}, {}).has_value());
    EXPECT_EQ(clusters.forest.joins(), 0u);
    // A key that signs and is paid again is nothing new, a fresh one of the same sort is.
    Block plain = signed_by(2, 3, 4);
    plain.utxo_txns[0].outputs = {{100'000, Address{AddressKind::kP2sh, owner(9).payload()}},
                                  {7, owner(5)}};
    for (TxIn& in : plain.utxo_txns[0].inputs) in.spent->value = 60'000;
    append(plain);
    clusters = now();
    ASSERT_TRUE(tie_changes(clusters, {}, {}).has_value());
    EXPECT_EQ(size(clusters, 5), 3u);
    ASSERT_EQ(clusters.ties.size(), 1u);
    EXPECT_EQ(clusters.ties[0].output, 1u);
}

class LabelsTest : public ClustersTest {
protected:
    LabelsTest() : store_{records::Store::open((folder_ / "records.sqlite").string()).value()} {
        append(signed_by(1, 1, 2));
        append(signed_by(2, 2, 3));
    }
    void say(unsigned n, Category category, double confidence) {
        const Label label{kBitcoin, owner(n), "label", category, "list", confidence};
        ASSERT_TRUE(store_->put_labels({&label, 1}).has_value());
    }
    ClusterLabels of(unsigned n) const {
        const Clusters clusters = now();
        return cluster_labels(clusters, *id(clusters, owner(n)), *store_).value();
    }

    std::unique_ptr<records::Store> store_;
};

TEST_F(LabelsTest, hold_for_the_cluster_with_less_confidence_than_for_their_address) {
    EXPECT_TRUE(of(3).labels.empty());
    say(1, Category::kExchange, 0.8);
    EXPECT_DOUBLE_EQ(of(1).labels.at(0).confidence, 0.8);
    EXPECT_DOUBLE_EQ(of(3).labels.at(0).confidence, 0.8 * kCoSpentConfidence);
    EXPECT_EQ(of(3).labels.at(0).label.address, owner(1));
    EXPECT_TRUE(of(99).labels.empty());
}

TEST_F(LabelsTest, that_one_owner_would_not_have_together_are_a_conflict) {
    say(1, Category::kExchange, 0.8);
    say(2, Category::kDeposit, 0.5);
    say(3, Category::kOther, 0.5);
    EXPECT_FALSE(of(1).conflict);
    say(3, Category::kMixer, 0.3);
    EXPECT_TRUE(of(1).conflict);
    // A context then says nothing rather than one of them.
    append(signed_by(3, 2, 4));
    RecordsContext context{*store_};
    context.add_clusters(now());
    EXPECT_FALSE(context.label(kBitcoin, owner(4)).has_value());
    EXPECT_FALSE(context.error().has_value());
}

TEST_F(LabelsTest, are_those_of_a_weak_tie_as_well) {
    say(1, Category::kExchange, 1);
    Clusters clusters = now();
    const uint32_t payer = *id(clusters, owner(1));
    const uint32_t change = *id(clusters, owner(99));
    clusters.ties.push_back({{2, 0}, 0, 0.6, {patterns::Heuristic::kOptimalChange}});
    clusters.forest.tie({2, 0}, payer, change, 1, 100);
    EXPECT_DOUBLE_EQ(cluster_confidence(clusters, change), 0.6);
    EXPECT_DOUBLE_EQ(cluster_labels(clusters, change, *store_)->labels.at(0).confidence, 0.6);
}

}  // namespace
}  // namespace cordon::engine
