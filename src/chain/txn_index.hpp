// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstring>
#include <vector>

#include <cordon/model/block.hpp>

namespace cordon::chain {

/// Tells whether a block has a txn already. Its room is used anew for the next block, without
/// emptying it: places of another block are known by their generation.
class TxnIndex {
public:
    /// Begins a block.
    void start() noexcept {
        count_ = 0;
        if (++generation_ != 0) return;
        places_.assign(places_.size(), {});
        generation_ = 1;
    }
    /// Adds txns[at], whose earlier ones are all here; false when one of them has its hash.
    bool add(const std::vector<AccountTxn>& txns, uint32_t at) {
        if (2 * (count_ + 1) > places_.size()) grow(txns, at);
        return insert(txns, at);
    }

private:
    struct Place {
        uint32_t generation = 0;
        uint32_t txn = 0;
    };

    std::size_t first_place(const Hash256& hash) const noexcept {
        std::array<uint64_t, 4> words;
        std::memcpy(words.data(), hash.bytes.data(), sizeof words);
        const uint64_t mixed = (words[0] ^ std::rotl(words[1], 17)) * 0x9E3779B97F4A7C15ULL +
                               (words[2] ^ std::rotl(words[3], 31)) * 0xBF58476D1CE4E5B9ULL;
        return static_cast<std::size_t>(mixed >> 20) & (places_.size() - 1);
    }
    bool insert(const std::vector<AccountTxn>& txns, uint32_t at) noexcept {
        std::size_t place = first_place(txns[at].hash);
        while (places_[place].generation == generation_) {
            if (txns[places_[place].txn].hash == txns[at].hash) return false;
            place = (place + 1) & (places_.size() - 1);
        }
        places_[place] = {generation_, at};
        ++count_;
        return true;
    }
    void grow(const std::vector<AccountTxn>& txns, uint32_t below) {
        places_.assign(std::max<std::size_t>(places_.size() * 2, 256), {});
        count_ = 0;
        for (uint32_t i = 0; i < below; ++i) insert(txns, i);
    }

    std::vector<Place> places_;  // Open addressing; a power of two.
    std::size_t count_ = 0;
    uint32_t generation_ = 0;
};

}  // namespace cordon::chain
