// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "address_rows.hpp"

#include <algorithm>
#include <span>

#include <cordon/trace/account_txn.hpp>

#include "counterfeit.hpp"

namespace cordon::patterns {
namespace {

/// Rows asked for at once, at first and at most: most addresses have very few.
constexpr std::size_t kFirstPage = 4, kLargestPage = 32;

}  // namespace

Result<std::vector<ledger::PlacedTransfer>> read_rows(const ledger::Reader& ledger, ChainId chain,
                                                      const Address& address,
                                                      const ledger::TransferQuery& query,
                                                      std::size_t most) {
    std::vector<ledger::PlacedTransfer> rows;
    const auto cursor = ledger.transfers_of(chain, address, query);
    for (std::size_t have = 0, page = kFirstPage; have < most;) {
        rows.resize(std::min(have + page, most));
        CORDON_TRY(const std::size_t read, cursor->next(std::span{rows}.subspan(have)));
        have += read;
        page = have == rows.size() ? kLargestPage : 1;  // Mostly that was the end.
        rows.resize(have);
        if (read == 0) break;
    }
    return rows;
}

bool moves_money(ChainId chain, const Transfer& row, const trace::Context& context) {
    if (row.kind == TransferKind::kFee || row.amount.is_zero() || trace::is_absurd(row.amount) ||
        row.from == row.to)
        return false;
    return !Counterfeit{}.is_worthless(chain, row.asset, context);
}

}  // namespace cordon::patterns
