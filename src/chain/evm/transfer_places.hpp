// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Where the transfers of an EVM txn stand in it (docs/formats/evm-etl.md), whatever it was read
/// from: the same txn has the same places. A txn of 36 M gas makes below 100,000 calls.
namespace cordon::chain {

inline constexpr uint32_t kFeeIndex = 0;
inline constexpr uint32_t kNativeIndex = 1;
inline constexpr uint32_t kFirstInternal = 2;
inline constexpr uint32_t kFirstToken = 1'000'000;  ///< Plus the index of the log.

}  // namespace cordon::chain
