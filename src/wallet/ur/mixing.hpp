// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <cordon/base/bytes.hpp>

/// What both sides of a fountain code compute alike: which fragments a part is mixed of
/// (BCR-2024-001, section 4). The numbers are part of the format, to the last bit of each double.
namespace cordon::wallet {

/// xoshiro256**, seeded by the SHA-256 of `seed`. Not for secrets.
class Xoshiro256 {
public:
    explicit Xoshiro256(ByteView seed) noexcept;
    uint64_t next() noexcept;
    double next_double() noexcept;  ///< 0 to below 1.
    /// 0 to below `bound`.
    std::size_t next_below(std::size_t bound) noexcept;

private:
    std::array<uint64_t, 4> state_;
};

/// Draws an index by its weight (Walker's alias method, Vose's tables). REQUIRES: a weight above 0.
class AliasSampler {
public:
    explicit AliasSampler(const std::vector<double>& weights);
    std::size_t next(Xoshiro256& random) const noexcept;

private:
    std::vector<double> share_;
    std::vector<std::size_t> alias_;
};

/// The first `count` of 0 … size-1 in a random order.
std::vector<uint32_t> shuffled(std::size_t size, std::size_t count, Xoshiro256& random);

/// Who is in part `number` (from 1) of a message of `count` fragments with this CRC-32; the first
/// `count` parts hold one fragment each. Keeps the table of degrees.
class Mixing {
public:
    /// REQUIRES: `count` at least 1.
    Mixing(std::size_t count, uint32_t checksum);
    std::size_t degree(Xoshiro256& random) const noexcept { return degrees_.next(random) + 1; }
    std::vector<uint32_t> fragments(uint32_t number) const;

private:
    std::size_t count_;
    uint32_t checksum_;
    AliasSampler degrees_;
};

}  // namespace cordon::wallet
