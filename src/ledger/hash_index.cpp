// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "hash_index.hpp"

#include <algorithm>
#include <new>

#include <sys/mman.h>

namespace cordon::ledger {

Words::Words(std::size_t size) : size_{size} {
    constexpr std::size_t kHugePage = std::size_t{2} << 20;
    void* at = ::mmap(nullptr, size * sizeof(uint64_t), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc{};
    // Advice: when it is not taken, pages are small.
    if (size * sizeof(uint64_t) >= kHugePage) ::madvise(at, size * sizeof(uint64_t), MADV_HUGEPAGE);
    at_ = static_cast<uint64_t*>(at);
}

Words::~Words() {
    if (at_ != nullptr) ::munmap(at_, size_ * sizeof(uint64_t));
}

void NextWords::prepare(std::size_t size) {
    constexpr std::size_t kLarge = std::size_t{1} << 18;  // 2 MB.
    if (size < kLarge || size_ == size) return;
    size_ = size;
    made_ = std::async(std::launch::async, [size] {
        Words words{size};
        // Every page of 4 KiB, in case there are no larger ones.
        for (std::size_t i = 0; i < size; i += 512)
            *const_cast<volatile uint64_t*>(words.data() + i) = 0;
        return words;
    });
}

Words NextWords::take(std::size_t size) {
    const bool prepared = made_.valid() && size_ == size;
    size_ = 0;
    if (prepared) return made_.get();
    made_ = {};
    return Words{size};
}

void SeenFilter::add(uint64_t hash) {
    constexpr std::size_t kHashesPerWord = 4;  // 16 bits each.
    // Few layers, and none so large that most of it lies idle for long.
    constexpr std::size_t kFirst = std::size_t{1} << 20, kTimes = 4, kMost = std::size_t{1} << 24;
    if (layers_.empty() || layers_.back().left == 0) {
        const std::size_t words =
            layers_.empty() ? kFirst : std::min(layers_.back().words.size() * kTimes, kMost);
        layers_.push_back({next_.take(words), words * kHashesPerWord});
    }
    Layer& layer = layers_.back();
    const std::size_t block = block_of(layer, hash);
    for (unsigned i = 0; i < kBlock; ++i) layer.words[block + i] |= bits_of(hash, i);
    const std::size_t words = layer.words.size();
    if (--layer.left == words * kHashesPerWord / 8) next_.prepare(std::min(words * kTimes, kMost));
}

}  // namespace cordon::ledger
