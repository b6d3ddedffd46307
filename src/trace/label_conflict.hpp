// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>

#include <cordon/model/label.hpp>

namespace cordon::trace {

/// Why the labels of one address cannot all be followed, in words for a person; nothing when they
/// can. Either some are of a stop category and others are not (is the money there, or did it go
/// on?), or two services are named (whom to ask?). Names are the same when their first words are,
/// without case and domain: "Binance 14", "binance", "Binance.com". Pure.
std::optional<std::string> label_conflict(std::span<const Label> labels,
                                          std::span<const Category> stop);

}  // namespace cordon::trace
