// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "screen.hpp"

namespace cordon::screen {

/// No date, a date too long ago, or one so far ahead that it would be fresh for ever.
bool is_too_old(const std::optional<UnixMillis>& as_of, UnixMillis now,
                std::chrono::milliseconds max_age) noexcept;

/// What all lists and labels say, as of one moment. Immutable: any thread, and a gate swaps it as a
/// whole when a list comes in anew. A look-up is one binary search over addresses.
class Lists {
public:
    /// `labels` may be in any order; Label::list names an entry of `lists` or is empty (labels that
    /// came in no list). The same in another order answers the same.
    /// `known` is how many labels there are in all, where only some were loaded.
    static std::shared_ptr<const Lists> make(std::vector<ListUsed> lists, std::vector<Label> labels,
                                             uint64_t known = 0);

    /// All that names the address, best first: on this chain, on another chain of its family, or as
    /// another form of the same key (see same_key()). An address that only looks alike is no match.
    std::vector<Match> matches(ChainId chain, const Address& address) const;
    /// Who the address is said to be on this chain, the most confident first.
    std::vector<Label> labels(ChainId chain, const Address& address) const;

    /// Every list by name, `stale` said by the settings; required ones that are absent included
    /// (without digest or date, stale).
    std::vector<ListUsed> used(const Settings& settings, UnixMillis now) const;
    /// Nothing was asked at all: then nobody is clear.
    bool empty() const noexcept { return lists_.empty() && known_ == 0; }
    std::size_t size() const noexcept { return labels_.size(); }

private:
    Lists() = default;
    std::span<const Label> of(const Address& address) const;

    std::vector<ListUsed> lists_;  // By name.
    uint64_t known_ = 0;
    std::vector<Label> labels_;  // By address, then confidence, source, text, category, list.
};

/// Other addresses that the key of this one certainly controls as well: who can sign for one can
/// sign for the other. P2PKH and P2WPKH of one hash160 (a hash of the public key, BIP-141), EVM and
/// Tron of one 20-byte hash (both the tail of keccak-256 of the public key).
std::vector<Address> same_key(const Address& address);

}  // namespace cordon::screen
