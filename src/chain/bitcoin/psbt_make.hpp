// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "descriptor.hpp"
#include "psbt.hpp"

/// PSBTs of our own, and those of several signers as one.
namespace cordon::chain {

/// A coin that is to be spent.
struct PsbtCoin {
    Bytes txn;  ///< The whole txn that made it: what it holds is proven, not said.
    uint32_t output = 0;
    SpendingData spending;
};

struct PsbtPayment {
    uint64_t value = 0;
    Bytes script;
    std::optional<SpendingData> own = {};  ///< It comes back: how the signer can tell.
};

/// Not signed yet: version 0 (BIP-174, BIP-371), the inputs replaceable (BIP-125), nothing locked.
/// kMalformed for a txn that is none, kNotFound when it has no such output, kConflict when that
/// output is not of the script that `spending` makes; and as check_txn().
Result<Bytes> make_psbt(std::span<const PsbtCoin> coins, std::span<const PsbtPayment> payments);

/// BIP-174's combiner: all rows of both, of which each has its signers' signatures. kConflict when
/// they are not of one txn and version, or have another value under one key.
Result<Bytes> combine_psbts(ByteView first, ByteView second);

}  // namespace cordon::chain
