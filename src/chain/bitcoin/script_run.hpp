// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "spend.hpp"

namespace cordon::chain {

enum class ScriptKind : uint8_t { kLegacy, kWitnessV0, kTapscript };

/// What a script runs over.
struct ScriptPlace {
    const Sighasher& hasher;
    std::size_t index;
    uint64_t value;
    ScriptKind kind;
    ByteView annex = {};  ///< Taproot.
    Hash256 leaf = {};    ///< Tapscript.
};

using ScriptStack = std::vector<Bytes>;

/// One signature against one key over a script code, as OP_CHECKSIG does. Adds to `out` when the
/// signature is not empty. kInvalid is a signature that does not fit; an empty one is kInvalid with
/// nothing added.
SpendVerdict check_ecdsa(const ScriptPlace& place, ByteView script_code, ByteView signature,
                         ByteView key, SpendBudget& budget, std::vector<CheckedSignature>& out);
SpendVerdict check_schnorr(const ScriptPlace& place, const TapContext* leaf, ByteView signature,
                           ByteView key, SpendBudget& budget, std::vector<CheckedSignature>& out);

/// Runs `script` over `stack` and leaves what it left. kValid says only that nothing failed: what
/// must be on the stack is the caller's affair. `why` is set otherwise.
SpendVerdict run_script(const ScriptPlace& place, ByteView script, ScriptStack& stack,
                        SpendBudget& budget, SpendCheck& out);

/// Whether an item counts as true: not all zero, where the last byte may be a negative zero.
bool is_true(const Bytes& item) noexcept;

/// Walks a script: the next operator and what it pushes. False at the end, or when a push runs over
/// it (then `broken`).
struct ScriptWalk {
    ByteView script;
    std::size_t at = 0;
    uint8_t op = 0;
    ByteView data = {};
    bool broken = false;
    bool next() noexcept;
};

}  // namespace cordon::chain
