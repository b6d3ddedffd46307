// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/check.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/crypto/secp256k1.hpp>

using cordon::ByteView;
using cordon::Hash256;
using namespace cordon::crypto;

namespace {

/// A key that is recovered from a signature has made it.
void try_signature(const cordon::Result<EcdsaSignature>& signature, const Hash256& digest) {
    if (!signature) return;
    for (const bool odd : {false, true})
        for (const bool overflow : {false, true})
            if (const auto key = recover(*signature, digest, odd, overflow))
                CORDON_CHECK(verify(*signature, digest, *key));
}

}  // namespace

/// The same bytes as a key, as a signature of each form, and as a tweak.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    const ByteView bytes{data, size};
    const Hash256 digest = sha256(bytes);
    try_signature(parse_ecdsa_der(bytes), digest);
    try_signature(parse_ecdsa(bytes.first(std::min<std::size_t>(size, 64))), digest);
    for (const std::size_t length : {32, 33, 65}) {
        if (length > size) break;
        const ByteView head = bytes.first(length);
        const auto key = length == 32 ? PublicKey::parse_x_only(head) : PublicKey::parse(head);
        if (!key) continue;
        CORDON_CHECK(*PublicKey::parse(key->compressed()) == *key);
        CORDON_CHECK(*PublicKey::parse(key->uncompressed()) == *key);
        if (length != 32) {
            const bool same = length == 33 ? std::ranges::equal(head, key->compressed())
                                           : std::ranges::equal(head, key->uncompressed());
            CORDON_CHECK(same);
        }
        (void)key->add(digest);
        (void)verify_schnorr(bytes.subspan(length), head, key->x_only());
    }
    return 0;
}
