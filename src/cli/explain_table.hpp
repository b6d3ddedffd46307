// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <cordon/explain/explanation.hpp>

namespace cordon::cli {

/// An explanation for a person: the verdict first, then what happens, the worst of it, the reasons
/// and the hashes to compare. `width` in columns.
std::string explain_text(const explain::Explanation& explanation, std::size_t width, bool color);

}  // namespace cordon::cli
