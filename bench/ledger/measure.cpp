// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "measure.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string_view>

#include <cordon/base/format.hpp>

namespace {

thread_local double synced = 0;

/// Adds the time of one call to `synced`.
template <typename Call>
int timed(Call&& call) {
    const double begin = cordon::bench::wall_seconds();
    const auto result = static_cast<int>(call());
    synced += cordon::bench::wall_seconds() - begin;
    return result;
}

}  // namespace

// In place of the C library's, for every store in this program.
extern "C" int fsync(int file) {
    return timed([=] { return ::syscall(SYS_fsync, file); });
}
extern "C" int fdatasync(int file) {
    return timed([=] { return ::syscall(SYS_fdatasync, file); });
}
extern "C" int msync(void* begin, std::size_t size, int flags) {
    return timed([=] { return ::syscall(SYS_msync, begin, size, flags); });
}

namespace cordon::bench {
namespace {

constexpr auto kLook = std::chrono::milliseconds{20};
constexpr uint64_t kStatBlock = 512;  // What st_blocks counts, whatever the file system does.

double seconds(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

/// Free in this process's memory groups (cgroup v2), whose limit may be below what the machine has.
uint64_t free_in_groups() {
    constexpr std::string_view kRoot = "/sys/fs/cgroup";
    uint64_t least = UINT64_MAX;
    std::ifstream own{"/proc/self/cgroup"};
    for (std::string line; std::getline(own, line);) {
        if (!line.starts_with("0::")) continue;
        std::filesystem::path group = std::string{kRoot} + line.substr(3);
        for (; group.string().starts_with(kRoot); group = group.parent_path()) {
            uint64_t most = 0, used = 0;  // No limit: the word "max".
            if (std::ifstream{group / "memory.max"} >> most &&
                std::ifstream{group / "memory.current"} >> used)
                least = std::min(least, most - std::min(most, used));
        }
    }
    return least;
}

}  // namespace

double process_cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double thread_cpu_seconds() { return seconds(CLOCK_THREAD_CPUTIME_ID); }

double wall_seconds() { return seconds(CLOCK_MONOTONIC); }

double synced_seconds() { return synced; }

uint64_t disk_bytes(const std::string& directory) {
    namespace fs = std::filesystem;
    uint64_t sum = 0;
    std::error_code gone;  // Files of background work come and go.
    for (fs::recursive_directory_iterator at{directory, gone}, end; !gone && at != end;
         at.increment(gone)) {
        struct stat status{};
        if (::lstat(at->path().c_str(), &status) == 0 && S_ISREG(status.st_mode))
            sum += std::min(static_cast<uint64_t>(status.st_size),
                            static_cast<uint64_t>(status.st_blocks) * kStatBlock);
    }
    return sum;
}

void touch_memory(uint64_t bytes) {
    const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
    const auto free = static_cast<uint64_t>(::sysconf(_SC_AVPHYS_PAGES)) * page;
    const auto size =
        static_cast<std::size_t>(std::min(bytes, std::min(free, free_in_groups()) / 4 * 3));
    if (size == 0) return;
    void* const room =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) return;
    for (std::size_t at = 0; at < size; at += page) static_cast<volatile uint8_t*>(room)[at] = 1;
    ::munmap(room, size);
}

uint64_t anonymous_bytes() {
    std::ifstream status{"/proc/self/status"};
    uint64_t kib = 0;
    for (std::string line; std::getline(status, line);)
        if (std::sscanf(line.c_str(), "RssAnon: %" SCNu64, &kib) == 1) break;
    return kib * 1024;
}

MemoryWatch::MemoryWatch()
    : thread_{[this] {
          while (!stop_) {
              peak_ = std::max(peak_.load(), anonymous_bytes());
              cpu_ = thread_cpu_seconds();
              std::this_thread::sleep_for(kLook);
          }
      }} {}

MemoryWatch::~MemoryWatch() {
    stop_ = true;
    thread_.join();
}

double clock_micros() {
    constexpr std::size_t kLooks = 10'000;
    std::vector<double> micros;
    for (std::size_t i = 0; i < kLooks; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        const auto end = std::chrono::steady_clock::now();
        micros.push_back(std::chrono::duration<double, std::micro>(end - begin).count());
    }
    return percentiles(std::move(micros)).p50;
}

Percentiles percentiles(std::vector<double> values) {
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    return {values[values.size() / 2], values[values.size() * 99 / 100]};
}

void Figures::raw(const std::string& name, const std::string& value) {
    text_ += format("{}\"{}\": {}", text_.empty() ? "" : ", ", name, value);
}
void Figures::add(const std::string& name, double value) { raw(name, format("{:.6g}", value)); }
void Figures::add(const std::string& name, uint64_t value) { raw(name, format("{}", value)); }
void Figures::add(const std::string& name, const std::string& value) {
    raw(name, '"' + value + '"');
}
void Figures::add(const std::string& name, Percentiles micros) {
    add(name + "_p50_us", micros.p50);
    add(name + "_p99_us", micros.p99);
}
void Figures::print() const { std::printf("{%s}\n", text_.c_str()); }

}  // namespace cordon::bench
