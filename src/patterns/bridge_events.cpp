// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "bridge_events.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <tuple>

#include <cordon/base/format.hpp>

#include "counterfeit.hpp"
#include "last_txn.hpp"
#include "mixer_pool.hpp"

namespace cordon::patterns {
namespace {

constexpr std::size_t kPage = 256;

std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

/// One name for the same money on different chains: the symbol; that of the coin for its wrapped
/// form; and without the ".e" by which chains mark what came over from Ethereum.
std::string kind_of(ChainId chain, std::string_view symbol) {
    std::string name = lower(symbol);
    const std::string coin = lower(native_symbol(chain));
    if (name == "w" + coin) return coin;
    if (name.size() > 2 && name.ends_with(".e")) name.resize(name.size() - 2);
    return name;
}

/// By chain, position and row: a transfer is one event, however many ways lead to it.
using Place = std::tuple<ChainId, TxnPosition, uint32_t>;

class Collector {
public:
    Collector(const ledger::Reader& ledger, const trace::Context& context,
              const BridgeParams& params)
        : ledger_{ledger}, context_{context}, params_{params} {}

    Result<BridgeEvents> run() {
        for (const auto& chain : ledger_.chains()) {
            if (is_utxo(chain.chain)) continue;
            const auto bridges = context_.labelled(chain.chain, Category::kBridge);
            bridges_ = {bridges.begin(), bridges.end()};
            CORDON_TRY(read_facts(chain.chain));
            for (const Address& bridge : bridges_) CORDON_TRY(read_transfers(chain.chain, bridge));
        }
        BridgeEvents events;
        finish(deposits_, events.deposits, events.said_by_deposit);
        finish(payouts_, events.payouts, events.said_by_payout);
        return events;
    }

private:
    struct Found {
        BridgeEvent event;
        BridgeEvents::Said said;
    };
    using FoundAt = std::map<Place, Found>;

    Status read_transfers(ChainId chain, const Address& bridge) {
        const auto cursor = ledger_.transfers_of(chain, bridge, {});
        std::array<ledger::PlacedTransfer, kPage> page;
        LastTxn txns{chain, ledger_};
        for (;;) {
            CORDON_TRY(const std::size_t got, cursor->next(page));
            if (got == 0) return {};
            for (std::size_t i = 0; i < got; ++i) {
                const Transfer& row = page[i].transfer;
                const bool deposit = row.to == bridge;
                // Between a bridge's own contracts nothing crosses.
                if (bridges_.contains(deposit ? row.from : row.to)) continue;
                const Place place{chain, page[i].at, row.index};
                if ((deposit ? deposits_ : payouts_).contains(place)) continue;
                auto event = event_of(chain, page[i].at, page[i].time, row, bridge, deposit);
                if (!event) continue;
                if (deposit) {
                    CORDON_TRY(const auto* placed, txns.at(page[i].at));
                    event->party = payer_behind(placed->txn, row);
                }
                CORDON_TRY(keep(place, {*std::move(event), {}}, deposit));
            }
        }
    }

    /// Nothing for what is no money: no time, worthless, zero.
    std::optional<BridgeEvent> event_of(ChainId chain, TxnPosition at,
                                        std::optional<UnixMillis> time, const Transfer& row,
                                        const Address& bridge, bool deposit) {
        if (!time || row.kind == TransferKind::kFee || row.amount.is_zero() ||
            counterfeit_.is_worthless(chain, row.asset, context_))
            return std::nullopt;
        BridgeEvent event;
        event.chain = chain;
        event.at = at;
        event.time = *time;
        event.row = row.index;
        event.bridge = bridge;
        event.end = event.party = deposit ? row.from : row.to;
        event.asset = row.asset;
        event.amount = row.amount;
        const auto info = context_.asset(chain, row.asset);
        event.units = row.amount.to_double() / std::pow(10.0, info ? info->decimals : 0);
        event.kind = kind_number(
            info ? kind_of(chain, info->symbol)
                 : format("{}:{}", row.asset.is_contract() ? to_string(chain) : std::string{"code"},
                          row.asset.text()));
        if (const auto usd = context_.usd(chain, row.asset, row.amount, time);
            usd && info->status == AssetStatus::kVerified && event.units > 0)
            event.price = *usd / event.units;
        return event;
    }

