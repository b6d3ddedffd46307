// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "../src/engine/view_document.hpp"

#include <cordon/base/check.hpp>

/// A saved view: what is accepted has one canonical form, which is accepted again and is its own.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    const auto text = engine::canonical_view({reinterpret_cast<const char*>(data), size});
    if (!text) return 0;
    const auto again = engine::canonical_view(*text);
    CORDON_CHECK(again && *again == *text);
    CORDON_CHECK(engine::is_view_id(engine::view_id(*text)));
    return 0;
}
