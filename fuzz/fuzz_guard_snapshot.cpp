// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/guard/gate/snapshot.hpp>

using namespace cordon;

/// The digest in the log keeps edited ones out; whoever has the gate's key signs what he likes.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto read = guard::parse_snapshot({reinterpret_cast<const char*>(data), size});
    if (!read) return 0;
    if (!read->state.policy) __builtin_trap();
    for (const auto& [first, id] : read->state.open)
        if (!read->state.requests.at(id).open) __builtin_trap();
    for (const auto& place : read->kept.places())
        if (!read->kept.find(place.index)) __builtin_trap();
    return 0;
}
