// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <cordon/base/time.hpp>
#include <cordon/model/alert.hpp>
#include <cordon/model/label.hpp>

/// What is ours and what we guard: the configuration of a watch. Plain data; read from a file by
/// parse_watch_config.
namespace cordon::detect {

/// An address of one chain.
struct Place {
    ChainId chain;
    Address address;
    friend auto operator<=>(const Place&, const Place&) = default;
};

/// Contracts whose value and rights we guard.
struct Protocol {
    std::string name;
    std::vector<Place> contracts;
    std::vector<Place> admins;  ///< Who may own and change them: wallets, timelocks, Safes.
    std::vector<Place> timelocks;
    std::optional<Seconds> min_delay;  ///< Of its timelocks, by policy.
    std::optional<Cents> value;        ///< What lies in it, where balances do not tell.
};

/// A Safe whose owners, code and calls we guard.
struct WatchedSafe {
    std::string name;
    Place place;
    std::vector<Address>
        delegate_targets;             ///< May be called by delegatecall, besides released ones.
    std::vector<Address> singletons;  ///< May be its code, besides released ones.
};

/// A bridge whose two sides must agree.
struct WatchedBridge {
    std::string name;
    std::vector<Place> contracts;  ///< That hold, lock, mint or unlock.
    std::vector<Place> tokens;     ///< That it mints on the far side.
    std::vector<Place> keepers;    ///< Contracts that hold its validator or keeper set.
    std::optional<Cents> value;    ///< Locked in it, where balances do not tell.
    Seconds finality{60};          ///< How long the other side may take to be seen.
};

/// A destination that may be paid.
struct Allowed {
    Place place;
    std::string set;                       ///< By which wallet set; empty: by all.
    std::string note;                      ///< Why, for the alert that is not raised.
    std::optional<UnixMillis> until = {};  ///< Not any more from then on.
};

/// A planned movement, announced beforehand: what it covers is not raised by D01 to D07.
/// Whoever may write tickets can silence those; D10 (look-alikes) hears of no ticket.
struct ChangeTicket {
    std::string id;
    std::string set;  ///< Whose wallets may move.
    UnixMillis from, until;
    std::optional<Cents> usd = {};  ///< At most so much in all; none: whatever.
};

struct WatchConfig {
    std::vector<WalletAddress> wallets;  ///< Ours: chain, address, set, entity, tier.
    std::vector<Protocol> protocols;
    std::vector<WatchedSafe> safes;
    std::vector<WatchedBridge> bridges;
    std::vector<Allowed> allowed;
    std::vector<ChangeTicket> tickets;
    /// "D01" -> "share" -> 0.2. Names and ranges as in the detector's descriptor.
    std::map<std::string, std::map<std::string, double>> parameters;
    std::vector<std::string> disabled;  ///< Detectors and rules that are not run.
};

/// Where what we own or guard lies, each place once: wallets from hot to cold, then deposit
/// addresses, Safes, protocols, bridges. Whoever can look at some of them only looks at the first.
std::vector<Place> guarded_places(const WatchConfig& config);

}  // namespace cordon::detect
