// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "index_table.hpp"

#include <gtest/gtest.h>

#include "index.hpp"

namespace cordon::ledger {
namespace {

TEST(IndexTable, finds_every_key_of_one_that_is_laid_out_in_regions) {
    // Keys run on from one region to the next.
    constexpr uint64_t kEntries = 1'000'000, kRegion = 100'000;
    const auto hash_of_number = [](uint64_t number) { return hash_of_row(number); };
    Bytes bytes;
    uint64_t homes = 0;
    {
        ColumnFileWriter out{index::kFile, kEthereum, memory_sink(bytes)};
        IndexScratch scratch;
        uint64_t visits = 0;
        homes = write_table(
            out, scratch, index::kTxnTable, kEntries,
            [&](auto&& put) {
                for (uint64_t i = 0; i < kEntries; ++i) put(hash_of_number(i), i);
                ++visits;
            },
            kRegion);
        EXPECT_EQ(visits, (homes - 1) / kRegion + 1);
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
