// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/check.hpp>

#include "../src/engine/zip.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    const auto zip = cordon::engine::ZipReader::of({data, size});
    if (!zip) return 0;
    // What unpacks to more than a small input could mean is a test of zlib, not of us.
    constexpr uint64_t kMost = 1U << 20U;
    for (std::size_t i = 0; i < (*zip)->entries().size(); ++i) {
        const auto& entry = (*zip)->entries()[i];
        CORDON_CHECK(cordon::engine::is_member_name(entry.name));
        if (entry.bytes > kMost) continue;
        uint64_t bytes = 0;
        const auto done = (*zip)->read(i, [&](cordon::ByteView piece) -> cordon::Status {
            bytes += piece.size();
            return {};
        });
        CORDON_CHECK(bytes <= entry.bytes);
        CORDON_CHECK(!done || bytes == entry.bytes);
    }
    return 0;
}
