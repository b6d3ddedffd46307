// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "musig.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

#include "taproot.hpp"
#include "wire.hpp"

namespace cordon::chain {

Result<crypto::PublicKey> musig_key(std::span<const Bytes> keys,
                                    std::span<const MusigTweak> tweaks) {
    Bytes list;
    for (const Bytes& key : keys) append_bytes(list, key);
    const Hash256 list_hash = tagged_hash("KeyAgg list", list);
    // BIP-327: the first key that differs from the first one counts once.
    const auto second =
        std::find_if(keys.begin(), keys.end(), [&](const Bytes& key) { return key != keys[0]; });
    std::vector<crypto::PublicKey> parts;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        Result<crypto::PublicKey> key = keys[i].size() == 33
                                            ? crypto::PublicKey::parse(keys[i])
                                            : fail(ErrorCode::kMalformed, "expected 33 bytes");
        if (!key) return fail(key.error().in(format("key {}", i)));
        if (second != keys.end() && keys[i] == *second) {
            parts.push_back(*key);
            continue;
        }
        Bytes bytes;
        append_bytes(bytes, list_hash);
        append_bytes(bytes, keys[i]);
        CORDON_TRY(const crypto::PublicKey part,
                   key->times(tagged_hash("KeyAgg coefficient", bytes)));
        parts.push_back(part);
    }
    CORDON_TRY(crypto::PublicKey out, crypto::PublicKey::sum(parts));
    for (const MusigTweak& each : tweaks) {
        if (each.x_only && out.has_odd_y()) out = out.negated();
        CORDON_TRY(out, out.add(each.tweak));
    }
    return out;
}

ExtKey musig_ext_key(const crypto::PublicKey& aggregate, uint32_t version) {
    constexpr std::string_view kChain = "MuSig2MuSig2MuSig2";  // BIP-328.
    const Hash256 chain_code =
        crypto::sha256({reinterpret_cast<const uint8_t*>(kChain.data()), kChain.size()});
    return {version, 0, {}, 0, chain_code, aggregate};
}

}  // namespace cordon::chain
