// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "hash_index.hpp"

#include <algorithm>

namespace cordon::ledger {

void SeenFilter::add(uint64_t hash) {
    constexpr std::size_t kHashesPerWord = 4;  // 16 bits each.
    // Few layers, and none so large that most of it lies idle for long.
    constexpr std::size_t kFirst = std::size_t{1} << 20, kTimes = 4, kMost = std::size_t{1} << 24;
    if (layers_.empty() || layers_.back().left == 0) {
        const std::size_t words =
            layers_.empty() ? kFirst : std::min(layers_.back().words.size() * kTimes, kMost);
        layers_.push_back({memory_.take(words), words * kHashesPerWord});
    }
    Layer& layer = layers_.back();
    const std::size_t block = block_of(layer, hash);
    for (unsigned i = 0; i < kBlock; ++i) layer.words[block + i] |= bits_of(hash, i);
    const std::size_t words = layer.words.size();
    if (--layer.left == words * kHashesPerWord / 8)
        memory_.prepare(std::min(words * kTimes, kMost));
}

}  // namespace cordon::ledger
