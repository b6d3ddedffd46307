// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <cordon/model/withdrawal.hpp>

#include "../signer.hpp"

namespace cordon::vault {

struct KeyFacts;

/// What is to be signed, by whom, under which rules. Whether people agreed is asked before
/// (review.hpp). Lifetime: of the call.
struct SignJob {
    const WithdrawalRequest& request;
    const KeyFacts& facts;
    /// Which of the holder's accounts signs as an owner of a Safe; nothing: its first.
    std::optional<Address> owner = {};
};

struct SignedPayload {
    std::string text;       ///< What goes back to the online side; one line, or one JSON object.
    std::string what;       ///< What that is, for a person: "a raw txn, ready for broadcast".
    bool complete = false;  ///< No other signature is needed.
};

/// A kind of payload that can be signed, by the name that `explain` has for it.
struct SignKind {
    std::string_view name;
    /// What a person compares: as `explain` shows it among its hashes.
    Result<std::string> (*hash)(const SignJob& job);
    /// kNotFound: none of the holder's keys is asked for. Every signature is checked against the
    /// payload as a node would, before it is returned.
    Result<SignedPayload> (*sign)(Signer& signer, const SignJob& job);
};
const SignKind* find_kind(std::string_view name) noexcept;

// sign/evm.cpp: unsigned txns of types 0 to 2 as hex. They must be for one chain (EIP-155).
Result<std::string> evm_hash(const SignJob& job);
Result<SignedPayload> sign_evm(Signer& signer, const SignJob& job);
// sign/safe.cpp: a Safe transaction; the owner's signature, sorted among those that are there.
Result<std::string> safe_hash(const SignJob& job);
Result<SignedPayload> sign_safe(Signer& signer, const SignJob& job);
// sign/evm.cpp: EIP-712.
Result<std::string> typed_data_hash(const SignJob& job);
Result<SignedPayload> sign_typed_data(Signer& signer, const SignJob& job);
// sign/delay.cpp: what is signed for a Safe behind a Delay, by the two above.
Result<std::string> delay_hash(const SignJob& job);
Result<SignedPayload> sign_delay(Signer& signer, const SignJob& job);
// sign/psbt.cpp: PSBTs of versions 0 and 2.
Result<std::string> psbt_hash(const SignJob& job);
Result<SignedPayload> sign_psbt(Signer& signer, const SignJob& job);

/// Which key of the holder has the EVM account: the root, else m/44'/60'/0'/0/0 to 99. kNotFound.
Result<KeyPath> find_evm_key(Signer& signer, const Address& account);
/// Of the first account: of a holder that derives none, its only one.
Result<KeyPath> first_evm_key(Signer& signer);
Result<Address> evm_account(Signer& signer, const KeyPath& path);
/// m/44'/60'/0'/0/INDEX.
KeyPath evm_path(uint32_t index);

/// 65 bytes: r, s, and v of 27 or 28.
Bytes evm_signature(const RecoverableSignature& signature);

}  // namespace cordon::vault
