// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "progress.hpp"

#include <algorithm>
#include <cstdio>

#include <sys/resource.h>
#include <unistd.h>

#include <cordon/base/format.hpp>

#include "table.hpp"

namespace cordon::cli {

using Clock = std::chrono::steady_clock;

namespace {
// Faster than anybody reads costs time on a slow terminal.
constexpr std::chrono::milliseconds kDrawPause{200};
constexpr std::chrono::milliseconds kPlainPause{3000};
constexpr double kSpeedWindow = 10;  // Seconds.
constexpr double kSpeedStep = 0.5;
}  // namespace

ProgressLine::ProgressLine(const Session& session, bool plain)
    : plain_{plain}, enabled_{session.progress || plain}, start_{Clock::now()}, last_{start_} {}

ProgressLine::~ProgressLine() { clear(); }

bool ProgressLine::due() {
    if (!enabled_) return false;
    const auto now = Clock::now();
    if (now - last_ < (plain_ ? kPlainPause : kDrawPause)) return false;
    last_ = now;
    return true;
}

void ProgressLine::show(const std::string& text) {
    if (!enabled_) return;
    if (plain_) {
        std::fprintf(stderr, "%s\n", text.c_str());
        return;
    }
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

void Speed::add(double seconds, uint64_t count) {
    // The latest is replaced until it is a step away from the one before.
    if (seen_.size() > 1 && seconds - seen_[seen_.size() - 2].first < kSpeedStep)
        seen_.back() = {seconds, count};
    else
        seen_.emplace_back(seconds, count);
    while (seen_.size() > 2 && seconds - seen_[1].first > kSpeedWindow) seen_.pop_front();
}

double Speed::per_second() const {
    if (seen_.size() < 2 || seen_.back().first <= seen_.front().first) return 0;
    return static_cast<double>(seen_.back().second - seen_.front().second) /
           (seen_.back().first - seen_.front().first);
}

std::string join_parts(const std::vector<LinePart>& parts, std::size_t width) {
    int limit = 0;
    for (const LinePart& part : parts) limit = std::max(limit, part.rank);
    for (;; --limit) {
        std::string line;
        for (const LinePart& part : parts) {
            if (part.text.empty() || part.rank > limit) continue;
            line += (line.empty() ? "" : "  ") + part.text;
        }
        if (limit <= 0 || display_width(line) <= width) return line;
    }
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

std::string format_rate(double rate) {
    std::string_view unit;
    for (const char* next : {"k", "M", "G"}) {
        if (rate < 999.5) break;
        rate /= 1000;
        unit = next;
    }
    const int digits = unit.empty() || rate >= 99.95 ? 0 : rate >= 9.995 ? 1 : 2;
    return format("{:.{}f}{}", rate, digits, unit);
}

uint64_t peak_memory() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<uint64_t>(usage.ru_maxrss) * 1024;  // Linux counts kilobytes.
}

uint64_t resident_memory() {
    std::FILE* const file = std::fopen("/proc/self/statm", "re");
    if (file == nullptr) return peak_memory();
    unsigned long long total = 0;
    unsigned long long resident = 0;
    const int got = std::fscanf(file, "%llu %llu", &total, &resident);
    std::fclose(file);
    return got == 2 ? resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) : peak_memory();
}

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace cordon::cli
