// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include <cordon/base/fetch.hpp>
#include <cordon/model/address.hpp>
#include <cordon/model/chain_id.hpp>

namespace cordon::trace {

/// What sorts most addresses in eight bytes: kind, size, and the first six of the payload. Equal
/// ones are in the order of the addresses themselves, all others as their numbers say.
inline uint64_t start_of(const Address& address) noexcept {
    const ByteView payload = address.payload();
    uint64_t start = static_cast<uint64_t>(address.kind()) << 56 | uint64_t{payload.size()} << 48;
    for (std::size_t i = 0; i < std::min<std::size_t>(payload.size(), 6); ++i)
        start |= uint64_t{payload[i]} << (40 - 8 * i);
    return start;
}

/// Numbers by (chain, address), open addressing: a trace asks for its nodes several times an edge,
/// and nodes of a std::unordered_map lie all over memory. The keys stay with the owner, who tells
/// numbers apart; here are eight bytes a place, so that a miss costs one look at memory and a hit
/// two. Never walked.
class AddressIndex {
public:
    /// Spread by the finisher of MurmurHash3: the places are low bits, and the hash of an address
    /// has little in its low bits when addresses differ in few bytes.
    static uint32_t hash(ChainId chain, const Address& address) noexcept {
        uint64_t mixed = std::hash<Address>{}(address) ^ std::hash<ChainId>{}(chain);
        mixed = (mixed ^ (mixed >> 33)) * 0xFF51AFD7ED558CCDULL;
        mixed = (mixed ^ (mixed >> 33)) * 0xC4CEB9FE1A85EC53ULL;
        return static_cast<uint32_t>(mixed ^ (mixed >> 33));
    }
    /// Of a number that stands for an address: no two numbers have the same hash, so that nothing
    /// need be told apart. The ledger numbers addresses as they appear, and a walk meets those that
    /// are near in time together: eight numbers in a row share a line of memory.
    static uint32_t hash(uint32_t number) noexcept {
        constexpr uint32_t kLast = (uint32_t{1} << 29) - 1;
        uint32_t line = number / kLine;
        line = (line ^ (line >> 15)) * 0x85EBCA6BU & kLast;
        line = (line ^ (line >> 13)) * 0xC2B2AE35U & kLast;
        return (line ^ (line >> 15)) * kLine + number % kLine;
    }

    /// The number for which `is` holds, among those added under this hash; kNone when there is
    /// none.
    static constexpr uint32_t kNone = ~uint32_t{0};
    template <typename Is>
    uint32_t find(uint32_t hash, Is&& is) const {
        if (places_.empty()) return kNone;
        for (std::size_t at = hash & mask();; at = (at + kStep) & mask()) {
            const Place& place = places_[at];
            if (place.number == kNone) return kNone;
            if (place.hash == hash && is(place.number)) return place.number;
        }
    }
    /// The same where no two have the same hash.
    uint32_t find(uint32_t hash) const {
        return find(hash, [](uint32_t) { return true; });
    }
    /// Has what find() will look at first on its way.
    void expect(uint32_t hash) const noexcept {
        if (!places_.empty()) fetch(&places_[hash & mask()]);
    }
    /// REQUIRES: a number that is not there, below kNone.
    void add(uint32_t hash, uint32_t number) {
        if ((count_ + 1) * 2 > places_.size()) grow();
        put({hash, number});
        ++count_;
    }

private:
    static constexpr uint32_t kLine = 8;          // Places.
    static constexpr uint32_t kStep = kLine + 1;  // To the next line, past neighbours; reaches all.
    struct Place {
        uint32_t hash = 0, number = kNone;
    };
    std::size_t mask() const noexcept { return places_.size() - 1; }
    void put(const Place& place) {
        std::size_t at = place.hash & mask();
        while (places_[at].number != kNone) at = (at + kStep) & mask();
        places_[at] = place;
    }
    void grow() {
        std::vector<Place> old(places_.empty() ? 64 : places_.size() * 2);
        old.swap(places_);
        for (const Place& place : old)
            if (place.number != kNone) put(place);
    }

    std::vector<Place> places_;  // A power of two, at most half full.
    std::size_t count_ = 0;
};

}  // namespace cordon::trace
