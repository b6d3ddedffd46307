// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/crypto/hash.hpp>

#include "rlp.hpp"
#include "txn.hpp"

namespace cordon::chain {
namespace {

/// The items of `fields` as one list, after the type's byte.
Bytes sealed(EvmTxnType type, const Bytes& fields) {
    Bytes out;
    if (type != EvmTxnType::kLegacy) out.push_back(static_cast<uint8_t>(type));
    append_rlp_list(out, fields);
    return out;
}

void append_scalar(Bytes& out, const Hash256& number) {
    const auto first = std::find_if(number.bytes.begin(), number.bytes.end(),
                                    [](uint8_t byte) { return byte != 0; });
    append_rlp(out, ByteView{first, number.bytes.end()});
}

void append_access_list(Bytes& out, const std::vector<AccessEntry>& list) {
    Bytes entries;
    for (const AccessEntry& entry : list) {
        Bytes parts;
        append_rlp(parts, entry.address.payload());
        append_rlp_list(parts, entry.keys);
        append_rlp_list(entries, parts);
    }
    append_rlp_list(out, entries);
}

void append_authorizations(Bytes& out, const std::vector<EvmAuthorization>& list) {
    Bytes entries;
    for (const EvmAuthorization& entry : list) {
        Bytes parts;
        append_rlp(parts, entry.chain_id);
        append_rlp(parts, entry.address.payload());
        append_rlp(parts, Amount{entry.nonce});
        append_rlp(parts, Amount{entry.y_parity});
        append_scalar(parts, entry.r);
        append_scalar(parts, entry.s);
        append_rlp_list(entries, parts);
    }
    append_rlp_list(out, entries);
}

Amount legacy_v(const EvmTxn& txn) {
    const Amount odd{txn.signature->odd_y ? 1U : 0U};
    if (!txn.chain_id) return Amount{kEvmV} + odd;
    return Amount{*txn.chain_id} + Amount{*txn.chain_id} + Amount{kEvmChainV} + odd;
}

}  // namespace

Hash256 EvmAuthorization::signing_hash() const {
    Bytes fields, prefix{kAuthorizationMagic};
    append_rlp(fields, chain_id);
    append_rlp(fields, address.payload());
    append_rlp(fields, Amount{nonce});
    append_rlp_list_prefix(prefix, fields.size());
    return crypto::keccak256_of({prefix, fields});
}

Bytes encode_evm_txn(const EvmTxn& txn) {
    Bytes out;
    const bool legacy = txn.type == EvmTxnType::kLegacy;
    if (!legacy) append_rlp(out, Amount{txn.chain_id.value_or(0)});
    append_rlp(out, Amount{txn.nonce});
    if (txn.type >= EvmTxnType::kDynamicFee) append_rlp(out, txn.max_priority_fee_per_gas);
    append_rlp(out, txn.max_fee_per_gas);
    append_rlp(out, txn.gas_limit);
    append_rlp(out, txn.to ? txn.to->payload() : ByteView{});
    append_rlp(out, txn.value);
    append_rlp(out, txn.data);
    if (!legacy) append_access_list(out, txn.access_list);
    if (txn.type == EvmTxnType::kBlob) {
        append_rlp(out, txn.max_fee_per_blob_gas);
        Bytes hashes;
        for (const Hash256& hash : txn.blob_hashes) append_rlp(hashes, hash);
        append_rlp_list(out, hashes);
    }
    if (txn.type == EvmTxnType::kSetCode) append_authorizations(out, txn.authorizations);
    if (txn.signature) {
        append_rlp(out, legacy ? legacy_v(txn) : Amount{txn.signature->odd_y ? 1U : 0U});
        append_scalar(out, txn.signature->r);
        append_scalar(out, txn.signature->s);
    } else if (legacy && txn.chain_id) {
        append_rlp(out, Amount{*txn.chain_id});
        append_rlp(out, Amount{});
        append_rlp(out, Amount{});
    }
    return sealed(txn.type, out);
}

}  // namespace cordon::chain
