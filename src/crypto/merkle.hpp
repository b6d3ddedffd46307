// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include <cordon/base/bytes.hpp>

namespace cordon::crypto {

struct MerkleRoot {
    Hash256 root;
    /// Two equal hashes stand side by side as a pair. Bitcoin pairs the last hash of an odd row
    /// with itself, so a list with its tail repeated has the same root (CVE-2012-2459): such a list
    /// never proves its content.
    bool mutated = false;
};

/// Bitcoin's merkle root over txids (or wtxids with the coinbase's as zero). All zero for an empty
/// list. Cost: one sha256d per hash.
MerkleRoot merkle_root(std::vector<Hash256> hashes) noexcept;
/// The same without a copy: uses up what is in `hashes`.
MerkleRoot merkle_root_in_place(std::span<Hash256> hashes) noexcept;

}  // namespace cordon::crypto
