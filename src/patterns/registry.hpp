// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include <cordon/trace/link_source.hpp>

namespace cordon::patterns {

/// One recogniser, as lists and documents name it. Its page is docs/patterns/<id>.md.
struct Recogniser {
    std::string_view id;
    std::string_view title;
    const trace::LinkSource* source;  ///< Null where trace need not ask: it names shapes only.
};

/// Every recogniser, by id. Lifetime: the program. Any thread.
std::span<const Recogniser> recognisers() noexcept;

/// Those that trace() asks, in the same order.
std::span<const trace::LinkSource* const> all() noexcept;

}  // namespace cordon::patterns
