// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "address_rows.hpp"

#include <algorithm>
#include <array>

#include <cordon/trace/account_txn.hpp>

#include "counterfeit.hpp"

namespace cordon::patterns {
namespace {

/// Rows asked for at once: most addresses have fewer, and one page is one look-up.
constexpr std::size_t kPage = 32;

}  // namespace

Result<std::vector<ledger::PlacedTransfer>> read_rows(const ledger::Reader& ledger, ChainId chain,
                                                      const Address& address,
                                                      const ledger::TransferQuery& query,
                                                      std::size_t most) {
    std::vector<ledger::PlacedTransfer> rows;
    const auto cursor = ledger.transfers_of(chain, address, query);
    std::array<ledger::PlacedTransfer, kPage> page;
    while (rows.size() < most) {
        const std::size_t wanted = std::min(kPage, most - rows.size());
        CORDON_TRY(const std::size_t read, cursor->next({page.data(), wanted}));
        if (read == 0) break;
        rows.insert(rows.end(), page.begin(), page.begin() + static_cast<std::ptrdiff_t>(read));
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
