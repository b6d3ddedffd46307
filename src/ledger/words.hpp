// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <future>
#include <string>
#include <utility>

namespace cordon::ledger {

/// Zeroed memory for tables that only save time and can be made anew.
///
/// Two megabytes and more lie in a file without a name in the given directory: when others need the
/// memory, the system writes it out instead of ending the process, and however the process ends,
/// nothing stays. Less than that, or where there is no room for such a file, is memory of the
/// process. Pages come when they are first touched, so making a table takes no time.
class Words {
public:
    Words() noexcept = default;
    /// Throws std::bad_alloc when there is no memory either.
    Words(std::size_t size, const std::string& directory);
    Words(Words&& other) noexcept
        : at_{std::exchange(other.at_, nullptr)},
          size_{std::exchange(other.size_, 0)},
          file_{std::exchange(other.file_, -1)} {}
    Words& operator=(Words&& other) noexcept {
        std::swap(at_, other.at_);
        std::swap(size_, other.size_);
        std::swap(file_, other.file_);
        return *this;
    }
    ~Words();

    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    uint64_t& operator[](std::size_t i) noexcept { return at_[i]; }
    uint64_t operator[](std::size_t i) const noexcept { return at_[i]; }
    uint64_t* data() noexcept { return at_; }
    const uint64_t* data() const noexcept { return at_; }
    /// Makes all of it zero again.
    void wipe() noexcept {
        if (size_ != 0) std::memset(at_, 0, size_ * sizeof(uint64_t));
    }

    /// It will not be given back to its maker: a file that is not needed is one descriptor less.
    void settle() noexcept;

private:
    friend class WordsMaker;
    bool lies_in_file() const noexcept { return file_ >= 0; }
    /// Becomes `size` zeros in the file that it has, whose pages are there already. False, and
    /// empty then, when there is no room. REQUIRES: lies_in_file() and size >= size().
    bool renew(std::size_t size);

    uint64_t* at_ = nullptr;
    std::size_t size_ = 0;
    int file_ = -1;  // Where it lies, or none.
};

/// Makes words and takes them back without keeping the caller waiting: the first touch of memory
/// takes microseconds a page, and a new table is touched everywhere at once. Large ones are touched
/// on threads of their own, and those that come back become, with what they lack, the next.
class WordsMaker {
public:
    /// Prepares words in `directory`; "" for memory of the process.
    explicit WordsMaker(std::string directory) : directory_{std::move(directory)} {}

    /// Begins to make `size` words, unless they are few or on their way already.
    void prepare(std::size_t size);
    /// The words that were prepared, or others at once: those are memory of the process, which
    /// costs nothing until it is touched.
    Words take(std::size_t size);
    /// Takes back what was given out; nobody else knows what it holds.
    void drop(Words words);

private:
    std::string directory_;
    std::future<Words> made_;
    std::size_t size_ = 0;  // Of what is being made.
    Words spare_;           // Came back.
    std::future<void> dropped_;
};

}  // namespace cordon::ledger
