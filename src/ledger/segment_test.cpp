// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "segment.hpp"

#include <cstring>
#include <fstream>
#include <random>

#include <cordon/base/crc32c.hpp>
#include "segment_builder.hpp"
#include "test_support.hpp"

namespace cordon::ledger {
namespace {

/// Blocks with so many txns each, and nothing in them.
std::shared_ptr<const Segment> segment_of(const std::vector<unsigned>& txns) {
    Head head{kEthereum, {.txns = 7}};
    for (const unsigned count : txns) {
        head.begin_block({head.blocks.size() + 1, BlockNumKind::kHeight, {}, {}, {}});
        for (unsigned i = 0; i < count; ++i) {
            head.hash.push_back(test::hash(head.hash.size(), 2));
            head.row_begin.push_back(0);
            head.input_begin.push_back(0);
            head.time.push_back(0);
        }
    }
    Bytes bytes;
    EXPECT_TRUE(write_segment(memory_sink(bytes), head, 0, txns.size()));
    const auto segment = Segment::from_bytes(std::move(bytes), "segment", false);
    EXPECT_TRUE(segment) << segment.error().message;
    return segment ? *segment : nullptr;
}

TEST(Segment, finds_the_block_of_every_txn_however_uneven_blocks_are) {
    std::mt19937_64 random{1};
    const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    std::vector<std::vector<unsigned>> chains{
        {1}, {0, 0, 5, 0}, {9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 3}};
    for (const std::size_t blocks : {7U, 8U, 9U, 40U, 900U}) {
        // Alike; a few large ones among many that are empty; small ones first, then large ones.
        std::vector<unsigned> alike(blocks), rare(blocks), rising(blocks);
        for (unsigned& txns : alike) txns = 90 + below(20);
        for (unsigned& txns : rare) txns = below(30) == 0 ? 1 + below(3'000) : 0;
        rare[below(static_cast<unsigned>(blocks))] = 1;
        for (std::size_t i = 0; i < blocks; ++i) rising[i] = i < blocks / 2 ? below(2) : below(300);
        rising.back() = 1;
        chains.insert(chains.end(), {alike, rare, rising});
    }
    for (const std::vector<unsigned>& txns : chains) {
        const auto segment = segment_of(txns);
        ASSERT_NE(segment, nullptr);
        uint64_t txn = segment->begin().txns;
        for (uint32_t block = 0; block < txns.size(); ++block)
            for (unsigned i = 0; i < txns[block]; ++i, ++txn)
                ASSERT_EQ(segment->block_of(txn).value(), block) << "of " << txns.size();
        ASSERT_EQ(txn, segment->end().txns);
        EXPECT_FALSE(segment->block_of(txn));
    }
}

/// Of this process, as the system counts it.
uint64_t resident_bytes() {
    std::ifstream statm{"/proc/self/statm"};
    uint64_t all = 0, resident = 0;
    statm >> all >> resident;
    return resident * 4096;
}

TEST(Segment, makes_no_room_for_rows_that_it_only_claims_to_have) {
    // A row whose numbers have no bytes, as all rows of a column that never changes.
    Head head{kEthereum, {}};
    head.begin_block({1, BlockNumKind::kHeight, {}, {}, {}});
    head.hash.push_back(test::hash(1, 2));
    head.row_begin.push_back(0);
    head.input_begin.push_back(0);
    head.time.push_back(0);
    for (auto* column : {&head.from, &head.to, &head.asset, &head.gap}) column->push_back(0);
    head.kind.push_back(0);
    head.amount_size.push_back(0);
    head.addresses.push_back(test::address(1));
    head.assets.emplace_back();
    Bytes bytes;
    ASSERT_TRUE(write_segment(memory_sink(bytes), head, 0, 1));

    // The footer: family and reference of the chain, counters, 48 bytes a column of which the last
    // eight count, size of the file, checksum.
    constexpr uint64_t kClaimed = uint64_t{1} << 40;
    const std::size_t footer = bytes.size() - footer_size(segment::kFile);
    const std::size_t columns = footer + 16 + 8 * kCounters;
    const auto put = [&bytes](std::size_t at, auto value) {
        std::memcpy(bytes.data() + at, &value, sizeof value);
    };
    put(footer + 16 + 8 * (segment::kOwn + 2), kClaimed);
    for (const std::size_t id : {segment::kFrom, segment::kTo, segment::kAsset, segment::kKind,
                                 segment::kGap, segment::kAmountSize})
        put(columns + 48 * id + 40, kClaimed);
    put(bytes.size() - 4, crc32c(ByteView{bytes}.subspan(footer, bytes.size() - footer - 4)));

    const uint64_t before = resident_bytes();
    const auto segment = Segment::from_bytes(std::move(bytes), "segment", true);
    ASSERT_TRUE(segment) << segment.error().message;
    EXPECT_EQ((*segment)->end().rows, kClaimed);
    EXPECT_LT(resident_bytes(), before + (uint64_t{256} << 20));
}

TEST(Column, adds_up_what_it_reads_whatever_the_width) {
    constexpr uint64_t kCount = 70, kBase = 3;
    std::mt19937_64 random{1};
    for (unsigned width = 0; width <= 64; ++width) {
        if (!is_packed_width(width)) continue;
        Bytes bytes(packed_size(kCount, width));
        if (width == 0) bytes = {0xFF};  // Less than is read at once.
        std::vector<uint64_t> numbers;
        for (uint64_t i = 0; i < kCount; ++i) {
            // The first are as large as can be, so that sums are too.
            const uint64_t number = (i < kCount / 2 ? ~uint64_t{0} : random()) & packed_mask(width);
            for (unsigned bit = 0; bit < width; ++bit) {
                const uint64_t at = i * width + bit;
                bytes[at / 8] |= static_cast<uint8_t>(((number >> bit) & 1) << (at % 8));
            }
            numbers.push_back(number + kBase);
        }
        ColumnInfo info;
        info.size = bytes.size();
        info.width = width;
        info.base = kBase;
        info.count = kCount;
        const Column column{bytes, info, true};
        for (uint64_t first = 0; first <= kCount; ++first) {
            uint64_t expected = 0, sum = 0;
            for (uint64_t end = first; end <= kCount; ++end) {
                ASSERT_TRUE(column.sum(first, end, sum));
                ASSERT_EQ(sum, expected) << width << " bits, " << first << " to " << end;
                if (end < kCount) {
                    ASSERT_EQ(column.at(end), numbers[end]);
                    expected += numbers[end];
                }
            }
            EXPECT_FALSE(column.sum(first, kCount + 1, sum));
            EXPECT_FALSE(column.has(first, kCount - first + 1));
        }
    }
}

}  // namespace
}  // namespace cordon::ledger
