// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// A key file that somebody else wrote: opening it ends, within its bounds. What is decrypted of a
// good one is read strictly, and written again as it was.
#include <cordon/vault/key_file.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    const ByteView bytes{data, size};
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto facts = vault::parse_key_facts(text)) {
        const std::string written = vault::format_key_facts(*facts);
        const auto again = vault::parse_key_facts(written);
        if (!again || *again != *facts) __builtin_trap();
    }
    if (const auto quorum = vault::parse_quorum(text))
        if (const auto again = vault::parse_quorum(vault::format_quorum(*quorum));
            !again || *again != *quorum)
            __builtin_trap();
    // Costs that are dear are within the bounds, and too slow for a fuzzer.
    constexpr uint32_t kCheapKibibytes = 64;
    if (const auto cost = vault::kdf_cost_of(bytes); cost && cost->kibibytes <= kCheapKibibytes)
        if (const auto key = vault::open_key_file(bytes, bytes.first(8))) __builtin_trap();
    return 0;
}
