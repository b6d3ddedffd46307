// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "psbt.hpp"
#include "sighash.hpp"

/// Whether an input may spend what it spends, and who signed it.
namespace cordon::chain {

enum class SpendVerdict : uint8_t {
    kValid,         ///< By consensus, as far as this input goes.
    kInvalid,       ///< Never, whatever the rest of the chain says.
    kInconclusive,  ///< Something that we do not judge; `why` names it.
};

struct CheckedSignature {
    Bytes key;
    uint32_t sighash = 0;
    Hash256 hash;  ///< What is signed.
    bool valid = false;
    bool low_s = true;  ///< ECDSA: the form that nodes relay (BIP-62).
};

struct SpendCheck {
    SpendVerdict verdict = SpendVerdict::kInconclusive;
    std::string why;  ///< For a person; empty when valid.
    std::vector<CheckedSignature> signatures;
};

/// Bounds the work for one txn: its author chooses how often the whole of it is hashed.
struct SpendBudget {
    uint64_t hashed_bytes = 512U << 20;  ///< About a second. Real txns need a few MB.
    uint32_t checks = 20'000;  ///< Signatures tried, about a second. A block has at most 80,000.
};

/// Runs the scripts of input `index`, which spends `spent`. Understood: every operator that
/// miniscript uses (BIP-379), OP_NOP, OP_DROP, OP_CODESEPARATOR in a witness; P2PKH, P2SH, segwit
/// 0, taproot key path and tapscript. Any other operator, leaf version, witness version or key
/// type, OP_CODESEPARATOR or a signature inside a script before segwit, hybrid keys, and an
/// exhausted budget are inconclusive. Taproot needs the outputs of all inputs.
SpendCheck check_spend(const Sighasher& hasher, std::size_t index, const OutputView& spent,
                       SpendBudget& budget);

/// What the next signature of input `index` would sign: of the key path for taproot. Nothing when
/// the scripts that it stands for are not there, or for a type that does not exist.
std::optional<Hash256> signing_hash(const Sighasher& hasher, const Psbt& psbt, std::size_t index,
                                    uint32_t type);

/// A signature that lies in a PSBT beside the input, not in its script yet. The result is
/// inconclusive when the scripts that it stands for are not there or of no known form.
SpendCheck check_partial(const Sighasher& hasher, const Psbt& psbt, std::size_t index,
                         SpendBudget& budget);

}  // namespace cordon::chain
