// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "known_calls.hpp"

#include <algorithm>

#include <cordon/base/check.hpp>

namespace cordon::explain {
namespace {

std::vector<ReadyCall> parse_all() {
    std::vector<ReadyCall> all;
    for (const auto list :
         {token_calls(), admin_calls(), safe_calls(), batch_calls(), delay_calls()})
        for (const KnownCall& known : list) {
            auto signature = chain::parse_abi_signature(known.text);
            CORDON_CHECK(signature.has_value());  // Our own text.
            all.push_back({*std::move(signature), &known});
        }
    std::sort(all.begin(), all.end(), [](const ReadyCall& a, const ReadyCall& b) {
        return a.signature.hash < b.signature.hash;
    });
    return all;
}

}  // namespace

std::span<const ReadyCall> known_calls() {
    static const std::vector<ReadyCall> kCalls = parse_all();
    return kCalls;
}

const ReadyCall* find_call(ByteView data) {
    if (data.size() < 4) return nullptr;
    const auto calls = known_calls();
    const ByteView selector = data.first(4);
    const auto found = std::lower_bound(
        calls.begin(), calls.end(), selector, [](const ReadyCall& each, ByteView wanted) {
            return std::lexicographical_compare(each.signature.hash.bytes.begin(),
                                                each.signature.hash.bytes.begin() + 4,
                                                wanted.begin(), wanted.end());
        });
    const bool same = found != calls.end() && std::equal(selector.begin(), selector.end(),
                                                         found->signature.hash.bytes.begin());
    return same ? &*found : nullptr;
}

}  // namespace cordon::explain
