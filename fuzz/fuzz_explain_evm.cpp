// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <array>

#include <cordon/base/hex.hpp>
#include <cordon/explain/evm.hpp>

#include "explain_check.hpp"

/// Txns and requests as text; and the same bytes as calldata of an unknown contract.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    using namespace cordon::explain;
    Context context;
    if (const auto out = explain_evm({reinterpret_cast<const char*>(data), size}, context))
        for (const Explanation& each : *out) check_explanation(each);
    std::array<uint8_t, 20> target{};
    target.fill(0x77);
    context.target = Address{AddressKind::kEvm, target};
    const auto called = explain_evm(to_hex0x({data, size}), context);
    if (size > 0 && size < (std::size_t{1} << 20)) CORDON_CHECK(called.has_value());
    if (called)
        for (const Explanation& each : *called) check_explanation(each);
    return 0;
}
