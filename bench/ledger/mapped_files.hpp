// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace cordon::bench {

/// All files below a directory, one behind the other in memory: what a read of them costs at
/// least on this machine, whoever reads. Ends the program when it cannot map them.
class MappedFiles {
public:
    /// REQUIRES: nobody makes a file shorter meanwhile.
    explicit MappedFiles(const std::string& directory);
    ~MappedFiles();
    MappedFiles(const MappedFiles&) = delete;
    MappedFiles& operator=(const MappedFiles&) = delete;

    /// From end to end, by one thread.
    double read_bytes_per_s() const;
    /// Of one word at any place, when the place depends on the word that was read before: the
    /// median of some rounds of two million.
    double dependent_read_ns() const;

private:
    uint64_t word(std::size_t at) const noexcept;

    uint8_t* bytes_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace cordon::bench
