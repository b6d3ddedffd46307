// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <array>

#include <cordon/base/byte_source_codec.hpp>
#include <cordon/base/check.hpp>

/// Unpacks at most 4 MiB, in pieces whose size the first byte gives.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    auto raw = cordon::memory_file("fuzz", {data + 1, size - 1}).open();
    auto source = cordon::unpack(std::move(*raw), "fuzz");
    if (!source) return 0;
    std::array<uint8_t, 4097> piece;
    const std::size_t step = 1 + std::size_t{data[0]} * 16;
    for (std::size_t total = 0; total < (std::size_t{4} << 20);) {
        const auto got = (*source)->read({piece.data(), step});
        if (!got) {
            CORDON_CHECK(!(*source)->read({piece.data(), step}));
            break;
        }
        total += *got;
        if (*got < step) break;
    }
    CORDON_CHECK((*source)->consumed() <= size - 1);
    return 0;
}
