// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/check.hpp>
#include <cordon/chain/event_source.hpp>

namespace {

cordon::Result<std::unique_ptr<cordon::chain::EventSource>> open(std::string_view text) {
    return cordon::chain::open_events(
        cordon::memory_file("fuzz", {reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
}

}  // namespace

/// Lines of events:. What is read is the same when it is written and read again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    auto source = open({reinterpret_cast<const char*>(data), size});
    CORDON_CHECK(source);
    cordon::FeedEvent event;
    while (true) {
        const auto more = (*source)->read(event);
        if (!more || !*more) return 0;
        const std::string line = cordon::chain::format_event(event);
        auto again = open(line);
        cordon::FeedEvent same;
        CORDON_CHECK(again && (*again)->read(same).value_or(false));
        CORDON_CHECK(cordon::chain::format_event(same) == line);
    }
}
