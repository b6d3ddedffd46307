// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "explain_history.hpp"

#include <algorithm>

namespace cordon::engine {

void ExplainHistory::Profile::add(const Address& to, const Asset& asset, const Amount& amount,
                                  std::optional<UnixMillis> time) {
    Dealings& dealings = payees[to];
    ++dealings.count;
    if (time) {
        dealings.first = dealings.first ? std::min(*dealings.first, *time) : *time;
        dealings.last = dealings.last ? std::max(*dealings.last, *time) : *time;
    }
    Amount& most = largest[asset];
    most = std::max(most, amount);
}

template <typename T>
std::optional<T> ExplainHistory::keep(Result<T> found) const {
    if (found) return *std::move(found);
    if (!error_) error_ = found.error();
    return std::nullopt;
}

bool ExplainHistory::has_chain(ChainId chain) const {
    if (reader_ == nullptr) return false;
    const auto chains = reader_->chains();
    return std::any_of(chains.begin(), chains.end(),
                       [&](const ledger::ChainSummary& each) { return each.chain == chain; });
}

Status ExplainHistory::read_ledger(ChainId chain, const Address& from, Profile& out) const {
    if (!is_utxo(chain)) {
        const auto cursor = reader_->transfers_of(
            chain, from, {ledger::Side::kSender, ledger::Order::kDescending, {}, {}, {}, {}});
        std::vector<ledger::PlacedTransfer> page(512);  // A page of the ledger or two.
        for (std::size_t read = 0; read < kMaxPayments;) {
            CORDON_TRY(const std::size_t count, cursor->next(page));
            if (count == 0) return {};
            read += count;
            for (std::size_t i = 0; i < count; ++i) {
                const Transfer& transfer = page[i].transfer;
                // Anybody can make a token say that we sent nothing to somebody.
                if (transfer.amount.is_zero() || transfer.kind == TransferKind::kFee) continue;
                out.add(transfer.to, transfer.asset, transfer.amount, page[i].time);
            }
        }
        return {};
    }
    const auto cursor = reader_->utxo_txns_of(chain, from, ledger::Side::kSender,
                                              ledger::Order::kDescending, std::nullopt);
    for (std::size_t read = 0; read < kMaxPayments; ++read) {
        CORDON_TRY(const auto at, cursor->next());
        if (!at) return {};
        CORDON_TRY(const auto placed, reader_->utxo_txn(chain, *at));
        for (const TxOut& output : placed.txn.outputs)
            if (output.address != from)
                out.add(output.address, Asset{}, Amount{uint64_t{output.value}}, placed.time);
    }
    return {};
}

const ExplainHistory::Profile& ExplainHistory::profile(ChainId chain, const Address& from) const {
    const auto [at, fresh] = profiles_.try_emplace({chain, from});
    if (!fresh) return at->second;
    for (const auto& row : world_.dealings)
        if (row.chain == chain && row.from == from)
            at->second.add(row.to, row.asset, row.amount, row.time);
    if (has_chain(chain))
        if (const Status done = read_ledger(chain, from, at->second); !done && !error_)
            error_ = done.error();
    return at->second;
}

ExplainHistory::Dealings ExplainHistory::dealings(ChainId chain, const Address& from,
                                                  const Address& to) const {
    const Profile& known = profile(chain, from);
    const auto found = known.payees.find(to);
    return found == known.payees.end() ? Dealings{} : found->second;
}

std::vector<Address> ExplainHistory::payees(ChainId chain, const Address& from,
                                            std::size_t most) const {
    const Profile& known = profile(chain, from);
    std::vector<std::pair<uint64_t, Address>> order;
    order.reserve(known.payees.size());
    for (const auto& [to, dealings] : known.payees) order.emplace_back(dealings.count, to);
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    std::vector<Address> out;
    for (std::size_t i = 0; i < order.size() && i < most; ++i) out.push_back(order[i].second);
    return out;
}

std::optional<Amount> ExplainHistory::largest(ChainId chain, const Address& from,
                                              const Asset& asset) const {
    const Profile& known = profile(chain, from);
    const auto found = known.largest.find(asset);
    return found == known.largest.end() ? std::nullopt : std::optional{found->second};
}

std::optional<Amount> ExplainHistory::balance(ChainId chain, const Address& of,
                                              const Asset& asset) const {
    for (const auto& row : world_.balances)
        if (row.chain == chain && row.of == of && row.asset == asset) return row.amount;
    // The ledger of an account chain is an extract: it does not know what it has not seen.
    if (!is_utxo(chain) || !asset.is_native() || !has_chain(chain)) return std::nullopt;
    const auto found = keep(reader_->balance(chain, of));
    return found ? std::optional{Amount{found->value}} : std::nullopt;
}

std::vector<UtxoTxn> ExplainHistory::txns(ChainId chain, const Address& from,
                                          std::size_t most) const {
    std::vector<UtxoTxn> out;
    if (!is_utxo(chain) || !has_chain(chain)) return out;
    const auto cursor = reader_->utxo_txns_of(chain, from, ledger::Side::kSender,
                                              ledger::Order::kDescending, std::nullopt);
    while (out.size() < most) {
        const auto at = keep(cursor->next());
        if (!at || !*at) break;
        auto placed = keep(reader_->utxo_txn(chain, **at));
        if (!placed) break;
        out.push_back(std::move(placed->txn));
    }
    return out;
}

std::string ExplainHistory::name(ChainId chain, const Address& address) const {
    if (store_ == nullptr) return {};
    const auto labels = keep(store_->labels(chain, address));
    return labels && !labels->empty() ? labels->front().text : std::string{};
}

}  // namespace cordon::engine
