// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "command.hpp"

namespace cordon::cli {

/// One line on standard error that redraws itself; silent when standard error is no terminal.
/// Confined to one thread.
class ProgressLine {
public:
    /// `plain`: no line that redraws itself but a new one every few seconds, also where there is
    /// no terminal.
    explicit ProgressLine(const Session& session, bool plain = false);
    ~ProgressLine();
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    /// True when it is time to draw again (five times a second): ask before formatting anything.
    bool due();
    void show(const std::string& text);
    /// Removes the line, so that a result can be printed.
    void clear();

    double seconds() const;

private:
    const bool plain_;
    const bool enabled_;
    const std::chrono::steady_clock::time_point start_;
    std::chrono::steady_clock::time_point last_;
    bool drawn_ = false;
};

/// How fast a count grows, over the last ten seconds or so.
class Speed {
public:
    /// The count at `seconds`; both only rise.
    void add(double seconds, uint64_t count);
    double per_second() const;

private:
    std::deque<std::pair<double, uint64_t>> seen_;
};

/// Parts of a progress line, two blanks apart, in at most `width` columns: what has the highest
/// `rank` is left out first. Empty parts are none.
struct LinePart {
    std::string text;
    int rank = 0;
};
std::string join_parts(const std::vector<LinePart>& parts, std::size_t width);

/// "[#######-----]" for a share of 0..1.
std::string bar(double share, std::size_t width);

/// "1.2 MB", "42 s", "1,204,331".
std::string format_bytes(uint64_t bytes);
std::string format_duration(double seconds);
std::string format_count(uint64_t count);

/// "812", "31.5k", "2.41M": three digits.
std::string format_rate(double rate);

/// Resident memory of this process, in bytes: the most there was, and now.
uint64_t peak_memory();
uint64_t resident_memory();
/// Processor time of all threads of this process so far.
double cpu_seconds();

}  // namespace cordon::cli
