// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "mapped_files.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "../peers/store.hpp"
#include "measure.hpp"

namespace cordon::bench {
namespace {

constexpr std::size_t kLine = 64;
constexpr std::size_t kPage = 4096;
constexpr int64_t kStatBlock = 512;
constexpr std::size_t kReads = 2'000'000;

}  // namespace

MappedFiles::MappedFiles(const std::string& directory) {
    namespace fs = std::filesystem;
    std::vector<std::pair<std::string, std::size_t>> files;  // Sizes in whole pages.
    for (const auto& entry : fs::recursive_directory_iterator{directory}) {
        struct stat file{};
        if (!entry.is_regular_file() || ::stat(entry.path().c_str(), &file) != 0) continue;
        // A sparse file counts what it holds: what is read for the first time would be made.
        const auto held =
            static_cast<std::size_t>(std::min<int64_t>(file.st_size, file.st_blocks * kStatBlock));
        if (held == 0) continue;
        files.emplace_back(entry.path(), (held + kPage - 1) / kPage * kPage);
        size_ += files.back().second;
    }
    if (size_ == 0) give_up("there is nothing to read in " + directory);
    // Room for all, in which each gets its place.
    void* room = ::mmap(nullptr, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) give_up("cannot map " + directory);
    bytes_ = static_cast<uint8_t*>(room);
    uint8_t* at = bytes_;
    for (const auto& [path, size] : files) {
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0 || ::mmap(at, size, PROT_READ, MAP_SHARED | MAP_FIXED | MAP_POPULATE, file,
                               0) == MAP_FAILED)
            give_up("cannot map " + path);
        ::close(file);
        at += size;
    }
}

MappedFiles::~MappedFiles() { ::munmap(bytes_, size_); }

uint64_t MappedFiles::word(std::size_t at) const noexcept {
    uint64_t value = 0;
    std::memcpy(&value, bytes_ + at, sizeof value);
    return value;
}

double MappedFiles::read_bytes_per_s() const {
    const double seconds = median_seconds([&] {
        std::array<uint64_t, 8> sums{};
        for (std::size_t at = 0; at < size_; at += kLine)
            for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += word(at + i * 8);
        asm volatile("" : : "r"(sums.data()) : "memory");
    });
    return static_cast<double>(size_) / seconds;
}

double MappedFiles::dependent_read_ns() const {
    __extension__ using Wide = unsigned __int128;
    const std::size_t lines = size_ / kLine;
    uint64_t state = 1;
    const double seconds = median_seconds([&] {
        for (std::size_t i = 0; i < kReads; ++i) {
            const auto line = static_cast<std::size_t>((static_cast<Wide>(state) * lines) >> 64);
            // Of MMIX, by Knuth; the word makes the next place depend on it.
            state = (state + word(line * kLine)) * 6364136223846793005U + 1442695040888963407U;
        }
        asm volatile("" : : "r"(state));
    });
    return seconds / kReads * 1e9;
}

}  // namespace cordon::bench
