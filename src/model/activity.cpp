// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "activity.hpp"

namespace cordon {

std::string_view to_string(CallKind kind) noexcept {
    switch (kind) {
        case CallKind::kCall: return "call";
        case CallKind::kStaticCall: return "staticcall";
        case CallKind::kDelegateCall: return "delegatecall";
        case CallKind::kCallCode: return "callcode";
        case CallKind::kCreate: return "create";
        case CallKind::kCreate2: return "create2";
        case CallKind::kSelfDestruct: return "selfdestruct";
    }
    return "unknown";
}

}  // namespace cordon
