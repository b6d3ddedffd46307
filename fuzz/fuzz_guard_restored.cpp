// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/guard/restored.hpp>

using namespace cordon;

/// The mark of a gate that came out of a backup. What cannot be read keeps the gate closed.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto read =
        guard::parse_restored({reinterpret_cast<const char*>(data), size}, "restored");
    if (!read && read.error().code != ErrorCode::kCorrupt) __builtin_trap();
    // What is believed can be told to people.
    if (read && (format_rfc3339(read->at).empty() || format_rfc3339(read->made).empty()))
        __builtin_trap();
    return 0;
}
