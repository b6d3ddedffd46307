// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// A descriptor that is taken has words, the same scripts each time, and no checksum but its own.
#include <cordon/chain/bitcoin/descriptor.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto descriptor = chain::Descriptor::parse(text);
    if (!descriptor) return 0;
    if (descriptor->words().empty()) __builtin_trap();
    for (std::size_t branch = 0; branch < descriptor->branches(); ++branch) {
        const auto scripts = descriptor->scripts(branch, 5);
        if (scripts && (scripts->empty() || descriptor->scripts(branch, 5).value() != *scripts))
            __builtin_trap();
    }
    if (text.find('#') != std::string_view::npos) return 0;
    const std::string sum = chain::descriptor_checksum(text);
    if (!sum.empty() && !chain::Descriptor::parse(std::string{text} + "#" + sum)) __builtin_trap();
    return 0;
}
