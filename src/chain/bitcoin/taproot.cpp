// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "taproot.hpp"

#include <algorithm>

#include <cordon/crypto/hash.hpp>

#include "wire.hpp"

namespace cordon::chain {

constexpr std::size_t kControlHead = 33;  // BIP-341: leaf version and parity, internal key.
constexpr std::size_t kMaxTapDepth = 128;

Hash256 tagged_hash(std::string_view tag, ByteView bytes) {
    const Hash256 name =
        crypto::sha256(ByteView{reinterpret_cast<const uint8_t*>(tag.data()), tag.size()});
    crypto::Sha256 hash;
    hash.update(name);
    hash.update(name);
    hash.update(bytes);
    return hash.finish();
}

Hash256 tap_leaf_hash(uint8_t version, ByteView script) {
    Bytes bytes{version};
    append_var_bytes(bytes, script);
    return tagged_hash("TapLeaf", bytes);
}

Hash256 tap_branch_hash(const Hash256& a, const Hash256& b) {
    Bytes bytes;
    append_bytes(bytes, std::min(a, b));
    append_bytes(bytes, std::max(a, b));
    return tagged_hash("TapBranch", bytes);
}

Hash256 tap_tweak(const Hash256& internal, const std::optional<Hash256>& root) {
    Bytes bytes;
    append_bytes(bytes, internal);
    if (root) append_bytes(bytes, *root);
    return tagged_hash("TapTweak", bytes);
}

Result<crypto::PublicKey> tap_output_key(ByteView internal, const std::optional<Hash256>& root) {
    CORDON_TRY(const crypto::PublicKey key, crypto::PublicKey::parse_x_only(internal));
    return key.add(tap_tweak(key.x_only(), root));
}

std::optional<Hash256> tap_root_of(ByteView control, const Hash256& leaf) {
    if (control.size() < kControlHead || (control.size() - kControlHead) % 32 != 0 ||
        control.size() > kControlHead + 32 * kMaxTapDepth)
        return std::nullopt;
    Hash256 root = leaf;
    for (std::size_t at = kControlHead; at < control.size(); at += 32) {
        Hash256 next;
        std::copy_n(control.begin() + static_cast<std::ptrdiff_t>(at), 32, next.bytes.begin());
        root = tap_branch_hash(root, next);
    }
    return root;
}

}  // namespace cordon::chain
