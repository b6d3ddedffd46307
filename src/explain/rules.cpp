// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "rules.hpp"

#include <array>

namespace cordon::explain {

std::span<const Rule> rules() noexcept {
    static constexpr std::array<Rule, 13> kRules{{
        {"R1", "a delegatecall to a contract that is not allow-listed"},
        {"R2", "a write to slot 0, guard, owners, threshold, modules or an EIP-1967 slot"},
        {"R3", "a target or payee that is seen for the first time"},
        {"R4", "a payee that looks like another one"},
        {"R5", "a call that hands over power"},
        {"R6", "a delegatecall that is dressed as something else"},
        {"R7", "a collected signature that is not an owner's for this hash"},
        {"R8", "two proposals with one nonce"},
        {"R9", "a multisig execution that failed lately"},
        {"R10", "a refund in a chosen token or to a chosen receiver"},
        {"R11", "an amount beyond the history or too large a share of the vault"},
        {"R12", "a payload that is not what was approved"},
        {"R13", "a Safe too old for a guard"},
    }};
    return kRules;
}

}  // namespace cordon::explain
