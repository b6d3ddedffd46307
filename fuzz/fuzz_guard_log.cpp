// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/guard/gate/entry.hpp>

using namespace cordon;

/// A log may have been written by whoever broke into the machine.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto key = guard::parse_breaker_key(text))
        if (guard::parse_breaker_key(key->text()) != *key) __builtin_trap();
    const auto read = guard::parse_entry(text);
    if (!read || read->left_out) return 0;
    // What was understood is written and understood as the same again.
    const auto again = guard::parse_entry(guard::format_entry(read->entry));
    if (again && !again->left_out && again->entry != read->entry) __builtin_trap();
    return 0;
}
