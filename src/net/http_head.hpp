// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "http_routes.hpp"

/// Inside of the room: answers as bytes.
namespace cordon::net {

/// Whether its status, type and headers stay what they are on the wire (response splitting).
bool is_writable(const ServerResponse& response);
/// RFC 9110 §15.3.5, §15.4.5: these have no body, whatever the handler says.
bool has_body(const ServerResponse& response);
/// From the status line to the empty line. `id` is a plain word.
std::string head_of(const ServerResponse& response, std::string_view id, bool keep_alive);

}  // namespace cordon::net
