// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include <cordon/model/address.hpp>
#include <cordon/model/chain_id.hpp>

namespace cordon::patterns {

/// How much of its ends a person compares before he trusts an address, in characters after the part
/// that all addresses of the kind share (0x, T, bc1q, 1).
struct LookAlikeParams {
    /// Wallets show four to six at each end; a match of 4 + 4 hex digits by chance is one pair in
    /// 2^32, and MetaMask's warning begins there too.
    unsigned prefix = 4, suffix = 4;
};

/// What the eye sees of an address: its first and last characters. Two addresses that differ and
/// have the same ends look alike. Empty when the address is too short to tell.
std::string ends_of(ChainId chain, const Address& address, const LookAlikeParams& params = {});

/// How many characters at each end are the same, at most all of them.
struct Likeness {
    unsigned prefix = 0, suffix = 0;
};
Likeness likeness(ChainId chain, const Address& a, const Address& b);

/// How an address was used.
struct Use {
    Address address;
    uint64_t real = 0;   ///< Movements of money, in and out.
    uint64_t bait = 0;   ///< Zero, dust or counterfeit.
    uint64_t first = 0;  ///< When it was first used, as any number that rises.
};

/// Addresses with the same ends.
struct LookAlikeGroup {
    std::string ends;
    /// The one that the others imitate comes first: most real movements, then the oldest. The
    /// others by address. `imitated` is false when no member is used much more than the rest:
    /// vanity addresses of one owner look alike too.
    std::vector<Use> members;
    bool imitated = false;
};

/// Groups of two or more, by ends. The addresses must be different. Cost: O(n log n).
std::vector<LookAlikeGroup> look_alike_groups(ChainId chain, std::span<const Use> uses,
                                              const LookAlikeParams& params = {});

}  // namespace cordon::patterns
