// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <cordon/base/result.hpp>

namespace cordon::engine {

/// Views that people saved (TraceDesk::save_view), one file each, named by its content.
/// Thread safety: all calls.
class SavedViews {
public:
    explicit SavedViews(std::string directory) : directory_{std::move(directory)} {}
    Result<std::string> save(std::string_view json);
    Result<std::string> view(std::string_view id) const;

private:
    const std::string directory_;
    std::mutex saving_;  // One view at a time: two may be the same.
};

}  // namespace cordon::engine
