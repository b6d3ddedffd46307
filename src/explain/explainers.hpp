// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>

#include "context.hpp"
#include "explanation.hpp"

namespace cordon::explain {

/// A kind of payload, and who explains it.
struct Explainer {
    std::string_view name;   ///< "safe": the sub-verb, and Explanation::type.
    std::string_view takes;  ///< What it reads, for help.
    /// The bytes of a file: text or binary. One explanation a payload in it, at least one.
    /// kMalformed and others with offset or field. Pure.
    Result<std::vector<Explanation>> (*explain)(std::string_view input, const Context& context);
};

/// All kinds, in the order of help. To add one: its function, and a line in explainers.cpp.
std::span<const Explainer> explainers() noexcept;
const Explainer* find_explainer(std::string_view name) noexcept;

}  // namespace cordon::explain
