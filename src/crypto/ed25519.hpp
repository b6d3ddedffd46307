// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include <cordon/base/bytes.hpp>

/// Signatures of people and of logs: Ed25519 (RFC 8032), over libsodium. Verification only.
namespace cordon::crypto {

using Ed25519Key = std::array<uint8_t, 32>;
using Ed25519Signature = std::array<uint8_t, 64>;

/// Strict: refuses keys and R of small order, points that are not canonical, and S at or above the
/// order (RFC 8032 §5.1.7; libsodium's rules), so that no statement has a second signature.
/// Any thread.
bool verify_ed25519(const Ed25519Signature& signature, ByteView message,
                    const Ed25519Key& key) noexcept;

}  // namespace cordon::crypto
