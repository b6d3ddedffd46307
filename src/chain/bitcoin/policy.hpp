// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cordon::chain {

/// Who may spend when, without the script that says so.
struct Policy {
    enum class Kind : uint8_t {
        kNever,
        kAlways,
        kKey,        ///< `text` is the key's label.
        kOlder,      ///< `number` as BIP-112 reads it: since the coin came.
        kAfter,      ///< `number` as BIP-65 reads it: a height or a time.
        kSecret,     ///< `text` is the hash whose preimage must be shown.
        kThreshold,  ///< `number` of `parts`.
    };
    Kind kind = Kind::kNever;
    uint32_t number = 0;
    std::string text = {};
    std::vector<Policy> parts = {};
};

Policy key_policy(std::string label);
Policy all_of(std::vector<Policy> parts);
Policy any_of(std::vector<Policy> parts);
Policy threshold(uint32_t needed, std::vector<Policy> parts);

/// "2 of 3: a1b2c3d4, ...; or e5f6a7b8, 52,560 blocks (about 365 days) after the coin came".
std::string to_string(const Policy& policy);

/// "52,560 blocks (about 365 days)", "about 7 days": a relative lock as BIP-68 reads it. Empty when
/// the number locks nothing.
std::string relative_lock(uint32_t number);
/// "block 840,000", "2024-04-20 00:00 UTC": a locktime as consensus reads it.
std::string absolute_lock(uint32_t number);

}  // namespace cordon::chain
