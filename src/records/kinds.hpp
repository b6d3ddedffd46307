// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// What marks each kind of file as ours (its header's application id), and the newest version of
/// its tables that this build knows. Another id each, so that none is taken for another.
namespace cordon::records {

inline constexpr int64_t kApplicationId = 0x4352444E;  ///< "CRDN": records of a ledger.
/// Rises by one with every step in schema.cpp.
inline constexpr int64_t kSchemaVersion = 3;
inline constexpr int64_t kAlertsApplicationId = 0x43524441;  ///< "CRDA".
inline constexpr int64_t kAlertsVersion = 2;
inline constexpr int64_t kCasesApplicationId = 0x43524443;  ///< "CRDC".
inline constexpr int64_t kCasesVersion = 2;
inline constexpr int64_t kAccountsApplicationId = 0x43524455;  ///< "CRDU".
inline constexpr int64_t kAccountsVersion = 2;

}  // namespace cordon::records
