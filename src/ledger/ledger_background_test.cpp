// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Sealing and merging on threads of their own, held up or refused at chosen files.
#include <thread>

#include <gtest/gtest.h>

#include "chain_writer.hpp"
#include "gate_disk.hpp"
#include "test_answers.hpp"
#include "writer.hpp"

namespace cordon::ledger {
namespace {

using namespace test;
namespace fs = std::filesystem;

// Every batch of a few blocks is sealed.
constexpr Limits kEager{.seal_rows = 2, .least_rows = 1, .merged_rows = 100'000};

/// A writer whose disk has gates, and the list of its blocks.
struct Desk {
    explicit Desk(ChainId its_chain, const Limits& limits = kEager)
        : chain{its_chain}, stream{its_chain, 5} {
        writer = open_writer_on(disk, ledger, {}, limits).value();
    }
    ~Desk() { disk.open(); }
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    /// Blocks with enough in them to be sealed at once.
    void append() {
        std::vector<Block> batch;
        for (std::size_t txns = 0; txns < 4;) {
            batch.push_back(stream.next());
            txns += batch.back().account_txns.size() + batch.back().utxo_txns.size();
            naive.append(batch.back());
        }
        const auto appended = writer->append(batch);
        ASSERT_TRUE(appended) << appended.error().message;
    }
    /// Fits a head that has no room any more.
    void append_empty() {
        Block block{chain, {}, {}, {}};
        block.header.number = tip().value_or(0) + 1;
        block.header.hash = hash(block.header.number, 66);
        naive.append(block);
        const auto appended = writer->append(std::span{&block, 1});
        ASSERT_TRUE(appended) << appended.error().message;
        stream.skip_to(block.header.number);
    }
    void rewind(std::optional<BlockNum> to) {
        const Status status = writer->rewind(chain, to);
        ASSERT_TRUE(status) << status.error().message;
        naive.rewind(to);
        stream.restart(tip().value_or(0));
    }
    std::optional<BlockNum> tip() const {
        return naive.blocks().empty() ? std::nullopt
                                      : std::optional{naive.blocks().back().header.number};
    }
    std::size_t files(const std::string& prefix) const {
        std::size_t n = 0;
        for (const auto& entry : fs::directory_iterator(chain_directory(ledger, chain))) {
            const std::string name = entry.path().filename();
            n += name.starts_with(prefix) && !name.ends_with(".tmp") ? 1 : 0;
        }
        return n;
    }
    /// Until the other threads have left so many files; the writer does not know it yet.
    void wait_for_files(const std::string& prefix, std::size_t count) const {
        for (int i = 0; i < 5000 && files(prefix) != count; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        ASSERT_EQ(files(prefix), count);
        // The file has its name; its thread is done a moment later.
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    void check() const {
        ASSERT_TRUE(same_answers(*writer->snapshot().value(), chain, naive));
        const auto reader = open_reader(ledger);
        ASSERT_TRUE(reader) << reader.error().message;
        ASSERT_TRUE(same_answers(**reader, chain, naive));
    }
    void check_whole() const {
        check();
        const Status whole = verify(ledger);
        ASSERT_TRUE(whole) << whole.error().message;
    }
    /// Seals a batch: one more segment and one more run.
    void append_and_take_over(std::size_t segments) {
        append();
        // A snapshot takes over what is done by then.
        for (int i = 0; i < 5000 && chain_files(ledger)->front().segments < segments; ++i) {
            ASSERT_TRUE(writer->snapshot());
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
        ASSERT_EQ(chain_files(ledger)->front().segments, segments);
    }

    TempDir dir;
    std::string ledger = dir / "l";
    ChainId chain;
    GateDisk disk;
    std::unique_ptr<Writer> writer;
    Stream stream;
    Naive naive;
};

class LedgerBackground : public ::testing::TestWithParam<ChainId> {};
INSTANTIATE_TEST_SUITE_P(chains, LedgerBackground, ::testing::Values(kEthereum, kBitcoin),
                         [](const auto& test) { return to_string(test.param); });

TEST_P(LedgerBackground, appends_reads_and_rewinds_go_on_while_a_head_is_being_sealed) {
    Desk desk{GetParam()};
    desk.disk.close("segment-");
    desk.append();
    ASSERT_TRUE(desk.disk.wait_for_somebody());
    desk.check();
    const BlockNum sealing = *desk.tip();
    const auto held = desk.writer->snapshot().value();
    const Naive then = desk.naive;
    desk.append_empty();
    desk.check();
    desk.rewind(sealing);  // Only what is behind the head that is being sealed.
    desk.check();
    desk.disk.open();
    ASSERT_TRUE(desk.writer->seal());
    EXPECT_EQ(chain_files(desk.ledger)->front().segments, 1u);
    desk.check_whole();
    EXPECT_TRUE(same_answers(*held, desk.chain, then));
}

TEST_P(LedgerBackground, a_rewind_into_what_is_being_sealed_waits_and_cuts_it) {
    for (const bool all : {false, true}) {
        Desk desk{GetParam()};
        desk.disk.close("index-");
        desk.append();
        ASSERT_TRUE(desk.disk.wait_for_somebody());
        const auto held = desk.writer->snapshot().value();
        const Naive then = desk.naive;
        std::thread opener{[&desk] {
            std::this_thread::sleep_for(std::chrono::milliseconds{20});
            desk.disk.open();
        }};
        desk.rewind(all ? std::nullopt : std::optional{desk.naive.blocks().front().header.number});
        opener.join();
        desk.check_whole();
        desk.append();
        desk.check_whole();
        EXPECT_TRUE(same_answers(*held, desk.chain, then));
    }
}

TEST_P(LedgerBackground, a_ledger_with_two_logs_opens_as_one_chain_and_is_sealed) {
    Desk desk{GetParam()};
    desk.append_and_take_over(1);
    desk.disk.close("segment-");
    desk.append();
    ASSERT_TRUE(desk.disk.wait_for_somebody());
    desk.append_empty();
    desk.wait_for_files("log-", 2);
    // As kill -9 leaves it.
    const std::string left = desk.dir / "left";
    fs::copy(desk.ledger, left, fs::copy_options::recursive);
    for (const Limits& limits :
         {Limits{.seal_rows = 2, .least_rows = 1, .background = false}, Limits{}}) {
        ASSERT_TRUE(same_answers(*open_reader(left).value(), desk.chain, desk.naive));
        ASSERT_TRUE(verify(left));
        const auto writer = open_writer_on(system_disk(), left, {}, limits).value();
        ASSERT_TRUE(same_answers(*writer->snapshot().value(), desk.chain, desk.naive));
        // What is there is known, what is spent is spent.
        EXPECT_EQ(writer->append(desk.naive.blocks())->skipped, desk.naive.blocks().size());
        ASSERT_TRUE(writer->seal());
        ASSERT_TRUE(same_answers(*writer->snapshot().value(), desk.chain, desk.naive));
    }
    EXPECT_TRUE(same_answers(*open_reader(left).value(), desk.chain, desk.naive));
    EXPECT_TRUE(verify(left));
}

TEST_P(LedgerBackground, a_full_disk_stops_no_append_and_seal_says_why) {
    for (const std::string file : {"segment-", "index-"}) {
        Desk desk{GetParam()};
        desk.append_and_take_over(1);
        desk.disk.fill_up(file);
        for (int i = 0; i < 8; ++i) desk.append();
        desk.check();
        const Status status = desk.writer->seal();
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().code, ErrorCode::kNoSpace) << status.error().message;
        EXPECT_NE(status.error().message.find(file), std::string::npos) << status.error().message;
        desk.check();
        desk.rewind(desk.naive.blocks()[desk.naive.blocks().size() - 2].header.number);
        desk.check();
        desk.disk.free_space();
        ASSERT_TRUE(desk.writer->seal());
        EXPECT_EQ(chain_files(desk.ledger)->front().head_blocks, 0u);
        desk.check_whole();
        desk.append();
        desk.check_whole();
    }
}

TEST_P(LedgerBackground, a_full_disk_at_the_manifest_leaves_the_head_where_it_was) {
    Desk desk{GetParam()};
    desk.append_and_take_over(1);
    for (int i = 0; i < 6; ++i) {
        desk.disk.fill_up("manifest", 1);
        desk.append();
        desk.check();
    }
    desk.disk.free_space();
    ASSERT_TRUE(desk.writer->seal());
    desk.check_whole();
}

/// As many runs are there as are merged, and their merged index is about to be written.
void begin_to_merge(Desk& desk) {
    for (std::size_t i = 1; i < kFan; ++i) desk.append_and_take_over(i);
    desk.disk.close("index-", 1);  // The last one passes, the merged one waits.
    desk.append();
    for (int i = 0; i < 5000 && !desk.disk.is_somebody_waiting(); ++i) {
        ASSERT_TRUE(desk.writer->snapshot());
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    ASSERT_TRUE(desk.disk.is_somebody_waiting());
}

TEST_P(LedgerBackground, a_full_disk_while_merging_costs_speed_only_and_seal_says_why) {
    Desk desk{GetParam()};
    begin_to_merge(desk);
    desk.disk.fill_up("index-");
    desk.disk.open();
    desk.check();
    const Status status = desk.writer->seal();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kNoSpace) << status.error().message;
    desk.check_whole();
    desk.disk.free_space();
    ASSERT_TRUE(desk.writer->seal());
    EXPECT_EQ(chain_files(desk.ledger)->front().indexes, 1u);
    EXPECT_EQ(desk.files("index-"), 1u);
    desk.check_whole();
}

TEST_P(LedgerBackground, a_merged_index_survives_a_seal_that_fails_meanwhile) {
    Desk desk{GetParam()};
    begin_to_merge(desk);
    desk.disk.fill_up("segment-");
    desk.append();
    desk.disk.open();
    desk.wait_for_files("index-", kFan + 1);
    desk.check();  // Learns of both: the seal that failed and the index that did not.
    desk.disk.free_space();
    ASSERT_TRUE(desk.writer->seal());
    desk.check_whole();
    desk.writer.reset();
    ASSERT_TRUE(same_answers(*open_reader(desk.ledger).value(), desk.chain, desk.naive));
}

TEST_P(LedgerBackground, seal_tells_how_far_merging_is) {
    Desk desk{GetParam()};
    begin_to_merge(desk);
    unsigned told = 0;
    const auto merging = [&](double share) {
        EXPECT_GE(share, 0);
        EXPECT_LE(share, 1);
        ++told;
        desk.disk.open();
    };
    ASSERT_TRUE(desk.writer->seal({merging, nullptr}));
    EXPECT_GE(told, 1U);
    EXPECT_EQ(desk.files("index-"), 1U);
    desk.check_whole();
}

TEST_P(LedgerBackground, a_seal_that_is_cancelled_leaves_out_merging_and_nothing_else) {
    Desk desk{GetParam()};
    begin_to_merge(desk);
    std::atomic<bool> cancel{false};
    std::thread opener;
    const auto merging = [&](double) {
        if (cancel.exchange(true)) return;
        opener = std::thread{[&desk] {
            std::this_thread::sleep_for(std::chrono::milliseconds{500});
            desk.disk.open();
        }};
    };
    const Status status = desk.writer->seal({merging, &cancel});
    ASSERT_TRUE(opener.joinable());
    opener.join();
    ASSERT_TRUE(status) << status.error().message;
    EXPECT_EQ(chain_files(desk.ledger)->front().indexes, kFan);
    EXPECT_EQ(desk.files("index-"), kFan);
    EXPECT_EQ(desk.files("log-"), 1U);
    desk.check_whole();
    ASSERT_TRUE(desk.writer->seal());
    EXPECT_EQ(desk.files("index-"), 1U);
    desk.check_whole();
}

TEST_P(LedgerBackground, a_rewind_stops_merging_and_its_file_goes) {
    Desk desk{GetParam()};
    begin_to_merge(desk);
    std::thread opener{[&desk] {
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
        desk.disk.open();
    }};
    desk.rewind(desk.naive.blocks()[desk.naive.blocks().size() / 2].header.number);
    opener.join();
    desk.check_whole();
    EXPECT_EQ(desk.files("segment-"), chain_files(desk.ledger)->front().segments);
    EXPECT_EQ(desk.files("index-"), chain_files(desk.ledger)->front().indexes);
    for (int i = 0; i < 6; ++i) desk.append();
    ASSERT_TRUE(desk.writer->seal());
    desk.check_whole();
}

TEST_P(LedgerBackground, a_writer_that_goes_away_while_merging_leaves_a_whole_ledger) {
    Desk desk{GetParam()};
    begin_to_merge(desk);
    std::thread opener{[&desk] {
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
        desk.disk.open();
    }};
    desk.writer.reset();
    opener.join();
    ASSERT_TRUE(verify(desk.ledger));
    desk.writer = open_writer_on(desk.disk, desk.ledger, {}, kEager).value();
    desk.check_whole();
    ASSERT_TRUE(desk.writer->seal());
    EXPECT_EQ(desk.files("index-"), 1u);
    desk.check_whole();
}

TEST_P(LedgerBackground, an_ingest_ends_with_what_came_in_joined_to_at_most_as_much_again) {
    Desk desk{GetParam(), {.seal_rows = 2, .least_rows = 1, .background = false}};
    // Batches that come in, and how many indexes there are once they are sealed.
    struct Step {
        unsigned batches;
        std::size_t indexes;
    };
    for (const Step step : {Step{40, 1}, {4, 2}, {12, 2}, {2, 4}, {1, 3}}) {
        for (unsigned i = 0; i < step.batches; ++i) desk.append();
        ASSERT_TRUE(desk.writer->seal());
        EXPECT_EQ(chain_files(desk.ledger)->front().indexes, step.indexes) << step.batches;
        EXPECT_EQ(desk.files("index-"), step.indexes);
        desk.check_whole();
    }
}

}  // namespace
}  // namespace cordon::ledger
