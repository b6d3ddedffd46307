// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <emmintrin.h>

#include <cordon/model/block.hpp>
#include "coding.hpp"
#include "words.hpp"

namespace cordon::ledger {

/// Mixes all bytes of a key. Part of the file format (docs/formats/ledger.md): keys come from
/// outside, and a file may number its hashes 1, 2, 3, so that no eight of their bytes would do.
inline uint64_t hash_bytes(ByteView bytes, uint64_t seed = 0) noexcept {
    uint64_t hash = 0x9E3779B97F4A7C15ULL ^ bytes.size() ^ (seed << 32);
    const auto mix = [&hash](uint64_t word) {
        __extension__ using Wide = unsigned __int128;
        const Wide product = static_cast<Wide>(hash ^ word) * 0xD6E8FEB86659FD93ULL;
        hash = static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64) ^
               0xA0761D6478BD642FULL;
    };
    const uint8_t* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; at += 8, left -= 8) mix(load<uint64_t>(at));
    if (left == 4)  // Of all keys of 20 bytes; a copy of any size is a call.
        mix(load<uint32_t>(at));
    else if (left != 0) {
        uint64_t word = 0;
        std::memcpy(&word, at, left);
        mix(word);
    }
    return hash;
}

inline uint64_t hash_of(const Hash256& hash) noexcept { return hash_bytes(hash.bytes); }
inline uint64_t hash_of(AddressKind kind, ByteView payload) noexcept {
    return hash_bytes(payload, static_cast<uint64_t>(kind) + 1);
}
inline uint64_t hash_of(const Address& address) noexcept {
    return hash_of(address.kind(), address.payload());
}
/// Of an output that the ledger has, by its row, and of one that it has not.
inline uint64_t hash_of_row(uint64_t row) noexcept {
    std::array<uint8_t, 8> bytes;
    std::memcpy(bytes.data(), &row, sizeof row);
    return hash_bytes(bytes);
}
inline uint64_t hash_of(const OutPoint& point) noexcept {
    return hash_bytes(point.txid.bytes, uint64_t{point.index} + 1);
}

/// Of an asset, in memory only: its end tells it from nearly all others.
inline uint64_t hash_of(const Asset& asset) noexcept {
    const std::string_view text = asset.text();
    const std::string_view end = text.substr(text.size() - std::min<std::size_t>(text.size(), 16));
    return hash_bytes({reinterpret_cast<const uint8_t*>(end.data()), end.size()}, text.size());
}

/// The slot in which a key is looked for first, of any number of slots.
inline uint64_t home_slot(uint64_t hash, uint64_t slots) noexcept {
    __extension__ using Wide = unsigned __int128;
    return static_cast<uint64_t>((static_cast<Wide>(hash) * slots) >> 64);
}

/// Finds 32-bit entries by the hash of their keys; the keys stay with the caller, who also says
/// whether an entry is the one. Twelve to sixteen bytes an entry, and a look is at one line of the
/// cache, or more where that is full. No call takes long: when a table is full the next one is
/// filled little by little, and until then both are asked. Confined to one thread.
class HashIndex {
public:
    static constexpr uint32_t kNone = UINT32_MAX;

    /// A large table lies in `directory`, see Words.
    explicit HashIndex(std::string directory = {}) : memory_{std::move(directory)} {}

    std::size_t size() const noexcept { return size_; }

    void prefetch(uint64_t hash) const noexcept {
        if (!slots_.empty()) fetch(slots_.data() + home(slots_, hash >> 32));
        if (!former_.empty()) fetch(former_.data() + home(former_, hash >> 32));
    }
    /// An entry that is likely to be the one, without asking; kNone when there is none for sure.
    uint32_t guess(uint64_t hash) const noexcept {
        return find(hash, [](uint32_t) { return true; });
    }
    /// An entry with this hash for which `is(entry)` holds, or kNone. An entry may be asked about
    /// twice.
    template <typename Is>
    uint32_t find(uint64_t hash, Is&& is) const {
        const uint32_t found = find_in(slots_, hash, is);
        return found != kNone ? found : find_in(former_, hash, is);
    }

    /// Adds an entry, equal to another or not. REQUIRES: entry < kNone.
    void add(uint64_t hash, uint32_t entry) {
        if ((size_ + 1) * 4 > slots_.size() * 3) grow();
        if (!former_.empty())
            move_some();
        else if (size_ * 8 > slots_.size() * 5)  // Soon after the former table came free.
            memory_.prepare(next_size());
        place((hash >> 32 << 32) | (entry + 1));
        ++size_;
    }

