// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/chain/bitcoin/ext_key.hpp>

#include "secret.hpp"

namespace cordon::vault {

/// A private extended key (BIP-32). A value that wipes itself.
class PrivateKey {
public:
    /// BIP-32 asks for 16 to 64 bytes. kInvalidParam; kMalformed in the one case of 2^127 where a
    /// seed gives no key.
    static Result<PrivateKey> from_seed(ByteView seed, ChainId network = kBitcoin);
    /// "xprv...", or another private version. kMalformed, kChecksum, kUnsupported (a public key).
    static Result<PrivateKey> parse(std::string_view text);

    /// kLimit below depth 255, kMalformed in the one case of 2^127 where there is no such child.
    Result<PrivateKey> child(uint32_t step) const;
    Result<PrivateKey> at(const std::vector<uint32_t>& path) const;

    chain::ExtKey public_key() const;
    const Secret<32>& secret() const noexcept { return secret_; }
    /// The text of the private key, for who asks for exactly that. The caller wipes it.
    std::string secret_text() const;

private:
    PrivateKey() noexcept = default;

    uint32_t version_ = 0;
    uint8_t depth_ = 0;
    chain::Fingerprint32 parent_{};
    uint32_t child_ = 0;
    Secret<32> chain_code_;
    Secret<32> secret_;
};

}  // namespace cordon::vault
