// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "btc_history.hpp"
#include "btc_txn.hpp"
#include "walk.hpp"

namespace cordon::explain {

/// The B rules over one txn (docs/explain/rules.md). Confined to one explanation.
class BtcJudge {
public:
    /// Lifetime: all must outlive it.
    BtcJudge(const BtcTxn& btc, const Context& context, Walk& walk)
        : btc_{btc}, context_{context}, walk_{walk} {}

    void judge();
    /// Somebody who sees the signature can send all elsewhere.
    bool open_ended() const noexcept { return open_ended_; }
    /// What is paid to others is less than what could be lost: amounts are not proven.
    bool amounts_open() const noexcept { return amounts_open_; }

private:
    void judge_validity();
    void judge_amounts();
    void judge_fee();
    void judge_signatures();
    void judge_types(const std::string& where, uint32_t type, bool given);
    void judge_outputs();
    void judge_times();
    void judge_wallet();

    const BtcTxn& btc_;
    const Context& context_;
    Walk& walk_;
    bool open_ended_ = false, amounts_open_ = false;
};

/// Who pays, as one address: the one whose dealings with `payee` are known, else the account, else
/// the first that is known. Empty when none is.
Address payer_of(const BtcTxn& btc, const Context& context, const Address& payee);

}  // namespace cordon::explain
