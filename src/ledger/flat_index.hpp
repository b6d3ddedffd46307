// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include <cordon/model/block.hpp>

namespace cordon::ledger {

/// Mixes all bytes of a key. Part of the segment format (docs/formats/ledger.md): keys come from
/// outside, and a file may number its hashes 1, 2, 3, so that no eight of their bytes would do.
inline uint64_t hash_bytes(ByteView bytes) noexcept {
    __extension__ using Wide = unsigned __int128;
    uint64_t hash = 0x9E3779B97F4A7C15ULL ^ bytes.size();
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
        uint64_t word = 0;
        std::memcpy(&word, bytes.data() + i, bytes.size() - i < 8 ? bytes.size() - i : 8);
        const Wide product = static_cast<Wide>(hash ^ word) * 0xD6E8FEB86659FD93ULL;
        hash = static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64) ^
               0xA0761D6478BD642FULL;
    }
    return hash;
}

/// The key of an output.
inline uint64_t hash_outpoint(const OutPoint& point) noexcept {
    return hash_bytes(point.txid) * 0x9E3779B97F4A7C15ULL +
           (point.index + 1ULL) * 0xD6E8FEB86659FD93ULL;
}

/// The slot in which a key is looked for first, of any number of slots.
inline uint64_t home_slot(uint64_t hash, uint64_t slots) noexcept {
    __extension__ using Wide = unsigned __int128;
    return static_cast<uint64_t>((static_cast<Wide>(hash) * slots) >> 64);
}

/// Finds entries by hash. Entries are numbered 0, 1, 2, ... as they are added and leave in the
/// opposite order; keys stay with the caller. About 20 bytes an entry.
///
/// Removing the newest entry may simply clear its slot: every other one was placed while that slot
/// was empty.
class FlatIndex {
public:
    static constexpr uint32_t kNone = UINT32_MAX;

    uint32_t size() const noexcept { return static_cast<uint32_t>(hashes_.size()); }

    /// The newest entry with this hash for which `equal(entry)` holds, or kNone.
    template <typename Equal>
    uint32_t find(uint64_t hash, Equal&& equal) const {
        if (slots_.empty()) return kNone;
        uint32_t found = kNone;
        for (std::size_t slot = home(hash); slots_[slot] != kNone;
             slot = (slot + 1) & (slots_.size() - 1)) {
            const uint32_t entry = slots_[slot];
            if (hashes_[entry] == hash && (found == kNone || entry > found) && equal(entry))
                found = entry;
        }
        return found;
    }

    /// Adds an entry, equal to another or not, and returns its number.
    uint32_t add(uint64_t hash) {
        if ((hashes_.size() + 1) * 2 > slots_.size()) grow();
        const uint32_t entry = size();
        hashes_.push_back(hash);
        place(entry);
        return entry;
    }

    /// Leaves the first `size` entries.
    void truncate(uint32_t size) {
        while (hashes_.size() > size) {
            const uint32_t entry = static_cast<uint32_t>(hashes_.size() - 1);
            std::size_t slot = home(hashes_[entry]);
            while (slots_[slot] != entry) slot = (slot + 1) & (slots_.size() - 1);
            slots_[slot] = kNone;
            hashes_.pop_back();
        }
    }

private:
    std::size_t home(uint64_t hash) const noexcept {
        return static_cast<std::size_t>(home_slot(hash, slots_.size()));
    }
    void place(uint32_t entry) {
        std::size_t slot = home(hashes_[entry]);
        while (slots_[slot] != kNone) slot = (slot + 1) & (slots_.size() - 1);
        slots_[slot] = entry;
    }
    void grow() {
        slots_.assign(slots_.empty() ? 64 : slots_.size() * 2, kNone);
        for (uint32_t entry = 0; entry < hashes_.size(); ++entry)
            place(entry);  // In order: truncate relies on it.
    }

    std::vector<uint64_t> hashes_;  // By entry.
    std::vector<uint32_t> slots_;   // A power of two, at most half full.
};

}  // namespace cordon::ledger
