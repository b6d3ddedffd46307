// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/model/address.hpp>
#include <cordon/model/chain_id.hpp>

#include "spend.hpp"

/// Words signed by the owner of a Bitcoin address.
namespace cordon::chain {

enum class MessageForm : uint8_t {
    kLegacy,        ///< "signmessage": one recoverable signature (also in the forms of BIP-137).
    kSimple,        ///< BIP-322: a witness.
    kFull,          ///< BIP-322: a txn.
    kProofOfFunds,  ///< BIP-322: a txn with more inputs, as a PSBT.
};
std::string_view to_string(MessageForm form) noexcept;

/// An output whose owner signed, too. That it exists and is unspent only a node can say.
struct ClaimedFunds {
    OutPoint point;
    TxOut output;
};

struct MessageCheck {
    MessageForm form = MessageForm::kSimple;
    SpendVerdict verdict = SpendVerdict::kInconclusive;
    std::string why;  ///< For a person; empty when valid.
    /// BIP-322's time T and age S: from when on the signature counts. Zero: at once.
    uint32_t locktime = 0, sequence = 0;
    std::vector<ClaimedFunds> funds;
    std::vector<CheckedSignature> signatures;
};

struct MessageHashes {
    Hash256 message;            ///< BIP-322's tagged hash.
    Hash256 to_spend, to_sign;  ///< txids of its two virtual txns, in the simple form.
    Hash256 legacy;             ///< What "signmessage" signs.
};
/// `script` is the output script of the address.
MessageHashes message_hashes(ByteView script, std::string_view message);

/// Whether `signature` (base64, with or without BIP-322's prefix smp, ful or pof) is by the owner
/// of `address` over exactly these words. kMalformed: no signature of any form. kUnsupported: an
/// address that determines no script.
Result<MessageCheck> check_message(const Address& address, std::string_view message,
                                   std::string_view signature);

}  // namespace cordon::chain
