// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <cordon/explain/context.hpp>
#include <cordon/explain/explanation.hpp>
#include <cordon/model/alert.hpp>
#include <cordon/model/withdrawal.hpp>

namespace cordon::guard {

/// Explains the payload of a request with the request as what was agreed to (R12). `context` says
/// what else is known. More than one payload is kUnsupported: one request signs one thing.
Result<explain::Explanation> explain_request(const WithdrawalRequest& request,
                                             explain::Context context);
/// A price times an amount, rounded down; nothing when that is no number.
std::optional<Cents> usd_of(const Amount& amount, unsigned decimals, double price);

}  // namespace cordon::guard
