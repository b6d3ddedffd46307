// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include <cordon/base/bytes.hpp>
#include <cordon/model/address.hpp>

#include "selectors.hpp"

/// What lies in the code of a contract, read without running it.
namespace cordon::detect {

struct CodeFacts {
    std::size_t size = 0;
    std::vector<Selector> selectors;  ///< Four-byte constants, sorted: what it answers and calls.
    std::vector<Address> addresses;   ///< Twenty-byte constants, sorted.
    std::size_t calls = 0;            ///< CALL and CALLCODE.
    std::size_t delegatecalls = 0;
    bool selfdestructs = false;
    bool asks_origin = false;         ///< ORIGIN: who signed, not who calls.
    bool compares_selectors = false;  ///< Dispatches by the usual comparison of selectors.

    bool has(Selector selector) const noexcept;
    bool has_any(const SelectorSet& set) const noexcept;
};

/// One pass over the opcodes; code inside constants is not read twice. Of creation code: the
/// runtime code within it counts too, since constants of the constructor come first. Bounded: reads
/// at most 1 MiB.
CodeFacts read_code(ByteView code);

/// A minimal proxy (EIP-1167) or a contract too small to do anything but pass calls on.
bool is_forwarder(const CodeFacts& facts) noexcept;
/// Answers as a token (ERC-20 or ERC-721).
bool is_token(const CodeFacts& facts) noexcept;

}  // namespace cordon::detect
