// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>

#include <cordon/ledger/ledger.hpp>

namespace cordon::engine {

/// What went between an address and one other. Of a UTXO txn each side has its part of the whole:
/// inputs pay outputs in proportion, rounded down; change to oneself is nothing.
struct Payment {
    Address other;
    Asset asset;
    Amount amount;  ///< Above 0.
    std::optional<UnixMillis> time;
};

/// Whom an address paid (kSender) or who paid it (kReceiver), the newest first. Fees, payments to
/// oneself and of nothing are left out. Looks at no more than `most` transfers (txns of UTXO
/// chains): true when there are more. REQUIRES: not kEither.
Result<bool> each_payment(const ledger::Reader& ledger, ChainId chain, const Address& address,
                          ledger::Side side, std::size_t most,
                          const std::function<void(const Payment&)>& visit);

}  // namespace cordon::engine
