// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "trace.hpp"

namespace cordon::trace {

/// Sets Node::confidence and Endpoint::confidence from the edges. Cost: one look at each edge; when
/// one is below 1, O(E log E).
void weigh_paths(TraceResult& result);

}  // namespace cordon::trace
