// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include <cordon/base/bytes.hpp>

/// The hash functions of the chains. All are pure, never fail, and may be called from any thread.
namespace cordon::crypto {

using Hash160 = std::array<uint8_t, 20>;

Hash256 sha256(ByteView bytes) noexcept;
/// SHA-256 of SHA-256: Bitcoin's txids, block hashes and base58 checksums. About 1 GB/s with
/// SHA-NI.
Hash256 sha256d(ByteView bytes) noexcept;
Hash160 ripemd160(ByteView bytes) noexcept;
/// RIPEMD-160 of SHA-256: Bitcoin's key and script hashes.
Hash160 hash160(ByteView bytes) noexcept;
/// Keccak-256 as Ethereum uses it: the padding of the competition, not that of FIPS 202 (SHA3-256).
Hash256 keccak256(ByteView bytes);
/// Of the parts one after the other.
Hash256 keccak256_of(std::initializer_list<ByteView> parts);

/// SHA-256 of bytes that come in pieces. Confined to one thread; copying it forks the stream.
class Sha256 {
public:
    Sha256() noexcept;
    void update(ByteView bytes) noexcept;
    /// The hash of all bytes so far; afterwards the object is as new.
    Hash256 finish() noexcept;
    /// SHA-256 of finish(): the hash of a Bitcoin txn whose parts are not adjacent (BIP-141).
    Hash256 finish_double() noexcept;

private:
    // OpenSSL's SHA256_CTX, kept as bytes so that its header stays in hash.cpp.
    alignas(8) std::array<std::byte, 112> state_;
};

}  // namespace cordon::crypto
