// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/chain/text.hpp>
#include <cordon/explain/delay_payload.hpp>

#include "explain_check.hpp"

/// From JSON to what is signed for a Safe behind a Delay, under a request of a fixed Safe: the same
/// twice, and what is called the request's own is about that Safe.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    using namespace cordon::explain;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const Address safe{AddressKind::kEvm, Bytes(20, 0x5a)};
    Context context;
    context.chain = kEthereum;
    context.request = ApprovedRequest{
        "W-1", kEthereum, safe, Address{AddressKind::kEvm, Bytes(20, 0x11)}, Asset{}, Amount{}};
    context.request_required = true;
    const auto out = explain_delay(text, context);
    if (!out) return 0;
    const auto again = explain_delay(text, context);
    CORDON_CHECK(again && again->size() == 1 && out->size() == 1);
    check_explanation(out->front());
    CORDON_CHECK(out->front().findings == again->front().findings &&
                 out->front().effects == again->front().effects);
    for (const Finding& each : out->front().findings)
        if (each.rule == "R12" && each.severity == Verdict::kOk) {
            const auto payload = parse_delay_payload(text);
            CORDON_CHECK(payload && payload->safe == safe);
        }
    return 0;
}
