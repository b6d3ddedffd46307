// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// Who may do what. One table, read by every route, by the OpenAPI document and by the test that
/// tries every route as everybody.
namespace cordon::server {

/// What a person or program is there for. An account has one or several.
enum class Role : uint8_t {
    kViewer,    ///< Reads.
    kAnalyst,   ///< Also works on alerts, traces and cases.
    kApprover,  ///< Reads, and hands in statements about withdrawals.
    kOperator,  ///< Also asks for withdrawals, cancels them, trips breakers, proposes policies.
    kAdmin,     ///< Also accounts, tokens, and what others did. Approves nothing.
};
inline constexpr int kRoleCount = 5;
std::string_view to_string(Role role) noexcept;
std::optional<Role> parse_role(std::string_view text) noexcept;

/// What a route asks for.
enum class Permission : uint8_t {
    kRead,
    kInvestigate,
    kApprove,
    kOperate,
    kAdminister,
};
std::string_view to_string(Permission permission) noexcept;

/// The roles of one account.
class Roles {
public:
    constexpr Roles() = default;
    constexpr Roles with(Role role) const noexcept {
        return Roles{static_cast<uint8_t>(bits_ | (1U << static_cast<unsigned>(role)))};
    }
    constexpr bool has(Role role) const noexcept {
        return (bits_ >> static_cast<unsigned>(role) & 1U) != 0;
    }
    constexpr bool empty() const noexcept { return bits_ == 0; }
    /// As they are stored. Bits that are no role are dropped.
    constexpr uint8_t bits() const noexcept { return bits_; }
    static constexpr Roles of_bits(uint8_t bits) noexcept {
        return Roles{static_cast<uint8_t>(bits & ((1U << kRoleCount) - 1))};
    }
    bool may(Permission permission) const noexcept;
    friend constexpr bool operator==(Roles, Roles) = default;

private:
    explicit constexpr Roles(uint8_t bits) noexcept : bits_{bits} {}
    uint8_t bits_ = 0;
};

}  // namespace cordon::server
