// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "txn.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/crypto/secp256k1.hpp>

#include "account.hpp"
#include "rlp.hpp"

namespace cordon::chain {
namespace {

constexpr uint8_t kFirstList = 0xc0;  // Where RLP lists begin: a legacy txn is one (EIP-2718).
constexpr uint8_t kLastType = 0x7f;   // EIP-2718.
constexpr uint64_t kMaxNonce = ~uint64_t{0} - 1;  // EIP-2681.
constexpr uint8_t kBlobHashVersion = 0x01;        // EIP-4844, VERSIONED_HASH_VERSION_KZG.
constexpr std::size_t kBlob = 4096 * 32;          // EIP-4844: field elements of 32 bytes.
constexpr std::size_t kCommitment = 48;           // A compressed point of BLS12-381.
constexpr std::size_t kCellProofs = 128;          // EIP-7594: of one blob.

tl::unexpected<Error> refuse(ErrorCode code, std::string_view what) {
    return fail(code, format("EVM txn: {}", what));
}

tl::unexpected<Error> refuse(std::string_view what) { return refuse(ErrorCode::kMalformed, what); }

/// Reads the fields of a list, each under its name.
class Fields {
public:
    explicit Fields(const RlpItem& list) : reader_{items_of(list)} {}

    bool done() const noexcept { return reader_.done(); }
    std::size_t at() const noexcept { return reader_.at(); }

