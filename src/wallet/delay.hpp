// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/base/time.hpp>
#include <cordon/model/address.hpp>
#include <cordon/model/chain_id.hpp>

#include "tiers/payload.hpp"

/// A Safe behind a delay: hot keys pay, but each payment can be seen and stopped before it leaves
/// (docs/formats/delay.md). Payloads only: nobody's key is here.
namespace cordon::wallet {

struct DelayPlan {
    ChainId chain;
    Address safe;
    std::vector<Address> owners;  ///< Of the Safe. They may cancel, and need no delay.
    uint64_t threshold = 0;
    std::vector<Address> queuers;  ///< Whose keys may queue a payment.
    Seconds cooldown{};
    std::optional<Seconds> expiration;  ///< Nothing: what is queued is never void.
    Seconds answer{};  ///< Within how long the owners have stopped what nobody wanted.
    std::vector<std::string> watchers;  ///< People or duties who are told of each queued payment.
    Amount salt;                        ///< Another one gives another address.
};

/// Strict, with file, line and column; and only plans that stop something: the owners answer within
/// the cooldown, more than one of them is needed, no key is an owner's and a queuer's at once.
/// kMalformed, kDuplicate.
Result<DelayPlan> parse_delay(std::string_view yaml, std::string_view name);

/// Where the Delay of this plan is, or will be.
Result<Address> delay_address(const DelayPlan& plan);

/// Who can do what when, what that stops and what it does not, and what has to be watched.
Result<std::string> delay_words(const DelayPlan& plan);
/// What goes into `watch.yaml` (docs/formats/watch-config.md), and into the context of `cordon
/// explain` (docs/formats/explain-context.md).
Result<std::string> delay_watch(const DelayPlan& plan);
Result<std::string> delay_context(const DelayPlan& plan);

struct DelayStep {
    std::string name;  ///< "deploy", "queuer", "enable".
    Address by;
    Payload payload;
    std::string words;
    Address about = {};  ///< Whom a request for it names; empty: nobody has to ask.
};
/// In their order: made by any account, queuers allowed by the Safe, and last the Safe lets it act:
/// before that it can do nothing. Errors as make_call().
Result<std::vector<DelayStep>> delay_setup(const DelayPlan& plan, const Address& deployer,
                                           std::vector<Purse>& purses);

/// A payment that waits. kInvalidParam: `by` is no queuer.
Result<Payload> delay_queue(const DelayPlan& plan, const Address& by, const ContractCall& payment,
                            std::vector<Purse>& purses);
/// The same payment, once its time has come: by anybody.
Result<Payload> delay_execute(const DelayPlan& plan, const Address& by, const ContractCall& payment,
                              std::vector<Purse>& purses);
/// All that waits below this number of the queue never leaves: by the Safe.
Result<Payload> delay_cancel(const DelayPlan& plan, const Amount& below,
                             std::vector<Purse>& purses);

/// The withdrawal request for one of these payloads ("safe" or "evm" of `by`): what the gate and
/// the offline signer take. It has the payload with what the Delay was made of, and names whom it
/// is about: who is paid or queues, else the Delay. kUnsupported: for making a Delay, and having
/// done what waits, nobody has to ask.
Result<WithdrawalRequest> delay_request(const DelayPlan& plan, const Address& by,
                                        const Payload& payload, const Address& about,
                                        const Asset& asset, const Amount& amount);

}  // namespace cordon::wallet
