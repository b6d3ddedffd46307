// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

/// Clocks and counters of one process under measurement.
namespace cordon::bench {

/// User and system time of all threads of this process.
double process_cpu_seconds();
/// Of the calling thread.
double thread_cpu_seconds();
double wall_seconds();

/// Time that the calling thread has spent in fsync, fdatasync and msync: what a disk costs, not a
/// store. Counted because this program has those functions in place of the C library's.
double synced_seconds();

/// Bytes that the files below a directory take up; sparse files count what they hold.
uint64_t disk_bytes(const std::string& directory);

/// Touches so much memory and gives it back, as far as it is free, here and in its cgroup. A
/// virtual machine may give free memory back to its host; then the next touch of a page costs
/// microseconds, whoever it is.
void touch_memory(uint64_t bytes);

/// Anonymous memory of this process now, of its own and not of mapped files.
uint64_t anonymous_bytes();

/// The peak of anonymous_bytes(), by a thread that looks every 20 ms. Mapped files are left out:
/// the kernel takes them back when somebody else needs the memory.
class MemoryWatch {
public:
    MemoryWatch();
    ~MemoryWatch();
    uint64_t peak_bytes() const { return peak_; }
    void restart() { peak_ = 0; }
    /// What the watching itself has cost.
    double cpu_seconds() const { return cpu_; }

private:
    std::atomic<bool> stop_ = false;
    std::atomic<uint64_t> peak_ = 0;
    std::atomic<double> cpu_ = 0;
    std::thread thread_;
};

struct Percentiles {
    double p50 = 0, p99 = 0;
};
Percentiles percentiles(std::vector<double> values);
/// Microseconds between two looks at the clock with nothing between them.
double clock_micros();
/// Microseconds of each call ask(0) .. ask(n - 1), without what the clock takes.
template <typename Ask>
Percentiles time_each(std::size_t n, Ask&& ask);

/// One flat JSON object in the order of the calls.
class Figures {
public:
    void add(const std::string& name, double value);
    void add(const std::string& name, uint64_t value);
    void add(const std::string& name, const std::string& value);
    void add(const std::string& name, Percentiles micros);
    void print() const;

private:
    void raw(const std::string& name, const std::string& value);
    std::string text_;
};

/// Median CPU seconds of five times `work`, by this thread: a busy neighbour does not make a floor
/// lower.
template <typename Work>
double median_seconds(Work&& work) {
    std::vector<double> rounds;
    for (int i = 0; i < 5; ++i) {
        const double begin = thread_cpu_seconds();
        work();
        rounds.push_back(thread_cpu_seconds() - begin);
    }
    return percentiles(std::move(rounds)).p50;
}

template <typename Ask>
Percentiles time_each(std::size_t n, Ask&& ask) {
    const double clock = clock_micros();
    std::vector<double> micros;
    micros.reserve(n);
    for (std::size_t i = 0; i < n; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        ask(i);
        const auto end = std::chrono::steady_clock::now();
        const double taken = std::chrono::duration<double, std::micro>(end - begin).count();
        micros.push_back(std::max(taken - clock, 0.0));
    }
    return percentiles(std::move(micros));
}

}  // namespace cordon::bench
