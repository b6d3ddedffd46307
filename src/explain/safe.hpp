// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>

#include "context.hpp"
#include "explanation.hpp"
#include "safe_tx.hpp"
#include "walk.hpp"

namespace cordon::explain {

/// A signature that was collected, and who is said to have made it.
struct Collected {
    std::optional<Address> owner;
    Bytes signature;
};

/// A Safe transaction as it is proposed: what will be signed, and what is said about it.
struct SafeProposal {
    SafeTx txn;
    std::optional<SafeVersion> version;
    std::string version_text;
    std::vector<Collected> signatures;
    // Claims, to be compared with what is computed.
    std::optional<Hash256> safe_hash, domain_hash, message_hash;
};

/// The JSON of a Safe transaction: that of the Safe transaction service, of the Safe SDK, of
/// offline tools (docs/decisions/0010), or typed data with the primary type SafeTx. Several in an
/// array or one a line. kMalformed with offset or field.
Result<std::vector<SafeProposal>> parse_safe_proposals(std::string_view json,
                                                       const Context& context);

/// What the payload does, judged by R1 to R13. Pure.
Explanation explain_safe(const SafeProposal& proposal, const Context& context);

/// All proposals of a text. What one agrees to by hash may be another one of them, and two of them
/// may be for one nonce.
Result<std::vector<Explanation>> explain_safe(std::string_view json, const Context& context);

/// What the Safe pays for gas on top: R10.
struct Refund {
    Amount safe_txn_gas, base_gas, gas_price;
    Address token, receiver;
};
void judge_refund(Walk& walk, const Call& call, const Address& safe, const Refund& refund);

/// What a node is asked, to see what a delegatecall would write: the target's code is put at the
/// Safe itself, so that no signature is needed. A JSON-RPC request; `code` is the runtime code of
/// the target in hex, or a place for it.
std::string simulation_request(const SafeTx& txn, std::string_view code);

/// UTF-8 without control characters other than tab and line ends; not empty.
bool is_plain_text(ByteView bytes) noexcept;

}  // namespace cordon::explain
