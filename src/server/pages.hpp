// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include "endpoint.hpp"

/// What lists and bodies of several parts share.
namespace cordon::server {

/// "cursor" and "limit".
std::vector<Parameter> page_parameters();
/// 1 to 500; 100 unless told.
std::size_t limit_of(const Call& call);
/// A cursor that names nothing is the caller's mistake, not a page that is not there.
Error cursor_error(Error error);
/// A member of a body that its schema has checked; empty: not given.
std::string text_of(const boost::json::object& body, std::string_view name);

}  // namespace cordon::server
