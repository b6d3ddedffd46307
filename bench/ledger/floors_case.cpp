// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#define OPENSSL_SUPPRESS_DEPRECATED  // The one-shot call costs four times as much.
#include <fcntl.h>
#include <openssl/sha.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "../peers/store.hpp"
#include "cases.hpp"
#include "measure.hpp"

namespace cordon::bench {
namespace {

constexpr std::size_t kLine = 64;
constexpr std::size_t kPage = 4096;
constexpr std::size_t kTxnBytes = 400;         // A usual Bitcoin txn.
constexpr std::size_t kRegion = 1ULL << 30;    // As large as the files of 20 M rows.
constexpr std::size_t kCopied = 256ULL << 20;  // Far above any cache.
constexpr std::size_t kChased = 2'000'000;
constexpr int kRounds = 5;

/// Median CPU seconds of `work`: a busy neighbour does not make a floor lower.
template <typename Work>
double median_seconds(Work&& work) {
    std::vector<double> rounds;
    for (int i = 0; i < kRounds; ++i) {
        const double begin = thread_cpu_seconds();
        work();
        rounds.push_back(thread_cpu_seconds() - begin);
    }
    return percentiles(std::move(rounds)).p50;
}

double sha256d_ns() {
    constexpr int kHashes = 20'000;
    std::vector<uint8_t> txn(kTxnBytes, 7);
    const auto hash = [&] {
        for (int i = 0; i < kHashes; ++i) {
            SHA256_CTX state;
            SHA256_Init(&state);
            SHA256_Update(&state, txn.data(), txn.size());
            SHA256_Final(txn.data(), &state);
            SHA256_Init(&state);
            SHA256_Update(&state, txn.data(), SHA256_DIGEST_LENGTH);
            SHA256_Final(txn.data(), &state);
        }
    };
    return median_seconds(hash) / kHashes * 1e9;
}

double memcpy_bytes_per_s() {
    std::vector<uint8_t> from(kCopied, 1), to(kCopied, 2);
    const auto copy = [&] {
        std::memcpy(to.data(), from.data(), kCopied);
        asm volatile("" : : "r"(to.data()) : "memory");
    };
    return static_cast<double>(kCopied) / median_seconds(copy);
}

/// A file in the page cache: one cycle through all of its lines, in random order.
class Region {
public:
    explicit Region(const std::string& directory) : path_{directory + "/floor.region"} {
        const std::size_t lines = kRegion / kLine;
        std::vector<uint32_t> next(lines);
        std::iota(next.begin(), next.end(), 0U);
        std::mt19937_64 random{1};
        // Sattolo's shuffle: one cycle, so the chase cannot end in a short one.
        for (std::size_t i = lines - 1; i > 0; --i) std::swap(next[i], next[random() % i]);
        const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (file < 0) give_up("cannot create " + path_);
        std::vector<uint8_t> piece(1 << 20);
        for (std::size_t line = 0; line < lines;) {
            for (std::size_t at = 0; at < piece.size(); at += kLine, ++line)
                std::memcpy(piece.data() + at, &next[line], sizeof next[line]);
            if (::write(file, piece.data(), piece.size()) != static_cast<ssize_t>(piece.size()))
                give_up("cannot write " + path_);
        }
        bytes_ = static_cast<const uint8_t*>(
            ::mmap(nullptr, kRegion, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0));
        ::close(file);
        if (bytes_ == MAP_FAILED) give_up("cannot map " + path_);
    }
    ~Region() {
        ::munmap(const_cast<uint8_t*>(bytes_), kRegion);
        ::unlink(path_.c_str());
    }

    double read_bytes_per_s() const {
        const auto read = [&] {
            std::array<uint64_t, 8> sums{};
            for (std::size_t at = 0; at < kRegion; at += kLine)
                for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += word(at + i * 8);
            asm volatile("" : : "r"(sums.data()) : "memory");
        };
        return static_cast<double>(kRegion) / median_seconds(read);
    }

    double dependent_read_ns() const {
        uint64_t line = 0;
        const auto chase = [&] {
            for (std::size_t i = 0; i < kChased; ++i)
                line = static_cast<uint32_t>(word(line * kLine));
            asm volatile("" : : "r"(line));
        };
        return median_seconds(chase) / kChased * 1e9;
    }

private:
    uint64_t word(std::size_t at) const {
        uint64_t value = 0;
        std::memcpy(&value, bytes_ + at, sizeof value);
        return value;
    }

    std::string path_;
    const uint8_t* bytes_ = nullptr;
};

Percentiles sync_micros(const std::string& directory) {
    constexpr std::size_t kWrites = 200;
    const std::string path = directory + "/floor.sync";
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    std::vector<uint8_t> page(kPage);
    for (std::size_t i = 0; i < kWrites; ++i)
        if (::write(file, page.data(), kPage) != static_cast<ssize_t>(kPage))
            give_up("cannot write " + path);
    ::fsync(file);
    std::fill(page.begin(), page.end(), uint8_t{1});
    const Percentiles micros = time_each(kWrites, [&](std::size_t i) {
        if (::pwrite(file, page.data(), kPage, static_cast<off_t>(i * kPage)) < 0 ||
            ::fdatasync(file) != 0)
            give_up("cannot write " + path);
    });
    ::close(file);
    ::unlink(path.c_str());
    return micros;
}

}  // namespace

void floors_case(const CaseOptions& options) {
    Figures figures;
    figures.add("sha256d_400_ns", sha256d_ns());
    figures.add("memcpy_bytes_per_s", memcpy_bytes_per_s());
    {
        const Region region{options.directory};
        figures.add("page_cache_read_bytes_per_s", region.read_bytes_per_s());
        figures.add("dependent_read_ns", region.dependent_read_ns());
    }
    figures.add("fdatasync_4k", sync_micros(options.directory));
    figures.print();
}

}  // namespace cordon::bench
