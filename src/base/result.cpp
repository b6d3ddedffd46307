// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "result.hpp"

namespace cordon {

std::string_view to_string(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::kInvalidParam: return "invalid-param";
        case ErrorCode::kMalformed: return "malformed";
        case ErrorCode::kTruncated: return "truncated";
        case ErrorCode::kTrailing: return "trailing";
        case ErrorCode::kChecksum: return "checksum";
        case ErrorCode::kOverflow: return "overflow";
        case ErrorCode::kOrder: return "order";
        case ErrorCode::kDuplicate: return "duplicate";
        case ErrorCode::kConflict: return "conflict";
        case ErrorCode::kWrongChain: return "wrong-chain";
        case ErrorCode::kUnsupported: return "unsupported";
        case ErrorCode::kNotFound: return "not-found";
        case ErrorCode::kIo: return "io";
        case ErrorCode::kNoSpace: return "no-space";
        case ErrorCode::kPermission: return "permission";
        case ErrorCode::kLocked: return "locked";
        case ErrorCode::kCorrupt: return "corrupt";
        case ErrorCode::kLimit: return "limit";
        case ErrorCode::kUnavailable: return "unavailable";
        case ErrorCode::kCancelled: return "cancelled";
    }
    return "unknown";
}

Error Error::in(std::string_view where) const& {
    return Error{code, std::string{where} + ": " + message};
}

}  // namespace cordon
