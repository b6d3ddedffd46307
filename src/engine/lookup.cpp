// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "lookup.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>

#include <cordon/chain/text.hpp>

#include "payments.hpp"

namespace cordon::engine {
namespace {

using ledger::Order;
using ledger::Side;

constexpr std::size_t kPage = 256;  // Rows read at a time.

/// Records for the length of one call: each question is asked once.
class Known {
public:
    Known(const records::Store* store, ChainId chain) : store_{store}, chain_{chain} {}

    Result<std::optional<Label>> label(const Address& address) {
        const auto [at, fresh] = labels_.try_emplace(address);
        if (fresh && store_) {
            CORDON_TRY(auto labels, store_->labels(chain_, address));
            if (!labels.empty()) at->second = std::move(labels.front());
        }
        return at->second;
    }
    Result<std::optional<AssetInfo>> info(const Asset& asset) {
        CORDON_TRY(const Worth* worth, known(asset));
        return worth->info;
    }
    /// At the last price at or before `time`; without, at the last there is.
    Result<std::optional<Cents>> usd(const Asset& asset, const Amount& amount,
                                     std::optional<UnixMillis> time) {
        CORDON_TRY(const Worth* worth, known(asset));
        auto after = worth->prices.end();
        if (time)
            after = std::upper_bound(worth->prices.begin(), after, *time,
                                     [](UnixMillis t, const Price& p) { return t < p.time; });
        if (after == worth->prices.begin()) return std::nullopt;
        const double cents = amount.to_double() / worth->unit * std::prev(after)->usd * 100;
        constexpr double kMost = 9e18;  // Below 2^63.
        return static_cast<Cents>(std::min(cents, kMost));
    }

private:
    struct Worth {
        std::optional<AssetInfo> info;
        double unit = 1;            // 10^decimals.
        std::vector<Price> prices;  // None without decimals.
    };
    Result<const Worth*> known(const Asset& asset) {
        const auto [at, fresh] = assets_.try_emplace(asset);
        Worth& worth = at->second;
        if (!fresh) return &worth;
        if (store_) {
            CORDON_TRY(worth.info, store_->asset(chain_, asset));
        }
        if (!worth.info && asset.is_native())
            worth.info = AssetInfo{chain_, asset, std::string{native_symbol(chain_)},
                                   native_decimals(chain_), AssetStatus::kVerified};
        if (!worth.info) return &worth;
        worth.unit = std::pow(10.0, worth.info->decimals);
        if (store_) {
            CORDON_TRY(worth.prices, store_->prices(chain_, asset));
        }
        return &worth;
    }

