// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cordon/base/fault_disk.hpp>
#include "test_answers.hpp"
#include "writer.hpp"

namespace cordon::ledger {
namespace {

using namespace test;

/// One of many chains, limits and histories.
struct Setting {
    uint32_t seed = *rc::gen::arbitrary<uint32_t>();
    ChainId chain = seed % 2 == 0 ? kEthereum : kBitcoin;
    Limits limits{.seal_rows = *rc::gen::inRange<uint64_t>(1, 80),
                  .least_rows = 1,
                  .merged_rows = *rc::gen::inRange<uint64_t>(1, 4000),
                  .filtered_txns = 16,
                  .noted_txns = uint64_t{1} << *rc::gen::inRange(0, 12),
                  .background = false};
};

std::vector<Block> take(Stream& stream, Naive& naive, unsigned most) {
    std::vector<Block> batch;
    for (unsigned n = 1 + stream.below(most); n > 0; --n) {
        batch.push_back(stream.next());
        naive.append(batch.back());
    }
    return batch;
}

/// A ledger and the list of its blocks, going through one history together.
class History {
public:
    History(Disk& disk, const std::string& directory, ChainId chain, const Limits& limits,
            uint64_t seed)
        : disk_{disk},
          directory_{directory},
          chain_{chain},
          limits_{limits},
          stream_{chain, seed},
          writer_{open_writer_on(disk, directory, {}, limits).value()} {}

    void step() {
        switch (stream_.below(20)) {
            case 0: good(writer_->seal()); break;
            case 1: rewind(any_number()); break;
            case 2: rewind(naive_.blocks().size() < 4 ? any_number() : recent_number()); break;
            case 3: rewind(recent_number()); break;
            case 4:
                if (stream_.below(4) == 0) rewind(std::nullopt);
                break;
            case 5:
                writer_.reset();
                writer_ = open_writer_on(disk_, directory_, {}, limits_).value();
                break;
            case 6: hold(writer_->snapshot().value()); break;
            case 7: hold(open_reader(directory_).value()); break;
            case 8:
                if (!held_.empty()) held_.erase(held_.begin());
                break;
            case 9: {  // What is there already, in part or all of it.
                const auto& all = naive_.blocks();
                const std::vector<Block> known{
                    all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end()};
                const auto appended = writer_->append(known);
                good(appended);
                EXPECT_EQ(appended->skipped, known.size());
                break;
            }
            case 10: refuse(); break;
            default: good(writer_->append(take(stream_, naive_, stream_.below(6) == 0 ? 30 : 6)));
        }
        EXPECT_EQ(writer_->tip(chain_), naive_.blocks().empty()
                                            ? std::nullopt
                                            : std::optional{naive_.blocks().back().header});
    }

    /// Now, from inside and outside, and whatever was held.
    bool is_right(uint64_t seed) {
        bool right = same_answers(*writer_->snapshot().value(), chain_, naive_, seed) &&
                     same_answers(*open_reader(directory_).value(), chain_, naive_, seed);
        for (const auto& [reader, naive] : held_)
            right = right && same_answers(*reader, chain_, naive, seed);
        return right;
    }
    /// The same after the writer has gone.
    bool is_right_after(uint64_t seed) {
        bool right = is_right(seed);
        writer_.reset();
        const Status whole = verify(directory_);
        EXPECT_TRUE(whole) << whole.error().message;
        right = right && same_answers(*open_reader(directory_).value(), chain_, naive_, seed);
        for (const auto& [reader, naive] : held_)
            right = right && same_answers(*reader, chain_, naive, seed);
        writer_ = open_writer_on(disk_, directory_, {}, limits_).value();
        return right && same_answers(*writer_->snapshot().value(), chain_, naive_, seed);
    }

private:
    template <typename T>
    static void good(const T& result) {
        ASSERT_TRUE(result) << result.error().message;
    }
    std::optional<BlockNum> any_number() {
        const auto& all = naive_.blocks();
        if (all.empty()) return std::nullopt;
        const BlockNum number = all[stream_.below(static_cast<unsigned>(all.size()))].header.number;
        return number + stream_.below(3) - 1;
    }
    std::optional<BlockNum> recent_number() {
        const auto& all = naive_.blocks();
        if (all.empty()) return std::nullopt;
        const std::size_t back = std::min<std::size_t>(all.size(), 1 + stream_.below(5));
        return all[all.size() - back].header.number;
    }
    void rewind(std::optional<BlockNum> to) {
        good(writer_->rewind(chain_, to));
        naive_.rewind(to);
        const auto& all = naive_.blocks();
        stream_.restart(all.empty() ? 0 : all.back().header.number);
    }
    void hold(std::shared_ptr<const Reader> reader) {
        if (held_.size() < 6) held_.emplace_back(std::move(reader), naive_);
    }
    /// A batch whose last txn is bad: nothing of it may stay behind.
    void refuse() {
        Stream stream = stream_;
        Naive unused;
        std::vector<Block> batch = take(stream, unused, 4);
        Block& last = batch.back();
        if (is_utxo(chain_)) {
            UtxoTxn bad = coinbase(1, 1, 1);
            bad.outputs.push_back({UINT64_MAX, address(77)});
            last.utxo_txns.push_back(bad);
        } else {
            AccountTxn bad{hash(1, 88), {transfer(3, 70, 71, 1u), transfer(3, 1, 2, 1u)}, {}};
            last.account_txns.push_back(bad);
        }
        EXPECT_FALSE(writer_->append(batch));
    }

