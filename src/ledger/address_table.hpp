// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hash_index.hpp"

namespace cordon::ledger {

/// Numbers of addresses with 20 bytes of payload, which nearly all have. The address lies beside
/// its number, in a bucket of two lines of the cache, so that a look is one place in memory, and
/// needs to know nothing but the hash to be brought near.
///
/// Extendible hashing (Fagin et al., 1979) with partial expansions (Larson, 1980): addresses whose
/// hashes begin alike are a *group* of two or three pieces of memory; a full one gets a third piece
/// or becomes two groups. So no table is ever copied as a whole and none lies beside its
/// successor, and 32 to 48 bytes an address are taken however many there are.
///
/// A look takes no longer than usual while a group grows; the add() that makes it grow takes one
/// or two milliseconds. Confined to one thread.
class AddressTable {
public:
    static constexpr uint32_t kNone = UINT32_MAX;

    /// Pieces lie in `directory`, see Words. No group has more than `most_depth` first bits of
    /// hashes in common: 4,096 groups hold some four hundred million addresses, and where fewer
    /// need as many, somebody chose addresses whose hashes begin alike.
    explicit AddressTable(std::string directory = {}, unsigned most_depth = 12);

    /// Whether such an address can be added.
    static bool takes(const Address& address) noexcept {
        return address.payload().size() == kPayload;
    }
    std::size_t size() const noexcept { return size_; }

    // `hash` is hash_of(address) throughout.

    void prefetch(uint64_t hash) const noexcept {
        const Group& group = group_of(hash);
        const auto* const bucket =
            reinterpret_cast<const uint64_t*>(&group.bucket(home(group, hash)));
        fetch(bucket);
        fetch(bucket + sizeof(Bucket) / sizeof *bucket / 2);
    }
    /// kNone when it was not added. REQUIRES: takes(address).
    uint32_t find(const Address& address, uint64_t hash) const noexcept {
        const Group& group = group_of(hash);
        const uint8_t* const payload = address.payload().data();
        for (std::size_t at = home(group, hash);; at = next(group, at)) {
            const Bucket& bucket = group.bucket(at);
            for (unsigned found = bucket.beginning_with(payload); found != 0; found &= found - 1)
                if (const auto slot = static_cast<unsigned>(std::countr_zero(found));
                    bucket.ends_with(slot, payload, address.kind()))
                    return bucket.numbers[slot] - 1;
            if (!bucket.is_full()) return kNone;  // Nothing went on from here.
        }
    }
    /// False when too many hashes begin alike, which no honest ones do: nothing is added then.
    /// REQUIRES: takes(address), it is not here, and number < kNone.
    [[nodiscard]] bool add(const Address& address, uint64_t hash, uint32_t number);
    /// Whether it was here.
    bool remove(uint64_t hash, uint32_t number);
    void clear();

private:
    static constexpr std::size_t kPayload = 20;
    static constexpr unsigned kSlots = 5;

    /// Filled from the front; what finds no room in its own goes into the next.
    struct Bucket {
        struct Key {
            std::array<uint8_t, kPayload> payload;
            AddressKind kind;
        };
        std::array<uint32_t, kSlots> numbers;  // + 1; 0 is empty, and then its key is zero.
        std::array<Key, kSlots> keys;
        std::array<uint8_t, 3> unused;

        bool is_full() const noexcept { return numbers.back() != 0; }
        /// A bit for each slot, all at once. An empty one may seem to have the payload zero.
        unsigned beginning_with(const uint8_t* payload) const noexcept {
            const auto load = [](const uint8_t* at) {
                return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
            };
            const __m128i wanted = load(payload);
            unsigned found = 0;
            for (unsigned i = 0; i < kSlots; ++i) {
                const __m128i same = _mm_cmpeq_epi8(load(keys[i].payload.data()), wanted);
                found |= static_cast<unsigned>(_mm_movemask_epi8(same) == 0xFFFF) << i;
            }
            return found;
        }
        bool ends_with(unsigned slot, const uint8_t* payload, AddressKind kind) const noexcept {
            return load<uint32_t>(keys[slot].payload.data() + 16) == load<uint32_t>(payload + 16) &&
                   keys[slot].kind == kind;
        }
    };
    static_assert(sizeof(Bucket) == 128);
    static constexpr std::size_t kPieceBuckets = std::size_t{1} << 14;  // 2 MiB.
    static constexpr std::size_t kMostPieces = 3;

    struct Group {
        std::array<Words, kMostPieces> pieces;
        std::size_t buckets = 0;  // A power of two below a piece, or whole pieces.
        std::size_t size = 0;
        unsigned depth = 0;  // So many first bits are the same in all hashes.

        Bucket& bucket(std::size_t at) noexcept {
            return reinterpret_cast<Bucket*>(pieces[at / kPieceBuckets].data())[at % kPieceBuckets];
        }
        const Bucket& bucket(std::size_t at) const noexcept {
            return const_cast<Group*>(this)->bucket(at);
        }
    };
    struct Entry {
        Bucket::Key key;
        uint32_t number;
    };

    const Group& group_of(uint64_t hash) const noexcept {
        return *directory_[static_cast<std::size_t>(hash >> 1 >> (63 - depth_))];
    }
    Group& group_of(uint64_t hash) noexcept {
        return *directory_[static_cast<std::size_t>(hash >> 1 >> (63 - depth_))];
    }
    static std::size_t home(const Group& group, uint64_t hash) noexcept {
        return static_cast<std::size_t>(home_slot(hash << group.depth, group.buckets));
    }
    static std::size_t next(const Group& group, std::size_t at) noexcept {
        return at + 1 == group.buckets ? 0 : at + 1;
    }
    static uint64_t hash_of(const Bucket::Key& key) noexcept {
        return ledger::hash_of(key.kind, key.payload);
    }
    static void put(Group& group, uint64_t hash, const Entry& entry) noexcept;
    template <typename To>
    static void move_all(const Group& from, To&& to) noexcept;

    std::unique_ptr<Group> make_group(std::size_t buckets, unsigned depth);
    /// False when it may not have more room.
    bool make_room(uint64_t hash);
    void split(uint64_t hash);
    /// What was moved out of it is free for the next.
    void drop(Group& group);

    unsigned most_depth_;
    std::vector<Group*> directory_;  // By the first depth_ bits of a hash.
    unsigned depth_ = 0;
    std::vector<std::unique_ptr<Group>> groups_;
    WordsMaker memory_;
    std::vector<Words> spare_;  // Whole pieces.
    std::size_t size_ = 0;
};

}  // namespace cordon::ledger
