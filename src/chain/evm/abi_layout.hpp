// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "abi.hpp"

/// Where the ABI puts values.
namespace cordon::chain {

inline constexpr std::size_t kAbiWord = 32;

/// Whether the head holds an offset in the value's place.
bool is_abi_dynamic(const AbiType& type);
/// Bytes that a type takes in the head of what contains it.
std::size_t abi_head_size(const AbiType& type);

}  // namespace cordon::chain
