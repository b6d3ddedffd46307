// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/fwd.hpp>

#include "explanation.hpp"

namespace cordon::explain {

/// data of explain.result: the same for the command line and for HTTP.
boost::json::object explain_json(const Explanation& explanation);

}  // namespace cordon::explain
