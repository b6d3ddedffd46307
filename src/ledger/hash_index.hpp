// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

#include <sys/mman.h>

#include <cordon/model/block.hpp>

namespace cordon::ledger {

/// Mixes all bytes of a key. Part of the file format (docs/formats/ledger.md): keys come from
/// outside, and a file may number its hashes 1, 2, 3, so that no eight of their bytes would do.
inline uint64_t hash_bytes(ByteView bytes, uint64_t seed = 0) noexcept {
    __extension__ using Wide = unsigned __int128;
    uint64_t hash = 0x9E3779B97F4A7C15ULL ^ bytes.size() ^ (seed << 32);
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
        uint64_t word = 0;
        std::memcpy(&word, bytes.data() + i, bytes.size() - i < 8 ? bytes.size() - i : 8);
        const Wide product = static_cast<Wide>(hash ^ word) * 0xD6E8FEB86659FD93ULL;
        hash = static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64) ^
               0xA0761D6478BD642FULL;
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

/// The slot in which a key is looked for first, of any number of slots.
inline uint64_t home_slot(uint64_t hash, uint64_t slots) noexcept {
    __extension__ using Wide = unsigned __int128;
    return static_cast<uint64_t>((static_cast<Wide>(hash) * slots) >> 64);
}

/// Memory for large tables that are read here and there: in pages of 2 MB where the system has them,
/// since else nearly every look misses the translation of its address as well as its cache line.
template <typename T>
struct HugeAllocator {
    using value_type = T;
    static constexpr std::size_t kPage = std::size_t{2} << 20;
    HugeAllocator() noexcept = default;
    template <typename U>
    HugeAllocator(const HugeAllocator<U>& /*other*/) noexcept {}  // NOLINT(google-explicit-constructor)

    T* allocate(std::size_t n) {
        const std::size_t size = n * sizeof(T);
        if (size < 2 * kPage) return static_cast<T*>(::operator new(size));
        void* at = ::operator new(size, std::align_val_t{kPage});
        ::madvise(at, size, MADV_HUGEPAGE);  // Advice: when it fails, pages are small.
        return static_cast<T*>(at);
    }
    void deallocate(T* at, std::size_t n) noexcept {
        const std::size_t size = n * sizeof(T);
        if (size < 2 * kPage)
            ::operator delete(at);
        else
            ::operator delete(at, std::align_val_t{kPage});
    }
    friend bool operator==(const HugeAllocator&, const HugeAllocator&) noexcept { return true; }
};

/// Finds 32-bit entries by the hash of their keys; the keys stay with the caller, who also says
/// whether an entry is the one. Twelve to sixteen bytes an entry. Confined to one thread.
class HashIndex {
public:
    static constexpr uint32_t kNone = UINT32_MAX;

    std::size_t size() const noexcept { return size_; }

    void prefetch(uint64_t hash) const noexcept {
        if (!slots_.empty()) __builtin_prefetch(&slots_[home(hash >> 32)]);
    }
    /// An entry that is likely to be the one, without asking; kNone when there is none for sure.
    uint32_t guess(uint64_t hash) const noexcept {
        return find(hash, [](uint32_t) { return true; });
    }
    /// The first entry with this hash for which `is(entry)` holds, or kNone.
    template <typename Is>
    uint32_t find(uint64_t hash, Is&& is) const {
        if (slots_.empty()) return kNone;
        const uint64_t tag = hash >> 32;
        for (std::size_t slot = home(tag); slots_[slot] != 0;
             slot = slot + 1 == slots_.size() ? 0 : slot + 1)
            if (slots_[slot] >> 32 == tag && is(static_cast<uint32_t>(slots_[slot]) - 1))
                return static_cast<uint32_t>(slots_[slot]) - 1;
        return kNone;
    }

    /// Adds an entry, equal to another or not. REQUIRES: entry < kNone.
    void add(uint64_t hash, uint32_t entry) {
        if ((size_ + 1) * 4 > slots_.size() * 3) grow();
        place((hash >> 32 << 32) | (entry + 1));
        ++size_;
    }

    /// Takes an entry out that was added with this hash.
    void remove(uint64_t hash, uint32_t entry) {
        if (slots_.empty()) return;
        const uint64_t wanted = (hash >> 32 << 32) | (entry + 1);
        std::size_t hole = home(hash >> 32);
        while (slots_[hole] != wanted) {
            if (slots_[hole] == 0) return;
            hole = next(hole);
        }
        --size_;
        // What follows moves up, unless it would come to lie before its home.
        for (std::size_t slot = next(hole); slots_[slot] != 0; slot = next(slot)) {
            const std::size_t from_home = distance(home(slots_[slot] >> 32), slot);
            if (from_home < distance(hole, slot)) continue;
            slots_[hole] = slots_[slot];
            hole = slot;
        }
        slots_[hole] = 0;
    }

    void clear() noexcept {
        slots_ = {};
        size_ = 0;
    }

private:
    std::size_t home(uint64_t tag) const noexcept {
        return static_cast<std::size_t>((tag * slots_.size()) >> 32);
    }
    std::size_t next(std::size_t slot) const noexcept {
        return slot + 1 == slots_.size() ? 0 : slot + 1;
    }
    std::size_t distance(std::size_t from, std::size_t to) const noexcept {
        return to >= from ? to - from : to + slots_.size() - from;
    }
    void place(uint64_t value) {
        std::size_t slot = home(value >> 32);
        while (slots_[slot] != 0) slot = next(slot);
        slots_[slot] = value;
    }
    void grow() {
        // Times 1.5, so that old and new together never hold more than what doubling would.
        decltype(slots_) old(slots_.empty() ? 64 : slots_.size() + slots_.size() / 2, 0);
        old.swap(slots_);
        for (const uint64_t value : old)
            if (value != 0) place(value);
    }

    std::vector<uint64_t, HugeAllocator<uint64_t>> slots_;  // High half of the hash, entry + 1; 0 is empty.
    std::size_t size_ = 0;
};

}  // namespace cordon::ledger
