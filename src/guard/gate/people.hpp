// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "../policy.hpp"

namespace cordon::guard {

/// Somebody who agreed, with the groups that he is in.
struct Agreeing {
    std::string name;
    std::string key;  ///< ApproverKey::text(): two names with one key are one person.
    std::set<std::string> groups;
};

/// Sets `given` of the needs: as many people as can be. With `one_group_each` somebody stands for
/// one need only, even where he is in several groups. True when all are met; the order of people
/// and needs does not matter for that.
bool assign(std::vector<ApprovalNeed>& needs, const std::vector<Agreeing>& people,
            bool one_group_each = true);

/// Whether a member of a group has this name; an unknown group has none.
bool is_member(const Policy& policy, std::string_view group, std::string_view name);

}  // namespace cordon::guard
