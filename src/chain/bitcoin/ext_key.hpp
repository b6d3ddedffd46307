// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/crypto/secp256k1.hpp>
#include <cordon/model/chain_id.hpp>

/// Public extended keys (BIP-32): one key from which a wallet's others follow.
namespace cordon::chain {

inline constexpr uint32_t kHardened = 1U << 31;  ///< Steps from here on need the private key.
using Fingerprint32 = std::array<uint8_t, 4>;    ///< The first bytes of hash160 of a key.

/// The first bytes of an extended key's text, and what they say.
struct ExtKeyVersion {
    uint32_t version;
    std::string_view prefix;  ///< "xpub"
    ChainId network;
    bool secret;
};
/// BIP-32, and SLIP-132 for what wallets write beside it. Nothing for others.
const ExtKeyVersion* find_ext_key_version(uint32_t version) noexcept;

struct ExtKey {
    uint32_t version = 0;
    uint8_t depth = 0;
    Fingerprint32 parent{};
    uint32_t child = 0;  ///< Which step led to it.
    Hash256 chain_code;
    crypto::PublicKey key;
};

/// kChecksum, kMalformed. A private key is kUnsupported, and its text is in no message.
Result<ExtKey> parse_ext_key(std::string_view text);
std::string format_ext_key(const ExtKey& key);

Fingerprint32 fingerprint_of(const crypto::PublicKey& key);

/// kInvalidParam for a hardened step; kMalformed in the one case of 2^127 where there is no child.
Result<ExtKey> child_of(const ExtKey& parent, uint32_t step);

/// "m/84'/0'/0'/1", "0h/5", "": steps with ', h or H for hardened ones. At most kMaxPath.
inline constexpr std::size_t kMaxPath = 255;  // BIP-32: the depth is one byte.
Result<std::vector<uint32_t>> parse_path(std::string_view text);
std::string format_path(const std::vector<uint32_t>& path);

}  // namespace cordon::chain
