// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/tlog/tree.hpp>

#include "ops.hpp"

namespace cordon::conform {
namespace {

/// Any 64-bit number: proofs are given indices that are far outside the tree.
Result<uint64_t> size_field(const json::object& request, std::string_view name) {
    const json::value* value = request.if_contains(name);
    if (value && value->is_uint64()) return value->get_uint64();
    if (value && value->is_int64() && value->get_int64() >= 0)
        return static_cast<uint64_t>(value->get_int64());
    return fail(ErrorCode::kInvalidParam, format("field {}: expected a size", name));
}

Result<Hash256> hash_of(const json::value& value, std::string_view name) {
    if (!value.is_string())
        return fail(ErrorCode::kInvalidParam, format("field {}: expected base64", name));
    CORDON_TRY(const Bytes bytes, parse_base64(std::string_view{value.get_string()}));
    Hash256 hash;
    if (bytes.size() != hash.bytes.size()) {
        // Where only equality counts, vectors have text in the place of a root.
        if (name == "before" || name == "root_after") return crypto::sha256(bytes);
        return fail(ErrorCode::kMalformed, format("field {}: expected 32 bytes", name));
    }
    std::copy(bytes.begin(), bytes.end(), hash.bytes.begin());
    return hash;
}

Result<Hash256> hash_field(const json::object& request, std::string_view name) {
    const json::value* value = request.if_contains(name);
    return hash_of(value ? *value : json::value{}, name);
}

Result<std::vector<Hash256>> proof_field(const json::object& request) {
    std::vector<Hash256> proof;
    const json::value* value = request.if_contains("proof");
    if (!value || value->is_null()) return proof;
    if (!value->is_array()) return fail(ErrorCode::kInvalidParam, "field proof: expected a list");
    for (const json::value& item : value->get_array()) {
        CORDON_TRY(const Hash256 hash, hash_of(item, "proof"));
        proof.push_back(hash);
    }
    return proof;
}

}  // namespace

Result<json::value> op_log_inclusion(const json::object& request) {
    CORDON_TRY(const uint64_t index, size_field(request, "index"));
    CORDON_TRY(const uint64_t begin, size_field(request, "begin"));
    CORDON_TRY(const uint64_t end, size_field(request, "end"));
    CORDON_TRY(const Hash256 leaf, hash_field(request, "leaf"));
    CORDON_TRY(const Hash256 root, hash_field(request, "root"));
    CORDON_TRY(const std::vector<Hash256> proof, proof_field(request));
    if (begin == 0) {
        CORDON_TRY(tlog::verify_inclusion(index, end, leaf, proof, root));
    } else {
        CORDON_TRY(tlog::verify_subtree_inclusion(index, {begin, end}, leaf, proof, root));
    }
    return json::value(true);
}

Result<json::value> op_log_consistency(const json::object& request) {
    CORDON_TRY(const uint64_t end, size_field(request, "end"));
    CORDON_TRY(const uint64_t size, size_field(request, "size"));
    CORDON_TRY(const Hash256 before, hash_field(request, "before"));
    CORDON_TRY(const Hash256 root, hash_field(request, "root_after"));
    CORDON_TRY(const std::vector<Hash256> proof, proof_field(request));
    if (!request.contains("begin")) {
        CORDON_TRY(tlog::verify_consistency(end, size, before, root, proof));
    } else {
        CORDON_TRY(const uint64_t begin, size_field(request, "begin"));
        CORDON_TRY(tlog::verify_subtree({begin, end}, size, before, root, proof));
    }
    return json::value(true);
}

}  // namespace cordon::conform
