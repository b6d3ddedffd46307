// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ext_key.hpp"

namespace cordon::chain {

/// A key as descriptors write it (BIP-380, BIP-389): where it comes from, a public or extended
/// public key, steps from it.
class KeyExpression {
public:
    /// kMalformed, kChecksum; kUnsupported for private keys and for steps that need one.
    /// `x_only`: 32 bytes are a key, too (taproot).
    static Result<KeyExpression> parse(std::string_view text, bool x_only);

    bool ranged() const noexcept { return ranged_; }
    /// How many alternatives a step like <0;1> has; 1 without one.
    std::size_t branches() const noexcept { return bases_.empty() ? 1 : bases_.size(); }
    /// The key at `index` of a ranged expression. REQUIRES: branch < branches().
    Result<crypto::PublicKey> derive(std::size_t branch, uint32_t index) const;
    /// Of an origin, or of the extended key itself; nothing for a single key without origin.
    std::optional<Fingerprint32> fingerprint() const noexcept { return fingerprint_; }
    /// The steps from the key that fingerprint() names. REQUIRES: as derive().
    std::vector<uint32_t> path(std::size_t branch, uint32_t index) const;
    /// Short, for a person: "d34db33f" by fingerprint, else the first digits of the key.
    const std::string& label() const noexcept { return label_; }
    /// All digits of the single key are 32 bytes or a compressed key: the script forms of segwit.
    bool compressed() const noexcept { return compressed_; }

private:
    std::optional<Fingerprint32> fingerprint_;
    std::string label_;
    std::optional<crypto::PublicKey> single_;
    std::vector<ExtKey> bases_;  // One a branch, before the last step of a ranged expression.
    std::vector<uint32_t> origin_path_;
    std::vector<std::vector<uint32_t>> steps_;  // From the extended key to each of bases_.
    bool ranged_ = false;
    bool compressed_ = true;
};

}  // namespace cordon::chain
