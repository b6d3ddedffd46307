// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "role.hpp"

#include <array>

namespace cordon::server {
namespace {

constexpr std::array<std::string_view, kRoleCount> kRoleNames{"viewer", "analyst", "approver",
                                                              "operator", "admin"};

constexpr uint8_t of(Permission permission) {
    return static_cast<uint8_t>(1U << static_cast<unsigned>(permission));
}
constexpr uint8_t kReads = of(Permission::kRead);

/// The table: what each role may. An admin approves and operates nothing: who makes accounts could
/// else make the second person of a four-eyes rule, and be both.
constexpr std::array<uint8_t, kRoleCount> kMay{
    kReads,
    kReads | of(Permission::kInvestigate),
    kReads | of(Permission::kApprove),
    kReads | of(Permission::kOperate),
    kReads | of(Permission::kAdminister),
};

}  // namespace

std::string_view to_string(Role role) noexcept { return kRoleNames[static_cast<unsigned>(role)]; }

std::optional<Role> parse_role(std::string_view text) noexcept {
    for (std::size_t i = 0; i < kRoleNames.size(); ++i)
        if (kRoleNames[i] == text) return static_cast<Role>(i);
    return std::nullopt;
}

std::string_view to_string(Permission permission) noexcept {
    switch (permission) {
        case Permission::kRead: return "read";
        case Permission::kInvestigate: return "investigate";
        case Permission::kApprove: return "approve";
        case Permission::kOperate: return "operate";
        case Permission::kAdminister: return "administer";
    }
    return "";
}

bool Roles::may(Permission permission) const noexcept {
    for (std::size_t i = 0; i < kMay.size(); ++i)
        if (has(static_cast<Role>(i)) && (kMay[i] & of(permission)) != 0) return true;
    return false;
}

}  // namespace cordon::server
