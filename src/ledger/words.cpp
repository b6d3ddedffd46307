// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "words.hpp"

#include <array>
#include <cstddef>
#include <new>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

namespace cordon::ledger {
namespace {

constexpr std::size_t kPage = std::size_t{2} << 20;  // Of the larger kind.
constexpr std::size_t kLarge = kPage / sizeof(uint64_t);

/// Large tables have whole pages of the larger kind.
std::size_t bytes_of(std::size_t words) noexcept {
    const std::size_t bytes = words * sizeof(uint64_t);
    return words < kLarge ? bytes : (bytes + kPage - 1) / kPage * kPage;
}

/// Writes zeros from a large page on, such a page at once: the system then keeps them in large
/// pages, and reserves their room, without which a full file system would end the process at the
/// first touch.
bool write_zeros(int file, std::size_t from, std::size_t to) noexcept {
    static const std::array<uint8_t, (std::size_t{1} << 16)> kZeros{};
    std::array<iovec, kPage / kZeros.size()> page;
    page.fill({const_cast<uint8_t*>(kZeros.data()), kZeros.size()});
    for (std::size_t at = from; at < to; at += kPage)
        if (::pwritev(file, page.data(), static_cast<int>(page.size()), static_cast<off_t>(at)) !=
            static_cast<ssize_t>(kPage))
            return false;
    return true;
}

/// Where the first `bytes` of a file come to lie, a multiple of kPage, beginning where a large page
/// can; MAP_FAILED when there is no room.
void* map_file(int file, std::size_t bytes) noexcept {
    void* at = ::mmap(nullptr, bytes + kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return at;
    auto* const begin = static_cast<uint8_t*>(at);
    const std::size_t skip = (kPage - reinterpret_cast<uintptr_t>(begin) % kPage) % kPage;
    at = ::mmap(begin + skip, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);
    const auto give_back = [&](std::size_t from, std::size_t to) {
        if (from != to) ::munmap(begin + from, to - from);
    };
    give_back(0, skip);
    give_back(at == MAP_FAILED ? skip : skip + bytes, bytes + kPage);
    return at;
}

}  // namespace

Words::Words(std::size_t size, const std::string& directory) : size_{size} {
    const std::size_t bytes = bytes_of(size);
    void* at = MAP_FAILED;
    if (size >= kLarge && !directory.empty())
        file_ = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file_ >= 0 && write_zeros(file_, 0, bytes)) at = map_file(file_, bytes);
    if (at == MAP_FAILED) {
        // No room, or a file system that knows no such files.
        settle();
        at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED) throw std::bad_alloc{};
        // Advice: when it is not taken, pages are small.
        if (size >= kLarge) ::madvise(at, bytes, MADV_HUGEPAGE);
    }
    at_ = static_cast<uint64_t*>(at);
}

Words::~Words() {
    if (at_ != nullptr) ::munmap(at_, bytes_of(size_));
    settle();
}

void Words::settle() noexcept {
    if (file_ >= 0) ::close(std::exchange(file_, -1));
}

bool Words::renew(std::size_t size) {
    wipe();
    const std::size_t before = bytes_of(size_);
    const std::size_t bytes = bytes_of(size);
    if (write_zeros(file_, before, bytes))
        if (void* const at = map_file(file_, bytes); at != MAP_FAILED) {
            ::munmap(std::exchange(at_, static_cast<uint64_t*>(at)), before);
            size_ = size;
            return true;
        }
    const Words gone{std::move(*this)};
    return false;
}

void WordsMaker::prepare(std::size_t size) {
    if (size < kLarge || size_ == size) return;
    size_ = size;
    made_ = std::async(std::launch::async,
                       [size, directory = directory_, words = std::exchange(spare_, {})]() mutable {
                           if (words.empty() || words.size() > size || !words.renew(size))
                               words = Words{size, directory};
                           // Every page of 4 KiB, in case there are no larger ones.
                           for (std::size_t i = 0; i < size; i += 512)
                               *const_cast<volatile uint64_t*>(words.data() + i) = 0;
                           return std::move(words);
                       });
}

Words WordsMaker::take(std::size_t size) {
    const bool prepared = made_.valid() && size_ == size;
    size_ = 0;
    if (prepared) return made_.get();
    made_ = {};
    return Words{size, {}};
}

void WordsMaker::drop(Words words) {
    if (words.lies_in_file())
        spare_ = std::move(words);
    else if (words.size() >= kLarge)
        dropped_ = std::async(std::launch::async, [gone = std::move(words)] {});
}

}  // namespace cordon::ledger