    const records::Store* store_;
    ChainId chain_;
    std::unordered_map<Address, std::optional<Label>> labels_;  // Looked up only.
    std::unordered_map<Asset, Worth> assets_;                   // Looked up only.
};

/// Whether the kind of an address is one of the chain.
bool fits(ChainId chain, const Address& address) {
    switch (chain.family) {
        case ChainFamily::kEvm: return address.kind() == AddressKind::kEvm;
        case ChainFamily::kTron: return address.kind() == AddressKind::kTron;
        case ChainFamily::kBitcoin:
            return address.kind() != AddressKind::kEvm && address.kind() != AddressKind::kTron &&
                   address.kind() != AddressKind::kNone;
    }
    return false;
}

Result<std::optional<UnixMillis>> time_of(const ledger::Reader& ledger, ChainId chain,
                                          TxnPosition at) {
    CORDON_TRY(const auto block, ledger.block(chain, at.block));
    return block ? block->time : std::nullopt;
}

std::unique_ptr<ledger::TxnCursor> txns_of(const ledger::Reader& ledger, ChainId chain,
                                           const Address& address, Side side, Order order,
                                           std::optional<TxnPosition> from = std::nullopt) {
    return is_utxo(chain) ? ledger.utxo_txns_of(chain, address, side, order, from)
                          : ledger.account_txns_of(chain, address, side, order, from);
}

using Holdings = std::map<Asset, AddressFacts::Holding>;

Status add_account(const ledger::Reader& ledger, AddressFacts& facts, Holdings& holdings,
                   std::size_t most) {
    ledger::TransferQuery query;
    query.order = Order::kDescending;
    const auto cursor = ledger.transfers_of(facts.chain, facts.address, query);
    std::vector<ledger::PlacedTransfer> page(kPage);
    for (;;) {
        CORDON_TRY(const std::size_t count, cursor->next(page));
        if (count == 0) return {};
        for (std::size_t i = 0; i < count; ++i) {
            if (facts.transfers == most) {
                facts.cut = true;
                return {};
            }
            const Transfer& row = page[i].transfer;
            ++facts.transfers;
            AddressFacts::Holding& held = holdings[row.asset];
            ++held.transfers;
            // A hostile token can log any amounts: what does not fit is not added.
            if (row.to == facts.address)
                held.received = checked_add(held.received, row.amount).value_or(Amount::max());
            if (row.from == facts.address)
                held.sent = checked_add(held.sent, row.amount).value_or(Amount::max());
        }
    }
}

Status add_utxo(const ledger::Reader& ledger, AddressFacts& facts, Holdings& holdings,
                std::size_t most) {
    const auto cursor =
        ledger.outputs_of(facts.chain, facts.address, Order::kDescending, std::nullopt);
    std::vector<ledger::PlacedOutput> page(kPage);
    AddressFacts::Holding held;
    for (;;) {
        CORDON_TRY(const std::size_t count, cursor->next(page));
        for (std::size_t i = 0; i < count; ++i) {
            if (held.transfers == most) {
                facts.cut = true;
                break;
            }
            ++held.transfers;
            held.received += Amount{page[i].value};
            if (page[i].spent_by) held.sent += Amount{page[i].value};
        }
        if (count == 0 || facts.cut) break;
    }
    facts.transfers = held.transfers;
    if (held.transfers > 0) holdings.emplace(Asset{}, std::move(held));
    return {};
}

Result<std::optional<AddressFacts>> facts_on(const ledger::Reader& ledger,
                                             const records::Store* records, ChainId chain,
                                             const Address& address, std::size_t most) {
    AddressFacts facts;
    facts.chain = chain;
    facts.address = address;
    if (records) {
        CORDON_TRY(facts.labels, records->labels(chain, address));
    }
    CORDON_TRY(const auto first,
               txns_of(ledger, chain, address, Side::kEither, Order::kAscending)->next());
    if (!first && facts.labels.empty()) return std::nullopt;
    if (!first) return facts;
    CORDON_TRY(const auto last,
               txns_of(ledger, chain, address, Side::kEither, Order::kDescending)->next());
    CORDON_TRY(facts.first, time_of(ledger, chain, *first));
    CORDON_TRY(facts.last, time_of(ledger, chain, last.value_or(*first)));

    Holdings holdings;
    CORDON_TRY(is_utxo(chain) ? add_utxo(ledger, facts, holdings, most)
                              : add_account(ledger, facts, holdings, most));
    Known known{records, chain};
    for (auto& [asset, held] : holdings) {
        held.asset = asset;
        CORDON_TRY(held.info, known.info(asset));
        if (!facts.cut && held.received >= held.sent) {
            CORDON_TRY(held.usd, known.usd(asset, held.received - held.sent, std::nullopt));
        }
        facts.holdings.push_back(std::move(held));
    }
    std::stable_sort(facts.holdings.begin(), facts.holdings.end(),
                     [](const auto& a, const auto& b) { return a.usd > b.usd; });
    return facts;
}

}  // namespace

Result<std::vector<AddressFacts>> address_facts(const ledger::Reader& ledger,
                                                const records::Store* records,
                                                const Address& address, std::size_t most) {
    std::vector<AddressFacts> all;
    std::vector<WalletAddress> wallets;
    if (records) {
        CORDON_TRY(wallets, records->wallets());
    }
    for (const ledger::ChainSummary& each : ledger.chains()) {
        if (!fits(each.chain, address)) continue;
        CORDON_TRY(auto facts, facts_on(ledger, records, each.chain, address, most));
        const auto ours = std::find_if(wallets.begin(), wallets.end(), [&](const auto& wallet) {
            return wallet.chain == each.chain && wallet.address == address;
        });
        if (ours != wallets.end()) {
            if (!facts) {
                facts.emplace();
                facts->chain = each.chain;
                facts->address = address;
            }
            facts->wallet = *ours;
        }
        if (facts) all.push_back(std::move(*facts));
    }
    return all;
}

Result<Counterparties> counterparties(const ledger::Reader& ledger, const records::Store* records,
                                      ChainId chain, const Address& address, Side side,
                                      std::size_t top, std::size_t most) {
    struct Sum {
        Amount amount;
        uint64_t transfers = 0;
    };
    std::map<Asset, std::unordered_map<Address, Sum>> sums;  // Sorted below.
    Counterparties found;
    CORDON_TRY(found.cut,
               each_payment(ledger, chain, address, side, most, [&](const Payment& payment) {
                   Sum& sum = sums[payment.asset][payment.other];
                   sum.amount = checked_add(sum.amount, payment.amount).value_or(Amount::max());
                   ++sum.transfers;
               }));
    Known known{records, chain};
    std::vector<Counterparty> all;
    for (const auto& [asset, others] : sums) {
        CORDON_TRY(const auto info, known.info(asset));
        const bool copy = info && info->status == AssetStatus::kCounterfeit;
        for (const auto& [other, sum] : others) {
            Counterparty& each = all.emplace_back();
            each.asset = asset;
            each.address = other;
            each.amount = sum.amount;
            each.transfers = sum.transfers;
            if (copy) continue;
            CORDON_TRY(each.usd, known.usd(asset, each.amount, std::nullopt));
        }
    }
    const std::size_t count = std::min(top, all.size());
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count), all.end(),
                      [](const Counterparty& a, const Counterparty& b) {
                          if (a.usd != b.usd) return a.usd > b.usd;
                          if (a.asset != b.asset) return a.asset < b.asset;
                          return std::tie(b.amount, a.address) < std::tie(a.amount, b.address);
                      });
    found.more = all.size() - count;
    all.resize(count);
    for (Counterparty& each : all) {
        CORDON_TRY(each.info, known.info(each.asset));
        CORDON_TRY(each.label, known.label(each.address));
    }
    found.largest = std::move(all);
    return found;
}

