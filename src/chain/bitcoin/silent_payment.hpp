// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "psbt.hpp"

/// Silent payments in PSBTs (BIP-352, BIP-375): outputs whose script follows from the receiver's
/// keys and from who pays, so that only a proof shows that the receiver gets them.
namespace cordon::chain {

enum class SilentState : uint8_t {
    kNone,    ///< No such output.
    kOpen,    ///< The scripts are not computed yet; what is there already is proven.
    kProven,  ///< Every such output pays its receiver.
};

struct SilentCheck {
    SilentState state = SilentState::kNone;
    /// Every key that the proofs stand on is the one of what its input spends. Otherwise they prove
    /// nothing about this txn, though they hold by themselves.
    bool keys_bound = true;
};

/// kMalformed, kChecksum: a share without proof or with a wrong one, an output that does not pay
/// its receiver, inputs that cannot pay silently; the message says which.
Result<SilentCheck> check_silent_payments(const Psbt& psbt);

}  // namespace cordon::chain
