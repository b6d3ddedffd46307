// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "data.hpp"

namespace cordon::guard {

/// A condition as a sentence: "the value is at most $10,000 and the destination is in the book".
std::string words_of(const chain::Ast& condition);
/// What a policy means, for people who do not read conditions.
std::string words_of(const PolicyData& policy);

}  // namespace cordon::guard
