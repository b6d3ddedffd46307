// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/explain/safe.hpp>

#include "explain_check.hpp"

/// From JSON to the explanations of Safe transactions: the same twice, and each with its verdict.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon::explain;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const Context context;
    const auto out = explain_safe(text, context);
    if (!out) return 0;
    const auto again = explain_safe(text, context);
    CORDON_CHECK(again && again->size() == out->size());
    for (std::size_t i = 0; i < out->size(); ++i) {
        check_explanation(out->at(i));
        CORDON_CHECK(out->at(i).findings == again->at(i).findings &&
                     out->at(i).effects == again->at(i).effects);
    }
    return 0;
}
