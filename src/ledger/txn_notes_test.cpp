// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "txn_notes.hpp"

#include <deque>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include "test_support.hpp"

namespace cordon::ledger {
namespace {

using namespace test;

/// Notes beside a list of the same txns, which says what they should be.
class Beside {
public:
    explicit Beside(uint64_t most) : most_{most}, notes_{most, ""} {}

    void add(uint64_t txn, uint64_t first_row, uint32_t outputs) {
        std::vector<uint32_t> receivers(outputs);
        std::iota(receivers.begin(), receivers.end(), static_cast<uint32_t>(first_row));
        if (txn != begin_ + rows_.size()) {
            rows_.clear();
            begin_ = txn;
        }
        notes_.add(txn, hash(txn, static_cast<uint8_t>(first_row)), first_row, receivers);
        rows_.emplace_back(first_row, outputs);
        if (rows_.size() > most_) {
            rows_.pop_front();
            ++begin_;
        }
    }
    void truncate(uint64_t txn) {
        notes_.truncate(txn);
        while (!rows_.empty() && begin_ + rows_.size() > txn) rows_.pop_back();
    }
    uint64_t begin() const { return begin_; }
    uint64_t end() const { return begin_ + rows_.size(); }

    void check() const {
        for (uint64_t i = 0; i < rows_.size(); ++i) {
            const TxnNotes::Note* const note = notes_.find(begin_ + i);
            ASSERT_NE(note, nullptr) << begin_ + i;
            const auto [first_row, outputs] = rows_[i];
            EXPECT_EQ(note->hash, hash(begin_ + i, static_cast<uint8_t>(first_row)));
            EXPECT_EQ(note->first_row, first_row);
            EXPECT_EQ(note->outputs, outputs);
            for (uint32_t k = 0; k < std::min<std::size_t>(outputs, note->receivers.size()); ++k)
                EXPECT_EQ(note->receivers[k], static_cast<uint32_t>(first_row) + k);
        }
        for (const uint64_t other : {begin_ - 1, end(), end() + most_, UINT64_MAX})
            EXPECT_EQ(notes_.find(other), nullptr) << other;
    }

private:
    uint64_t most_, begin_ = 0;
    std::deque<std::pair<uint64_t, uint32_t>> rows_;
    TxnNotes notes_;
};

TEST(TxnNotes, knows_nothing_before_it_is_told) {
    const TxnNotes notes{4, ""};
    for (const uint64_t txn : {uint64_t{0}, uint64_t{1}, UINT64_MAX})
        EXPECT_EQ(notes.find(txn), nullptr);
}

TEST(TxnNotes, has_the_newest_txns_whatever_is_taken_back_and_wherever_it_begins_anew) {
    for (const uint64_t most : {1U, 2U, 8U}) {
        std::mt19937_64 random{most};
        Beside beside{most};
        uint64_t next = 0, row = (uint64_t{1} << 40) + 1;  // Behind what 32 bits can tell.
        for (unsigned step = 0; step < 2000; ++step) {
            switch (random() % 8) {
                case 0:
                    next -= std::min<uint64_t>(next, random() % 4);
                    beside.truncate(next);
                    break;
                case 1:
                    if (random() % 8 == 0) next += random() % 20;
                    break;
                default:
                    const auto outputs = static_cast<uint32_t>(random() % 9);
                    beside.add(next++, row, outputs);
                    row += outputs;
            }
            beside.check();
        }
    }
}

TEST(TxnNotes, goes_through_pieces_and_uses_them_again) {
    constexpr uint64_t kMost = uint64_t{1} << 17;  // Two pieces.
    Beside beside{kMost};
    for (uint64_t txn = 1000; txn < 1000 + 3 * kMost; ++txn) beside.add(txn, 3 * txn, 3);
    EXPECT_EQ(beside.end() - beside.begin(), kMost);
    beside.check();
}

}  // namespace
}  // namespace cordon::ledger
