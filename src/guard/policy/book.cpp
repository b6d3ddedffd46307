// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "book.hpp"

#include <algorithm>

#include <cordon/chain/look_alike.hpp>

namespace cordon::guard {
namespace {

/// No more than looks_like() demands of each end: whoever looks alike has these the same.
constexpr chain::LookAlikeParams kEnds{2, 2};

}  // namespace

void Books::add(BookEntry entry) {
    if (std::find(names_.begin(), names_.end(), entry.book) == names_.end())
        names_.push_back(entry.book);
    const std::size_t index = entries_.size();
    by_address_.emplace(Key{entry.chain, entry.address}, index);
    by_ends_[{entry.chain, chain::ends_of(entry.chain, entry.address, kEnds)}].push_back(index);
    entries_.push_back(std::move(entry));
}

const BookEntry* Books::find(ChainId chain, const Address& address, std::string_view book) const {
    const auto [begin, end] = by_address_.equal_range({chain, address});
    const BookEntry* first = nullptr;
    for (auto at = begin; at != end; ++at) {
        const BookEntry& entry = entries_[at->second];
        if (book != kAnyBook && entry.book != book) continue;
        // The order of the file decides, not that of a hash table.
        if (!first || &entry < first) first = &entry;
    }
    return first;
}

std::optional<LookAlike> Books::like(ChainId chain, const Address& address) const {
    if (find(chain, address, kAnyBook)) return std::nullopt;
    const auto found = by_ends_.find({chain, chain::ends_of(chain, address, kEnds)});
    if (found == by_ends_.end()) return std::nullopt;
    for (const std::size_t index : found->second)
        if (chain::looks_like(chain, address, entries_[index].address))
            return LookAlike{entries_[index].address, entries_[index].name};
    return std::nullopt;
}

}  // namespace cordon::guard
