// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>

#include <cordon/base/bytes.hpp>

/// Many independent hashes at once: what a block of txns needs. Where the processor has wide
/// vectors but no better way, 8 or 16 messages advance side by side (docs/decisions/0006). Pure,
/// never fails, may be called from any thread.
namespace cordon::crypto {

/// A message in up to three pieces that follow each other: a txid leaves out the witness, which
/// lies in the middle (BIP-144).
struct Pieces {
    std::array<ByteView, 3> parts{};
    std::size_t size() const noexcept {
        return parts[0].size() + parts[1].size() + parts[2].size();
    }
};

/// out[i] = SHA-256 of messages[i]. REQUIRES: out.size() == messages.size(); out overlaps no
/// message.
void sha256_many(std::span<const Pieces> messages, std::span<Hash256> out) noexcept;
/// out[i] = SHA-256 of SHA-256 of messages[i]. REQUIRES as above.
void sha256d_many(std::span<const Pieces> messages, std::span<Hash256> out) noexcept;

/// out[i] = SHA-256 of SHA-256 of the 64 bytes of hashes[2 * i] and the one behind it: a row of a
/// merkle tree. `out` may be the front of `hashes`. REQUIRES: hashes.size() == 2 * out.size().
void sha256d_pairs(std::span<const Hash256> hashes, std::span<Hash256> out) noexcept;

/// Every way that this processor can go, by the number of messages side by side (1 = OpenSSL's, one
/// after the other), and the one that the functions above take. For tests and benchmarks.
std::span<const std::size_t> hash_lanes() noexcept;
std::size_t chosen_hash_lanes() noexcept;
/// As sha256_many, sha256d_many and sha256d_pairs, on the way given. REQUIRES: `lanes` is one of
/// hash_lanes().
void sha256_many_by(std::size_t lanes, std::span<const Pieces> messages, std::span<Hash256> out,
                    bool twice) noexcept;
void sha256d_pairs_by(std::size_t lanes, std::span<const Hash256> hashes,
                      std::span<Hash256> out) noexcept;

}  // namespace cordon::crypto
