// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "fingerprint.hpp"

#include <cordon/base/format.hpp>

namespace cordon::chain {
namespace {

// Bitcoin consensus (LOCKTIME_THRESHOLD): below it a locktime is a height, from it on unix seconds.
constexpr uint32_t kFirstTime = 500'000'000;

std::string_view words(LocktimeUse use) noexcept {
    switch (use) {
        case LocktimeUse::kNone: return "none";
        case LocktimeUse::kHeight: return "a height";
        case LocktimeUse::kTime: return "a time";
    }
    return "none";
}

std::string kinds(const Fingerprint& print) {
    std::string text;
    for (unsigned n = 0; n <= static_cast<unsigned>(AddressKind::kScript); ++n) {
        const auto kind = static_cast<AddressKind>(n);
        if (!print.signs_kind(kind)) continue;
        if (!text.empty()) text += '+';
        text += to_string(kind);
    }
    return text;
}

}  // namespace

Fingerprint fingerprint(const UtxoTxn& txn) noexcept {
    Fingerprint print;
    print.version = txn.version;
    if (txn.locktime != 0)
        print.locktime = txn.locktime < kFirstTime ? LocktimeUse::kHeight : LocktimeUse::kTime;
    for (const TxIn& in : txn.inputs)
        if (in.spent) print.signs |= 1U << static_cast<unsigned>(in.spent->address.kind());
    return print;
}

std::string to_string(const Fingerprint& print) {
    std::string text = format("version {}, locktime {}", print.version, words(print.locktime));
    if (print.signs != 0) text += format(", signs {}", kinds(print));
    return text;
}

std::vector<std::string> differs(const Fingerprint& before, const Fingerprint& after) {
    std::vector<std::string> reasons;
    if (before.version != after.version)
        reasons.push_back(format("version {}, then {}", before.version, after.version));
    if (before.locktime != after.locktime)
        reasons.push_back(
            format("locktime {}, then {}", words(before.locktime), words(after.locktime)));
    if (before.signs != 0 && after.signs != 0 && (before.signs & after.signs) == 0)
        reasons.push_back(format("signs {}, then {}", kinds(before), kinds(after)));
    return reasons;
}

bool same_software(const Fingerprint& a, const Fingerprint& b) noexcept {
    return a.version == b.version && a.locktime == b.locktime;
}

}  // namespace cordon::chain
