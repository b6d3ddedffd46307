// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <cordon/base/bytes.hpp>

#include "bitcoin_script.hpp"
#include "random.hpp"

namespace cordon::gen {

/// An unspent output.
struct Coin {
    Hash256 txid;
    uint32_t index = 0;
    uint64_t value = 0;  ///< Satoshi; 0 stands for a coin that is gone.
    Owner owner;
};

/// Unspent outputs in bounded memory, about 110 MiB for any length of chain: the last million
/// outputs in a ring, and of those that left it unspent a random half million, as the real chain
/// has coins that wait for years. The others are as good as lost: nobody spends them again.
class CoinPool {
public:
    explicit CoinPool(Random& random) : random_{random} {}

    void add(const Coin& coin);
    /// Takes a coin out: mostly a young one, one of eight times any of the ring, one of twenty
    /// times one that left it. REQUIRES: !empty().
    Coin take();
    bool empty() const noexcept { return size() == 0; }
    std::size_t size() const noexcept { return in_ring_ + old_.size(); }

private:
    static constexpr std::size_t kRing = std::size_t{1} << 20;
    static constexpr std::size_t kOld = std::size_t{1} << 19;
    static constexpr std::size_t kYoung = 12'000;  // Outputs: about two blocks and a half.

    Coin take_old();

    Random& random_;
    std::vector<Coin> ring_;  // Grows to kRing; a place is added_ modulo kRing.
    uint64_t added_ = 0;
    std::size_t in_ring_ = 0;  // Not yet spent.
    std::vector<Coin> old_;
};

}  // namespace cordon::gen
