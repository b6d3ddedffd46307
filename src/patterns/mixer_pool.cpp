// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "mixer_pool.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <cordon/base/format.hpp>

#include "last_txn.hpp"

namespace cordon::patterns {
namespace {

constexpr std::size_t kPage = 256;
// A router, a wallet contract and a forwarder: nobody was seen with more hands between.
constexpr int kMaxHands = 8;

using Rows = std::vector<ledger::PlacedTransfer>;

/// Moves value to or from the pool for its own sake.
bool counts(const Transfer& row) {
    return row.kind != TransferKind::kFee && !row.amount.is_zero() && row.from != row.to;
}

/// All transfers of an address, by asset. `events`: so many are held already.
Status read_rows(ChainId chain, const Address& address, const ledger::Reader& ledger,
                 std::size_t events, const MixerPoolParams& params, std::map<Asset, Rows>& rows) {
    const auto cursor = ledger.transfers_of(chain, address, {});
    std::array<ledger::PlacedTransfer, kPage> page;
    std::size_t total = events;
    for (;;) {
        CORDON_TRY(const std::size_t got, cursor->next(page));
        if (got == 0) return {};
        for (std::size_t i = 0; i < got; ++i)
            if (page[i].time && counts(page[i].transfer)) {
                rows[page[i].transfer.asset].push_back(page[i]);
                ++total;
            }
        if (total > params.max_events)
            return fail(ErrorCode::kLimit,
                        format("mixer pools with more than {} deposits and withdrawals",
                               params.max_events));
    }
}

/// The amount that makes up nearly all of what was received. By value, not by number: dust costs
/// nothing, and must not hide a pool.
std::optional<Amount> denomination_of(const Rows& rows, const Address& pool,
                                      const MixerPoolParams& params) {
    std::map<Amount, std::size_t> times;
    for (const auto& row : rows)
        if (row.transfer.to == pool) ++times[row.transfer.amount];
    double total = 0, most = 0;
    auto best = times.end();
    for (auto each = times.begin(); each != times.end(); ++each) {
        const double value = each->first.to_double() * static_cast<double>(each->second);
        total += value;
        if (value > most) {
            most = value;
            best = each;
        }
    }
    if (best == times.end() || best->second < params.min_deposits ||
        most < params.min_fixed * total)
        return std::nullopt;
    return best->first;
}

Address sender_of(const AccountTxn& txn) {
    const auto fee = std::find_if(txn.transfers.begin(), txn.transfers.end(),
                                  [](const auto& row) { return row.kind == TransferKind::kFee; });
    return fee == txn.transfers.end() ? Address{} : fee->from;
}

/// Payouts come in pairs, recipient then relayer, which add up to the denomination.
class Payouts {
public:
    explicit Payouts(const Amount& denomination) : left_{}, denomination_{denomination} {}

    /// True when this row begins a withdrawal, false when it is a share of the one before.
    bool begins(const ledger::PlacedTransfer& row) {
        const bool same_txn = at_ == row.at;
        at_ = row.at;
        if (same_txn && row.transfer.amount <= left_) {
            left_ -= row.transfer.amount;
            return false;
        }
        left_ = denomination_ - row.transfer.amount;
        return true;
    }

private:
    TxnPosition at_;
    Amount left_;
    Amount denomination_;
};

Result<MixerPool> pool_of(ChainId chain, const ledger::Reader& ledger, const Address& address,
                          const Rows& rows, const Amount& denomination) {
    MixerPool pool{address, rows.front().transfer.asset, denomination, {}, {}};
    Payouts payouts{denomination};
    LastTxn txns{chain, ledger};
    for (const auto& [at, time, row] : rows) {
        const bool deposit = row.to == address;
        if (deposit ? row.amount != denomination : row.amount > denomination) continue;
        if (!deposit && !payouts.begins({at, time, row})) continue;
        CORDON_TRY(const auto* placed, txns.at(at));
        const Address& party = deposit ? row.from : row.to;
        MixerEvent event{at, *time, row.index, party, party, {}, row.amount};
        if (deposit)
            event.actor = payer_behind(placed->txn, row);
        else if (row.amount == denomination)
            event.sender = sender_of(placed->txn);
        (deposit ? pool.deposits : pool.withdrawals).push_back(event);
    }
    return pool;
}

}  // namespace

Address payer_behind(const AccountTxn& txn, const Transfer& row) {
    Address payer = row.from;
    std::set<Address> seen{row.to, payer};
    for (int hand = 0; hand < kMaxHands; ++hand) {
        const auto gave =
            std::find_if(txn.transfers.begin(), txn.transfers.end(), [&](const Transfer& each) {
                return each.to == payer && each.asset == row.asset && each.amount >= row.amount &&
                       each.kind != TransferKind::kFee && !each.from.is_zero() &&
                       !seen.contains(each.from);
            });
        if (gave == txn.transfers.end()) break;
        payer = gave->from;
        seen.insert(payer);
    }
    return payer;
}

Result<std::vector<MixerPool>> read_mixer_pools(ChainId chain, const ledger::Reader& ledger,
                                                const trace::Context& context,
                                                const MixerPoolParams& params) {
    std::set<Address> addresses;
    for (const Address& address : context.labelled(chain, Category::kMixer))
        addresses.insert(address);
    for (const Fact& fact : context.facts_on(chain, FactKind::kMixerDeposit))
        addresses.insert(fact.contract);

    std::vector<MixerPool> pools;
    std::size_t events = 0;
    for (const Address& address : addresses) {
        std::map<Asset, Rows> by_asset;
        CORDON_TRY(read_rows(chain, address, ledger, events, params, by_asset));
        for (const auto& [asset, rows] : by_asset) {
            const auto denomination = denomination_of(rows, address, params);
            if (!denomination) continue;
            CORDON_TRY(auto pool, pool_of(chain, ledger, address, rows, *denomination));
            events += pool.deposits.size() + pool.withdrawals.size();
            pools.push_back(std::move(pool));
        }
    }
    return pools;
}

}  // namespace cordon::patterns
