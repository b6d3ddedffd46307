// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include <cordon/trace/layout.hpp>

#include "theft.hpp"

namespace cordon::engine {

/// Who stands beside a node of a picture, outside of its trace: the largest of those that paid it
/// (`in`) or that it paid, and the rest of them as one. Amounts are what the ledger holds of them
/// in all; ranked by USD at the time, then by the measure of the picture, then by number of
/// payments.
///
/// Cost: bounded; of a node of many addresses, or of busy ones, not all payments are looked at, and
/// the last one's name says so. Nothing for a key that is not in the picture.
Result<std::vector<trace::ContextNode>> expand(const Theft& theft, const trace::FlowLayout& layout,
                                               std::string_view key, bool in);

}  // namespace cordon::engine