    /// Makes room for as many as `other` has room for. REQUIRES: size() == 0.
    void reserve_like(const HashIndex& other) {
        if (slots_.size() < other.slots_.size()) slots_ = memory_.take(other.slots_.size());
    }

    /// Begins to make the memory that reserve_like() will take.
    void prepare_like(const HashIndex& other) {
        if (slots_.size() < other.slots_.size()) memory_.prepare(other.slots_.size());
    }

    /// Takes an entry out that was added with this hash.
    void remove(uint64_t hash, uint32_t entry) {
        // What moves up into the hole must not come to lie where copying has been already.
        while (!former_.empty()) move_some();
        if (take_out((hash >> 32 << 32) | (entry + 1))) --size_;
    }

    void clear() noexcept {
        slots_ = Words{};
        former_ = Words{};
        size_ = moved_ = 0;
    }
    /// The same, and keeps the memory for as many entries as there were.
    void wipe() noexcept {
        former_ = Words{};
        slots_.wipe();
        size_ = moved_ = 0;
    }

private:
    static constexpr std::size_t kLine = 8;  // Slots of a line of the cache.

    /// Where a line begins: its slots are filled from the front, then those of the lines behind it.
    static std::size_t home(const Words& slots, uint64_t tag) noexcept {
        return static_cast<std::size_t>((tag * (slots.size() / kLine)) >> 32) * kLine;
    }
    static std::size_t next(const Words& slots, std::size_t slot) noexcept {
        return slot + 1 == slots.size() ? 0 : slot + 1;
    }
    std::size_t distance(std::size_t from, std::size_t to) const noexcept {
        return to >= from ? to - from : to + slots_.size() - from;
    }

    template <typename Is>
    static uint32_t find_in(const Words& slots, uint64_t hash, Is&& is) {
        if (slots.empty()) return kNone;
        const uint64_t tag = hash >> 32;
        for (std::size_t line = home(slots, tag);;) {
            const uint64_t* const at = slots.data() + line;
            for (unsigned found = with_tag(at, tag); found != 0; found &= found - 1)
                if (const auto entry = static_cast<uint32_t>(at[std::countr_zero(found)]) - 1;
                    is(entry))
                    return entry;
            if (at[kLine - 1] == 0) return kNone;  // It is not full, so nothing went on from here.
            line = line + kLine == slots.size() ? 0 : line + kLine;
        }
    }
    /// A bit for each slot of a line that has the tag, all at once: where a loop ends that leaves
    /// at the first, no processor can tell. An empty slot has the tag 0.
    static unsigned with_tag(const uint64_t* line, uint64_t tag) noexcept {
        unsigned found = 0;
        for (unsigned i = 0; i < kLine; i += 4) {
            const auto load = [line](unsigned slot) {
                return _mm_castsi128_ps(
                    _mm_load_si128(reinterpret_cast<const __m128i*>(line + slot)));
            };
            const __m128 first = load(i);
            const __m128 second = load(i + 2);
            const __m128i high = _mm_castps_si128(_mm_shuffle_ps(first, second, 0xDD));
            const __m128i low = _mm_castps_si128(_mm_shuffle_ps(first, second, 0x88));
            const __m128i same = _mm_cmpeq_epi32(high, _mm_set1_epi32(static_cast<int>(tag)));
            const __m128i empty = _mm_cmpeq_epi32(low, _mm_setzero_si128());
            found |= static_cast<unsigned>(
                         _mm_movemask_ps(_mm_castsi128_ps(_mm_andnot_si128(empty, same))))
                     << i;
        }
        return found;
    }

    bool take_out(uint64_t wanted) {
        if (slots_.empty()) return false;
        std::size_t hole = home(slots_, wanted >> 32);
        while (slots_[hole] != wanted) {
            if (slots_[hole] == 0) return false;
            hole = next(slots_, hole);
        }
        // What follows moves up, unless it would come to lie before its home.
        for (std::size_t slot = next(slots_, hole); slots_[slot] != 0; slot = next(slots_, slot)) {
            const std::size_t from_home = distance(home(slots_, slots_[slot] >> 32), slot);
            if (from_home < distance(hole, slot)) continue;
            slots_[hole] = slots_[slot];
            hole = slot;
        }
        slots_[hole] = 0;
        return true;
    }

    void place(uint64_t value) {
        std::size_t slot = home(slots_, value >> 32);
        while (slots_[slot] != 0) slot = next(slots_, slot);
        slots_[slot] = value;
    }

