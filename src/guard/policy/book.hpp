// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <cordon/base/time.hpp>
#include <cordon/model/address.hpp>
#include <cordon/model/chain_id.hpp>

namespace cordon::guard {

/// A destination that the policy vouches for.
struct BookEntry {
    std::string book;  ///< Which: "book" unless it is one with a name.
    std::string name;
    ChainId chain;
    Address address;
    std::optional<UnixMillis> added;  ///< When it was put in; none: not said.
};

/// Who looks like the destination.
struct LookAlike {
    Address address;
    std::string name;  ///< Of a book; empty: an earlier payee.
};

/// The address books of a policy. Immutable once filled; any thread.
class Books {
public:
    void add(BookEntry entry);
    /// Which books there are, "book" first.
    const std::vector<std::string>& names() const noexcept { return names_; }
    const std::vector<BookEntry>& entries() const noexcept { return entries_; }
    /// Of any book when `book` is "book" (the first entry), else of this one; nullptr.
    const BookEntry* find(ChainId chain, const Address& address, std::string_view book) const;
    /// An entry that a person could take the address for; nothing when it is an entry itself.
    std::optional<LookAlike> like(ChainId chain, const Address& address) const;

private:
    struct Key {
        ChainId chain;
        Address address;
        friend bool operator==(const Key&, const Key&) = default;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const noexcept {
            return std::hash<ChainId>{}(key.chain) ^ std::hash<Address>{}(key.address);
        }
    };
    std::vector<BookEntry> entries_;
    std::vector<std::string> names_;
    std::unordered_multimap<Key, std::size_t, Hash> by_address_;  // Looked up only.
    /// By what looks_like() asks of both ends at least: 10,000 entries are not compared one by one.
    std::map<std::pair<ChainId, std::string>, std::vector<std::size_t>> by_ends_;
};

/// The word for all books together.
inline constexpr std::string_view kAnyBook = "book";

}  // namespace cordon::guard
