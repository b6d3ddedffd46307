// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "test_support.hpp"

namespace cordon::ledger::test {

/// Every question that the reader answers, against the naive answer. False (and gtest failures)
/// when one differs. `seed` chooses among ranges, pages and filters.
bool same_answers(const Reader& reader, ChainId chain, const Naive& naive, uint64_t seed = 1);

}  // namespace cordon::ledger::test