    /// Times 1.5, so that both tables together never hold more than what doubling would.
    std::size_t next_size() const noexcept {
        return slots_.empty() ? 64
                              : (slots_.size() + slots_.size() / 2 + kLine - 1) / kLine * kLine;
    }
    void grow() {
        while (!former_.empty()) move_some();
        Words larger = memory_.take(next_size());
        former_ = std::move(slots_);
        slots_ = std::move(larger);
        moved_ = 0;
    }

    /// Copies some slots of the former table, which stays as it is until all are copied. Eight an
    /// entry: the last is copied long before the new table is full.
    void move_some() {
        const std::size_t end = std::min(former_.size(), moved_ + 8);
        for (; moved_ < end; ++moved_)
            if (former_[moved_] != 0) place(former_[moved_]);
        if (moved_ == former_.size()) memory_.drop(std::exchange(former_, Words{}));
    }

    Words slots_;   // High half of the hash, entry + 1; 0 is empty.
    Words former_;  // The table before, while it is copied.
    WordsMaker memory_;
    std::size_t moved_ = 0;
    std::size_t size_ = 0;
};

/// Tells of nearly every hash that was never added that it was not; of one that was added, never. A
/// Bloom filter in blocks of 32 bytes, so that a look is one miss of the cache (Putze, Sanders and
/// Singler, "Cache-, Hash- and Space-Efficient Bloom Filters", 2007). Two bytes a hash it has room
/// for, and up to eight one that it has, when a layer is new; one in some hundreds is taken for one
/// that was added. Grows by layers, of which every look asks all; who knows the hashes brings those
/// of smaller layers into a larger one, and these go. Confined to one thread.
class SeenFilter {
public:
    /// Its first layer takes `first` hashes, a multiple of 16. A large layer lies in `directory`,
    /// see Words.
    SeenFilter(std::size_t first, std::string directory)
        : memory_{std::move(directory)}, first_{first} {}

    /// So many it has room for.
    std::size_t most() const noexcept { return first_ * kMost; }

    void prefetch(uint64_t hash) const noexcept {
        for (const Words& layer : layers_) fetch(layer.data() + block_of(layer, hash));
    }
    /// False when it was never added.
    bool has(uint64_t hash) const noexcept {
        for (const Words& layer : layers_) {
            const uint64_t* block = layer.data() + block_of(layer, hash);
            uint64_t missing = 0;
            for (unsigned i = 0; i < kBlock; ++i) missing |= bits_of(hash, i) & ~block[i];
            if (missing == 0) return true;
        }
        return false;
    }
    /// True when this one begins a larger layer, into which all that came before is to be brought.
    bool add(uint64_t hash);

    /// Puts some that came before the largest layer began into that one.
    void bring(std::span<const uint64_t> hashes) noexcept {
        Words& layer = layers_[kept_];
        for (const uint64_t hash : hashes) fetch(layer.data() + block_of(layer, hash));
        for (const uint64_t hash : hashes) put(layer, hash);
    }
    /// REQUIRES: all that came before the largest layer began has been brought into it.
    void drop_older();

private:
    static constexpr unsigned kBlock = 4;             // Words.
    static constexpr std::size_t kHashesPerWord = 4;  // 16 bits each.
    // A layer is so many times the one before, and the largest so many times the first: few, none
    // so large that most of it lies idle for long, and no more of it changes at a time than the
    // system writes to the disk meanwhile.
    static constexpr std::size_t kTimes = 4, kLargest = 16, kMost = 5 * kLargest;

    static std::size_t block_of(const Words& layer, uint64_t hash) noexcept {
        // The bits below come from the low half.
        return static_cast<std::size_t>(home_slot(hash, layer.size() / kBlock) * kBlock);
    }
    /// Two bits of a block's word.
    static uint64_t bits_of(uint64_t hash, unsigned word) noexcept {
        const unsigned low = 12 * word;
        return (uint64_t{1} << (hash >> low & 63)) | (uint64_t{1} << (hash >> (low + 6) & 63));
    }
    static void put(Words& layer, uint64_t hash) noexcept {
        uint64_t* const block = layer.data() + block_of(layer, hash);
        for (unsigned i = 0; i < kBlock; ++i) block[i] |= bits_of(hash, i);
    }
    /// Words of the layer behind the newest.
    std::size_t next_size() const noexcept;

    std::vector<Words> layers_;  // The newest is the last.
    std::size_t kept_ = 0;  // Those before go when what they have has been brought to this one.
    WordsMaker memory_;
    std::size_t first_;
    std::size_t size_ = 0;  // Hashes that were added.
    std::size_t left_ = 0;  // That the newest layer takes yet.
};

}  // namespace cordon::ledger
