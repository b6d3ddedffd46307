// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/bitcoin/message.hpp>
#include <cordon/chain/bitcoin/script.hpp>
#include <cordon/chain/bitcoin/taproot.hpp>
#include <cordon/chain/text.hpp>

#include "ops_bitcoin.hpp"

namespace cordon::conform {
namespace {

std::string_view word(chain::SpendVerdict verdict) noexcept {
    constexpr std::string_view kWords[] = {"valid", "invalid", "inconclusive"};
    return kWords[static_cast<std::size_t>(verdict)];
}

json::array shown(const std::vector<chain::CheckedSignature>& signatures) {
    json::array out;
    for (const chain::CheckedSignature& each : signatures)
        out.push_back({{"key", to_hex(each.key)},
                       {"sighash", each.sighash},
                       {"hash", to_hex(each.hash)},
                       {"valid", each.valid}});
    return out;
}

struct Spent {
    std::vector<Bytes> scripts;
    std::vector<chain::OutputView> outputs;
};

/// `spent`: [{value: decimal satoshi, script: hex}].
Result<Spent> spent_field(const json::object& request) {
    Spent out;
    const json::value* list = request.if_contains("spent");
    if (list == nullptr) return out;
    if (!list->is_array())
        return fail(ErrorCode::kInvalidParam, "field spent: expected an array of objects");
    for (const json::value& item : list->get_array()) {
        if (!item.is_object())
            return fail(ErrorCode::kInvalidParam, "field spent: expected an array of objects");
        CORDON_TRY(const std::string_view text, text_field(item.get_object(), "value"));
        CORDON_TRY(const Amount value, Amount::parse(text));
        if (!value.fits_u64()) return fail(ErrorCode::kOverflow, "field value: above 64 bits");
        CORDON_TRY(Bytes script, hex_field(item.get_object(), "script"));
        out.scripts.push_back(std::move(script));
        out.outputs.push_back({value.low_u64(), {}});
    }
    for (std::size_t i = 0; i < out.outputs.size(); ++i) out.outputs[i].script = out.scripts[i];
    return out;
}

struct Tree {
    std::vector<Hash256> leaves;
    std::vector<Bytes> heads;                 ///< Version and key of the control block, one a leaf.
    std::vector<std::vector<Hash256>> paths;  ///< What stands beside each leaf, from below.
    Hash256 root;
};

/// A leaf {script, leafVersion}, or [left, right].
Status add_tree(const json::value& node, Tree& out, std::size_t depth) {
    if (depth > 128) return fail(ErrorCode::kLimit, "field tree: too deep");
    if (node.is_object()) {
        CORDON_TRY(const Bytes script, hex_field(node.get_object(), "script"));
        CORDON_TRY(const uint64_t version, number_field(node.get_object(), "leafVersion", 255));
        out.root = chain::tap_leaf_hash(static_cast<uint8_t>(version), script);
        out.leaves.push_back(out.root);
        out.heads.push_back({static_cast<uint8_t>(version)});
        out.paths.emplace_back();
        return {};
    }
    if (!node.is_array() || node.get_array().size() != 2)
        return fail(ErrorCode::kInvalidParam, "field tree: expected a leaf or two sides");
    const std::size_t first = out.leaves.size();
    CORDON_TRY(add_tree(node.get_array()[0], out, depth + 1));
    const Hash256 left = out.root;
    const std::size_t second = out.leaves.size();
    CORDON_TRY(add_tree(node.get_array()[1], out, depth + 1));
    for (std::size_t i = first; i < out.leaves.size(); ++i)
        out.paths[i].push_back(i < second ? out.root : left);
    out.root = chain::tap_branch_hash(left, out.root);
    return {};
}

}  // namespace

Result<std::vector<Bytes>> hex_list(const json::object& request, std::string_view name) {
    std::vector<Bytes> out;
    const json::value* list = request.if_contains(name);
    if (list == nullptr) return out;
    if (!list->is_array())
        return fail(ErrorCode::kInvalidParam, format("field {}: expected an array", name));
    for (const json::value& item : list->get_array()) {
        if (!item.is_string())
            return fail(ErrorCode::kInvalidParam, format("field {}: expected hex strings", name));
        CORDON_TRY(out.emplace_back(), parse_hex(item.get_string()));
    }
    return out;
}

Result<json::value> op_bitcoin_sighash(const json::object& request) {
    CORDON_TRY(const Bytes bytes, hex_field(request, "hex"));
    CORDON_TRY(const chain::TxnView txn, chain::parse_txn(bytes));
    CORDON_TRY(const uint64_t index, number_field(request, "input", UINT32_MAX));
    CORDON_TRY(const uint64_t type, number_field(request, "sighash", UINT32_MAX));
    CORDON_TRY(const std::string_view kind, text_field(request, "kind"));
    CORDON_TRY(const Spent spent, spent_field(request));
    if (index >= txn.inputs.size())
        return fail(ErrorCode::kInvalidParam, "field input: the txn has no such input");
    const chain::Sighasher hasher{txn, spent.outputs};
    if (kind == "taproot") {
        const auto hash = hasher.taproot(index, static_cast<uint8_t>(type), {});
        if (!hash) return fail(ErrorCode::kMalformed, "no such hash");
        return json::value(to_hex(*hash));
    }
    CORDON_TRY(const Bytes code, hex_field(request, "script_code"));
    if (kind == "legacy")
        return json::value(to_hex(hasher.legacy(index, code, static_cast<uint32_t>(type))));
    if (kind != "witness_v0")
        return fail(ErrorCode::kInvalidParam, "field kind: legacy, witness_v0 or taproot");
    CORDON_TRY(const std::string_view text, text_field(request, "value"));
    CORDON_TRY(const Amount value, Amount::parse(text));
    return json::value(
        to_hex(hasher.witness_v0(index, code, value.low_u64(), static_cast<uint32_t>(type))));
}

Result<json::value> op_bitcoin_spend(const json::object& request) {
    CORDON_TRY(const Bytes bytes, hex_field(request, "hex"));
    CORDON_TRY(const chain::TxnView txn, chain::parse_txn(bytes));
    CORDON_TRY(const Spent spent, spent_field(request));
    if (spent.outputs.size() != txn.inputs.size())
        return fail(ErrorCode::kInvalidParam, "field spent: expected one output an input");
    const chain::Sighasher hasher{txn, spent.outputs};
    chain::SpendBudget budget;
    json::array out;
    for (std::size_t i = 0; i < txn.inputs.size(); ++i) {
        const chain::SpendCheck check = chain::check_spend(hasher, i, spent.outputs[i], budget);
        out.push_back({{"verdict", word(check.verdict)},
                       {"why", check.why},
                       {"signatures", shown(check.signatures)}});
    }
    return json::value(std::move(out));
}

Result<json::value> op_bitcoin_message(const json::object& request) {
    CORDON_TRY(const ChainId network, chain_field(request));
    CORDON_TRY(const std::string_view text, text_field(request, "address"));
    CORDON_TRY(const Address address, chain::parse_address(network, text));
    CORDON_TRY(const std::string_view message, text_field(request, "message"));
    CORDON_TRY(const std::string_view signature, text_field(request, "signature"));
    CORDON_TRY(const chain::MessageCheck check, chain::check_message(address, message, signature));
    return json::value{{"form", to_string(check.form)},
                       {"verdict", word(check.verdict)},
                       {"why", check.why},
                       {"locktime", check.locktime},
                       {"sequence", check.sequence},
                       {"funds", check.funds.size()},
                       {"signatures", shown(check.signatures)}};
}

Result<json::value> op_bitcoin_message_hashes(const json::object& request) {
    CORDON_TRY(const ChainId network, chain_field(request));
    CORDON_TRY(const std::string_view text, text_field(request, "address"));
    CORDON_TRY(const Address address, chain::parse_address(network, text));
    CORDON_TRY(const std::string_view message, text_field(request, "message"));
    const auto script = chain::script_of_address(address);
    if (!script) return fail(ErrorCode::kUnsupported, "an address without its script");
    const chain::MessageHashes hashes = chain::message_hashes(*script, message);
    return json::value{{"message", to_hex(hashes.message)},
                       {"to_spend", chain::format_hash(network, hashes.to_spend)},
                       {"to_sign", chain::format_hash(network, hashes.to_sign)}};
}

Result<json::value> op_schnorr(const json::object& request) {
    CORDON_TRY(const Bytes key, hex_field(request, "key"));
    CORDON_TRY(const Bytes message, hex_field(request, "message"));
    CORDON_TRY(const Bytes signature, hex_field(request, "signature"));
    CORDON_TRY(const crypto::PublicKey point, crypto::PublicKey::parse_x_only(key));
    return json::value(crypto::verify_schnorr(signature, message, point.x_only()));
}

Result<json::value> op_taproot(const json::object& request) {
    CORDON_TRY(const Bytes internal, hex_field(request, "internal"));
    const json::value* node = request.if_contains("tree");
    Tree tree;
    std::optional<Hash256> root;
    if (node != nullptr && !node->is_null()) {
        CORDON_TRY(add_tree(*node, tree, 0));
        root = tree.root;
    }
    CORDON_TRY(const crypto::PublicKey inner, crypto::PublicKey::parse_x_only(internal));
    CORDON_TRY(const crypto::PublicKey output, chain::tap_output_key(internal, root));
    const Address address{AddressKind::kP2tr, output.x_only()};
    json::array leaves, blocks;
    for (std::size_t i = 0; i < tree.leaves.size(); ++i) {
        leaves.emplace_back(to_hex(tree.leaves[i]));
        Bytes block = tree.heads[i];
        block[0] = static_cast<uint8_t>(block[0] | (output.has_odd_y() ? 1 : 0));
        block.insert(block.end(), internal.begin(), internal.end());
        for (const Hash256& each : tree.paths[i])
            block.insert(block.end(), each.bytes.begin(), each.bytes.end());
        blocks.emplace_back(to_hex(block));
    }
    json::value merkle;
    if (root) merkle = to_hex(*root);
    return json::value{{"leaf_hashes", std::move(leaves)},
                       {"merkle_root", merkle},
                       {"tweak", to_hex(chain::tap_tweak(inner.x_only(), root))},
                       {"output_key", to_hex(output.x_only())},
                       {"script", to_hex(*chain::script_of_address(address))},
                       {"address", chain::format_address(kBitcoin, address)},
                       {"control_blocks", std::move(blocks)}};
}

}  // namespace cordon::conform
