// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "log_proof.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>
#include <cordon/chain/json_document.hpp>

namespace cordon::engine {
namespace {

namespace json = boost::json;

ByteView bytes_of(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string text_of(const json::object& from, std::string_view name) {
    const json::value* found = from.if_contains(name);
    return found != nullptr && found->is_string() ? std::string{found->as_string()} : "";
}

}  // namespace

Result<LogProof> prove_entry(const std::string& directory, uint64_t index) {
    LogProof proof;
    proof.index = index;
    CORDON_TRY(proof.note, tlog::read_checkpoint(directory));
    CORDON_TRY(const tlog::Checkpoint checkpoint, tlog::parse_checkpoint(proof.note.text));
    if (index >= checkpoint.size)
        return fail(ErrorCode::kNotFound,
                    format("{}: entry {} is not under its checkpoint of {} entries", directory,
                           index, checkpoint.size));
    const tlog::Tiles tiles{directory, checkpoint.size};
    CORDON_TRY(proof.entry, tiles.entry(index));
    CORDON_TRY(proof.hashes, tlog::prove_inclusion(tiles, index, checkpoint.size));
    CORDON_TRY(check_proof(proof));
    return proof;
}

std::string proof_text(const LogProof& proof) {
    json::array hashes;
    for (const Hash256& hash : proof.hashes) hashes.emplace_back(to_base64(hash));
    const json::object data{{"index", proof.index},
                            {"bytes", to_base64(bytes_of(proof.entry))},
                            {"leaf_hash", to_base64(tlog::leaf_hash(bytes_of(proof.entry)))},
                            {"proof", std::move(hashes)},
                            {"checkpoint", proof.note.format()}};
    return json::serialize(json::object{{"v", 1},
                                        {"kind", "log.proof"},
                                        {"data", data},
                                        {"warnings", json::array{}},
                                        {"incomplete", false}}) +
           "\n";
}

Result<LogProof> parse_proof(std::string_view text) {
    const auto bad = [](std::string_view what) {
        return fail(ErrorCode::kMalformed, format("no proof of log prove: {}", what));
    };
    const auto read = chain::parse_json(text);
    if (!read) return bad(read.error().message);
    const json::object* top = read->if_object();
    const json::value* inner = top == nullptr ? nullptr : top->if_contains("data");
    const json::object* data = inner == nullptr ? nullptr : inner->if_object();
    if (data == nullptr || text_of(*top, "kind") != "log.proof")
        return bad("expected JSON of the kind log.proof");
    LogProof out;
    const json::value* index = data->if_contains("index");
    const json::value* hashes = data->if_contains("proof");
    if (index == nullptr || !index->is_int64() || index->as_int64() < 0) return bad("its index");
    if (hashes == nullptr || !hashes->is_array()) return bad("its hashes");
    out.index = static_cast<uint64_t>(index->as_int64());
    CORDON_TRY(const Bytes entry, parse_base64(text_of(*data, "bytes")));
    out.entry.assign(entry.begin(), entry.end());
    for (const json::value& each : hashes->as_array()) {
        if (!each.is_string()) return bad("its hashes");
        CORDON_TRY(const Bytes bytes, parse_base64(each.as_string()));
        if (bytes.size() != sizeof(Hash256::bytes)) return bad("its hashes");
        std::copy(bytes.begin(), bytes.end(), out.hashes.emplace_back().bytes.begin());
    }
    CORDON_TRY(out.note, tlog::parse_note(text_of(*data, "checkpoint")));
    return out;
}

Result<tlog::Checkpoint> check_proof(const LogProof& proof) {
    CORDON_TRY(tlog::Checkpoint checkpoint, tlog::parse_checkpoint(proof.note.text));
    CORDON_TRY(tlog::verify_inclusion(proof.index, checkpoint.size,
                                      tlog::leaf_hash(bytes_of(proof.entry)), proof.hashes,
                                      checkpoint.root));
    return checkpoint;
}

}  // namespace cordon::engine
