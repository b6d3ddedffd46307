// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/tlog/retention.hpp>

using namespace cordon;

/// Who drops entries of a log says so in these two; whoever broke into the machine writes them too.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto retention = tlog::parse_retention(text, "retention")) {
        const auto again = tlog::parse_retention(tlog::format_retention(*retention), "retention");
        if (!again || *again != *retention) __builtin_trap();
    }
    const auto read = tlog::parse_anchor(text);
    if (!read || !*read) return 0;
    const tlog::Anchor& anchor = **read;
    const auto checkpoint = tlog::parse_checkpoint(anchor.checkpoint.text);
    if (!checkpoint || checkpoint->size != anchor.until) __builtin_trap();
    // What was understood is written and understood as the same again.
    const std::string written = tlog::format_anchor(anchor);
    const auto again = tlog::parse_anchor(written);
    if (!again || !*again || tlog::format_anchor(**again) != written) __builtin_trap();
    return 0;
}
