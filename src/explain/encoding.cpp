// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "encoding.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::explain {

Canonical canonical(const chain::AbiType& arguments, const chain::AbiValue& values, ByteView data) {
    const auto again = chain::encode_abi(arguments, values);
    if (!again || again->size() > data.size() ||
        !std::equal(again->begin(), again->end(), data.begin()))
        return {};
    return {true, data.size() - again->size()};
}

std::string data_code(ByteView data) {
    const Hash256 hash = crypto::keccak256(data);
    std::string code;
    for (std::size_t at = 0; at < 8; at += 2)
        code += (at == 0 ? "" : "-") + to_hex(ByteView{hash.bytes}.subspan(at, 2));
    return code;
}

std::string shown(ByteView data) {
    constexpr std::size_t kShown = 1'024;  // More than a person looks at.
    if (data.size() <= kShown) return to_hex0x(data);
    return format("{}… ({} bytes) [data fingerprint {}]", to_hex0x(data.first(kShown)), data.size(),
                  data_code(data));
}

}  // namespace cordon::explain
