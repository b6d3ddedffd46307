// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "asset.hpp"

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

namespace cordon {

Asset Asset::contract(const Address& address) {
    CORDON_CHECK(address.kind() == AddressKind::kEvm);
    // Not to_hex0x(): whoever reads traces makes millions of them, and a text is on the heap.
    static constexpr char kDigits[] = "0123456789abcdef";
    Asset asset;
    char* at = asset.text_.data();
    *at++ = '0';
    *at++ = 'x';
    for (const uint8_t byte : address.payload()) {
        *at++ = kDigits[byte >> 4];
        *at++ = kDigits[byte & 15];
    }
    asset.size_ = static_cast<uint8_t>(at - asset.text_.data());
    return asset;
}

Result<Asset> Asset::parse(std::string_view text) {
    if (text == "native") return Asset{};
    if (text.empty() || text.size() > kMaxCode)
        return fail(ErrorCode::kMalformed, format("asset has {} characters: expected native, 0x "
                                                  "and 40 hex digits, or a code of 1 to {}",
                                                  text.size(), kMaxCode));
    Asset asset;
    asset.size_ = static_cast<uint8_t>(text.size());
    if (text.starts_with("0x") || text.starts_with("0X")) {
        std::array<uint8_t, 20> raw;
        if (const auto status = parse_hex_into(text.substr(2), raw); !status)
            return fail(status.error().in(format("asset \"{}\"", text)));
        // In ASCII this makes letters lower, and leaves digits.
        for (std::size_t i = 0; i < text.size(); ++i)
            asset.text_[i] = static_cast<char>(text[i] | 0x20);
        return asset;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool ok = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                        (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
        if (!ok)
            return fail(
                ErrorCode::kMalformed,
                format("asset has a character that is not in [A-Za-z0-9._-] at place {}", i + 1));
        asset.text_[i] = c;
    }
    return asset;
}

bool Asset::is_contract() const noexcept {
    return size_ == 42 && text_[0] == '0' && text_[1] == 'x';
}

std::string_view to_string(AssetStatus status) noexcept {
    switch (status) {
        case AssetStatus::kVerified: return "verified";
        case AssetStatus::kCounterfeit: return "counterfeit";
        case AssetStatus::kUnknown: break;
    }
    return "unknown";
}

Result<AssetStatus> parse_asset_status(std::string_view text) {
    if (text == "verified") return AssetStatus::kVerified;
    if (text == "counterfeit") return AssetStatus::kCounterfeit;
    if (text == "unknown") return AssetStatus::kUnknown;
    return fail(ErrorCode::kMalformed,
                format("asset status \"{}\": expected verified, counterfeit or unknown",
                       text.substr(0, 90)));
}

}  // namespace cordon
