// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "recent.hpp"

#include <algorithm>

namespace cordon::detect {
namespace {

constexpr std::size_t kHead = 2;  // Kind, size.

/// REQUIRES: `at` is where an address begins.
std::size_t size_at(ByteView packed, std::size_t at) noexcept { return kHead + packed[at + 1]; }

Address address_at(ByteView packed, std::size_t at) noexcept {
    return {static_cast<AddressKind>(packed[at]), packed.subspan(at + kHead, packed[at + 1])};
}

/// Where it begins; the end when it is not there.
std::size_t place_of(ByteView packed, const Address& address) noexcept {
    std::size_t at = 0;
    while (at < packed.size() && address_at(packed, at) != address) at += size_at(packed, at);
    return at;
}

}  // namespace

bool RecentAddresses::has(const Address& address) const noexcept {
    return place_of(packed_, address) < packed_.size();
}

void RecentAddresses::add(const Address& address, std::size_t most) {
    const auto erase = [&](std::size_t at) {
        const auto first = packed_.begin() + static_cast<std::ptrdiff_t>(at);
        packed_.erase(first, first + static_cast<std::ptrdiff_t>(size_at(packed_, at)));
    };
    if (const std::size_t at = place_of(packed_, address); at < packed_.size()) erase(at);
    std::size_t count = 0;
    for (std::size_t at = 0; at < packed_.size(); at += size_at(packed_, at)) ++count;
    if (count >= most && count > 0) erase(0);
    const ByteView payload = address.payload();
    const std::size_t size = packed_.size() + kHead + payload.size();
    // By a quarter, not by doubling: there are many of these.
    if (size > packed_.capacity()) packed_.reserve(size + size / 4);
    packed_.push_back(static_cast<uint8_t>(address.kind()));
    packed_.push_back(static_cast<uint8_t>(payload.size()));
    packed_.insert(packed_.end(), payload.begin(), payload.end());
}

std::vector<Address> RecentAddresses::all() const {
    std::vector<Address> addresses;
    for (std::size_t at = 0; at < packed_.size(); at += size_at(packed_, at))
        addresses.push_back(address_at(packed_, at));
    return addresses;
}

Status save_state(StateSink& sink, const RecentAddresses& recent) {
    return save_state(sink, recent.packed_);
}

Status load_state(StateSource& source, RecentAddresses& recent) {
    CORDON_TRY(load_state(source, recent.packed_));
    const ByteView packed = recent.packed_;
    for (std::size_t at = 0; at < packed.size(); at += size_at(packed, at))
        if (packed.size() - at < kHead || packed[at + 1] > Address::kMaxSize ||
            packed.size() - at < size_at(packed, at) ||
            packed[at] > static_cast<uint8_t>(AddressKind::kScript))
            return fail(ErrorCode::kCorrupt, "checkpoint: an address in a wallet's history");
    return {};
}

}  // namespace cordon::detect
