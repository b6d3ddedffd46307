// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/explain/message.hpp>
#include <cordon/explain/typed_data.hpp>

#include "explain_check.hpp"

/// EIP-712 requests; and the same bytes as a message.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon::explain;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto out = explain_typed_data(text, {}))
        for (const Explanation& each : *out) check_explanation(each);
    if (const auto out = explain_message(text, {}))
        for (const Explanation& each : *out) check_explanation(each);
    return 0;
}
