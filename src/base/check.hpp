// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

namespace cordon {

/// Prints the broken invariant with its place and ends the process. Use through CORDON_CHECK only.
[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace cordon

/// Ends the process when one of *our* invariants is broken. Always compiled in.
/// Never for input: what comes from a chain, a peer, a file or a user returns an Error.
#define CORDON_CHECK(condition)             \
    (static_cast<bool>(condition) ? void(0) \
                                  : ::cordon::check_failed(#condition, __FILE__, __LINE__))
