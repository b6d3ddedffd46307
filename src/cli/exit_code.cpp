// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "exit_code.hpp"

namespace cordon::cli {

int exit_code(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::kInvalidParam: return kUsage;
        case ErrorCode::kMalformed:
        case ErrorCode::kTruncated:
        case ErrorCode::kTrailing:
        case ErrorCode::kChecksum:
        case ErrorCode::kOverflow:
        case ErrorCode::kOrder:
        case ErrorCode::kDuplicate:
        case ErrorCode::kConflict:
        case ErrorCode::kWrongChain:
        case ErrorCode::kUnsupported:
        case ErrorCode::kNotFound:
        case ErrorCode::kIo:
        case ErrorCode::kNoSpace:
        case ErrorCode::kPermission:
        case ErrorCode::kLimit: return kBadInput;
        case ErrorCode::kLocked:
        case ErrorCode::kUnavailable: return kUnavailable;
        case ErrorCode::kCorrupt: return kIntegrity;
        case ErrorCode::kCancelled: return kInterrupted;
    }
    return kOurBug;
}

std::string_view exit_code_table() noexcept {
    return "  0    done, nothing bad\n"
           "  1    done, and something was found, held or does not match\n"
           "  2    the command line is wrong\n"
           "  3    input or data is invalid, missing or cannot be read or written\n"
           "  4    a source was not available, or the result is incomplete\n"
           "  5    refused by policy or permission\n"
           "  6    stored data or evidence fails its checksum\n"
           "  70   memory ran out, or a bug of ours\n"
           "  130  interrupted; what was printed is marked incomplete\n";
}

}  // namespace cordon::cli
