// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <cordon/model/label.hpp>

/// Services at which stolen money came to rest: who is one, and whether it is worth a letter. The
/// same for letters, case file and the console, so that they count alike.
namespace cordon::report {

/// Who holds the address, as one harmless line; "unnamed exchange" where the label says nobody.
std::string service_name(const Label& label);

/// A name for files and addresses: the same for names that differ in case and punctuation alone.
std::string service_key(std::string_view name);

/// Where the money would wait for the service: what it does not hold, it cannot freeze.
bool can_hold(Category category) noexcept;

/// What is one service: everything of one holder that can hold money (its deposit addresses and
/// its wallets), and each sort of the rest apart.
using ServiceId = std::pair<std::string, std::optional<Category>>;
ServiceId service_id(const Label& label);

/// Of two addresses of a service: the main wallet says better what it is than a deposit address.
Category main_category(Category known, Category other) noexcept;

}  // namespace cordon::report
