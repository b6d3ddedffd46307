// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "ops.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/bitcoin/base58.hpp>
#include <cordon/chain/bitcoin/bech32.hpp>
#include <cordon/chain/bitcoin/script.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/crypto/merkle.hpp>

#include "ops_bitcoin.hpp"

namespace cordon::conform {
namespace {

json::string shown(ByteView bytes) { return json::string{to_hex(bytes)}; }

tl::unexpected<Error> bad_field(std::string_view name, std::string_view expected) {
    return fail(ErrorCode::kInvalidParam, format("field {}: expected {}", name, expected));
}

template <auto Hash>
Result<json::value> op_hash(const json::object& request) {
    CORDON_TRY(const Bytes bytes, hex_field(request, "hex"));
    const auto hash = Hash(bytes);
    return json::value(shown(hash));
}

Result<json::value> op_merkle_root(const json::object& request) {
    const json::value* list = request.if_contains("hashes");
    if (list == nullptr || !list->is_array()) return bad_field("hashes", "an array of hex strings");
    std::vector<Hash256> hashes;
    for (const json::value& item : list->get_array()) {
        Hash256 hash;
        if (!item.is_string() || !parse_hex_into(item.get_string(), hash.bytes))
            return bad_field("hashes", "64 hex digits each");
        hashes.push_back(hash);
    }
    const crypto::MerkleRoot root = crypto::merkle_root(std::move(hashes));
    return json::value{{"root", shown(root.root)}, {"mutated", root.mutated}};
}

/// Decodes field text, or encodes field hex.
template <auto Parse, auto Format>
Result<json::value> op_codec(const json::object& request) {
    if (request.contains("text")) {
        CORDON_TRY(const std::string_view text, text_field(request, "text"));
        CORDON_TRY(const Bytes bytes, Parse(text));
        return json::value(shown(bytes));
    }
    CORDON_TRY(const Bytes bytes, hex_field(request, "hex"));
    return json::value(Format(bytes));
}

std::string_view kind_text(chain::Bech32Kind kind) noexcept {
    return kind == chain::Bech32Kind::kBech32 ? "bech32" : "bech32m";
}

Result<json::value> op_bech32(const json::object& request) {
    if (request.contains("text")) {
        CORDON_TRY(const std::string_view text, text_field(request, "text"));
        CORDON_TRY(const chain::Bech32 data, chain::parse_bech32(text));
        json::array values;
        for (const uint8_t value : data.values) values.emplace_back(value);
        return json::value{
            {"kind", kind_text(data.kind)}, {"prefix", data.prefix}, {"values", std::move(values)}};
    }
    chain::Bech32 data;
    CORDON_TRY(const std::string_view kind, text_field(request, "kind"));
    if (kind != "bech32" && kind != "bech32m") return bad_field("kind", "bech32 or bech32m");
    data.kind = kind == "bech32" ? chain::Bech32Kind::kBech32 : chain::Bech32Kind::kBech32m;
    CORDON_TRY(const std::string_view prefix, text_field(request, "prefix"));
    const bool printable = std::all_of(prefix.begin(), prefix.end(), [](char c) {
        return c >= 33 && c <= 126 && (c < 'A' || c > 'Z');
    });
    if (prefix.empty() || prefix.size() > 83 || !printable)
        return bad_field("prefix", "1..83 lower-case characters");
    data.prefix = prefix;
    const json::value* values = request.if_contains("values");
    if (values == nullptr || !values->is_array())
        return bad_field("values", "an array of numbers 0..31");
    for (const json::value& value : values->get_array()) {
        if (!value.is_int64() || value.get_int64() < 0 || value.get_int64() > 31)
            return bad_field("values", "numbers 0..31");
        data.values.push_back(static_cast<uint8_t>(value.get_int64()));
    }
    return json::value(chain::format_bech32(data));
}

Result<json::value> op_segwit(const json::object& request) {
    if (request.contains("text")) {
        CORDON_TRY(const std::string_view text, text_field(request, "text"));
        CORDON_TRY(const chain::SegwitAddress address, chain::parse_segwit(text));
        const auto version = address.program.version;
        Bytes script{static_cast<uint8_t>(version == 0 ? 0 : 0x50 + version),
                     static_cast<uint8_t>(address.program.program.size())};
        script.insert(script.end(), address.program.program.begin(), address.program.program.end());
        return json::value{{"prefix", address.prefix},
                           {"version", version},
                           {"program", shown(address.program.program)},
                           {"script", shown(script)}};
    }
    CORDON_TRY(const std::string_view prefix, text_field(request, "prefix"));
    CORDON_TRY(const uint64_t version, number_field(request, "version", 16));
    CORDON_TRY(Bytes program, hex_field(request, "program"));
    if (program.size() < 2 || program.size() > 40) return bad_field("program", "2..40 bytes");
    return json::value(
        chain::format_segwit(prefix, {static_cast<uint8_t>(version), std::move(program)}));
}

Result<json::value> op_eip55(const json::object& request) {
    CORDON_TRY(const std::string_view text, text_field(request, "text"));
    CORDON_TRY(const Address address, chain::parse_address(kEthereum, text));
    return json::value(chain::display_address(kEthereum, address));
}

struct Named {
    std::string_view name;
    Op op;
};
constexpr std::array kOps{
    Named{"abi_decode", op_abi_decode},
    Named{"abi_encode", op_abi_encode},
    Named{"abi_log", op_abi_log},
    Named{"abi_packed", op_abi_packed},
    Named{"abi_signature", op_abi_signature},
    Named{"address", op_address},
    Named{"base58", op_codec<chain::parse_base58, chain::format_base58>},
    Named{"base58check", op_codec<chain::parse_base58check, chain::format_base58check>},
    Named{"bech32", op_bech32},
    Named{"bip32", op_bip32},
    Named{"bip32_public", op_bip32_public},
    Named{"bip39_entropy", op_bip39_entropy},
    Named{"bip39_mnemonic", op_bip39_mnemonic},
    Named{"bip39_seed", op_bip39_seed},
    Named{"bitcoin_message", op_bitcoin_message},
    Named{"bitcoin_message_hashes", op_bitcoin_message_hashes},
    Named{"bitcoin_sighash", op_bitcoin_sighash},
    Named{"bitcoin_spend", op_bitcoin_spend},
    Named{"block", op_block},
    Named{"bytewords", op_bytewords},
    Named{"clear_signing", op_clear_signing},
    Named{"descriptor", op_descriptor},
    Named{"ecdsa", op_ecdsa},
    Named{"ed25519", op_ed25519},
    Named{"eip55", op_eip55},
    Named{"evm_recover", op_evm_recover},
    Named{"evm_txn", op_evm_txn},
    Named{"hash160", op_hash<crypto::hash160>},
    Named{"keccak256", op_hash<crypto::keccak256>},
    Named{"log_consistency", op_log_consistency},
    Named{"log_inclusion", op_log_inclusion},
    Named{"merkle_root", op_merkle_root},
    Named{"musig_key", op_musig_key},
    Named{"namehash", op_namehash},
    Named{"p256", op_p256},
    Named{"personal_message", op_personal_message},
    Named{"psbt", op_psbt},
    Named{"public_key_add", op_public_key_add},
    Named{"ripemd160", op_hash<crypto::ripemd160>},
    Named{"contract_call", op_contract_call},
    Named{"crc32", op_crc32},
    Named{"psbt_txn", op_psbt_txn},
    Named{"rlp_decode", op_rlp_decode},
    Named{"rlp_encode", op_rlp_encode},
    Named{"rpc_block", op_rpc_block},
    Named{"rpc_calls", op_rpc_calls},
    Named{"rpc_changes", op_rpc_changes},
    Named{"schnorr", op_schnorr},
    Named{"script_address", op_script_address},
    Named{"segwit", op_segwit},
    Named{"sha256", op_hash<static_cast<Hash256 (*)(ByteView) noexcept>(crypto::sha256)>},
    Named{"sha256d", op_hash<crypto::sha256d>},
    Named{"sign_digest", op_sign_digest},
    Named{"sign_evm_txn", op_sign_evm_txn},
    Named{"sign_psbt", op_sign_psbt},
    Named{"sign_schnorr", op_sign_schnorr},
    Named{"sskr_join", op_sskr_join},
    Named{"taproot", op_taproot},
    Named{"tx", op_tx},
    Named{"typed_data", op_typed_data},
    Named{"units", op_units},
    Named{"ur_decode", op_ur_decode},
    Named{"ur_degree", op_ur_degree},
    Named{"ur_encode", op_ur_encode},
    Named{"ur_fragment_length", op_ur_fragment_length},
    Named{"ur_mixed", op_ur_mixed},
    Named{"ur_part", op_ur_part},
    Named{"ur_random", op_ur_random},
    Named{"ur_sample", op_ur_sample},
    Named{"ur_shuffle", op_ur_shuffle},
};

}  // namespace

Op find_op(std::string_view name) noexcept {
    const auto found =
        std::find_if(kOps.begin(), kOps.end(), [&](const Named& op) { return op.name == name; });
    return found == kOps.end() ? nullptr : found->op;
}

Result<std::string_view> text_field(const json::object& request, std::string_view name) {
    const json::value* value = request.if_contains(name);
    if (value == nullptr || !value->is_string()) return bad_field(name, "a string");
    return std::string_view{value->get_string()};
}

Result<Bytes> hex_field(const json::object& request, std::string_view name) {
    CORDON_TRY(const std::string_view text, text_field(request, name));
    Result<Bytes> bytes = parse_hex(text);
    if (!bytes) return bad_field(name, bytes.error().message);
    return bytes;
}

Result<uint64_t> number_field(const json::object& request, std::string_view name, uint64_t max) {
    const json::value* value = request.if_contains(name);
    if (value == nullptr || !value->is_int64() || value->get_int64() < 0 ||
        static_cast<uint64_t>(value->get_int64()) > max)
        return bad_field(name, format("a number 0..{}", max));
    return static_cast<uint64_t>(value->get_int64());
}

Result<ChainId> chain_field(const json::object& request) {
    if (!request.contains("chain")) return kBitcoin;
    CORDON_TRY(const std::string_view text, text_field(request, "chain"));
    return parse_chain(text);
}

}  // namespace cordon::conform
