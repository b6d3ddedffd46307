// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "kinds.hpp"

#include <algorithm>
#include <array>

namespace cordon::vault {

const SignKind* find_kind(std::string_view name) noexcept {
    static constexpr std::array kKinds{
        SignKind{"delay", delay_hash, sign_delay},
        SignKind{"evm", evm_hash, sign_evm},
        SignKind{"psbt", psbt_hash, sign_psbt},
        SignKind{"safe", safe_hash, sign_safe},
        SignKind{"typed-data", typed_data_hash, sign_typed_data},
    };
    const auto found = std::find_if(kKinds.begin(), kKinds.end(),
                                    [&](const SignKind& kind) { return kind.name == name; });
    return found == kKinds.end() ? nullptr : &*found;
}

}  // namespace cordon::vault
