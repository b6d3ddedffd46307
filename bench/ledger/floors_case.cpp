// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#define OPENSSL_SUPPRESS_DEPRECATED  // The one-shot call costs four times as much.
#include <fcntl.h>
#include <openssl/sha.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "../peers/store.hpp"
#include "cases.hpp"
#include "mapped_files.hpp"
#include "measure.hpp"

namespace cordon::bench {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kTxnBytes = 400;         // A usual Bitcoin txn.
constexpr std::size_t kRegion = 1ULL << 30;    // As large as the files of 20 M rows.
constexpr std::size_t kCopied = 256ULL << 20;  // Far above any cache.

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

/// A file in the page cache, beside nothing else.
void write_region(const std::string& directory) {
    const std::string path = directory + "/floor.region";
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) give_up("cannot create " + path);
    std::vector<uint8_t> piece(1 << 20);
    for (std::size_t written = 0; written < kRegion; written += piece.size())
        if (::write(file, piece.data(), piece.size()) != static_cast<ssize_t>(piece.size()))
            give_up("cannot write " + path);
    ::close(file);
}

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
    write_region(options.directory);
    {
        const MappedFiles region{options.directory};
        figures.add("page_cache_read_bytes_per_s", region.read_bytes_per_s());
        figures.add("dependent_read_ns", region.dependent_read_ns());
    }
    ::unlink((options.directory + "/floor.region").c_str());
    figures.add("fdatasync_4k", sync_micros(options.directory));
    figures.print();
}

}  // namespace cordon::bench
