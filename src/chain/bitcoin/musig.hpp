// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "ext_key.hpp"

/// Keys that sign together and look like one (BIP-327, BIP-328). The public part only.
namespace cordon::chain {

struct MusigTweak {
    Hash256 tweak;
    bool x_only = false;  ///< As taproot adds it, else as BIP-32 does.
};

/// The aggregate of compressed keys in the order given, tweaked. kMalformed names the key.
Result<crypto::PublicKey> musig_key(std::span<const Bytes> keys,
                                    std::span<const MusigTweak> tweaks = {});

/// The extended key from which wallets derive the aggregate's children (BIP-328).
ExtKey musig_ext_key(const crypto::PublicKey& aggregate, uint32_t version);

}  // namespace cordon::chain
