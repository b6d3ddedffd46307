// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <cordon/explain/explanation.hpp>
#include <cordon/model/alert.hpp>
#include <cordon/model/label.hpp>
#include <cordon/model/withdrawal.hpp>
#include <cordon/screen/screen.hpp>

namespace cordon::guard {

/// What was paid before.
struct Dealings {
    uint64_t count = 0;                          ///< Payments of the wallet to the destination.
    std::optional<UnixMillis> first, last;       ///< Of them.
    std::optional<UnixMillis> destination_seen;  ///< First seen on chain at all; none: never.
    std::optional<Amount> largest;               ///< That the wallet ever sent of the asset.
    std::vector<Address> payees;                 ///< Whom the wallet paid most: for look-alikes.
};

/// What the gate asks of the world. Implemented in engine over records, ledger, screen, detect and
/// explain. Every answer may be an Error: then what depends on it is held, with the message as its
/// reason. Called from many threads at once; must answer from memory or in bounded time.
class RiskSource {
public:
    virtual ~RiskSource() = default;
    /// Ours: set, entity, tier. Nothing: not ours.
    virtual Result<std::optional<WalletAddress>> wallet(ChainId chain, const Address& address) = 0;
    virtual Result<std::vector<Label>> labels(ChainId chain, const Address& address) = 0;
    virtual Result<std::optional<AssetInfo>> asset(ChainId chain, const Asset& asset) = 0;
    /// Of an amount at a time; nothing: unpriced.
    virtual Result<std::optional<Cents>> usd(ChainId chain, const Asset& asset,
                                             const Amount& amount, UnixMillis time) = 0;
    virtual Result<std::optional<Amount>> balance(ChainId chain, const Address& address,
                                                  const Asset& asset) = 0;
    virtual Result<Dealings> dealings(ChainId chain, const Address& from, const Address& to,
                                      const Asset& asset) = 0;
    virtual Result<screen::Screening> screen(ChainId chain, const Address& address,
                                             UnixMillis now) = 0;
    /// Open alerts that concern the request: about its wallet, its destination, its asset, or the
    /// watch itself.
    virtual Result<std::vector<Alert>> alerts(const WithdrawalRequest& request, UnixMillis now) = 0;
    /// Of the payload, with the request as what was agreed to (rule R12). kNotFound: no payload.
    virtual Result<explain::Explanation> explain(const WithdrawalRequest& request) = 0;
    /// How far behind the slowest feed of a chain is; nothing: there is no feed.
    virtual Result<std::optional<std::chrono::milliseconds>> lag(ChainId chain, UnixMillis now) = 0;
};

}  // namespace cordon::guard
