// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "merkle.hpp"

#include <array>

#include "hash_many.hpp"

namespace cordon::crypto {

MerkleRoot merkle_root(std::vector<Hash256> hashes) noexcept {
    return merkle_root_in_place(hashes);
}

MerkleRoot merkle_root_in_place(std::span<Hash256> row) noexcept {
    MerkleRoot out;
    if (row.empty()) return out;
    while (row.size() > 1) {
        const std::size_t pairs = row.size() / 2;
        for (std::size_t i = 0; i < pairs; ++i) out.mutated |= row[2 * i] == row[2 * i + 1];
        const Hash256 last = row.back();
        sha256d_pairs(row.first(2 * pairs), row.first(pairs));
        if (row.size() % 2 == 0) {
            row = row.first(pairs);
            continue;
        }
        row = row.first(pairs + 1);
        sha256d_pairs(std::array{last, last}, row.last(1));
    }
    out.root = row[0];
    return out;
}

}  // namespace cordon::crypto
