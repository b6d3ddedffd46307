// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "token_list.hpp"

namespace cordon::explain {

TokenList::TokenList(std::vector<TokenEntry> entries) {
    for (TokenEntry& each : entries) {
        const std::pair key{each.chain, each.asset};
        entries_.try_emplace(key, std::move(each));
    }
}

const TokenEntry* TokenList::find(ChainId chain, const Asset& asset) const noexcept {
    const auto found = entries_.find({chain, asset});
    return found == entries_.end() ? nullptr : &found->second;
}

const TokenEntry* find_token(const Context& context, ChainId chain, const Asset& asset) {
    for (const TokenEntry& each : context.tokens)
        if (each.chain == chain && each.asset == asset) return &each;
    if (context.token_list != nullptr)
        if (const TokenEntry* const known = context.token_list->find(chain, asset)) return known;
    return shipped_tokens().find(chain, asset);
}

}  // namespace cordon::explain
