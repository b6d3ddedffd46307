// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <vector>

#include <cordon/model/activity.hpp>

namespace cordon::chain {

/// What exports say of a txn beside value.
struct EtlActs {
    Bytes input;
    std::map<uint32_t, Log> logs;                 ///< By log index.
    std::map<std::vector<uint32_t>, Call> calls;  ///< By trace_address, so in pre-order.
};

/// Made when it is first asked for.
inline EtlActs& etl_acts(std::unique_ptr<EtlActs>& acts) {
    if (!acts) acts = std::make_unique<EtlActs>();
    return *acts;
}

/// The frames with their parents. Empty when the first one is missing: what lies above the others
/// is not known.
std::vector<Call> calls_in_order(std::map<std::vector<uint32_t>, Call> calls);

}  // namespace cordon::chain
