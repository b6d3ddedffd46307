// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "command.hpp"

namespace cordon::cli {

/// One line on standard error that redraws itself; silent when standard error is no terminal.
/// Confined to one thread.
class ProgressLine {
public:
    explicit ProgressLine(const Session& session);
    ~ProgressLine();
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    /// True when it is time to draw again (ten times a second): ask before formatting anything.
    bool due();
    void show(const std::string& text);
    /// Removes the line, so that a result can be printed.
    void clear();

    double seconds() const;

private:
    const bool enabled_;
    const std::chrono::steady_clock::time_point start_;
    std::chrono::steady_clock::time_point last_;
    bool drawn_ = false;
};

/// "[#######-----]" for a share of 0..1.
std::string bar(double share, std::size_t width);

/// "1.2 MB", "42 s", "1,204,331".
std::string format_bytes(uint64_t bytes);
std::string format_duration(double seconds);
std::string format_count(uint64_t count);

/// Peak resident memory of this process, in bytes.
uint64_t peak_memory();

}  // namespace cordon::cli
