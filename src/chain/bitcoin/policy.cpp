// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "policy.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/base/time.hpp>

namespace cordon::chain {
namespace {

using Kind = Policy::Kind;

constexpr uint32_t kFirstTime = 500'000'000;  // Consensus: a locktime from here on is unix seconds.
// BIP-68.
constexpr uint32_t kNoLock = 1U << 31, kTimeFlag = 1U << 22, kMask = 0xffff;
constexpr uint64_t kLockSeconds = 512, kBlockSeconds = 600;

std::string grouped(uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
    return text;
}

/// "about 365 days": to the unit in which a person thinks of it.
std::string about(uint64_t seconds) {
    constexpr uint64_t kHour = 3600, kDay = 24 * kHour;
    const auto in = [&](uint64_t unit, std::string_view name) {
        const uint64_t count = (seconds + unit / 2) / unit;
        return format("about {} {}{}", grouped(count), name, count == 1 ? "" : "s");
    };
    if (seconds < 2 * kHour) return in(60, "minute");
    if (seconds < 2 * kDay) return in(kHour, "hour");
    return in(kDay, "day");
}

/// Neither needs a bracket inside a list.
bool is_short(const Policy& policy) noexcept { return policy.kind != Kind::kThreshold; }

std::string words(const Policy& policy, bool inside) {
    switch (policy.kind) {
        case Kind::kNever: return "nobody";
        case Kind::kAlways: return "anybody";
        case Kind::kKey: return policy.text;
        case Kind::kSecret: return format("whoever knows the secret of {}", policy.text);
        case Kind::kOlder: return format("{} after the coin came", relative_lock(policy.number));
        case Kind::kAfter: return format("from {} on", absolute_lock(policy.number));
        case Kind::kThreshold: break;
    }
    const bool any = policy.number == 1;
    const bool all = policy.number == policy.parts.size();
    std::string out;
    if (!any && !all) out = format("{} of {}: ", policy.number, policy.parts.size());
    const std::string_view between = any ? (inside ? " or " : "; or ") : all ? " and " : ", ";
    for (std::size_t i = 0; i < policy.parts.size(); ++i) {
        // At the top each way to spend stands for itself.
        const Policy& part = policy.parts[i];
        const bool plain = is_short(part) || (any && !inside);
        out += format("{}{}", i == 0 ? "" : between,
                      plain ? words(part, true) : format("({})", words(part, true)));
    }
    return out;
}

}  // namespace

Policy key_policy(std::string label) { return {Kind::kKey, 0, std::move(label), {}}; }

Policy threshold(uint32_t needed, std::vector<Policy> parts) {
    // What always holds needs nobody, what never holds helps nobody.
    std::vector<Policy> left;
    for (Policy& part : parts) {
        if (part.kind == Kind::kAlways) {
            needed -= needed > 0 ? 1 : 0;
        } else if (part.kind != Kind::kNever) {
            left.push_back(std::move(part));
        }
    }
    if (needed == 0) return {Kind::kAlways, 0, {}, {}};
    if (needed > left.size()) return {Kind::kNever, 0, {}, {}};
    if (left.size() == 1) return std::move(left[0]);
    // "A or (B or C)" is "A or B or C", and so with "and".
    std::vector<Policy> flat;
    const bool any = needed == 1, all = needed == left.size();
    for (Policy& part : left) {
        const bool same = part.kind == Kind::kThreshold &&
                          ((any && part.number == 1) || (all && part.number == part.parts.size()));
        if (same) {
            std::move(part.parts.begin(), part.parts.end(), std::back_inserter(flat));
        } else {
            flat.push_back(std::move(part));
        }
    }
    return {
        Kind::kThreshold, all ? static_cast<uint32_t>(flat.size()) : needed, {}, std::move(flat)};
}

Policy all_of(std::vector<Policy> parts) {
    const auto count = static_cast<uint32_t>(parts.size());
    return threshold(count, std::move(parts));
}
Policy any_of(std::vector<Policy> parts) { return threshold(1, std::move(parts)); }

std::string to_string(const Policy& policy) { return words(policy, false); }

std::string relative_lock(uint32_t number) {
    if ((number & kNoLock) != 0 || (number & kMask) == 0) return {};
    const uint64_t count = number & kMask;
    if ((number & kTimeFlag) != 0) return about(count * kLockSeconds);
    return format("{} block{} ({})", grouped(count), count == 1 ? "" : "s",
                  about(count * kBlockSeconds));
}

std::string absolute_lock(uint32_t number) {
    if (number < kFirstTime) return format("block {}", grouped(number));
    std::string text = format_rfc3339(from_unix_seconds(number));
    text.replace(text.find('T'), 1, " ");
    return text.substr(0, 16) + " UTC";
}

}  // namespace cordon::chain
