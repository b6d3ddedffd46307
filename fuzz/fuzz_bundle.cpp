// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// A bundle from the online side, all of whose bytes an attacker may have chosen: it is read
// strictly, and judged without an approval it is refused, whatever else is in it.
#include <cordon/vault/sign/review.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    const auto bundle = wallet::parse_bundle({reinterpret_cast<const char*>(data), size});
    if (!bundle) return 0;
    const auto again = wallet::parse_bundle(wallet::format_bundle(*bundle));
    if (!again || *again != *bundle) __builtin_trap();
    vault::KeyFacts facts;
    facts.label = "fuzz";
    facts.chains = {bundle->request.chain};
    facts.kinds = {bundle->request.payload.type};
    wallet::ApproverKey key;
    key.key.assign(32, 9);  // Nobody has the private part.
    facts.quorum = {{{"alice", key}}, 1, {}};
    const auto said = vault::review(*bundle, facts, {}, from_unix_seconds(1'760'000'000));
    if (said && said->refusals.empty()) __builtin_trap();
    return 0;
}
