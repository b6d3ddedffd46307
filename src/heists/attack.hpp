// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>

#include "play.hpp"

namespace cordon::heists {

/// Plays the steps of a heist's facts.
class Attack {
public:
    explicit Attack(Play& play);
    /// Puts a step on the agenda. REQUIRES: `step` outlives the agenda.
    void plan(const Step& step);

private:
    UnixMillis when(UnixMillis at) const;
    Amount amount_of(const Coin& coin, const std::string& quantity);
    void mark(const Step& step, UnixMillis time);
    Address by(const Step& step, ChainId chain);
    Address receiver(const Step& step, ChainId chain, uint32_t piece);
    void take(const Step& step, UnixMillis time);
    void fund(const Step& step, UnixMillis time);
    void swap(const Step& step, UnixMillis time);
    void spread(const Step& step, UnixMillis time);
    bool pay_out(const Step& step, UnixMillis time, Held& held, const Coin& coin,
                 const Address& from, const Address& to, const Amount& amount);
    bool unlock(const Step& step, UnixMillis time, Held& held, const Coin& coin, const Address& to,
                const Amount& amount);
    /// Steps of one txn or one event (attack_acts.cpp).
    void act(const Step& step, UnixMillis time);
    void attempt(UnixMillis time, WithdrawalRequest request, Cents usd, std::string what = {});
    void deploy(const Step& step, UnixMillis time);
    void sign(const Step& step, UnixMillis time);
    void safe_upgrade(const Step& step, UnixMillis time, const Held& held);
    void take_over(const Step& step, UnixMillis time, const Held& held);
    void flash_attack(const Step& step, UnixMillis time, Held& held);

    Play& play_;
    UnixMillis origin_;  ///< Of the first theft: times are stretched around it.
    Seconds shift_{0};
    double stretch_ = 1;
    bool has_begun_ = false;
    uint64_t fresh_ = 0;
    std::map<Address, Address> new_code_;  ///< Of a Safe or proxy that was taken over.
    std::set<Address> signed_;  ///< Safes whose owners were deceived in a step of its own.
};

/// Changes one coin for another at a pool: `caller` sends the txn, `owner` gives and gets.
bool trade(Play& play, UnixMillis time, const Address& caller, const Address& owner,
           const Coin& give, const Coin& get, const Amount& amount, bool attack);
/// A bridge pays out on this side. `through`: the contract that takes the message, where that is
/// another one.
bool bridge_pays(Play& play, UnixMillis time, const Held& held, const Coin& coin, const Address& to,
                 const Amount& amount, const Address& caller, const Address& through, bool attack);

}  // namespace cordon::heists
