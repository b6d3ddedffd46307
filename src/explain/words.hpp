// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "context.hpp"

namespace cordon::explain {

/// How explanations of account chains name addresses and money. Confined to one explanation.
class Words {
public:
    /// Lifetime: `context` must outlive it.
    Words(const Context& context, ChainId chain);

    /// "Cold wallet (0x1Db9…)" in full, or the bare address in EIP-55; who does not know whose
    /// address it is, must see all of it.
    const std::string& address(const Address& address);
    /// "30,000 ETH"; of a token that nobody vouches for "25,500,000 smallest units of the unknown
    /// token 0x…".
    std::string money(const Asset& asset, const Amount& amount);
    /// "ETH", "USDC", "the unknown token 0x…".
    std::string asset(const Asset& asset);
    /// As money(), or "all it likes of …" when it is more than anybody has.
    std::string allowance(const Asset& asset, const Amount& amount);

    const BookEntry* entry(const Address& address) const;
    const TokenEntry* token(const Asset& asset) const;
    ChainId chain() const noexcept { return chain_; }

private:
    const Context& context_;
    ChainId chain_;
    std::unordered_map<Address, const BookEntry*> book_;  // Looked up only.
    std::unordered_map<Address, std::string> addresses_;  // EIP-55 costs a hash each.
};

/// More than anybody has: the allowances that wallets call unlimited. From uint112 on no exchange
/// pool can hold it (Uniswap v2 keeps reserves in uint112); uint96 is "all" of COMP and UNI.
bool is_unlimited(const Amount& amount) noexcept;

/// "4,502.9": groups of three before the point.
std::string grouped(std::string_view number);

/// "1 owner", "2 owners".
std::string counted(uint64_t count, std::string_view one, std::string_view many);

/// "2 days", "36 hours", "90 seconds": the largest unit that is exact.
std::string duration(const Amount& seconds);

/// The text, cut after `most` bytes at a whole character, with "…".
std::string clipped(std::string_view text, std::size_t most);

}  // namespace cordon::explain
