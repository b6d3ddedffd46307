// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include <cordon/base/fault_disk.hpp>
#include "index_format.hpp"
#include "segment_format.hpp"
#include "test_support.hpp"
#include "writer.hpp"

namespace cordon::ledger {
namespace {

using namespace test;

// Seals when it is told to.
constexpr Limits kByHand{.seal_rows = 1000, .least_rows = 1, .background = false};

/// A small ledger with two segments, a head and some history in the manifest.
Naive make_small(const std::string& directory, ChainId chain) {
    FaultDisk disk = FaultDisk::none();
    const auto writer = open_writer_on(disk, directory, {}, kByHand).value();
    Stream stream{chain, 3};
    Naive naive;
    for (int i = 0; i < 12; ++i) {
        const Block block = stream.next();
        EXPECT_TRUE(writer->append(std::span{&block, 1}));
        naive.append(block);
        if (i == 5 || i == 9) {
            EXPECT_TRUE(writer->seal());
        }
    }
    return naive;
}

std::vector<std::string> files_below(const std::string& directory) {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
        if (entry.is_regular_file() && entry.path().filename() != "lock" &&
            entry.path().string().find(".gone-") == std::string::npos)
            files.push_back(entry.path().string());
    std::sort(files.begin(), files.end());
    return files;
}

void overwrite(const std::string& path, ByteView bytes) {
    ASSERT_TRUE(system_disk().create(path).value()->write(bytes));
}

/// Which bytes of a file are flipped: all of logs, manifest, footers and checksums and gaps; of the
/// columns the ends, and every 29th from a place that is another one in each file.
std::vector<std::size_t> bytes_to_flip(const std::string& file, std::size_t size,
                                       std::size_t offset) {
    const bool is_segment = file.find("/segment-") != std::string::npos;
    std::vector<bool> flip(size, true);
    if (is_segment || file.find("/index-") != std::string::npos) {
        const ColumnFile columns =
            ColumnFile::open(file, is_segment ? segment::kFile : index::kFile).value();
        for (const ColumnInfo& column : columns.footer().columns)
            for (uint64_t i = 1; i + 1 < column.size; ++i)
                flip[column.offset + i] = (column.offset + i + offset) % 29 == 0;
    }
    std::vector<std::size_t> bytes;
    for (std::size_t at = 0; at < size; ++at)
        if (flip[at]) bytes.push_back(at);
    return bytes;
}

/// Whatever a reader of a damaged ledger says is right, or is that it is damaged.
void never_wrong(const Reader& reader, ChainId chain, const Naive& naive) {
    const auto corrupt = [](const auto& result) {
        return !result && result.error().code == ErrorCode::kCorrupt;
    };
    std::vector<Block> seen;
    const Status status = reader.scan(chain, 0, UINT64_MAX, [&seen](const Block& block) -> Status {
        seen.push_back(block);
        return {};
    });
    ASSERT_TRUE(status ? seen == naive.blocks() : corrupt(status));
    for (const Block& block : naive.blocks()) {
        uint32_t n = 0;
        const auto ask = [&](const Hash256& hash) {
            const auto found = reader.find_txn(chain, hash);
            ASSERT_TRUE(corrupt(found) ||
                        (found && *found == TxnPosition{block.header.number, n++}));
        };
        for (const AccountTxn& txn : block.account_txns) ask(txn.hash);
        for (const UtxoTxn& txn : block.utxo_txns) ask(txn.txid);
    }
    for (const Address& who : naive.addresses()) {
        const auto cursor = cursor_of(reader, chain, who, Side::kEither, Order::kAscending, {});
        std::vector<TxnPosition> txns;
        auto next = cursor->next();
        for (; next && *next; next = cursor->next()) txns.push_back(**next);
        ASSERT_TRUE(next ? txns == naive.txns_of(who, Side::kEither) : corrupt(next));
        const auto id = reader.address_id(chain, who);
        ASSERT_TRUE(corrupt(id) || (id && *id));
        const auto numbered = reader.numbered(chain);
        if (!id || !numbered) continue;
        std::vector<NumberedRow> rows(1'000);
        const auto count = numbered->rows_of(**id, 0, rows);
        ASSERT_TRUE(count || corrupt(count));
        rows.resize(count.value_or(0));
        for (const NumberedRow& row : rows) {
            const auto txn = numbered->txn(row.txn);
            ASSERT_TRUE(
                corrupt(txn) ||
                (txn && std::ranges::count(naive.txns_of(who, Side::kEither), txn->at) == 1));
        }
    }
}

TEST(LedgerDamage,
     verify_names_the_file_and_the_byte_of_any_flipped_bit_and_readers_never_show_it) {
    for (const ChainId chain : {kEthereum, kBitcoin}) {
        const TempDir dir;
        const Naive naive = make_small(dir / "l", chain);
        ASSERT_TRUE(verify(dir / "l"));
        const std::vector<std::string> files = files_below(dir / "l");
        ASSERT_EQ(files.size(), 7u);  // FORMAT, manifest, log, two segments, two indexes.
        for (std::size_t n = 0; n < files.size(); ++n) {
            const std::string& file = files[n];
            const bool is_log =
                file.find("/log-") != std::string::npos || file.ends_with("manifest");
            const Bytes good = read_file(file).value();
            for (const std::size_t at : bytes_to_flip(file, good.size(), n * 7)) {
                Bytes bad = good;
                bad[at] ^= static_cast<uint8_t>(1u << (at % 8));
                overwrite(file, bad);
                const Status found = verify(dir / "l");
                ASSERT_FALSE(found) << file << " " << at;
                const bool format = file.ends_with("FORMAT");
                ASSERT_TRUE(found.error().code == ErrorCode::kCorrupt || format)
                    << found.error().message;
                ASSERT_NE(found.error().message.find(file), std::string::npos)
                    << found.error().message;
                // The first bytes of a log say only that they are wrong.
                if (!format && (at >= 8 || !is_log)) {
                    ASSERT_NE(found.error().message.find(cordon::format("offset {}:", at)),
                              std::string::npos)
                        << file << " " << at << ": " << found.error().message;
                }
                if (at % 5 != 0) continue;
                const auto reader = open_reader(dir / "l");
                if (!reader) continue;
                ASSERT_NO_FATAL_FAILURE(never_wrong(**reader, chain, naive)) << file << " " << at;
            }
            overwrite(file, good);
        }
        ASSERT_TRUE(verify(dir / "l"));
    }
}

TEST(LedgerDamage, files_of_another_ledger_of_the_same_shape_are_refused) {
    // The same numbers of everything, other hashes and addresses: each file is whole.
    const TempDir dir;
    for (const unsigned kind : {0u, 1u}) {
        FaultDisk disk = FaultDisk::none();
        const auto writer = open_writer_on(disk, dir / format("l{}", kind), {}, kByHand).value();
        for (BlockNum number = 1; number <= 20; ++number) {
            Block block = simple_block(number, static_cast<unsigned>(number) + 100 * kind, 2);
            block.account_txns[0].hash.bytes[20] = static_cast<uint8_t>(kind);
            ASSERT_TRUE(writer->append(std::span{&block, 1}));
            if (number % 8 == 0) {
                ASSERT_TRUE(writer->seal());
            }
        }
    }
    for (const std::string& file : files_below(dir / "l0")) {
        if (file.ends_with("FORMAT") || file.find("/log-") != std::string::npos) continue;
        std::string other = file;
        other[dir.path().size() + 2] = '1';
        const Bytes good = read_file(file).value();
        overwrite(file, read_file(other).value());
        const auto reader = open_reader(dir / "l0");
        ASSERT_FALSE(reader) << file;
        EXPECT_EQ(reader.error().code, ErrorCode::kCorrupt);
        EXPECT_EQ(open_writer(dir / "l0").error().code, ErrorCode::kCorrupt);
        EXPECT_EQ(verify(dir / "l0").error().code, ErrorCode::kCorrupt);
        overwrite(file, good);
    }
    EXPECT_TRUE(verify(dir / "l0"));
}

TEST(LedgerDamage, a_missing_or_exchanged_file_is_found) {
    const TempDir dir;
    make_small(dir / "l", kEthereum);
    for (const std::string& file : files_below(dir / "l")) {
        if (file.ends_with("FORMAT") || file.ends_with("manifest")) continue;
        std::filesystem::rename(file, dir / "aside");
        EXPECT_EQ(open_reader(dir / "l").error().code, ErrorCode::kCorrupt);
        for (const std::string& other : files_below(dir / "l")) {
            if (other.ends_with("FORMAT")) continue;
            std::filesystem::copy_file(other, file,
                                       std::filesystem::copy_options::overwrite_existing);
            EXPECT_EQ(open_reader(dir / "l").error().code, ErrorCode::kCorrupt)
                << file << " is " << other;
            EXPECT_EQ(open_writer(dir / "l").error().code, ErrorCode::kCorrupt)
                << file << " is " << other;
        }
        std::filesystem::rename(dir / "aside", file);
    }
    EXPECT_TRUE(verify(dir / "l"));
}

TEST(LedgerDamage, a_segment_cut_at_any_length_is_found) {
    const TempDir dir;
    make_small(dir / "l", kBitcoin);
    for (const std::string& file : files_below(dir / "l")) {
        if (file.find("segment-") == std::string::npos) continue;
        const Bytes good = read_file(file).value();
        for (std::size_t size = 0; size < good.size(); size += 7) {
            overwrite(file, ByteView{good}.first(size));
            ASSERT_EQ(open_reader(dir / "l").error().code, ErrorCode::kCorrupt);
        }
        overwrite(file, good);
    }
}

TEST(LedgerDamage, broken_bytes_before_whole_records_are_never_taken_for_a_torn_end) {
    const TempDir dir;
    make_small(dir / "l", kEthereum);
    for (const std::string& file : files_below(dir / "l")) {
        if (file.find("/log-") == std::string::npos) continue;
        Bytes bytes = read_file(file).value();
        for (std::size_t i = 0; i < 24; ++i) bytes[8 + i] = 0xEE;
        overwrite(file, bytes);
    }
    EXPECT_EQ(open_reader(dir / "l").error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(open_writer(dir / "l").error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace cordon::ledger
