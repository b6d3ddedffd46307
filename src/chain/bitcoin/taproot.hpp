// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>
#include <cordon/crypto/secp256k1.hpp>

/// Keys and trees of taproot (BIP-341).
namespace cordon::chain {

inline constexpr uint8_t kTapscriptLeaf =
    0xc0;  ///< The only leaf version with a meaning (BIP-342).

/// SHA-256 whose purpose is part of it (BIP-340).
Hash256 tagged_hash(std::string_view tag, ByteView bytes);

Hash256 tap_leaf_hash(uint8_t version, ByteView script);
/// Of two neighbours in any order.
Hash256 tap_branch_hash(const Hash256& a, const Hash256& b);
/// What is added to the internal key; `root` is absent for a key alone.
Hash256 tap_tweak(const Hash256& internal, const std::optional<Hash256>& root);
/// The key of the output. kMalformed for an internal key that is no point.
Result<crypto::PublicKey> tap_output_key(ByteView internal, const std::optional<Hash256>& root);

/// The root that a leaf reaches by its control block; nothing when the block has no valid length.
std::optional<Hash256> tap_root_of(ByteView control, const Hash256& leaf);

}  // namespace cordon::chain
