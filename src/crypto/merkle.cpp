// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "merkle.hpp"

#include "hash_many.hpp"

namespace cordon::crypto {

MerkleRoot merkle_root(std::vector<Hash256> hashes) noexcept {
    MerkleRoot out;
    if (hashes.empty()) return out;
    std::vector<Pieces> pairs;
    std::vector<Hash256> row((hashes.size() + 1) / 2);
    pairs.reserve(row.size());
    while (hashes.size() > 1) {
        pairs.clear();
        for (std::size_t i = 0; i < hashes.size(); i += 2) {
            const bool alone = i + 1 == hashes.size();
            const Hash256& right = hashes[alone ? i : i + 1];
            if (!alone && hashes[i] == right) out.mutated = true;
            pairs.push_back({{hashes[i], right, {}}});
        }
        row.resize(pairs.size());
        sha256d_many(pairs, row);
        hashes.swap(row);
    }
    out.root = hashes[0];
    return out;
}

}  // namespace cordon::crypto
