// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/base64.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/evm/txn.hpp>
#include <cordon/vault/curve.hpp>
#include <cordon/vault/key_ring.hpp>
#include <cordon/vault/sign/kinds.hpp>
#include <cordon/vault/sign/psbt.hpp>

#include "ops.hpp"

namespace cordon::conform {
namespace {

Result<vault::Secret<32>> key_field(const json::object& request) {
    CORDON_TRY(const Bytes bytes, hex_field(request, "key"));
    vault::Secret<32> out;
    if (bytes.size() != out.bytes().size())
        return fail(ErrorCode::kInvalidParam, "field key: expected 32 bytes");
    std::copy(bytes.begin(), bytes.end(), out.bytes().begin());
    return out;
}

Result<Hash256> hash_field(const json::object& request, std::string_view name) {
    CORDON_TRY(const Bytes bytes, hex_field(request, name));
    Hash256 out;
    if (bytes.size() != out.bytes.size())
        return fail(ErrorCode::kInvalidParam, "expected 32 bytes");
    std::copy(bytes.begin(), bytes.end(), out.bytes.begin());
    return out;
}

}  // namespace

Result<json::value> op_sign_digest(const json::object& request) {
    CORDON_TRY(const vault::Secret<32> key, key_field(request));
    CORDON_TRY(const Hash256 digest, hash_field(request, "hex"));
    CORDON_TRY(const vault::RecoverableSignature made, vault::sign_ecdsa(key, digest));
    return json::value{{"evm", to_hex(vault::evm_signature(made))},
                       {"der", to_hex(vault::der_of(made.signature))}};
}

Result<json::value> op_sign_schnorr(const json::object& request) {
    CORDON_TRY(vault::Secret<32> key, key_field(request));
    CORDON_TRY(const Bytes message, hex_field(request, "hex"));
    std::optional<Hash256> aux;
    if (request.contains("aux")) {
        CORDON_TRY(aux, hash_field(request, "aux"));
    }
    if (request.contains("tweak")) {
        CORDON_TRY(const Hash256 tweak, hash_field(request, "tweak"));
        CORDON_TRY(key, vault::tweaked(key, tweak));
    }
    CORDON_TRY(const crypto::PublicKey open, vault::public_key_of(key));
    CORDON_TRY(const Bytes made, vault::sign_schnorr(key, message, aux));
    return json::value{{"key", to_hex(open.x_only())}, {"signature", to_hex(made)}};
}

Result<json::value> op_sign_evm_txn(const json::object& request) {
    CORDON_TRY(const vault::Secret<32> key, key_field(request));
    CORDON_TRY(const Bytes bytes, hex_field(request, "hex"));
    CORDON_TRY(chain::EvmTxn txn, chain::parse_evm_txn(bytes));
    CORDON_TRY(const vault::RecoverableSignature made, vault::sign_ecdsa(key, txn.signing_hash));
    txn.signature = chain::EvmSignature{made.signature.r, made.signature.s, made.odd_y};
    return json::value(to_hex(chain::encode_evm_txn(txn)));
}

Result<json::value> op_sign_psbt(const json::object& request) {
    CORDON_TRY(const vault::Secret<32> key, key_field(request));
    CORDON_TRY(const Bytes bytes, hex_field(request, "hex"));
    vault::KeyFile file;
    file.form = vault::KeyForm::kRaw;
    file.secret = vault::LockedBytes{key.view()};
    CORDON_TRY(vault::KeyRing ring, vault::KeyRing::make(file));
    WithdrawalRequest asked;
    asked.chain = kBitcoin;
    asked.payload = {"psbt", to_base64(bytes)};
    CORDON_TRY(const vault::SignedPayload made, vault::sign_psbt(ring, {asked, file.facts}));
    return json::value{{"text", made.text}, {"complete", made.complete}};
}

Result<json::value> op_psbt_txn(const json::object& request) {
    CORDON_TRY(const Bytes bytes, hex_field(request, "hex"));
    CORDON_TRY(const std::optional<Bytes> txn, vault::finalized_txn(bytes));
    if (!txn) return fail(ErrorCode::kNotFound, "signatures are missing");
    return json::value(to_hex(*txn));
}

}  // namespace cordon::conform
