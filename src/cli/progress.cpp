// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "progress.hpp"

#include <algorithm>
#include <cstdio>

#include <sys/resource.h>

#include <cordon/base/format.hpp>

#include "table.hpp"

namespace cordon::cli {

using Clock = std::chrono::steady_clock;

ProgressLine::ProgressLine(const Session& session)
    : enabled_{session.progress}, start_{Clock::now()}, last_{start_} {}

ProgressLine::~ProgressLine() { clear(); }

bool ProgressLine::due() {
    if (!enabled_) return false;
    const auto now = Clock::now();
    if (now - last_ < std::chrono::milliseconds{100}) return false;
    last_ = now;
    return true;
}

void ProgressLine::show(const std::string& text) {
    if (!enabled_) return;
    std::fprintf(stderr, "\r\033[K%s", shorten(text, terminal_width() - 1).c_str());
    std::fflush(stderr);
    drawn_ = true;
}

void ProgressLine::clear() {
    if (!drawn_) return;
    std::fputs("\r\033[K", stderr);
    std::fflush(stderr);
    drawn_ = false;
}

double ProgressLine::seconds() const {
    return std::chrono::duration<double>(Clock::now() - start_).count();
}

std::string bar(double share, std::size_t width) {
    const auto full =
        static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(width));
    return "[" + std::string(full, '#') + std::string(width - full, '-') + "]";
}

std::string format_bytes(uint64_t bytes) {
    if (bytes < 1000) return format("{} B", bytes);
    double value = static_cast<double>(bytes);
    for (const char* unit : {"kB", "MB", "GB", "TB"}) {
        value /= 1000;
        if (value < 1000 || std::string_view{unit} == "TB") return format("{:.1f} {}", value, unit);
    }
    return {};
}

std::string format_duration(double seconds) {
    const auto whole = static_cast<uint64_t>(std::max(0.0, seconds));
    if (whole < 100) return format("{} s", whole);
    if (whole < 6000) return format("{} min {:02} s", whole / 60, whole % 60);
    return format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string format_count(uint64_t count) { return group_digits(std::to_string(count)); }

uint64_t peak_memory() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<uint64_t>(usage.ru_maxrss) * 1024;  // Linux counts kilobytes.
}

}  // namespace cordon::cli
