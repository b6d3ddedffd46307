// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/check.hpp>
#include <cordon/chain/canonical.hpp>

/// A watch list: what it accepts keeps the promises of docs/formats/watch-list.md.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    (void)chain::read_watch_list(memory_file("fuzz", {data, size}), [](Watch row) -> Status {
        CORDON_CHECK(row.confidence >= 0 && row.confidence <= 1 && !row.source.empty() &&
                     !row.address.empty() && (!row.outpoint || is_utxo(row.chain)));
        return {};
    });
    return 0;
}
