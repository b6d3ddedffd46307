// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "block.hpp"

#include <cordon/base/format.hpp>

namespace cordon {

std::string_view to_string(TransferKind kind) noexcept {
    switch (kind) {
        case TransferKind::kNative: return "native";
        case TransferKind::kToken: return "token";
        case TransferKind::kInternal: return "internal";
        case TransferKind::kMint: return "mint";
        case TransferKind::kBurn: return "burn";
        case TransferKind::kFee: return "fee";
    }
    return "native";
}

Result<TransferKind> parse_transfer_kind(std::string_view text) {
    for (const TransferKind kind :
         {TransferKind::kNative, TransferKind::kToken, TransferKind::kInternal, TransferKind::kMint,
          TransferKind::kBurn, TransferKind::kFee})
        if (to_string(kind) == text) return kind;
    return fail(ErrorCode::kMalformed,
                format("transfer kind \"{}\": expected native, token, internal, mint, burn or fee",
                       text.substr(0, 90)));
}

}  // namespace cordon
