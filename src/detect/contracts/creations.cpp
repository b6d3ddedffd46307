// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "creations.hpp"

#include <algorithm>

namespace cordon::detect {
namespace {

/// A constructor's arguments lie behind its code, in words.
void add_arguments(ByteView code, CodeFacts& facts) {
    constexpr std::size_t kWord = 32, kMostArguments = 16;
    for (std::size_t i = 1; i <= kMostArguments && i * kWord <= code.size(); ++i) {
        const auto address = address_in(code.subspan(code.size() - i * kWord, kWord));
        // Small numbers are words with twelve zero bytes too.
        if (!address || amount_in(code.subspan(code.size() - i * kWord, kWord)).bit_width() < 128)
            continue;
        facts.addresses.push_back(*address);
    }
    std::sort(facts.addresses.begin(), facts.addresses.end());
}

}  // namespace

std::vector<Creation> creations_of(const TxnView& txn) {
    std::vector<Creation> all;
    if (!txn.activity || txn.activity->succeeded == false) return all;
    const TxnActivity& activity = *txn.activity;
    const auto add = [&](const Address& contract, ByteView code, bool top) {
        all.push_back({contract, top, read_code(code)});
        add_arguments(code, all.back().facts);
    };
    if (activity.calls.empty()) {
        if (activity.to.empty()) add(activity.created, activity.input, true);
        return all;
    }
    const auto creates = [](const Call& call) {
        return call.kind == CallKind::kCreate || call.kind == CallKind::kCreate2;
    };
    if (std::none_of(activity.calls.begin(), activity.calls.end(), creates)) return all;
    std::vector<bool> failed;
    for (const Call& call : activity.calls) {
        failed.push_back(call.failed || (call.parent < failed.size() && failed[call.parent]));
        if (failed.back()) continue;
        if (creates(call)) add(call.to, call.input, call.depth == 0);
    }
    return all;
}

}  // namespace cordon::detect