    Disk& disk_;
    std::string directory_;
    ChainId chain_;
    Limits limits_;
    Stream stream_;
    Naive naive_;
    std::unique_ptr<Writer> writer_;
    std::vector<std::pair<std::shared_ptr<const Reader>, Naive>> held_;
};

TEST(LedgerProperty, every_answer_equals_that_of_a_list_of_blocks) {
    EXPECT_TRUE(rc::check([] {
        const Setting setting;
        const TempDir dir;
        FaultDisk disk = FaultDisk::none();
        History history{disk, dir / "l", setting.chain, setting.limits, setting.seed};
        for (int step = *rc::gen::inRange(1, 30); step > 0; --step) history.step();
        RC_ASSERT(history.is_right_after(setting.seed));
    }));
}

TEST(LedgerProperty, every_answer_is_right_while_sealing_and_merging_go_on_in_the_background) {
    for (uint64_t seed = 0; seed < 20; ++seed) {
        SCOPED_TRACE(seed);
        const TempDir dir;
        History history{system_disk(),
                        dir / "l",
                        seed % 2 == 0 ? kEthereum : kBitcoin,
                        {.seal_rows = 1 + seed * 6,
                         .least_rows = 1,
                         .merged_rows = 40 + seed * 160,
                         .filtered_txns = 16,
                         .noted_txns = 16},
                        seed};
        for (int step = 0; step < 40; ++step) {
            history.step();
            if (step % 13 == 12) {
                ASSERT_TRUE(history.is_right(seed));
            }
        }
        ASSERT_TRUE(history.is_right_after(seed));
    }
}

TEST(LedgerProperty, long_histories_merge_many_times) {
    for (const ChainId chain : {kEthereum, kBitcoin}) {
        const TempDir dir;
        FaultDisk disk = FaultDisk::none();
        History history{disk,
                        dir / "l",
                        chain,
                        {.seal_rows = 4,
                         .least_rows = 1,
                         .merged_rows = 100'000,
                         .filtered_txns = 32,
                         .noted_txns = 64,
                         .background = false},
                        9};
        for (int step = 0; step < 300; ++step) history.step();
        ASSERT_TRUE(history.is_right_after(9));
    }
}

TEST(LedgerProperty, rewind_undoes_append) {
    EXPECT_TRUE(rc::check([] {
        const Setting setting;
        const TempDir dir;
        FaultDisk disk = FaultDisk::none();
        const auto writer = open_writer_on(disk, dir / "l", {}, setting.limits).value();
        Stream stream{setting.chain, setting.seed};
        Naive before;
        RC_ASSERT(writer->append(take(stream, before, 20)).has_value());
        Naive after = before;
        RC_ASSERT(writer->append(take(stream, after, 20)).has_value());
        if (setting.seed % 3 == 0) RC_ASSERT(writer->seal().has_value());
        RC_ASSERT(writer->rewind(setting.chain, before.blocks().back().header.number).has_value());
        RC_ASSERT(same_answers(*writer->snapshot().value(), setting.chain, before));
        RC_ASSERT(same_answers(*open_reader(dir / "l").value(), setting.chain, before));
    }));
}

TEST(LedgerProperty, the_same_blocks_in_other_batches_are_the_same_ledger) {
    EXPECT_TRUE(rc::check([] {
        const Setting setting;
        const TempDir dir;
        FaultDisk disk = FaultDisk::none();
        Stream stream{setting.chain, setting.seed};
        Naive naive;
        const std::vector<Block> blocks = take(stream, naive, 40);
        for (const std::size_t size : {std::size_t{1}, std::size_t{3}, blocks.size()}) {
            const auto writer =
                open_writer_on(disk, dir / format("l{}", size), {}, setting.limits).value();
            for (std::size_t at = 0; at < blocks.size(); at += size)
                RC_ASSERT(
                    writer
                        ->append(std::span{blocks}.subspan(at, std::min(size, blocks.size() - at)))
                        .has_value());
            RC_ASSERT(same_answers(*writer->snapshot().value(), setting.chain, naive));
            // And once more changes nothing.
            const auto again = writer->append(blocks);
            RC_ASSERT(again.has_value());
            RC_ASSERT(again->blocks == 0u && again->skipped == blocks.size());
            RC_ASSERT(same_answers(*writer->snapshot().value(), setting.chain, naive));
        }
    }));
}

}  // namespace
}  // namespace cordon::ledger
