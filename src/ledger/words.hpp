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
        : at_{std::exchange(other.at_, nullptr)}, size_{std::exchange(other.size_, 0)} {}
    Words& operator=(Words&& other) noexcept {
        std::swap(at_, other.at_);
        std::swap(size_, other.size_);
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

private:
    uint64_t* at_ = nullptr;
    std::size_t size_ = 0;
};

/// Makes words and takes them back without keeping the caller waiting: the first touch of memory
/// takes microseconds a page, a new table is touched everywhere at once, and giving one back takes
/// as long. Large ones are touched, and given back, on threads of their own.
class WordsMaker {
public:
    /// Prepares words in `directory`; "" for memory of the process.
    explicit WordsMaker(std::string directory) : directory_{std::move(directory)} {}

    /// Begins to make `size` words, unless they are few or on their way already.
    void prepare(std::size_t size);
    /// The words that were prepared, or others at once: those are memory of the process, which
    /// costs nothing until it is touched.
    Words take(std::size_t size);
    void drop(Words words);

private:
    std::string directory_;
    std::future<Words> made_;
    std::size_t size_ = 0;  // Of what is being made.
    std::future<void> dropped_;
};

}  // namespace cordon::ledger
