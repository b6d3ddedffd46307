// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include <cordon/base/check.hpp>
#include <cordon/explain/hash_form.hpp>

/// Words that belong together are those of their bytes, and bytes come back from their words.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    if (const auto bytes = explain::parse_word_form({reinterpret_cast<const char*>(data), size})) {
        const auto words = explain::word_form(*bytes);
        CORDON_CHECK(words && *explain::parse_word_form(*words) == *bytes);
    }
    const ByteView bytes{data, size / 2 * 2};
    if (bytes.size() > 4096) return 0;
    const auto words = explain::word_form(bytes);
    CORDON_CHECK(words);
    const auto back = explain::parse_word_form(*words);
    CORDON_CHECK(back&& std::equal(back->begin(), back->end(), bytes.begin(), bytes.end()));
    return 0;
}