    Status read_facts(ChainId chain) {
        for (const FactKind kind : {FactKind::kBridgeDeposit, FactKind::kBridgeWithdrawal})
            for (const Fact& fact : context_.facts_on(chain, kind)) CORDON_TRY(add_fact(fact));
        return {};
    }

    /// The transfer that a fact speaks of: who gave or got it, in what, how much.
    static const Transfer* row_of(const Fact& fact, const AccountTxn& txn) {
        const bool deposit = fact.kind == FactKind::kBridgeDeposit;
        const Transfer* best = nullptr;
        int best_score = 0;
        for (const Transfer& row : txn.transfers) {
            if (row.kind == TransferKind::kFee || row.amount.is_zero()) continue;
            const Address& ours = deposit ? row.from : row.to;
            const Address& theirs = deposit ? row.to : row.from;
            const Address& named = deposit ? fact.sender : fact.receiver;
            if (theirs != fact.contract && ours != named) continue;
            const int score = 1 + (theirs == fact.contract ? 2 : 0) +
                              (row.amount == fact.amount ? 4 : 0) +
                              (row.asset == fact.asset ? 2 : 0) + (ours == named ? 1 : 0);
            if (score > best_score) {
                best = &row;
                best_score = score;
            }
        }
        return best;
    }

    Status add_fact(const Fact& fact) {
        const bool deposit = fact.kind == FactKind::kBridgeDeposit;
        CORDON_TRY(const auto at, ledger_.find_txn(fact.chain, fact.txn));
        if (!at) return {};  // Of a txn that was rewound.
        CORDON_TRY(const auto placed, ledger_.account_txn(fact.chain, *at));
        const Transfer* row = row_of(fact, placed.txn);
        if (row == nullptr) return {};
        const auto time = placed.txn.time ? placed.txn.time : placed.time;
        auto event = event_of(fact.chain, *at, time, *row, deposit ? row->to : row->from, deposit);
        if (!event) return {};
        event->far_chain = fact.far_chain;
        if (deposit)
            event->party = fact.receiver.empty() ? payer_behind(placed.txn, *row) : fact.receiver;
        return keep({fact.chain, *at, row->index},
                    {*std::move(event), {fact.key, bridges_.contains(fact.contract)}}, deposit);
    }

    /// The call and the logs of one deposit say the same: what has a key is kept.
    Status keep(const Place& place, Found found, bool deposit) {
        auto [known, fresh] = (deposit ? deposits_ : payouts_).try_emplace(place, found);
        if (!fresh && known->second.said.key.empty() && !found.said.key.empty())
            known->second = std::move(found);
        if (deposits_.size() + payouts_.size() > params_.max_events)
            return fail(ErrorCode::kLimit, format("bridges with more than {} deposits and payouts",
                                                  params_.max_events));
        return {};
    }

    uint32_t kind_number(const std::string& name) {
        return kinds_.try_emplace(name, static_cast<uint32_t>(kinds_.size())).first->second;
    }

    static void finish(const FoundAt& found, std::vector<BridgeEvent>& events,
                       std::map<uint32_t, BridgeEvents::Said>& said) {
        std::vector<const Found*> sorted;
        for (const auto& [place, each] : found) sorted.push_back(&each);
        std::stable_sort(sorted.begin(), sorted.end(), [](const Found* a, const Found* b) {
            return a->event.time < b->event.time;
        });
        for (const Found* each : sorted) {
            if (!each->said.key.empty())
                said.emplace(static_cast<uint32_t>(events.size()), each->said);
            events.push_back(each->event);
        }
    }

    const ledger::Reader& ledger_;
    const trace::Context& context_;
    const BridgeParams& params_;
    Counterfeit counterfeit_;
    std::set<Address> bridges_;  // Of the chain at hand.
    std::map<std::string, uint32_t> kinds_;
    FoundAt deposits_, payouts_;
};

}  // namespace

Result<BridgeEvents> read_bridge_events(const ledger::Reader& ledger, const trace::Context& context,
                                        const BridgeParams& params) {
    return Collector{ledger, context, params}.run();
}

}  // namespace cordon::patterns
