// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Shapes that are large or odd, small enough for every run.
#include <array>
#include <fstream>

#include <malloc.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <cordon/base/fault_disk.hpp>
#include "test_answers.hpp"
#include "writer.hpp"

namespace cordon::ledger {
namespace {

using namespace test;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

/// A writer that seals when it is told to, on a disk that does not wait.
struct Desk {
    TempDir dir;
    FaultDisk disk = FaultDisk::none();
    std::unique_ptr<Writer> writer =
        open_writer_on(disk, dir / "l", {}, {.least_rows = 1, .background = false}).value();

    void append(const std::vector<Block>& batch) {
        const auto appended = writer->append(batch);
        ASSERT_TRUE(appended) << appended.error().message;
    }
    /// From the head, then from files.
    template <typename Check>
    void check_twice(Check&& check) {
        check(*writer->snapshot().value());
        ASSERT_TRUE(writer->seal());
        check(*open_reader(dir / "l").value());
    }
};

Address holder(unsigned n) { return address(n, AddressKind::kP2wpkh); }

TEST(LedgerScale, rows_are_placed_where_blocks_differ_much_in_size) {
    // Empty ones, one that holds nearly all, and a few after it: no block stands where the average
    // size says.
    Block huge = simple_block(300);
    for (unsigned i = 1; i < 5'000; ++i)
        huge.account_txns.push_back({hash(i, 9), {transfer(7, 1, 3 + i % 5, Amount{i})}});
    std::vector<Block> blocks;
    for (BlockNum number = 1; number < 600; ++number) {
        blocks.push_back(number == 300 ? huge : simple_block(number));
        if (number % 3 != 0) blocks.back().account_txns.clear();
    }
    Desk desk;
    desk.append(blocks);
    desk.check_twice([&](const Reader& reader) {
        const auto cursor = reader.transfers_of(kEthereum, address(1), {});
        std::array<PlacedTransfer, 100> page;
        std::vector<PlacedTransfer> rows;
        for (std::size_t n = 1; n > 0;) {
            n = cursor->next(page).value();
            rows.insert(rows.end(), page.begin(), page.begin() + static_cast<std::ptrdiff_t>(n));
        }
        std::size_t at = 0;
        for (const Block& block : blocks)
            for (uint32_t n = 0; n < block.account_txns.size(); ++n, ++at) {
                ASSERT_LT(at, rows.size());
                ASSERT_EQ(rows[at].at, (TxnPosition{block.header.number, n}));
                ASSERT_EQ(rows[at].time, block.header.time);
                ASSERT_EQ(rows[at].transfer, block.account_txns[n].transfers.front());
            }
        EXPECT_EQ(at, rows.size());
    });
}

TEST(LedgerScale, a_txn_has_100_000_outputs_and_another_spends_them_all) {
    constexpr uint32_t kMany = 100'000;
    constexpr unsigned kHolders = 1000;
    UtxoTxn wide = coinbase(1, 0, 1);
    wide.outputs.clear();
    UtxoTxn sweep = spend(2, {}, {{kMany, holder(60'000)}});
    for (uint32_t i = 0; i < kMany; ++i) {
        wide.outputs.push_back({1 + i % 3, holder(i % kHolders)});
        sweep.inputs.push_back({{wide.txid, kMany - 1 - i}, {}});
    }
    Desk desk;
    desk.append({utxo_block(1, {coinbase(7, 5, 3), wide}), utxo_block(2, {sweep})});
    for (TxIn& input : sweep.inputs) input.spent = wide.outputs[input.prevout.index];
    desk.check_twice([&](const Reader& reader) {
        ASSERT_EQ(reader.utxo_txn(kBitcoin, {1, 1})->txn, wide);
        ASSERT_EQ(reader.utxo_txn(kBitcoin, {2, 0})->txn, sweep);
        for (uint32_t i = 0; i < kMany; i += 997) {
            const auto spender = reader.spender(kBitcoin, {wide.txid, i}).value();
            ASSERT_TRUE(spender);
            ASSERT_EQ(spender->at, (TxnPosition{2, 0}));
            ASSERT_EQ(spender->input, kMany - 1 - i);
        }
        std::vector<PlacedOutput> page(7);
        const auto cursor = reader.outputs_of(kBitcoin, holder(5), Order::kDescending, {});
        uint32_t index = kMany - kHolders + 5;
        std::size_t seen = 0;
        for (std::size_t n = *cursor->next(page); n != 0; n = *cursor->next(page))
            for (std::size_t i = 0; i < n; ++i, ++seen, index -= kHolders) {
                ASSERT_EQ(page[i].index, index);
                ASSERT_EQ(page[i].spent_by, (TxnPosition{2, 0}));
            }
        ASSERT_EQ(seen, kMany / kHolders);
        EXPECT_EQ(reader.balance(kBitcoin, holder(5))->unspent, 0u);
        EXPECT_EQ(
            drain(*reader.utxo_txns_of(kBitcoin, holder(5), Side::kEither, Order::kAscending, {})),
            (std::vector<TxnPosition>{{1, 1}, {2, 0}}));
        std::size_t shapes = 0;
        ASSERT_TRUE(reader.scan_shapes(kBitcoin, {}, true, [&](const TxnShape& shape) -> Status {
            ++shapes;
            EXPECT_EQ(shape.senders.size(), kMany);
            EXPECT_EQ(shape.receivers.size(), 1u);
            return {};
        }));
        EXPECT_EQ(shapes, 1u);
    });
}

TEST(LedgerScale, a_txn_has_100_000_transfers) {
    Block block = simple_block(1);
    AccountTxn txn{hash(5), {}, {}};
    for (uint32_t i = 0; i < 100'000; ++i)
        txn.transfers.push_back(transfer(i * 40'000, i % 1000, i % 77, Amount{i}));
    block.account_txns.push_back(txn);
    Desk desk;
    desk.append({block, simple_block(2)});
    desk.check_twice([&](const Reader& reader) {
        ASSERT_EQ(reader.account_txn(kEthereum, {1, 1})->txn, txn);
        EXPECT_EQ(drain(*reader.account_txns_of(kEthereum, address(5), Side::kEither,
                                                Order::kAscending, {})),
                  (std::vector<TxnPosition>{{1, 1}}));
    });
}

/// Resident memory in bytes, files that are mapped included.
uint64_t resident() {
    std::ifstream in{"/proc/self/statm"};
    uint64_t all = 0, pages = 0;
    in >> all >> pages;
    return pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

TEST(LedgerScale, an_address_with_two_million_transfers_is_read_page_by_page) {
    constexpr uint32_t kRows = 2'000'000, kBlockRows = 100'000, kTxnRows = 500;
    Desk desk;
    for (uint32_t row = 0; row < kRows;) {
        Block block = simple_block(1 + row / kBlockRows);
        block.account_txns.clear();
        for (const uint32_t end = row + kBlockRows; row < end;) {
            AccountTxn txn{hash(row, 5), {}, {}};
            for (uint32_t i = 0; i < kTxnRows; ++i, ++row)
                txn.transfers.push_back(transfer(i, 7, 100 + row % 5000, Amount{row}));
            block.account_txns.push_back(std::move(txn));
        }
        desk.append({block});
        if (row % (kRows / 4) == 0) {
            ASSERT_TRUE(desk.writer->seal());
        }
    }
    desk.writer.reset();
    ::malloc_trim(0);
    const uint64_t before = resident();
    const auto reader = open_reader(desk.dir / "l").value();
    std::vector<PlacedTransfer> page(1000);
    const auto read = [&](const TransferQuery& query, uint64_t most) {
        const bool up = query.order == Order::kAscending;
        const auto cursor = reader->transfers_of(kEthereum, address(7), query);
        uint64_t seen = 0;
        for (std::size_t n = *cursor->next(page); n != 0 && seen < most; n = *cursor->next(page)) {
            const uint64_t row = up ? seen : kRows - 1 - seen;
            ASSERT_EQ(page[0].transfer.amount, Amount{row});
            ASSERT_EQ(page[0].at.block, 1 + row / kBlockRows);
            seen += n;
        }
        ASSERT_EQ(seen, most);
    };
    TransferQuery query;
    query.side = Side::kSender;
    read(query, kRows);
    query.order = Order::kDescending;
    read(query, 100'000);
    if (!kSanitized) {
        EXPECT_LT(resident(), before + (uint64_t{64} << 20));
    }
}

TEST(LedgerScale, three_thousand_snapshots_live_side_by_side) {
    constexpr BlockNum kMany = 3000;
    const TempDir dir;
    FaultDisk disk = FaultDisk::none();
    const auto writer = open_writer_on(disk, dir / "l", {},
                                       {.seal_rows = 400, .least_rows = 1, .background = false})
                            .value();
    std::vector<std::shared_ptr<const Reader>> all;
    for (BlockNum number = 1; number <= kMany; ++number) {
        const Block block = simple_block(number);
        ASSERT_TRUE(writer->append(std::span{&block, 1}));
        all.push_back(writer->snapshot().value());
    }
    ASSERT_TRUE(writer->seal());
    ASSERT_TRUE(writer->rewind(kEthereum, 1));
    for (BlockNum number = 1; number <= kMany; ++number) {
        const Reader& reader = *all[number - 1];
        ASSERT_EQ(reader.chains()[0].tip.number, number);
        ASSERT_EQ(reader.find_txn(kEthereum, hash(number, 2)).value(), (TxnPosition{number, 0}));
        ASSERT_EQ(reader.find_txn(kEthereum, hash(number + 1, 2)).value(), std::nullopt);
        if (number % 500 != 0) continue;
        const std::vector<Block> blocks = scan_all(reader, kEthereum);
        ASSERT_EQ(blocks.size(), number);
        for (std::size_t i = 0; i < blocks.size(); ++i) ASSERT_EQ(blocks[i], simple_block(i + 1));
    }
}

TEST(LedgerScale, block_numbers_reach_to_the_last) {
    for (const bool sealed : {false, true}) {
        Desk desk;
        Naive naive;
        const std::vector<BlockNum> numbers{0,
                                            1,
                                            BlockNum{1} << 40,
                                            (BlockNum{1} << 40) + 1,
                                            BlockNum{5} << 40,
                                            (BlockNum{1} << 57) + 3,
                                            UINT64_MAX - 1,
                                            UINT64_MAX};
        for (const BlockNum number : numbers) {
            Block block = simple_block(0, static_cast<unsigned>(number % 1000));
            block.header.number = number;
            block.header.hash = hash(number, 1);
            block.header.time.reset();
            block.account_txns[0].hash = hash(number, 2);
            naive.append(block);
            desk.append({block});
            if (sealed) {
                ASSERT_TRUE(desk.writer->seal());
            }
        }
        desk.check_twice([&](const Reader& reader) {
            const std::vector<Block> blocks = scan_all(reader, kEthereum);
            ASSERT_EQ(blocks, naive.blocks());
            for (const BlockNum number : numbers) {
                EXPECT_EQ(reader.find_txn(kEthereum, hash(number, 2)).value(),
                          (TxnPosition{number, 0}));
                EXPECT_EQ(reader.account_txn(kEthereum, {number, 0})->at.block, number);
            }
            EXPECT_EQ(reader.block(kEthereum, 2).value(), std::nullopt);
            const auto back = drain(*reader.account_txns_of(kEthereum, address(2), Side::kReceiver,
                                                            Order::kDescending,
                                                            TxnPosition{UINT64_MAX, UINT32_MAX}));
            EXPECT_EQ(back.size(), numbers.size());
        });
        ASSERT_TRUE(desk.writer->rewind(kEthereum, UINT64_MAX));
        ASSERT_TRUE(desk.writer->rewind(kEthereum, UINT64_MAX - 1));
        EXPECT_EQ(desk.writer->tip(kEthereum)->number, UINT64_MAX - 1);
        ASSERT_TRUE(desk.writer->rewind(kEthereum, BlockNum{1} << 50));
        EXPECT_EQ(desk.writer->tip(kEthereum)->number, BlockNum{5} << 40);
        ASSERT_TRUE(verify(desk.dir / "l"));
        ASSERT_TRUE(desk.writer->rewind(kEthereum, 0));
        EXPECT_EQ(scan_all(*desk.writer->snapshot().value(), kEthereum).size(), 1u);
    }
}

TEST(LedgerScale, ids_go_on_across_the_borders_of_segments) {
    Desk desk;
    std::vector<Address> all;
    for (BlockNum number = 1; number <= 40; ++number) {
        const auto first = static_cast<unsigned>(number) * 10;
        Block block = simple_block(number, first, first - 10);  // One that is new, one that is not.
        block.account_txns[0].transfers.push_back(transfer(1, first - 10, first + 1, 1u));
        if (number == 1) all.push_back(address(first));
        all.push_back(number == 1 ? address(0) : address(first));
        all.push_back(address(first + 1));
        desk.append({block});
        if (number % 3 == 0) {
            ASSERT_TRUE(desk.writer->seal());
        }
    }
    desk.check_twice([&](const Reader& reader) {
        ASSERT_EQ(reader.address_count(kEthereum), all.size());
        for (uint32_t id = 0; id < all.size(); ++id) {
            EXPECT_EQ(reader.address(kEthereum, id).value(), all[id]);
            EXPECT_EQ(reader.address_id(kEthereum, all[id]).value(), id);
        }
    });
}

}  // namespace
}  // namespace cordon::ledger