    Result<RlpItem> item(std::string_view name, bool list) {
        if (reader_.done())
            return refuse(ErrorCode::kTruncated, format("field {} is missing", name));
        auto found = reader_.next();
        if (!found) return fail(found.error().in(format("EVM txn: field {}", name)));
        if (found->is_list != list)
            return refuse(format("field {}: expected {}", name, list ? "a list" : "no list"));
        return found;
    }
    Result<ByteView> text(std::string_view name) {
        CORDON_TRY(const RlpItem found, item(name, false));
        return found.bytes;
    }
    /// A number of at most `size` bytes, without leading zeros.
    Result<ByteView> number(std::string_view name, std::size_t size) {
        CORDON_TRY(const ByteView bytes, text(name));
        if (!bytes.empty() && bytes[0] == 0)
            return refuse(format("field {}: a number with a leading zero", name));
        if (bytes.size() > size)
            return refuse(ErrorCode::kOverflow, format("field {}: a number of {} bytes, at most {}",
                                                       name, bytes.size(), size));
        return bytes;
    }
    Result<Amount> amount(std::string_view name) {
        CORDON_TRY(const ByteView bytes, number(name, 32));
        return Amount::from_big_endian(bytes);
    }
    Result<uint64_t> small(std::string_view name) {
        CORDON_TRY(const ByteView bytes, number(name, 8));
        uint64_t value = 0;
        for (const uint8_t byte : bytes) value = value << 8 | byte;
        return value;
    }
    Result<Hash256> scalar(std::string_view name) {
        CORDON_TRY(const ByteView bytes, number(name, 32));
        Hash256 out;
        std::copy(bytes.begin(), bytes.end(), out.bytes.end() - bytes.size());
        return out;
    }
    Result<Hash256> hash(std::string_view name) {
        CORDON_TRY(const ByteView bytes, text(name));
        Hash256 out;
        if (bytes.size() != out.bytes.size())
            return refuse(format("field {}: expected 32 bytes, found {}", name, bytes.size()));
        std::copy(bytes.begin(), bytes.end(), out.bytes.begin());
        return out;
    }
    Result<Address> address(std::string_view name) {
        CORDON_TRY(const ByteView bytes, text(name));
        if (bytes.size() != 20)
            return refuse(format("field {}: expected 20 bytes, found {}", name, bytes.size()));
        return Address{AddressKind::kEvm, bytes};
    }
    Result<uint64_t> nonce() {
        CORDON_TRY(const uint64_t value, small("nonce"));
        if (value > kMaxNonce) return refuse("field nonce: must be below 2^64-1 (EIP-2681)");
        return value;
    }
    Status end(std::string_view what) const {
        if (done()) return {};
        return refuse(ErrorCode::kTrailing, format("fields after the last of {}", what));
    }

private:
    RlpReader reader_;
};

Result<std::vector<AccessEntry>> access_list(Fields& fields) {
    CORDON_TRY(const RlpItem list, fields.item("access list", true));
    std::vector<AccessEntry> out;
    for (Fields entries{list}; !entries.done();) {
        CORDON_TRY(const RlpItem entry, entries.item("access list", true));
        Fields parts{entry};
        AccessEntry& added = out.emplace_back();
        CORDON_TRY(added.address, parts.address("access list"));
        CORDON_TRY(const RlpItem keys, parts.item("storage keys", true));
        CORDON_TRY(parts.end("an access list's entry"));
        for (Fields each{keys}; !each.done();) CORDON_TRY(each.hash("storage key"));
        added.keys = keys.bytes;
    }
    return out;
}

Result<std::vector<Hash256>> blob_hashes(Fields& fields) {
    CORDON_TRY(const RlpItem list, fields.item("blob hashes", true));
    std::vector<Hash256> out;
    for (Fields hashes{list}; !hashes.done();) {
        CORDON_TRY(out.emplace_back(), hashes.hash("blob hashes"));
        if (out.back().bytes[0] != kBlobHashVersion)
            return refuse("field blob hashes: expected version 1");
    }
    if (out.empty()) return refuse("field blob hashes: a txn of type 3 has at least one");
    return out;
}

Result<std::vector<EvmAuthorization>> authorizations(Fields& fields) {
    CORDON_TRY(const RlpItem list, fields.item("authorisations", true));
    std::vector<EvmAuthorization> out;
    for (Fields each{list}; !each.done();) {
        CORDON_TRY(const RlpItem tuple, each.item("authorisations", true));
        Fields parts{tuple};
        EvmAuthorization& added = out.emplace_back();
        CORDON_TRY(added.chain_id, parts.amount("authorisation's chain id"));
        CORDON_TRY(added.address, parts.address("authorisation's address"));
        CORDON_TRY(added.nonce, parts.small("authorisation's nonce"));
        CORDON_TRY(const ByteView parity, parts.number("authorisation's parity", 1));
        added.y_parity = parity.empty() ? 0 : parity[0];
        CORDON_TRY(added.r, parts.scalar("authorisation's r"));
        CORDON_TRY(added.s, parts.scalar("authorisation's s"));
        CORDON_TRY(parts.end("an authorisation"));
    }
    if (out.empty()) return refuse("field authorisations: a txn of type 4 has at least one");
    return out;
}

Result<EvmSignature> signature(Fields& fields, bool odd_y) {
    EvmSignature out;
    out.odd_y = odd_y;
    CORDON_TRY(out.r, fields.scalar("r"));
    CORDON_TRY(out.s, fields.scalar("s"));
    return out;
}

Status check_range(const EvmSignature& signature) {
    std::array<uint8_t, 64> both;
    std::copy(signature.r.bytes.begin(), signature.r.bytes.end(), both.begin());
    std::copy(signature.s.bytes.begin(), signature.s.bytes.end(), both.begin() + 32);
    const auto parsed = crypto::parse_ecdsa(both);
    if (!parsed) return fail(parsed.error().in("EVM txn"));
    return {};
}

/// Hash of the txn as it is signed: `fields` are the encoded unsigned ones.
Hash256 signing_hash(const EvmTxn& txn, ByteView fields) {
    Bytes prefix, rest;
    if (txn.type != EvmTxnType::kLegacy) {
        prefix.push_back(static_cast<uint8_t>(txn.type));
    } else if (txn.chain_id) {
        append_rlp(rest, Amount{*txn.chain_id});
        append_rlp(rest, Amount{});
        append_rlp(rest, Amount{});
    }
    append_rlp_list_prefix(prefix, fields.size() + rest.size());
    return crypto::keccak256_of({prefix, fields, rest});
}

Status legacy_signature(Fields& fields, EvmTxn& txn) {
    CORDON_TRY(const Amount v, fields.amount("v"));
    CORDON_TRY(EvmSignature found, signature(fields, false));
    const bool unsigned_form = found.r == Hash256{} && found.s == Hash256{};
    if (unsigned_form) {
        if (!v.fits_u64()) return refuse(ErrorCode::kOverflow, "the chain's id exceeds 64 bits");
        txn.chain_id = v.low_u64();
        return {};
    }
    if (v < Amount{kEvmChainV}) {
        if (v != Amount{kEvmV} && v != Amount{kEvmV + 1})
            return refuse(format("field v: {} is neither 27, 28 nor 35 or more", v.to_string()));
        found.odd_y = v == Amount{kEvmV + 1};
    } else {
        const auto limbs = (v - Amount{kEvmChainV}).limbs();
        if (limbs[1] > 1 || limbs[2] != 0 || limbs[3] != 0)
            return refuse(ErrorCode::kOverflow, "field v: the chain's id exceeds 64 bits");
        found.odd_y = (limbs[0] & 1) != 0;
        txn.chain_id = limbs[0] >> 1 | limbs[1] << 63;
    }
    CORDON_TRY(check_range(found));
    txn.signature = found;
    return {};
}

Result<EvmTxn> parse_legacy(ByteView bytes, const RlpItem& list) {
    EvmTxn txn;
    Fields fields{list};
    CORDON_TRY(txn.nonce, fields.nonce());
    CORDON_TRY(txn.max_fee_per_gas, fields.amount("gas price"));
    txn.max_priority_fee_per_gas = txn.max_fee_per_gas;
    CORDON_TRY(txn.gas_limit, fields.amount("gas limit"));
    CORDON_TRY(const ByteView to, fields.text("to"));
    if (!to.empty() && to.size() != 20)
        return refuse(format("field to: expected 20 bytes or none, found {}", to.size()));
    if (!to.empty()) txn.to = Address{AddressKind::kEvm, to};
    CORDON_TRY(txn.value, fields.amount("value"));
    CORDON_TRY(txn.data, fields.text("data"));
    const std::size_t signed_part = fields.at();
    if (!fields.done()) CORDON_TRY(legacy_signature(fields, txn));
    CORDON_TRY(fields.end("a legacy txn"));
    txn.signing_hash = signing_hash(txn, list.bytes.first(signed_part));
    if (txn.signature) txn.hash = crypto::keccak256(bytes);
    return txn;
}

Result<EvmTxn> parse_typed(EvmTxnType type, const RlpItem& list) {
    EvmTxn txn;
    txn.type = type;
    const bool fees = type >= EvmTxnType::kDynamicFee;
    Fields fields{list};
    CORDON_TRY(txn.chain_id, fields.small("chain id"));
    CORDON_TRY(txn.nonce, fields.nonce());
    if (fees) {
        CORDON_TRY(txn.max_priority_fee_per_gas, fields.amount("priority fee"));
    }
    CORDON_TRY(txn.max_fee_per_gas, fields.amount(fees ? "fee" : "gas price"));
    if (!fees) txn.max_priority_fee_per_gas = txn.max_fee_per_gas;
    CORDON_TRY(txn.gas_limit, fields.amount("gas limit"));
    CORDON_TRY(const ByteView to, fields.text("to"));
    const bool may_create = type < EvmTxnType::kBlob;  // EIP-4844, EIP-7702.
    if (to.size() != 20 && !(may_create && to.empty()))
        return refuse(format("field to: expected 20 bytes{}, found {}",
                             may_create ? " or none" : "", to.size()));
    if (!to.empty()) txn.to = Address{AddressKind::kEvm, to};
    CORDON_TRY(txn.value, fields.amount("value"));
    CORDON_TRY(txn.data, fields.text("data"));
    CORDON_TRY(txn.access_list, access_list(fields));
    if (type == EvmTxnType::kBlob) {
        CORDON_TRY(txn.max_fee_per_blob_gas, fields.amount("blob fee"));
        CORDON_TRY(txn.blob_hashes, blob_hashes(fields));
    }
    if (type == EvmTxnType::kSetCode) {
        CORDON_TRY(txn.authorizations, authorizations(fields));
    }
    const ByteView signed_part = list.bytes.first(fields.at());
    if (!fields.done()) {
        CORDON_TRY(const ByteView parity, fields.number("parity", 1));
        if (!parity.empty() && parity[0] != 1) return refuse("field parity: expected 0 or 1");
        CORDON_TRY(txn.signature, signature(fields, !parity.empty()));
        CORDON_TRY(check_range(*txn.signature));
    }
    CORDON_TRY(fields.end("the txn"));
    txn.signing_hash = signing_hash(txn, signed_part);
    if (!txn.signature) return txn;
    Bytes prefix{static_cast<uint8_t>(type)};
    append_rlp_list_prefix(prefix, list.bytes.size());
    txn.hash = crypto::keccak256_of({prefix, list.bytes});
    return txn;
}

Result<std::vector<ByteView>> texts(Fields& fields, std::string_view name, std::size_t size) {
    CORDON_TRY(const RlpItem list, fields.item(name, true));
    std::vector<ByteView> out;
    for (Fields each{list}; !each.done();) {
        CORDON_TRY(out.emplace_back(), each.text(name));
        if (out.back().size() != size)
            return refuse(
                format("field {}: expected {} bytes, found {}", name, size, out.back().size()));
    }
    return out;
}

/// [txn, blobs, commitments, proofs] (EIP-4844), or with a version 1 before the blobs and a proof
/// for each cell (EIP-7594).
Result<EvmTxn> parse_with_blobs(const RlpItem& list) {
    Fields fields{list};
    CORDON_TRY(const RlpItem body, fields.item("txn", true));
    CORDON_TRY(EvmTxn txn, parse_typed(EvmTxnType::kBlob, body));
    Fields ahead = fields;
    const auto version = ahead.number("version", 1);
    if (version) {
        if (version->empty() || (*version)[0] != 1)
            return refuse(ErrorCode::kUnsupported, "blobs in a form of another version than 1");
        fields = ahead;
    }
    CORDON_TRY(const auto blobs, texts(fields, "blobs", kBlob));
    CORDON_TRY(const auto commitments, texts(fields, "commitments", kCommitment));
    CORDON_TRY(const auto proofs, texts(fields, "proofs", kCommitment));
    CORDON_TRY(fields.end("a txn with blobs"));
    if (blobs.size() != txn.blob_hashes.size() || commitments.size() != blobs.size() ||
        proofs.size() != blobs.size() * (version ? kCellProofs : 1))
        return refuse(format("{} blob hashes, {} blobs, {} commitments and {} proofs",
                             txn.blob_hashes.size(), blobs.size(), commitments.size(),
                             proofs.size()));
    for (std::size_t i = 0; i < commitments.size(); ++i) {
        Hash256 expected = crypto::sha256(commitments[i]);
        expected.bytes[0] = kBlobHashVersion;
        if (expected != txn.blob_hashes[i])
            return fail(ErrorCode::kChecksum,
                        format("EVM txn: commitment {} does not have its blob hash", i + 1));
    }
    txn.blobs = blobs.size();
    return txn;
}

}  // namespace

Result<Address> EvmAuthorization::authority() const {
    if (y_parity > 1 || !crypto::EcdsaSignature{r, s}.has_low_s())
        return fail(ErrorCode::kMalformed,
                    "EVM authorisation: parity above 1 or a high s (EIP-7702)");
    return recover_evm_address(signing_hash(), r, s, y_parity == 1);
}

Result<EvmTxn> parse_evm_txn(ByteView bytes) {
    if (bytes.empty()) return refuse(ErrorCode::kTruncated, "no bytes");
    const bool typed = bytes[0] < kFirstList;
    const ByteView content = bytes.subspan(typed ? 1 : 0);
    if (bytes[0] > kLastType && typed) return refuse("it begins as neither a list nor a type");
    if (typed && (bytes[0] < static_cast<uint8_t>(EvmTxnType::kAccessList) ||
                  bytes[0] > static_cast<uint8_t>(EvmTxnType::kSetCode)))
        return refuse(ErrorCode::kUnsupported, format("type {} is not known", bytes[0]));
    RlpReader reader{content, bytes.size() - content.size()};
    auto list = reader.next();
    if (!list) return fail(list.error().in("EVM txn"));
    if (!reader.done())
        return refuse(ErrorCode::kTrailing,
                      format("{} bytes follow", content.size() - reader.at()));
    if (!list->is_list) return refuse("expected a list of fields");
    if (!typed) return parse_legacy(bytes, *list);
    const auto type = static_cast<EvmTxnType>(bytes[0]);
    if (type == EvmTxnType::kBlob && !list->bytes.empty() && list->bytes[0] >= kFirstList)
        return parse_with_blobs(*list);
    return parse_typed(type, *list);
}

Result<Address> sender_of(const EvmTxn& txn) {
    if (!txn.signature) return refuse("nobody signed it");
    const auto sender = recover_evm_address(txn.signing_hash, txn.signature->r, txn.signature->s,
                                            txn.signature->odd_y);
    if (!sender) return fail(sender.error().in("EVM txn"));
    return sender;
}

Result<EvmAuthorization> parse_evm_authorization(ByteView bytes) {
    if (bytes.empty() || bytes[0] != kAuthorizationMagic)
        return fail(ErrorCode::kMalformed, "EVM authorisation: does not begin with 0x05");
    RlpReader reader{bytes.subspan(1), 1};
    CORDON_TRY(const RlpItem list, reader.next());
    if (!reader.done() || !list.is_list)
        return fail(ErrorCode::kMalformed, "EVM authorisation: expected one list");
    EvmAuthorization out;
    Fields fields{list};
    CORDON_TRY(out.chain_id, fields.amount("chain id"));
    CORDON_TRY(out.address, fields.address("address"));
    CORDON_TRY(out.nonce, fields.small("nonce"));
    CORDON_TRY(fields.end("an authorisation"));
    return out;
}

}  // namespace cordon::chain
