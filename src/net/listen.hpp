// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <cordon/base/result.hpp>

namespace cordon::net {

/// "127.0.0.1:8443", "[::1]:8443": the address without brackets. kInvalidParam.
Status parse_listen(std::string_view text, std::string& address, uint16_t& port);

bool is_loopback(std::string_view address) noexcept;

/// What an IP address counts as where addresses are limited: itself, or its /64, of which a single
/// host has 2^64 (RFC 4291).
std::string limit_key(std::string_view ip);

}  // namespace cordon::net
