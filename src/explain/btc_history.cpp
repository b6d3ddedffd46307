// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "btc_history.hpp"

#include <algorithm>

namespace cordon::explain {

bool pays_itself(const UtxoTxn& txn, const TxOut& output) noexcept {
    return std::any_of(txn.inputs.begin(), txn.inputs.end(), [&](const TxIn& input) {
        return input.spent && input.spent->address == output.address;
    });
}

History::Dealings TxnHistory::dealings(ChainId chain, const Address& from,
                                       const Address& to) const {
    Dealings out;
    if (inner_ != nullptr) out = inner_->dealings(chain, from, to);
    for (const UtxoTxn& txn : own_)
        for (const TxOut& output : txn.outputs)
            if (output.address == to) ++out.count;
    return out;
}

std::vector<Address> TxnHistory::payees(ChainId chain, const Address& from,
                                        std::size_t most) const {
    std::vector<Address> out;
    if (inner_ != nullptr) out = inner_->payees(chain, from, most);
    std::set<Address> seen(out.begin(), out.end());
    for (const UtxoTxn& txn : own_)
        for (const TxOut& output : txn.outputs)
            if (out.size() < most && !pays_itself(txn, output) &&
                seen.insert(output.address).second)
                out.push_back(output.address);
    return out;
}

std::optional<Amount> TxnHistory::largest(ChainId chain, const Address& from,
                                          const Asset& asset) const {
    std::optional<Amount> most;
    if (inner_ != nullptr) most = inner_->largest(chain, from, asset);
    if (!asset.is_native()) return most;
    for (const UtxoTxn& txn : own_)
        for (const TxOut& output : txn.outputs)
            if (!pays_itself(txn, output))
                most = std::max(most.value_or(Amount{}), Amount{output.value});
    return most;
}

std::optional<Amount> TxnHistory::balance(ChainId chain, const Address& of,
                                          const Asset& asset) const {
    return inner_ == nullptr ? std::nullopt : inner_->balance(chain, of, asset);
}

std::vector<UtxoTxn> TxnHistory::txns(ChainId chain, const Address& from, std::size_t most) const {
    std::vector<UtxoTxn> out(
        own_.begin(), own_.begin() + static_cast<std::ptrdiff_t>(std::min(most, own_.size())));
    if (inner_ == nullptr) return out;
    for (UtxoTxn& txn : inner_->txns(chain, from, most - out.size())) out.push_back(std::move(txn));
    return out;
}

std::string TxnHistory::name(ChainId chain, const Address& address) const {
    return inner_ == nullptr ? std::string{} : inner_->name(chain, address);
}

}  // namespace cordon::explain
