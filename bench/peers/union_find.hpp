// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

namespace cordon::bench {

/// Disjoint sets of 0 .. n-1, with path halving.
class UnionFind {
public:
    explicit UnionFind(uint32_t n) : parent_(n) { std::iota(parent_.begin(), parent_.end(), 0U); }
    uint32_t find(uint32_t x) {
        while (parent_[x] != x) x = parent_[x] = parent_[parent_[x]];
        return x;
    }
    void join(uint32_t a, uint32_t b) {
        a = find(a);
        b = find(b);
        if (a == b) return;
        parent_[a < b ? b : a] = a < b ? a : b;
        ++joined_;
    }
    /// How many joins made two sets one.
    uint64_t joined() const { return joined_; }

private:
    std::vector<uint32_t> parent_;
    uint64_t joined_ = 0;
};

}  // namespace cordon::bench
