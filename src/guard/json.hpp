// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/fwd.hpp>

#include "gate.hpp"

/// Answers as programs get them (requests are in wallet/request_json.hpp): the same for the command
/// line and for HTTP (docs/formats/guard-verdict.md).
namespace cordon::guard {

/// As verdicts and entries of the log have them: {"decision","rule","text","source"} each.
boost::json::array reasons_json(const std::vector<Reason>& reasons);
/// {"group","needed","given"} each.
boost::json::array needs_json(const std::vector<ApprovalNeed>& needs);
/// data of guard.verdict.
boost::json::object verdict_json(const Verdict& verdict);
/// data of guard.request: with its text, as people sign it.
boost::json::object standing_json(const Standing& standing);
/// A part of others: "group", "needed", "given", "agreed", "begins".
boost::json::object agreement_json(const Agreement& agreement);
/// data of guard.breaker: with the text that people sign to reset it.
boost::json::object breaker_json(const Breaker& breaker);

}  // namespace cordon::guard
