// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Txns, signatures and messages of EVM chains.
#include "ops.hpp"

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/evm/account.hpp>
#include <cordon/chain/evm/message.hpp>
#include <cordon/chain/evm/txn.hpp>
#include <cordon/chain/evm/typed_data.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::conform {
namespace {

json::value shown(ByteView bytes) { return json::string{to_hex(bytes)}; }
json::value shown(const Address& address) {
    return json::string{chain::format_address(kEthereum, address)};
}

Result<Hash256> hash_field(const json::object& request, std::string_view name) {
    CORDON_TRY(const std::string_view text, text_field(request, name));
    Hash256 out;
    if (!parse_hex_into(text, out.bytes))
        return fail(ErrorCode::kInvalidParam, format("field {}: expected 64 hex digits", name));
    return out;
}

json::array shown(const std::vector<chain::AccessEntry>& list) {
    json::array out;
    for (const chain::AccessEntry& entry : list) {
        json::array keys;
        for (std::size_t i = 0; i < entry.count(); ++i) keys.push_back(shown(entry.key(i)));
        out.push_back({{"address", shown(entry.address)}, {"keys", std::move(keys)}});
    }
    return out;
}

json::array shown(const std::vector<chain::EvmAuthorization>& list) {
    json::array out;
    for (const chain::EvmAuthorization& entry : list) {
        const auto authority = entry.authority();
        out.push_back({{"chain_id", entry.chain_id.to_string()},
                       {"address", shown(entry.address)},
                       {"nonce", std::to_string(entry.nonce)},
                       {"authority", authority ? shown(*authority) : json::value{}}});
    }
    return out;
}

}  // namespace

Result<json::value> op_evm_txn(const json::object& request) {
    CORDON_TRY(const Bytes bytes, hex_field(request, "hex"));
    CORDON_TRY(const chain::EvmTxn txn, chain::parse_evm_txn(bytes));
    const auto sender = chain::sender_of(txn);
    json::object out;
    if (request.contains("fork")) {
        CORDON_TRY(const std::string_view name, text_field(request, "fork"));
        CORDON_TRY(const chain::EvmFork fork, chain::parse_evm_fork(name));
        CORDON_TRY(const uint64_t chain_id, number_field(request, "chain_id", 1U << 31));
        CORDON_TRY(chain::check_evm_txn(txn, fork, chain_id));
        if (!sender) return fail(sender.error());
        out["intrinsic_gas"] = chain::intrinsic_gas(txn, fork);
    }
    json::array blob_hashes;
    for (const Hash256& hash : txn.blob_hashes) blob_hashes.push_back(shown(hash));
    out["type"] = static_cast<int>(txn.type);
    out["chain_id"] = txn.chain_id ? json::value(*txn.chain_id) : json::value{};
    out["nonce"] = std::to_string(txn.nonce);
    out["max_fee_per_gas"] = txn.max_fee_per_gas.to_string();
    out["max_priority_fee_per_gas"] = txn.max_priority_fee_per_gas.to_string();
    out["gas_limit"] = txn.gas_limit.to_string();
    out["to"] = txn.to ? shown(*txn.to) : json::value{};
    out["value"] = txn.value.to_string();
    out["data"] = shown(txn.data);
    out["access_list"] = shown(txn.access_list);
    out["max_fee_per_blob_gas"] = txn.max_fee_per_blob_gas.to_string();
    out["blob_hashes"] = std::move(blob_hashes);
    out["authorizations"] = shown(txn.authorizations);
    out["blobs"] = txn.blobs;
    out["signed"] = txn.signature.has_value();
    out["signing_hash"] = shown(txn.signing_hash);
    out["hash"] = txn.hash ? shown(*txn.hash) : json::value{};
    out["sender"] = sender ? shown(*sender) : json::value{};
    out["reencodes"] = chain::encode_evm_txn(txn) == bytes;
    return json::value(std::move(out));
}

Result<json::value> op_typed_data(const json::object& request) {
    CORDON_TRY(const std::string_view text, text_field(request, "json"));
    CORDON_TRY(const chain::TypedData data, chain::parse_typed_data(text));
    json::array ignored;
    for (const std::string& field : data.ignored) ignored.emplace_back(field);
    return json::value{{"encoded_type", data.encoded_type},
                       {"encoded", shown(data.encoded)},
                       {"domain_separator", shown(data.domain_separator)},
                       {"message_hash", shown(data.message_hash)},
                       {"digest", shown(data.digest)},
                       {"ignored", std::move(ignored)}};
}

Result<json::value> op_evm_recover(const json::object& request) {
    CORDON_TRY(const Hash256 hash, hash_field(request, "hash"));
    CORDON_TRY(const Bytes signature, hex_field(request, "signature"));
    CORDON_TRY(const Address signer, chain::recover_evm_address(hash, signature));
    return shown(signer);
}

Result<json::value> op_ecdsa(const json::object& request) {
    CORDON_TRY(const Bytes key_bytes, hex_field(request, "key"));
    CORDON_TRY(const Hash256 hash, hash_field(request, "hash"));
    CORDON_TRY(const Bytes bytes, hex_field(request, "signature"));
    CORDON_TRY(const std::string_view form, text_field(request, "form"));
    CORDON_TRY(const auto key, crypto::PublicKey::parse(key_bytes));
    CORDON_TRY(const auto signature,
               form == "der" ? crypto::parse_ecdsa_der(bytes) : crypto::parse_ecdsa(bytes));
    return json::value{{"verified", crypto::verify(signature, hash, key)},
                       {"low_s", signature.has_low_s()}};
}

Result<json::value> op_public_key_add(const json::object& request) {
    CORDON_TRY(const Bytes key_bytes, hex_field(request, "key"));
    CORDON_TRY(const Hash256 scalar, hash_field(request, "scalar"));
    CORDON_TRY(const auto key, crypto::PublicKey::parse(key_bytes));
    CORDON_TRY(const auto sum, key.add(scalar));
    return json::value{{"key", shown(sum.compressed())},
                       {"evm_address", shown(chain::evm_address(sum))}};
}

Result<json::value> op_personal_message(const json::object& request) {
    CORDON_TRY(const Bytes message, hex_field(request, "hex"));
    return shown(chain::personal_message_hash(message));
}

Result<json::value> op_namehash(const json::object& request) {
    CORDON_TRY(const std::string_view text, text_field(request, "text"));
    CORDON_TRY(const Hash256 hash, chain::ens_namehash(text));
    return shown(hash);
}

}  // namespace cordon::conform
