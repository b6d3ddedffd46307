// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <cordon/chain/bitcoin/psbt.hpp>

namespace cordon::vault {

/// The whole txn, when the signatures that the PSBT holds suffice for every input, and each input
/// runs (BIP-174's finalizer and extractor in one). Nothing when some are missing, or for scripts
/// that are neither a key's nor a multisig (their conditions are for their wallet to fill in).
/// kCorrupt: it is put together and does not run.
Result<std::optional<Bytes>> finalized_txn(ByteView psbt);

/// Whether a script pushes exactly these bytes somewhere.
bool pushes(ByteView script, ByteView key) noexcept;
/// Whether the leaf's control block leads to the output that is spent (BIP-341).
bool is_leaf_of(const chain::PsbtInput& input, const chain::TapLeaf& leaf);

}  // namespace cordon::vault
