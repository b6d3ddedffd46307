// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "service.hpp"

#include <cordon/base/bytes.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/model/holder.hpp>

#include "text.hpp"

namespace cordon::report {
namespace {

constexpr std::size_t kMaxName = 80;
constexpr std::size_t kMaxKey = 48;  // A file name that every system takes, with room for ".html".

}  // namespace

std::string service_name(const Label& label) {
    std::string name = clean_text(holder_of(label), kMaxName);
    if (name.empty()) name = "unnamed " + std::string{to_string(label.category)};
    return name;
}

// What cannot be written in plain letters is told apart by its digest.
std::string service_key(std::string_view name) {
    std::string key;
    bool lossy = false;
    for (const char c : name) {
        const char small = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        lossy = lossy || static_cast<unsigned char>(c) >= 0x80;
        if ((small >= 'a' && small <= 'z') || (small >= '0' && small <= '9'))
            key += small;
        else if (!key.empty() && key.back() != '-')
            key += '-';
    }
    while (!key.empty() && key.back() == '-') key.pop_back();
    if (lossy || key.empty() || key.size() > kMaxKey) {
        const ByteView bytes{reinterpret_cast<const uint8_t*>(name.data()), name.size()};
        key = key.substr(0, kMaxKey - 9) + (key.empty() ? "service-" : "-") +
              to_hex(crypto::sha256(bytes)).substr(0, 8);
    }
    return key;
}

bool can_hold(Category category) noexcept {
    switch (category) {
        case Category::kBridge:
        case Category::kDeposit:
        case Category::kExchange:
        case Category::kGambling:
        case Category::kService:
        case Category::kSwap: return true;
        case Category::kDefi:
        case Category::kMixer:
        case Category::kOther:
        case Category::kRansomware:
        case Category::kSanctioned:
        case Category::kScam:
        case Category::kTheft:
        case Category::kUser: break;
    }
    return false;
}

ServiceId service_id(const Label& label) {
    return {service_key(service_name(label)),
            can_hold(label.category) ? std::nullopt : std::optional{label.category}};
}

Category main_category(Category known, Category other) noexcept {
    return known == Category::kDeposit ? other : known;
}

}  // namespace cordon::report
