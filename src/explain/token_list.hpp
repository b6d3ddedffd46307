// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "context.hpp"

namespace cordon::explain {

/// Tokens by the ten thousand, as lists have them, beside the few that a caller names in a Context.
class TokenList {
public:
    /// Of two entries for one token the first holds.
    explicit TokenList(std::vector<TokenEntry> entries);
    const TokenEntry* find(ChainId chain, const Asset& asset) const noexcept;

private:
    std::map<std::pair<ChainId, Asset>, TokenEntry> entries_;
};

/// The coins that most is stolen in: known without any list.
const TokenList& shipped_tokens();

/// What the caller says of a token, else what its list says, else what is shipped; nothing when
/// none does.
const TokenEntry* find_token(const Context& context, ChainId chain, const Asset& asset);

}  // namespace cordon::explain
