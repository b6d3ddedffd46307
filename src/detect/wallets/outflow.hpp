// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "../detector.hpp"

/// What leaves our wallets in a txn, and the words for it.
namespace cordon::detect {

/// What a txn takes from a set of ours in one asset: to nobody on its allow-list, and not planned.
struct Outflow {
    SetId set = 0;
    const Movement* first = nullptr;  ///< One of its movements.
    Amount amount;
    std::optional<Cents> usd;        ///< None: unpriced.
    std::vector<Address> receivers;  ///< Without repeats, at most kReceivers.
    static constexpr std::size_t kReceivers = 16;
    const Asset& asset() const noexcept { return first->transfer->asset; }
    const Address& from() const noexcept { return first->transfer->from; }
};
/// By set and asset, or also by receiver; in a fixed order. Movements of nothing are left out, and
/// those that a ticket announces unless `planned_too`.
std::vector<Outflow> outflows(const TxnView& txn, bool by_receiver, bool planned_too = false);

/// A sum that stops at the largest.
Cents plus(Cents a, Cents b) noexcept;
std::optional<Cents> plus(std::optional<Cents> a, std::optional<Cents> b) noexcept;
Amount plus(const Amount& a, const Amount& b) noexcept;
/// Of a parameter in US dollars.
Cents cents_of(double dollars) noexcept;

std::string address_text(ChainId chain, const Address& address);
/// "34.5 %".
std::string percent(double share);
/// "$1,234", or "unpriced".
std::string usd_text(std::optional<Cents> usd);

}  // namespace cordon::detect
