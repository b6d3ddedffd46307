// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include <cordon/base/result.hpp>

namespace cordon::cli {

/// Writes to standard output; kIo when it is gone (a closed pipe, a full disk).
Status print(std::string_view text);

/// The envelope of all machine output, as one line:
/// {"v":1,"kind":K,"data":…,"warnings":[…],"incomplete":false}.
std::string envelope(std::string_view kind, const boost::json::value& data,
                     const std::vector<std::string>& warnings = {}, bool incomplete = false);

/// "cordon: warning: …" on standard error, one line each.
void print_warnings(const std::vector<std::string>& warnings);

}  // namespace cordon::cli
