// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "book.hpp"
#include "random.hpp"
#include "scenario.hpp"

/// The stage on which normal traffic and theft are played: an agenda of things to do, in the order
/// of time, on one book.
namespace cordon::heists {

/// A wallet entry, with its addresses.
struct Held {
    const Wallet* facts = nullptr;
    ChainId chain;
    std::string set;  ///< Of the watch's configuration; empty: no wallet of a set.
    std::vector<Address> addresses;
    std::vector<Coin> coins;                ///< What it holds, tail included.
    std::map<std::string, Amount> opening;  ///< By symbol, over all addresses.
    bool is_safe() const noexcept {
        return facts->code == Code::kSafe111 || facts->code == Code::kSafe130;
    }
};

struct Play {
    Play(const Common& all, const Facts& of, uint64_t run)
        : common{all},
          facts{of},
          seed{run},
          book{all, run},
          traffic{run, "traffic " + of.name},
          jitter{run, "theft " + of.name} {}

    using Action = std::function<void(UnixMillis)>;
    void at(UnixMillis time, Action action) {
        agenda.emplace(std::pair{time, ++order}, std::move(action));
    }
    void tell(UnixMillis time, FeedEvent event) { told.emplace_back(time, std::move(event)); }
    Held* held(std::string_view name) noexcept;
    /// An address by name: a wallet entry's first, a service, else a person of that name.
    Address who(ChainId chain, const std::string& name);
    double price(const std::string& symbol) const;
    Cents cents(const Coin& coin, const Amount& amount) const;
    /// All that an entry holds of a coin now.
    Amount sum(const Held& held, const Coin& coin) const;
    /// Its address that holds the most of it.
    Address richest(const Held& held, const Coin& coin) const;
    /// A payment as such a wallet makes it: by its owners' execution when it is a Safe, by its
    /// operator when it is a contract.
    bool send(UnixMillis time, const Held& held, const Address& from, const Coin& coin,
              const Address& to, const Amount& amount, bool attack = false);
    /// What is stolen by the txns of the book from `first` on.
    void stolen(std::size_t first, const Coin& coin, const Amount& amount);

    const Common& common;
    const Facts& facts;
    uint64_t seed;
    Book book;
    Random traffic, jitter;
    std::vector<Held> house;
    std::map<std::string, double> prices;
    std::map<std::pair<UnixMillis, uint64_t>, Action> agenda;
    uint64_t order = 0;
    std::vector<std::pair<UnixMillis, FeedEvent>> told;
    std::map<Hash256, Cents> losses;  ///< By txn.
    uint64_t requests = 0;
    std::map<std::pair<ChainId, Asset>, Amount> owed;  ///< To customers.
    Scenario out;
};

/// Released code of the Safe (safe-deployments): master copies of 1.1.1 and 1.3.0.
Address safe_singleton(Code code);
/// Calldata of execTransaction for a payment or another call.
Bytes safe_exec(const Address& to, const Amount& value, const Bytes& data, uint8_t operation);
/// A Safe transaction as `cordon explain safe` takes it.
std::string safe_json(ChainId chain, const Address& safe, Code code, const Address& to,
                      const Amount& value, const Bytes& data, uint8_t operation, uint64_t nonce);

/// Puts the normal days of such a house on the agenda (traffic*.cpp). It is written without the
/// detectors in view and knows nothing of the theft.
void plan_traffic(Play& play, UnixMillis begin, UnixMillis end);
void plan_exchange(Play& play, UnixMillis begin, UnixMillis end);
void plan_bridge(Play& play, UnixMillis begin, UnixMillis end);
void plan_contracts(Play& play, UnixMillis begin, UnixMillis end);  ///< Protocol, trader, token.
void plan_people(Play& play, UnixMillis begin, UnixMillis end);     ///< Users of a wallet program.
/// Calls `action` at the moments of a Poisson process whose rate follows the hours of the day, the
/// days of the week and the end of the month.
void plan_arrivals(Play& play, UnixMillis begin, UnixMillis end, double a_day,
                   const Play::Action& action);

/// Puts the steps of the facts on the agenda, jittered.
Status plan_attack(Play& play);

}  // namespace cordon::heists
