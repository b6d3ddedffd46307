// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <sstream>

#include <cordon/wallet/ur/frames.hpp>

using namespace cordon;

/// What a camera sees may be made by anybody.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto ur = wallet::parse_ur(text)) {
        // What was read is written as it was, but for capitals.
        const auto again = wallet::parse_ur(wallet::format_ur(*ur));
        if (!again || *again != *ur) __builtin_trap();
        static_cast<void>(wallet::content_of(*ur));
    }
    if (const auto part = wallet::parse_part({data, size})) {
        const Bytes again = wallet::format_part(*part);
        if (!std::equal(again.begin(), again.end(), data, data + size)) __builtin_trap();
        // Equations of anybody's making: this part, then the numbers after it with its bytes.
        wallet::FountainDecoder decoder;
        wallet::FountainPart next = *part;
        for (int i = 0; i < 16 && !decoder.done(); ++i, ++next.number) {
            static_cast<void>(decoder.receive(next));
            if (decoder.rank() > decoder.count()) __builtin_trap();
        }
        if (decoder.done() && decoder.message().size() != part->size) __builtin_trap();
    }
    std::istringstream in{std::string{text}};
    wallet::ReceiveStats stats;
    static_cast<void>(wallet::receive(in, stats));
    return 0;
}