namespace {

/// Collects a page of transfers, leaving out what is dust.
class PageOf {
public:
    PageOf(const ledger::Reader& ledger, const records::Store* records, ChainId chain,
           const TransferAsk& ask, std::size_t most)
        : ledger_{ledger}, known_{records, chain}, chain_{chain}, ask_{ask}, most_{most} {}

    /// False when the page is full.
    Result<bool> add(TransferRow row) {
        place_ = at_ == row.at ? place_ + 1 : 0;
        at_ = row.at;
        if (ask_.query.from && row.at == *ask_.query.from && place_ < ask_.skip) return true;
        if (page_.rows.size() == ask_.limit || looked_ == most_) {
            page_.next = TransferPage::Next{row.at, place_};
            return false;
        }
        ++looked_;
        CORDON_TRY(row.info, known_.info(row.asset));
        CORDON_TRY(row.usd, known_.usd(row.asset, row.amount, row.time));
        const bool copy = row.info && row.info->status == AssetStatus::kCounterfeit;
        if (!ask_.dust && (copy || row.amount.is_zero() || (row.usd && *row.usd < kDustCents))) {
            ++page_.left_out;
            return true;
        }
        page_.rows.push_back(std::move(row));
        return true;
    }

    Result<TransferPage> finish() {
        std::optional<TxnPosition> at;
        Hash256 hash;
        for (TransferRow& row : page_.rows) {
            if (!is_utxo(chain_)) {
                if (at != row.at) {
                    CORDON_TRY(const auto placed, ledger_.account_txn(chain_, row.at));
                    hash = placed.txn.hash;
                    at = row.at;
                }
                row.txn = hash;
            }
            CORDON_TRY(row.from_label, known_.label(row.from));
            CORDON_TRY(row.to_label, known_.label(row.to));
        }
        return std::move(page_);
    }

private:
    const ledger::Reader& ledger_;
    Known known_;
    ChainId chain_;
    const TransferAsk& ask_;
    std::size_t most_, looked_ = 0;
    std::optional<TxnPosition> at_;
    std::size_t place_ = 0;  // Of a row among those of its txn.
    TransferPage page_;
};

Status account_page(const ledger::Reader& ledger, ChainId chain, const Address& address,
                    const TransferAsk& ask, PageOf& page) {
    const auto cursor = ledger.transfers_of(chain, address, ask.query);
    std::vector<ledger::PlacedTransfer> rows(std::min(kPage, ask.limit + ask.skip + 1));
    for (;;) {
        CORDON_TRY(const std::size_t count, cursor->next(rows));
        if (count == 0) return {};
        for (std::size_t i = 0; i < count; ++i) {
            const Transfer& each = rows[i].transfer;
            TransferRow row;
            row.at = rows[i].at;
            row.time = rows[i].time;
            row.index = each.index;
            row.from = each.from;
            row.to = each.to;
            row.asset = each.asset;
            row.amount = each.amount;
            row.kind = to_string(each.kind);
            CORDON_TRY(const bool more, page.add(std::move(row)));
            if (!more) return {};
        }
    }
}

/// The address that most of the value on one side is of, `self` aside.
Address largest(const std::map<Address, uint64_t>& sums, const Address& self) {
    Address best;
    uint64_t most = 0;
    for (const auto& [address, value] : sums)
        if (address != self && value >= most) best = address, most = value;
    return best.empty() && !sums.empty() ? self : best;
}

Status utxo_page(const ledger::Reader& ledger, ChainId chain, const Address& address,
                 const TransferAsk& ask, PageOf& page) {
    const ledger::TransferQuery& query = ask.query;
    const auto cursor = ledger.utxo_txns_of(chain, address, query.side, query.order, query.from);
    for (;;) {
        CORDON_TRY(const auto at, cursor->next());
        if (!at) return {};
        CORDON_TRY(const auto placed, ledger.utxo_txn(chain, *at));
        if (placed.time && ((query.since && *placed.time < *query.since) ||
                            (query.until && *placed.time > *query.until)))
            continue;
        std::map<Address, uint64_t> inputs, outputs;
        for (const TxIn& input : placed.txn.inputs)
            if (input.spent) inputs[input.spent->address] += input.spent->value;
        for (const TxOut& output : placed.txn.outputs) outputs[output.address] += output.value;
        TransferRow row;
        row.at = *at;
        row.time = placed.time;
        row.txn = placed.txn.txid;
        row.kind = to_string(TransferKind::kNative);
        if (const auto spent = inputs.find(address);
            spent != inputs.end() && query.side != Side::kReceiver) {
            TransferRow out = row;
            out.from = address;
            out.to = largest(outputs, address);
            out.amount = Amount{spent->second};
            CORDON_TRY(const bool more, page.add(std::move(out)));
            if (!more) return {};
        }
        if (const auto got = outputs.find(address);
            got != outputs.end() && query.side != Side::kSender) {
            row.from = largest(inputs, address);
            row.to = address;
            row.amount = Amount{got->second};
            CORDON_TRY(const bool more, page.add(std::move(row)));
            if (!more) return {};
        }
    }
}

}  // namespace

