// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "../world.hpp"

/// What Safes are made to do in a txn.
namespace cordon::detect {

/// One execTransaction() of a Safe.
struct SafeCall {
    Address safe, to;
    ByteView data;
    bool delegate = false;
};
/// From the txn's calldata and, where given, its calls that took effect. Lifetime of the views: of
/// the txn. A pending txn counts as if it took effect.
std::vector<SafeCall> safe_calls(const TxnView& txn);

/// Targets that run in the Safe's own context: of the call itself, and of delegatecalls within the
/// parts of a released MultiSend. `unreadable`: a batch that is not whole parts.
struct DelegateTargets {
    std::vector<Address> targets;
    bool unreadable = false;
};
DelegateTargets delegate_targets(const SafeCall& call);

/// A released library that a Safe may run in its own context: what it does is known. Not those
/// that put code of the caller's choice behind the Safe.
bool is_harmless_library(const Address& target) noexcept;
/// The code of a released Safe.
bool is_released_singleton(const Address& code) noexcept;

}  // namespace cordon::detect
