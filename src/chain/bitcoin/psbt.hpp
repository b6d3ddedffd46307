// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>

#include "txn.hpp"

/// Partially signed Bitcoin txns: versions 0 (BIP-174) and 2 (BIP-370), with the fields of BIP-371
/// (taproot), BIP-373 (MuSig2), BIP-375 (silent payments) and BIP-322 (messages).
namespace cordon::chain {

enum class PsbtMap : uint8_t { kGlobal, kInput, kOutput };

/// One row of a map, as it stands.
struct PsbtEntry {
    uint64_t type = 0;
    ByteView key;       ///< All of it, with the type.
    ByteView key_data;  ///< What follows the type.
    ByteView value;
    std::string_view name;  ///< "PSBT_IN_WITNESS_UTXO"; empty: a type that we do not know.
};

/// Where a key comes from: the fingerprint of a master key and the steps from it (BIP-32).
struct KeyOrigin {
    ByteView key;  ///< 33 or 65 bytes; 32 for taproot; 78 for an extended key.
    std::array<uint8_t, 4> fingerprint{};
    std::vector<uint32_t> path;
};

struct PartialSignature {
    ByteView key;
    ByteView signature;  ///< With its sighash type at the end (absent for a default of taproot).
    Hash256 leaf;        ///< Taproot script path: which leaf.
};

struct TapLeaf {
    ByteView control;  ///< Control block (BIP-341).
    ByteView script;
    uint8_t version = 0;
};

struct PsbtInput {
    std::vector<PsbtEntry> entries;
    /// The output that it spends, as the txn that made it says: one that this or another input
    /// gives whole, and whose hash is the prevout's.
    std::optional<OutputView> proven;
    /// The same, as whoever wrote the PSBT says (BIP-174's witness UTXO).
    std::optional<OutputView> claimed;
    std::vector<PartialSignature> signatures;
    std::optional<uint32_t> sighash;
    ByteView redeem_script, witness_script;
    std::vector<KeyOrigin> keys;
    std::optional<ByteView> final_script;
    std::optional<std::vector<ByteView>> final_witness;
    ByteView tap_signature, tap_key, tap_merkle_root;
    std::vector<TapLeaf> tap_leaves;
    std::optional<uint32_t> required_time, required_height;

    const OutputView* spent() const noexcept {
        return proven ? &*proven : claimed ? &*claimed : nullptr;
    }
    bool finalized() const noexcept { return final_script || final_witness; }
};

struct PsbtOutput {
    std::vector<PsbtEntry> entries;
    ByteView redeem_script, witness_script, tap_key, tap_tree;
    std::vector<KeyOrigin> keys;
    ByteView silent_payment;  ///< Scan and spend key of the receiver (BIP-375).
};

/// Lifetime: that of the bytes parsed.
struct Psbt {
    uint32_t version = 0;
    /// The txn that is to be signed. In version 2 it is put together from the fields: its `raw` and
    /// `body` are empty, its locktime is that of psbt_locktime() (0 where there is none), and an
    /// output of a silent payment that is not computed yet has an empty script.
    TxnView txn;
    std::vector<PsbtEntry> globals;
    std::vector<KeyOrigin> xpubs;
    std::vector<PsbtInput> inputs;
    std::vector<PsbtOutput> outputs;
    uint32_t fallback_locktime = 0;
    uint8_t modifiable = 0;  ///< BIP-370: bit 0 inputs, bit 1 outputs, bit 2 has SIGHASH_SINGLE.
    ByteView message;        ///< BIP-322: the words that this PSBT signs.
};

/// A PSBT of more than this many bytes is refused: Bitcoin Core's limit of a file (100 MB) is far
/// above what a device or a person can judge.
inline constexpr std::size_t kMaxPsbt = 32U << 20;

/// Strict. kMalformed, kTruncated, kTrailing, kDuplicate (a key twice in a map), kChecksum (a
/// non-witness UTXO whose hash is not that of the prevout), kConflict (fields that the version does
/// not have, or counts that differ), kUnsupported (another version), kLimit. Every message names
/// the field.
Result<Psbt> parse_psbt(ByteView bytes);

/// The same bytes again.
void append_psbt(Bytes& out, const Psbt& psbt);

/// BIP-370: the locktime that all inputs agree to. Nothing when one needs a time and another a
/// height.
std::optional<uint32_t> psbt_locktime(const Psbt& psbt) noexcept;

/// What keeps an honest signer from signing input `index` (BIP-174's signer checks), for a person;
/// empty when nothing does: no UTXO at all, scripts that do not hash to what is spent, a witness
/// UTXO for an input without witness, two UTXO fields that differ.
std::vector<std::string> psbt_input_faults(const Psbt& psbt, std::size_t index);

/// The txn with all final scripts and witnesses. kNotFound when an input is not final.
Result<Bytes> extract_txn(const Psbt& psbt);

}  // namespace cordon::chain
