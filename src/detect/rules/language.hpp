// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/chain/conditions/units.hpp>

/// The words of conditions, which rules share with the withdrawal policy.
namespace cordon::detect {

using chain::Ast;
using chain::Diagnostic;
using chain::Mark;
using chain::Op;
using chain::Problems;
using chain::SourcePiece;

using chain::is_literal;
using chain::kMaxConditionNodes;
using chain::nearest;
using chain::parse_condition;

}  // namespace cordon::detect
