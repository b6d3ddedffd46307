// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/fwd.hpp>

#include <cordon/screen/screen.hpp>

namespace cordon::engine {

/// data of kind screen.result (docs/formats/screen-result.md).
boost::json::object screen_json(const screen::Screening& screening);

}  // namespace cordon::engine
