// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <vector>

#include "context.hpp"

namespace cordon::explain {

/// The caller's history, and what the wallet's own txns in the context say besides. Lifetime: both
/// must outlive it.
class TxnHistory final : public History {
public:
    TxnHistory(const History* inner, const std::vector<UtxoTxn>& own) noexcept
        : inner_{inner}, own_{own} {}

    Dealings dealings(ChainId chain, const Address& from, const Address& to) const override;
    std::vector<Address> payees(ChainId chain, const Address& from,
                                std::size_t most) const override;
    std::optional<Amount> largest(ChainId chain, const Address& from,
                                  const Asset& asset) const override;
    std::optional<Amount> balance(ChainId chain, const Address& of,
                                  const Asset& asset) const override;
    /// The own ones first, whichever address they spend from: the caller vouches for them.
    std::vector<UtxoTxn> txns(ChainId chain, const Address& from, std::size_t most) const override;
    std::string name(ChainId chain, const Address& address) const override;

private:
    const History* inner_;
    const std::vector<UtxoTxn>& own_;
};

/// Whether an output of an earlier txn went back to who made it, as far as addresses show.
bool pays_itself(const UtxoTxn& txn, const TxOut& output) noexcept;

}  // namespace cordon::explain
