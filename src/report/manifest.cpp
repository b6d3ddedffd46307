// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "manifest.hpp"

#include <simdjson.h>

#include <filesystem>
#include <fstream>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/json_document.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/crypto/hash.hpp>

#include "json_writer.hpp"
#include "text.hpp"

namespace cordon::report {
namespace {

namespace fs = std::filesystem;

/// A manifest lists files and inputs; one of this size has some hundred thousand and is not ours.
constexpr std::uintmax_t kMaxManifest = 64U << 20U;

ByteView bytes_of(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

void write_file(JsonWriter& json, const EvidenceFile& file) {
    json.begin_object()
        .field("name", file.name)
        .field("bytes", file.bytes)
        .field("sha256", file.sha256)
        .end_object();
}

void write_header(JsonWriter& json, ChainId chain, const BlockHeader& header) {
    json.begin_object().field("block", header.number);
    if (header.number_kind == BlockNumKind::kEstimated) json.field("block_is", "estimated");
    if (header.number_kind == BlockNumKind::kSequence) json.field("block_is", "sequence");
    if (header.time) json.field("time", *header.time);
    json.field("hash", chain::format_hash(chain, header.hash)).end_object();
}

/// What the manifest says of a file against what lies there; empty when both agree.
std::string compare(const std::string& directory, const EvidenceFile& expected) {
    const auto found = evidence_file((fs::path{directory} / expected.name).string());
    if (!found) return format("{}: {}", clean_text(expected.name), found.error().message);
    if (found->bytes != expected.bytes)
        return format("{}: {} bytes, the manifest says {}", clean_text(expected.name), found->bytes,
                      expected.bytes);
    if (found->sha256 != expected.sha256)
        return format("{}: SHA-256 {}, the manifest says {}", clean_text(expected.name),
                      found->sha256, clean_text(expected.sha256, 64));
    return {};
}

/// One of the case's parts, or a path of such parts.
bool stays_inside(std::string_view name, bool folders) {
    while (true) {
        const std::size_t end = folders ? std::min(name.find('/'), name.size()) : name.size();
        const std::string_view part = name.substr(0, end);
        if (part.empty() || part == "." || part == ".." ||
            part.find_first_of(std::string_view{"/\\\0", 3}) != std::string_view::npos)
            return false;
        if (end == name.size()) return true;
        name.remove_prefix(end + 1);
    }
}

Result<EvidenceFile> read_file_entry(simdjson::dom::element entry, bool folders) {
    std::string_view name, sha256;
    uint64_t bytes = 0;
    if (entry["name"].get(name) || entry["bytes"].get(bytes) || entry["sha256"].get(sha256))
        return fail(ErrorCode::kMalformed, "a file entry lacks name, bytes or sha256");
    if (!stays_inside(name, folders))
        return fail(ErrorCode::kMalformed,
                    format("the file name \"{}\" leads out of the folder", clean_text(name)));
    return EvidenceFile{std::string{name}, bytes, std::string{sha256}};
}

}  // namespace

std::string evidence_json(const Evidence& evidence) {
    std::string out;
    const Sink sink = string_sink(out);
    JsonWriter json{sink};
    json.begin_object().field("cordon", evidence.version).field("command", evidence.command_line);
    json.new_line().key("params").begin_object();
    for (const auto& [name, value] : evidence.params) json.field(name, value);
    json.end_object().new_line().key("ledger").begin_array();
    for (const ledger::ChainSummary& chain : evidence.ledger) {
        json.new_line()
            .begin_object()
            .field("chain", to_string(chain.chain))
            .field("blocks", chain.blocks);
        json.field("txns", chain.txns).field("transfers", chain.transfers).key("first");
        write_header(json, chain.chain, chain.first);
        json.key("tip");
        write_header(json, chain.chain, chain.tip);
        json.end_object();
    }
    json.end_array().new_line().key("inputs").begin_array();
    for (const records::Input& input : evidence.inputs) {
        json.new_line().begin_object().field("name", input.name).field("schema", input.schema);
        json.field("bytes", input.bytes)
            .field("sha256", input.sha256)
            .field("rows", input.rows)
            .end_object();
    }
    json.end_array().new_line().key("files").begin_array();
    for (const EvidenceFile& file : evidence.files) {
        json.new_line();
        write_file(json, file);
    }
    json.end_array().end_object();
    static_cast<void>(json.finish());  // A string never refuses.
    return out;
}

std::string evidence_sha256(const Evidence& evidence) {
    return to_hex(crypto::sha256(bytes_of(evidence_json(evidence))));
}

Status write_manifest(const Evidence& evidence, const std::optional<EvidenceFile>& page,
                      const Sink& sink) {
    // The object goes in byte for byte as it was hashed.
    std::string out = "{\"v\":1,\"kind\":\"evidence.manifest\",\"data\":{\n\"evidence\":" +
                      evidence_json(evidence) + ",\n\"evidence_sha256\":\"" +
                      evidence_sha256(evidence) + "\",\n\"page\":";
    if (page) {
        const Sink into = string_sink(out);
        JsonWriter json{into};
        write_file(json, *page);
        CORDON_TRY(json.finish());
    } else {
        out += "null";
    }
    out += "},\n\"warnings\":[],\"incomplete\":false}\n";
    return sink(out);
}

Result<EvidenceFile> evidence_file(const std::string& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status)) return fail(ErrorCode::kNotFound, "the file is missing");
    if (!fs::is_regular_file(status)) return fail(ErrorCode::kIo, "not a regular file");
    std::ifstream file{path, std::ios::binary};
    if (!file) return fail(ErrorCode::kIo, "cannot be read");
    crypto::Sha256 hash;
    EvidenceFile result;
    result.name = fs::path{path}.filename().string();
    std::vector<char> buffer(1U << 20U);
    while (file) {
        file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
        const auto got = static_cast<std::size_t>(file.gcount());
        hash.update(bytes_of({buffer.data(), got}));
        result.bytes += got;
    }
    if (file.bad()) return fail(ErrorCode::kIo, "cannot be read to its end");
    result.sha256 = to_hex(hash.finish());
    return result;
}