Result<TransferPage> transfers(const ledger::Reader& ledger, const records::Store* records,
                               ChainId chain, const Address& address, const TransferAsk& ask,
                               std::size_t most) {
    PageOf page{ledger, records, chain, ask, most};
    // On a UTXO chain there is one asset: a filter for another leaves nothing.
    if (is_utxo(chain) && ask.query.asset && !ask.query.asset->is_native()) return page.finish();
    CORDON_TRY(is_utxo(chain) ? utxo_page(ledger, chain, address, ask, page)
                              : account_page(ledger, chain, address, ask, page));
    return page.finish();
}

Result<std::vector<Found>> find(const ledger::Reader& ledger, const records::Store* records,
                                const LabelSearch& labels, std::string_view text,
                                std::size_t most) {
    std::vector<Found> found;
    for (const ledger::ChainSummary& each : ledger.chains()) {
        if (const auto address = chain::parse_address(each.chain, text)) {
            CORDON_TRY(const auto id, ledger.address_id(each.chain, *address));
            std::vector<Label> said;
            if (records) {
                CORDON_TRY(said, records->labels(each.chain, *address));
            }
            if (id || !said.empty())
                found.push_back(
                    {Found::Kind::kAddress, each.chain, chain::format_address(each.chain, *address),
                     said.empty() ? "address" : said.front().text,
                     said.empty() ? std::string{} : std::string{to_string(said.front().category)}});
        }
        if (const auto hash = chain::parse_hash(each.chain, text)) {
            CORDON_TRY(const auto at, ledger.find_txn(each.chain, *hash));
            if (at)
                found.push_back({Found::Kind::kTxn,
                                 each.chain,
                                 chain::format_hash(each.chain, *hash),
                                 "txn",
                                 {}});
        }
    }
    // What is an address or a hash is no word.
    if (!found.empty()) return found;
    for (const LabelSearch::Hit& hit : labels.find(text, most)) {
        const auto chains = ledger.chains();
        const auto on = std::find_if(chains.begin(), chains.end(), [&](const auto& each) {
            return hit.chain ? each.chain == *hit.chain : fits(each.chain, hit.address);
        });
        if (on == chains.end()) continue;
        found.push_back({Found::Kind::kLabel, on->chain,
                         chain::format_address(on->chain, hit.address), std::string{hit.text},
                         std::string{to_string(hit.category)}});
    }
    return found;
}

}  // namespace cordon::engine
