// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <cordon/model/address.hpp>

#include "../state.hpp"

namespace cordon::detect {

/// The last addresses of something, each once, in the order in which they were seen last. Packed:
/// 22 bytes for one of an EVM chain, where an Address is 43, and every wallet of ours has fifty.
/// A value of a Keyed table.
class RecentAddresses {
public:
    bool has(const Address& address) const noexcept;
    /// Makes it the last one; beyond `most` the first one is forgotten.
    void add(const Address& address, std::size_t most);
    /// The first one first.
    std::vector<Address> all() const;

    friend Status save_state(StateSink& sink, const RecentAddresses& recent);
    friend Status load_state(StateSource& source, RecentAddresses& recent);

private:
    std::vector<uint8_t> packed_;  // Of each: kind, size, payload.
};

}  // namespace cordon::detect