EvidenceFile evidence_of(std::string name, std::string_view bytes) {
    return {std::move(name), bytes.size(), to_hex(crypto::sha256(bytes_of(bytes)))};
}

Status write_case_manifest(const Evidence& evidence, std::string_view case_id,
                           const std::vector<EvidenceFile>& files,
                           const std::vector<std::string>& not_reproducible, const Sink& sink) {
    std::string out =
        "{\"v\":1,\"kind\":\"case.manifest\",\"data\":{\n\"evidence\":" + evidence_json(evidence) +
        ",\n\"evidence_sha256\":\"" + evidence_sha256(evidence) + "\",\n\"case\":";
    const Sink into = string_sink(out);
    JsonWriter json{into};
    append_json_string(out, case_id);
    out += ",\n\"not_reproducible\":";
    json.begin_array();
    for (const std::string& name : not_reproducible) json.value(name);
    json.end_array();
    CORDON_TRY(json.finish());
    out += ",\n\"files\":";
    JsonWriter list{into};
    list.begin_array();
    for (const EvidenceFile& file : files) {
        list.new_line();
        write_file(list, file);
    }
    list.end_array();
    CORDON_TRY(list.finish());
    out += "},\n\"warnings\":[],\"incomplete\":false}\n";
    return sink(out);
}

Result<Manifest> read_manifest(std::string_view text) {
    // This parser takes the first of two; another one, elsewhere, would believe the last.
    if (const auto once = chain::parse_json(text); !once) return fail(once.error());
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    if (const auto code = parser.parse(text.data(), text.size()).get(root))
        return fail(ErrorCode::kMalformed, format("no JSON: {}", simdjson::error_message(code)));
    std::string_view kind, sha256;
    simdjson::dom::element data, evidence;
    simdjson::dom::array files;
    if (root["kind"].get(kind) || (kind != "evidence.manifest" && kind != "case.manifest") ||
        root["data"].get(data) || data["evidence"].get(evidence) ||
        data["evidence_sha256"].get(sha256) || evidence["files"].get(files))
        return fail(ErrorCode::kMalformed,
                    "expected kind evidence.manifest or case.manifest with "
                    "data.evidence, data.evidence_sha256, files[]");
    Manifest manifest;
    manifest.sealed_case = kind == "case.manifest";
    manifest.evidence_sha256 = sha256;

    // The bytes as hashed lie between the names of two fields, which our own writer put there.
    constexpr std::string_view kBefore = "\"data\":{\n\"evidence\":";
    constexpr std::string_view kAfter = ",\n\"evidence_sha256\":";
    const std::size_t begin = text.find(kBefore);
    const std::size_t end = text.rfind(kAfter);
    if (begin == std::string_view::npos || end == std::string_view::npos ||
        end < begin + kBefore.size())
        return fail(ErrorCode::kMalformed,
                    "reformatted; the hash is over its bytes as they were written");
    const std::string_view hashed =
        text.substr(begin + kBefore.size(), end - begin - kBefore.size());
    manifest.intact = to_hex(crypto::sha256(bytes_of(hashed))) == sha256;

    const auto take = [&](simdjson::dom::element entry) -> Status {
        CORDON_TRY(EvidenceFile file, read_file_entry(entry, manifest.sealed_case));
        manifest.files.push_back(std::move(file));
        return {};
    };
    if (manifest.sealed_case && data["files"].get(files))
        return fail(ErrorCode::kMalformed, "expected data.files[]");
    for (const simdjson::dom::element entry : files) CORDON_TRY(take(entry));
    simdjson::dom::element page;
    if (!manifest.sealed_case && !data["page"].get(page) && !page.is_null()) CORDON_TRY(take(page));
    return manifest;
}

Status verify_manifest(const std::string& directory) {
    const std::string path = (fs::path{directory} / "manifest.json").string();
    std::error_code error;
    const std::uintmax_t size = fs::file_size(path, error);
    if (error)
        return fail(ErrorCode::kNotFound,
                    format("{}: no manifest; expected the folder of a case file", path));
    if (size > kMaxManifest)
        return fail(ErrorCode::kMalformed,
                    format("{}: {} bytes, more than a manifest can have", path, size));
    std::ifstream file{path, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (file.bad()) return fail(ErrorCode::kIo, format("{}: cannot be read", path));
    const auto manifest = read_manifest(text);
    if (!manifest) return fail(manifest.error().in(path));
    std::string wrong;
    if (!manifest->intact)
        wrong += "\n  manifest.json: the evidence does not match its own SHA-256";
    for (const EvidenceFile& expected : manifest->files)
        if (const std::string line = compare(directory, expected); !line.empty())
            wrong += "\n  " + line;
    if (!wrong.empty())
        return fail(ErrorCode::kChecksum,
                    format("{}: changed since it was written:{}", directory, wrong));
    return {};
}

}  // namespace cordon::report
