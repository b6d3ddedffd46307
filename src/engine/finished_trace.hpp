// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "trace_desk.hpp"

namespace cordon::engine {

/// A finished trace and what was made of it.
struct FinishedTrace {
    explicit FinishedTrace(Theft made) : theft{std::make_shared<const Theft>(std::move(made))} {}

    const std::shared_ptr<const Theft> theft;  // Shared with those who read it.
    std::mutex drawing;                        // One picture at a time: of the next two.
    std::map<std::string, std::shared_ptr<const DrawnFlow>> drawn;
    std::deque<std::string> drawn_order;
    std::mutex writing;  // Of the next two.
    std::shared_ptr<const std::string> result, summary;
};

/// The picture, by at most so many steps from earlier ones that are kept; those and this one are
/// kept with it, so many in all. Errors of expand. REQUIRES: finished.drawing is held.
Result<std::shared_ptr<const DrawnFlow>> draw(FinishedTrace& finished, const FlowView& view,
                                              std::size_t steps);

}  // namespace cordon::engine
