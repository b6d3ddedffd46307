// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <cordon/model/address.hpp>
#include <cordon/model/chain_id.hpp>

/// How alike two addresses look to a person, who compares their ends.
namespace cordon::chain {

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

/// Whether both have ends, and the same: as ends_of() of both would say.
bool same_ends(ChainId chain, const Address& a, const Address& b,
               const LookAlikeParams& params = {});

/// How many characters at each end are the same, at most all of them.
struct Likeness {
    unsigned prefix = 0, suffix = 0;
};
Likeness likeness(ChainId chain, const Address& a, const Address& b);

/// True when the addresses differ and a person would take one for the other: both ends agree, and
/// so much of them that it happens by chance in one pair of 2^32. Whoever makes addresses to be
/// taken for another one searches for that much; DMM's thief had 4 and 2 characters of base58.
bool looks_like(ChainId chain, const Address& a, const Address& b);

}  // namespace cordon::chain
