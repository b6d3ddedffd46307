// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <cordon/model/activity.hpp>

#include "fact_reader.hpp"

namespace cordon::chain {

/// What the calls and logs of a block's txns say: the same as an export of that block would
/// (docs/formats/evm-etl.md). Txns that failed or moved nothing say nothing.
std::vector<Fact> facts_of(const SeenBlock& seen, const FactReader& reader);

}  // namespace cordon::chain
