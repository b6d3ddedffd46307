// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "mixing.hpp"

#include <bit>
#include <numeric>

#include <cordon/crypto/hash.hpp>

namespace cordon::wallet {

Xoshiro256::Xoshiro256(ByteView seed) noexcept : state_{} {
    const Hash256 hash = crypto::sha256(seed);
    for (std::size_t i = 0; i < hash.bytes.size(); ++i)
        state_[i / 8] = state_[i / 8] << 8 | hash.bytes[i];
}

uint64_t Xoshiro256::next() noexcept {
    // Blackman and Vigna, "Scrambled linear pseudorandom number generators".
    auto& [a, b, c, d] = state_;
    const uint64_t out = std::rotl(b * 5, 7) * 9;
    const uint64_t shifted = b << 17;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = std::rotl(d, 45);
    return out;
}

double Xoshiro256::next_double() noexcept { return static_cast<double>(next()) * 0x1p-64; }

std::size_t Xoshiro256::next_below(std::size_t bound) noexcept {
    // A number that rounds up to 2^64 gives 1.0; the paper's own code then overruns by one.
    return std::min(static_cast<std::size_t>(next_double() * static_cast<double>(bound)),
                    bound - 1);
}

AliasSampler::AliasSampler(const std::vector<double>& weights)
    : share_(weights.size(), 1.0), alias_(weights.size(), 0) {
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    std::vector<double> rest;
    for (const double weight : weights)
        rest.push_back(weight * static_cast<double>(weights.size()) / sum);
    std::vector<std::size_t> small, large;
    for (std::size_t i = weights.size(); i-- > 0;) (rest[i] < 1 ? small : large).push_back(i);
    while (!small.empty() && !large.empty()) {
        const std::size_t poor = small.back(), rich = large.back();
        small.pop_back();
        large.pop_back();
        share_[poor] = rest[poor];
        alias_[poor] = rich;
        rest[rich] += rest[poor] - 1;
        (rest[rich] < 1 ? small : large).push_back(rich);
    }
}

std::size_t AliasSampler::next(Xoshiro256& random) const noexcept {
    const std::size_t column = random.next_below(share_.size());
    return random.next_double() < share_[column] ? column : alias_[column];
}

std::vector<uint32_t> shuffled(std::size_t size, std::size_t count, Xoshiro256& random) {
    std::vector<uint32_t> left(size);
    std::iota(left.begin(), left.end(), 0U);
    std::vector<uint32_t> out;
    while (out.size() < count) {
        // Order of the rest counts: the other side draws from the same row.
        const auto at = left.begin() + static_cast<std::ptrdiff_t>(random.next_below(left.size()));
        out.push_back(*at);
        left.erase(at);
    }
    return out;
}

namespace {

/// Of k fragments with weight 1/k: few are mixed often, all of them seldom.
std::vector<double> degree_weights(std::size_t count) {
    std::vector<double> out;
    for (std::size_t degree = 1; degree <= count; ++degree)
        out.push_back(1.0 / static_cast<double>(degree));
    return out;
}

}  // namespace

Mixing::Mixing(std::size_t count, uint32_t checksum)
    : count_{count}, checksum_{checksum}, degrees_{degree_weights(count)} {}

std::vector<uint32_t> Mixing::fragments(uint32_t number) const {
    if (number >= 1 && number <= count_) return {number - 1};
    std::array<uint8_t, 8> seed{};
    for (std::size_t i = 0; i < 4; ++i) {
        seed[i] = static_cast<uint8_t>(number >> (24 - 8 * i));
        seed[4 + i] = static_cast<uint8_t>(checksum_ >> (24 - 8 * i));
    }
    Xoshiro256 random{seed};
    const std::size_t chosen = degree(random);
    return shuffled(count_, chosen, random);
}

}  // namespace cordon::wallet
