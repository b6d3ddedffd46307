// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cordon/base/fault_disk.hpp>
#include "test_answers.hpp"
#include "writer.hpp"

namespace cordon::ledger {
namespace {

using namespace test;

// Seals every few blocks, merges now and then; all on one thread, so that a write has a number.
constexpr Limits kSmall{.seal_rows = 20,
                        .seal_log = 1 << 20,
                        .least_rows = 1,
                        .merged_rows = 1000,
                        .background = false};

/// What was acknowledged, and what was asked for last: a crash may leave either.
struct Outcome {
    Naive before, after;
};

/// Appends, rewinds and seals until the disk fails or the script ends.
Outcome run(FaultDisk& disk, const std::string& directory, ChainId chain, uint64_t seed,
            bool go_on_after_error, const Limits& limits = kSmall) {
    Outcome outcome;
    auto opened = open_writer_on(disk, directory, {}, limits);
    if (!opened && go_on_after_error) opened = open_writer_on(disk, directory, {}, limits);
    if (!opened) return outcome;
    const auto writer = std::move(*opened);
    Stream stream{chain, seed};
    for (int step = 0; step < 14; ++step) {
        outcome.after = outcome.before;
        bool good = false;
        if (step % 5 == 4 && !outcome.before.blocks().empty()) {
            const auto& blocks = outcome.before.blocks();
            const BlockNum to =
                blocks[stream.below(static_cast<unsigned>(blocks.size()))].header.number;
            outcome.after.rewind(to);
            good = writer->rewind(chain, to).has_value();
            if (good) stream.restart(to);
        } else if (step % 7 == 6) {
            good = writer->seal().has_value();
        } else {
            std::vector<Block> batch;
            for (unsigned n = 1 + stream.below(5); n > 0; --n) batch.push_back(stream.next());
            for (const Block& block : batch) outcome.after.append(block);
            good = writer->append(batch).has_value();
        }
        if (good)
            outcome.before = outcome.after;
        else if (!go_on_after_error)
            return outcome;
        else
            stream.restart(
                outcome.before.blocks().empty() ? 0 : outcome.before.blocks().back().header.number);
        if (go_on_after_error && !good) {
            const auto snapshot = writer->snapshot();
            EXPECT_TRUE(snapshot && same_answers(**snapshot, chain, outcome.before));
        }
    }
    outcome.after = outcome.before;
    return outcome;
}

void pull_the_plug(FaultDisk::Fault fault, ChainId chain, uint64_t seed,
                   const Limits& limits = kSmall, uint64_t step = 1) {
    for (uint64_t at = 0;; at += step) {
        const TempDir dir;
        const std::string ledger = dir / "ledger";
        FaultDisk disk{fault, at, seed + at};
        const Outcome outcome =
            run(disk, ledger, chain, seed, fault == FaultDisk::Fault::kNoSpace, limits);
        disk.lose_power();
        SCOPED_TRACE(format("fault at write {}", at));
        const auto check = [&](const Reader& reader) {
            const std::vector<Block> found = scan_all(reader, chain);
            const bool all = fault != FaultDisk::Fault::kNoSpace && found == outcome.after.blocks();
            return same_answers(reader, chain, all ? outcome.after : outcome.before);
        };
        const auto reader = open_reader(ledger);
        if (!reader) {
            ASSERT_EQ(reader.error().code, ErrorCode::kNotFound) << reader.error().message;
            ASSERT_TRUE(outcome.before.blocks().empty());
        } else {
            ASSERT_TRUE(check(**reader));
        }
        auto writer = open_writer(ledger);
        ASSERT_TRUE(writer) << writer.error().message;
        ASSERT_TRUE(check(*(*writer)->snapshot().value()));
        ASSERT_TRUE(verify(ledger)) << verify(ledger).error().message;
        // And life goes on.
        const auto tip = (*writer)->tip(chain);
        Block next = chain == kEthereum ? simple_block(tip ? tip->number + 1 : 1)
                                        : utxo_block(tip ? tip->number + 1 : 1, {});
        next.header.time = tip ? tip->time : std::nullopt;
        const auto appended = (*writer)->append(std::span{&next, 1});
        ASSERT_TRUE(appended) << appended.error().message;
        if (!disk.happened()) return;
    }
}

TEST(LedgerCrash, kill_at_any_write_leaves_what_was_acknowledged) {
    pull_the_plug(FaultDisk::Fault::kKill, kEthereum, 11);
    pull_the_plug(FaultDisk::Fault::kKill, kBitcoin, 12);
}

TEST(LedgerCrash, power_loss_at_any_write_leaves_what_was_acknowledged) {
    pull_the_plug(FaultDisk::Fault::kPower, kEthereum, 13);
    pull_the_plug(FaultDisk::Fault::kPower, kBitcoin, 14);
}

TEST(LedgerCrash, full_disk_at_any_write_shows_nothing_of_the_batch_and_the_writer_goes_on) {
    pull_the_plug(FaultDisk::Fault::kNoSpace, kEthereum, 15);
    pull_the_plug(FaultDisk::Fault::kNoSpace, kBitcoin, 16);
}

// With threads a write has no number that stays, so which one fails is another one every time; what
// must hold is the same. Small heads: four runs are soon there to be merged.
constexpr Limits kThreads{.seal_rows = 6, .least_rows = 1, .merged_rows = 1000};

TEST(LedgerCrash, kill_while_sealing_and_merging_leaves_what_was_acknowledged) {
    pull_the_plug(FaultDisk::Fault::kKill, kEthereum, 17, kThreads, 2);
    pull_the_plug(FaultDisk::Fault::kKill, kBitcoin, 18, kThreads, 2);
}

TEST(LedgerCrash, power_loss_while_sealing_and_merging_leaves_what_was_acknowledged) {
    pull_the_plug(FaultDisk::Fault::kPower, kEthereum, 19, kThreads, 2);
    pull_the_plug(FaultDisk::Fault::kPower, kBitcoin, 20, kThreads, 2);
}

TEST(LedgerCrash, full_disk_while_sealing_and_merging_loses_nothing) {
    pull_the_plug(FaultDisk::Fault::kNoSpace, kEthereum, 21, kThreads, 2);
    pull_the_plug(FaultDisk::Fault::kNoSpace, kBitcoin, 22, kThreads, 2);
}

TEST(LedgerCrash, random_histories_survive_power_loss_anywhere) {
    EXPECT_TRUE(rc::check([] {
        const auto seed = *rc::gen::arbitrary<uint32_t>();
        const auto at = *rc::gen::inRange<uint64_t>(0, 120);
        const ChainId chain = seed % 2 == 0 ? kEthereum : kBitcoin;
        const TempDir dir;
        FaultDisk disk{FaultDisk::Fault::kPower, at, seed};
        const Outcome outcome =
            run(disk, dir / "l", chain, seed, false, seed % 3 == 0 ? kThreads : kSmall);
        disk.lose_power();
        const auto writer = open_writer(dir / "l");
        RC_ASSERT(writer.has_value());
        const std::vector<Block> found = scan_all(*(*writer)->snapshot().value(), chain);
        RC_ASSERT(found == outcome.before.blocks() || found == outcome.after.blocks());
    }));
}

TEST(LedgerCrash, a_log_cut_at_any_byte_shows_the_whole_batches_before_it) {
    const TempDir dir;
    std::vector<uint64_t> ends{kLogMagic.size()};
    std::vector<Naive> states(1);
    const std::string log = chain_directory(dir / "l", kBitcoin) + "/log-1";
    {
        auto writer = open_writer(dir / "l").value();
        Stream stream{kBitcoin, 5};
        for (int i = 0; i < 6; ++i) {
            const std::vector<Block> batch{stream.next(), stream.next()};
            ASSERT_TRUE(writer->append(batch));
            states.push_back(states.back());
            for (const Block& block : batch) states.back().append(block);
            ends.push_back(std::filesystem::file_size(log));
        }
    }
    const Bytes whole = read_file(log).value();
    for (uint64_t size = 0; size < whole.size(); ++size) {
        ASSERT_TRUE(system_disk().create(log).value()->write(ByteView{whole}.first(size)));
        const auto reader = open_reader(dir / "l");
        if (size < kLogMagic.size()) {
            ASSERT_EQ(reader.error().code, ErrorCode::kCorrupt);
            continue;
        }
        std::size_t expected = 0;
        while (expected + 1 < ends.size() && ends[expected + 1] <= size) ++expected;
        ASSERT_TRUE(reader) << reader.error().message;
        ASSERT_EQ(scan_all(**reader, kBitcoin), states[expected].blocks()) << size;
        if (size % 16 != 0) continue;
        auto writer = open_writer(dir / "l");
        ASSERT_TRUE(writer) << writer.error().message;
        ASSERT_TRUE(same_answers(*(*writer)->snapshot().value(), kBitcoin, states[expected]));
    }
}

}  // namespace
}  // namespace cordon::ledger
