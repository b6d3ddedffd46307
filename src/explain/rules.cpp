// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "rules.hpp"

#include <array>

namespace cordon::explain {

std::span<const Rule> rules() noexcept {
    static constexpr auto kRules = std::to_array<Rule>({
        {"B1", "an amount or a payer that the payload does not prove"},
        {"B2", "a fee out of all proportion, or unknown"},
        {"B3", "a signature that lets others change the txn"},
        {"B4", "change that is claimed and not proven"},
        {"B5", "a PSBT that contradicts itself or leaves out what a signer needs"},
        {"B6", "a signature inside that does not fit"},
        {"B7", "nothing comes back to a wallet that always kept something back"},
        {"B8", "a payee of a script kind that the wallet never paid"},
        {"B9", "a txn by other software than the wallet's earlier ones"},
        {"B10", "money to where nobody or anybody can take it"},
        {"B11", "data that is written into the chain"},
        {"B12", "a txn that counts only later, or can be replaced"},
        {"B13", "a txn that others may still add to"},
        {"B14", "no valid txn"},
        {"B15", "several signs at once that the wallet itself did not make this"},
        {"B16", "a txn that needs no more signatures"},
        {"E1", "a call that is not understood"},
        {"E2", "an allowance without limit, or for all of a collection"},
        {"E3", "an allowance to somebody nobody vouches for"},
        {"E4", "an account handed to code (EIP-7702)"},
        {"E5", "bytes that the call does not declare, or an unusual encoding"},
        {"E6", "a payload too large or too deep to be read"},
        {"E7", "a claim of the payload that is not true of it"},
        {"E8", "a fee or gas field out of all proportion"},
        {"E9", "money sent where it is lost"},
        {"E10", "a signature that others can use"},
        {"E11", "a domain of another chain or of no chain"},
        {"E12", "consent to a hash whose content is not here"},
        {"E13", "a library of the Safe used in a way that it is not made for"},
        {"E14", "custody of many paid out on the word of signatures"},
        {"E15", "code to be deployed, which is not read"},
        {"M1", "a message that asks for more than words"},
        {"M2", "a hash or unreadable bytes instead of words"},
        {"M3", "a sign-in to somebody else, or out of its time"},
        {"M4", "a signature over a message that does not fit, or cannot be judged"},
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
    });
    return kRules;
}

}  // namespace cordon::explain
