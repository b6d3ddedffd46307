// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/check.hpp>
#include <cordon/chain/event_source.hpp>
#include <cordon/chain/evm/rpc.hpp>

/// A frame of callTracer, or {pre, post} of prestateTracer; also as a file of evm-traces:.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto calls = chain::evm::parse_call_trace(text)) {
        CORDON_CHECK(!calls->empty() && calls->front().parent == Call::kNoParent);
        for (std::size_t i = 1; i < calls->size(); ++i) {
            CORDON_CHECK((*calls)[i].parent < i);
            CORDON_CHECK((*calls)[i].depth == (*calls)[(*calls)[i].parent].depth + 1);
        }
        (void)chain::evm::transfers_of_calls(*calls);
    }
    if (const auto changes = chain::evm::parse_state_diff(text))
        for (std::size_t i = 0; i < changes->size(); ++i) {
            const StateChange& change = (*changes)[i];
            CORDON_CHECK(change.before != change.after);
            CORDON_CHECK(i == 0 || std::pair((*changes)[i - 1].contract, (*changes)[i - 1].slot) <
                                       std::pair(change.contract, change.slot));
        }
    auto source = chain::open_evm_traces({memory_file("fuzz", {data, size})}, kEthereum);
    CORDON_CHECK(source);
    FeedEvent event;
    (void)(*source)->read(event);
    return 0;
}
