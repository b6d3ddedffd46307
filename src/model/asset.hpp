// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <cordon/base/result.hpp>

#include "address.hpp"

namespace cordon {

/// What is moved, within one chain: the native coin, a token contract, or a free code of a
/// canonical file. A value type; the native asset is the default and sorts first.
class Asset {
public:
    static constexpr std::size_t kMaxCode = 64;

    constexpr Asset() noexcept = default;
    /// A token by its contract. REQUIRES: an EVM or Tron address.
    static Asset contract(const Address& address);
    /// "native", "0x" + 40 hex digits (any case; stored lower), or a code [A-Za-z0-9._-]{1,64}.
    /// kMalformed. Tron contracts are codes in base58 form: their text is the address text.
    static Result<Asset> parse(std::string_view text);

    bool is_native() const noexcept { return size_ == 0; }
    bool is_contract() const noexcept;
    /// As parse() takes it. Lifetime: as long as this Asset.
    std::string_view text() const noexcept {
        return is_native() ? std::string_view{"native"} : std::string_view{text_.data(), size_};
    }

    friend auto operator<=>(const Asset&, const Asset&) = default;

private:
    uint8_t size_ = 0;
    std::array<char, kMaxCode> text_{};  // Unused tail is zero.
};

/// Whether a token is what its symbol says. Counterfeits never carry taint.
enum class AssetStatus : uint8_t { kUnknown, kVerified, kCounterfeit };
std::string_view to_string(AssetStatus status) noexcept;
Result<AssetStatus> parse_asset_status(std::string_view text);

}  // namespace cordon

template <>
struct std::hash<cordon::Asset> {
    std::size_t operator()(const cordon::Asset& asset) const noexcept {
        return std::hash<std::string_view>{}(asset.text());
    }
};
