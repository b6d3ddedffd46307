// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "merkle.hpp"

#include "hash.hpp"

namespace cordon::crypto {

MerkleRoot merkle_root(std::vector<Hash256> hashes) noexcept {
    MerkleRoot out;
    if (hashes.empty()) return out;
    std::array<uint8_t, 64> pair;
    for (std::size_t count = hashes.size(); count > 1; count = (count + 1) / 2) {
        for (std::size_t i = 0; i < count; i += 2) {
            const bool alone = i + 1 == count;
            const Hash256& right = hashes[alone ? i : i + 1];
            if (!alone && hashes[i] == right) out.mutated = true;
            std::copy(hashes[i].bytes.begin(), hashes[i].bytes.end(), pair.begin());
            std::copy(right.bytes.begin(), right.bytes.end(), pair.begin() + 32);
            hashes[i / 2] = sha256d(pair);
        }
    }
    out.root = hashes[0];
    return out;
}

}  // namespace cordon::crypto
