// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "index_table.hpp"

#include <gtest/gtest.h>

#include "index.hpp"

namespace cordon::ledger {
namespace {

TEST(IndexTable, finds_every_key_of_one_that_is_laid_out_in_regions) {
    // Four million slots are one region: these take two, and keys run on from one to the other.
    constexpr uint64_t kEntries = 3'300'000;
    ASSERT_GT(index::homes_of(kEntries), uint64_t{1} << 22);
    const auto hash_of_number = [](uint64_t number) { return hash_of_row(number); };
    Bytes bytes;
    uint64_t homes = 0;
    {
        ColumnFileWriter out{index::kFile, kEthereum, memory_sink(bytes)};
        IndexScratch scratch;
        uint64_t visits = 0;
        homes =
            write_table(out, scratch, index::kTxnTable, kEntries, [&](auto&& wants, auto&& put) {
                for (uint64_t i = 0; i < kEntries; ++i)
                    if (wants(i)) {
                        put(hash_of_number(i), i);
                        ++visits;
                    }
            });
        EXPECT_EQ(visits, 2 * kEntries);
        ASSERT_TRUE(out.finish({}));
    }
    const auto file = ColumnFile::from_bytes(std::move(bytes), "table", index::kFile, true);
    ASSERT_TRUE(file) << file.error().message;
    const Column& slots = file->column(index::kTxnTable);
    uint64_t filled = 0;
    for (uint64_t slot = 0; slot < slots.count(); ++slot) {
        uint64_t value = 0;
        ASSERT_TRUE(slots.read(slot, value));
        filled += value != 0 ? 1 : 0;
    }
    EXPECT_EQ(filled, kEntries);
    for (uint64_t number = 0; number < kEntries; ++number) {
        const uint64_t hash = hash_of_number(number);
        const uint64_t wanted = ((number + 1) << index::kTagBits) | (hash & 0xFF);
        uint64_t value = 1;
        uint64_t slot = home_slot(hash, homes);
        for (; slot < slots.count() && value != 0 && value != wanted; ++slot)
            ASSERT_TRUE(slots.read(slot, value));
        ASSERT_EQ(value, wanted) << number;
    }
}

}  // namespace
}  // namespace cordon::ledger
