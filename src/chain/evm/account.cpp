// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "account.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/amount.hpp>
#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

#include "rlp.hpp"
#include "txn.hpp"

namespace cordon::chain {

Address evm_address(const Hash256& hash) noexcept {
    return {AddressKind::kEvm, ByteView{hash}.subspan(12)};
}

Address evm_address(const crypto::PublicKey& key) {
    return evm_address(crypto::keccak256(ByteView{key.uncompressed()}.subspan(1)));
}

Result<Address> recover_evm_address(const Hash256& digest, const Hash256& r, const Hash256& s,
                                    bool odd_y) {
    CORDON_TRY(const auto key, crypto::recover({r, s}, digest, odd_y));
    return evm_address(key);
}

Result<Address> recover_evm_address(const Hash256& digest, ByteView signature) {
    if (signature.size() != 65)
        return fail(ErrorCode::kMalformed,
                    format("signature: expected 65 bytes, found {}", signature.size()));
    const uint64_t v = signature[64] >= kEvmV ? signature[64] - kEvmV : signature[64];
    if (v > 1)
        return fail(ErrorCode::kMalformed,
                    format("signature: v is {}, expected 27 or 28", signature[64]));
    CORDON_TRY(const auto parsed, crypto::parse_ecdsa(signature.first(64)));
    return recover_evm_address(digest, parsed.r, parsed.s, v == 1);
}

Address created_address(const Address& sender, uint64_t nonce) {
    Bytes items, list;
    append_rlp(items, sender.payload());
    append_rlp(items, Amount{nonce});
    append_rlp_list(list, items);
    return evm_address(crypto::keccak256(list));
}

Address created_address(const Address& factory, const Hash256& salt,
                        const Hash256& init_code_hash) {
    constexpr std::array<uint8_t, 1> kMark{0xFF};  // No RLP list of CREATE begins with it.
    return evm_address(crypto::keccak256_of({kMark, factory.payload(), salt, init_code_hash}));
}

}  // namespace cordon::chain
