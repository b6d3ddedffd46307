// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <cordon/trace/link_source.hpp>

namespace cordon::patterns {

/// At most `most` transfers of an address, as the query orders them. Errors: those of the Reader.
Result<std::vector<ledger::PlacedTransfer>> read_rows(const ledger::Reader& ledger, ChainId chain,
                                                      const Address& address,
                                                      const ledger::TransferQuery& query,
                                                      std::size_t most);

/// True for a row that moves money from one address to another: no fee, not zero, not absurd, not
/// to oneself, and of no counterfeit.
bool moves_money(ChainId chain, const Transfer& row, const trace::Context& context);

}  // namespace cordon::patterns
