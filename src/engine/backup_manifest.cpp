// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>

#include "backup_parts.hpp"

namespace cordon::engine {
namespace {

namespace json = boost::json;

constexpr std::string_view kKind = "cordon.backup";
/// 1: not signed.
constexpr uint64_t kFirstVersion = 1;
constexpr uint64_t kVersion = 2;

tl::unexpected<Error> malformed(std::string_view what) {
    return fail(ErrorCode::kMalformed, format("manifest of a backup: {}", what));
}

Result<std::string> text_of(const json::object& in, std::string_view name) {
    const json::value* value = in.if_contains(name);
    if (value == nullptr || !value->is_string())
        return malformed(format("\"{}\" is missing or no text", name));
    return std::string{value->get_string()};
}

Result<uint64_t> number_of(const json::object& in, std::string_view name) {
    const json::value* value = in.if_contains(name);
    if (value == nullptr || !value->is_int64() || value->get_int64() < 0)
        return malformed(format("\"{}\" is missing or no number", name));
    return static_cast<uint64_t>(value->get_int64());
}

Result<const json::array*> array_of(const json::object& in, std::string_view name) {
    const json::value* value = in.if_contains(name);
    if (value == nullptr || !value->is_array())
        return malformed(format("\"{}\" is missing or no list", name));
    return &value->get_array();
}

}  // namespace

json::object manifest_json(const BackupManifest& manifest) {
    json::array parts;
    for (const BackupPart& each : manifest.parts) {
        json::object part{{"path", each.path}, {"kind", each.kind}, {"version", each.version}};
        if (each.kind == "log" || each.kind == "gate") {
            part["origin"] = each.origin;
            part["entries"] = each.entries;
            part["checkpoint"] = each.checkpoint;
            part["first"] = each.first;
            part["root"] = each.root;
        }
        parts.push_back(std::move(part));
    }
    json::array files;
    for (const BackupFile& each : manifest.files)
        files.push_back(
            json::object{{"name", each.name}, {"bytes", each.bytes}, {"sha256", each.sha256}});
    json::array left_out;
    for (const std::string& each : manifest.left_out) left_out.emplace_back(each);
    json::array signers;
    for (const tlog::PublicKey& each : manifest.signers) signers.emplace_back(each.text());
    return {{"kind", kKind},
            {"v", kVersion},
            {"made", format_rfc3339(manifest.made)},
            {"cordon", manifest.cordon},
            {"secrets", manifest.has_secrets},
            {"signed_by", std::move(signers)},
            {"left_out", std::move(left_out)},
            {"parts", std::move(parts)},
            {"files", std::move(files)}};
}

std::string format_manifest(const BackupManifest& manifest) {
    return json::serialize(manifest_json(manifest)) + "\n";
}

Result<BackupManifest> parse_manifest(std::string_view text) {
    boost::system::error_code error;
    const json::value root = json::parse(text, error);
    const json::object* in = error ? nullptr : root.if_object();
    if (in == nullptr) return malformed("is no JSON object");
    CORDON_TRY(const std::string kind, text_of(*in, "kind"));
    if (kind != kKind) return malformed(format("expected the kind \"{}\"", kKind));
    CORDON_TRY(const uint64_t version, number_of(*in, "v"));
    if (version < kFirstVersion || version > kVersion)
        return fail(ErrorCode::kUnsupported,
                    format("backup of version {}: this build knows versions {} to {}; use the "
                           "Cordon that made it",
                           version, kFirstVersion, kVersion));
    BackupManifest out;
    CORDON_TRY(const std::string made, text_of(*in, "made"));
    CORDON_TRY(out.made, parse_time(made));
    CORDON_TRY(out.cordon, text_of(*in, "cordon"));
    const json::value* secrets = in->if_contains("secrets");
    out.has_secrets = secrets != nullptr && *secrets == true;
    if (version > kFirstVersion) {
        CORDON_TRY(const json::array* signers, array_of(*in, "signed_by"));
        for (const json::value& each : *signers) {
            if (!each.is_string()) return malformed("\"signed_by\" holds no texts");
            CORDON_TRY(tlog::PublicKey key,
                       tlog::parse_public_key(std::string_view{each.get_string()}));
            out.signers.push_back(std::move(key));
        }
    }
    CORDON_TRY(const json::array* left_out, array_of(*in, "left_out"));
    for (const json::value& each : *left_out) {
        if (!each.is_string()) return malformed("\"left_out\" holds no texts");
        out.left_out.emplace_back(each.get_string());
    }
    CORDON_TRY(const json::array* parts, array_of(*in, "parts"));
    for (const json::value& each : *parts) {
        const json::object* object = each.if_object();
        if (object == nullptr) return malformed("\"parts\" holds no objects");
        BackupPart part;
        CORDON_TRY(part.path, text_of(*object, "path"));
        CORDON_TRY(part.kind, text_of(*object, "kind"));
        CORDON_TRY(const uint64_t form, number_of(*object, "version"));
        part.version = static_cast<int64_t>(form);
        if (!part.path.empty() && !is_member_name(part.path))
            return malformed("a path leads elsewhere");
        if (part.kind == "log" || part.kind == "gate") {
            CORDON_TRY(part.origin, text_of(*object, "origin"));
            CORDON_TRY(part.entries, number_of(*object, "entries"));
            CORDON_TRY(part.checkpoint, number_of(*object, "checkpoint"));
            CORDON_TRY(part.first, number_of(*object, "first"));
            CORDON_TRY(part.root, text_of(*object, "root"));
        }
        out.parts.push_back(std::move(part));
    }
    CORDON_TRY(const json::array* files, array_of(*in, "files"));
    for (const json::value& each : *files) {
        const json::object* object = each.if_object();
        if (object == nullptr) return malformed("\"files\" holds no objects");
        BackupFile file;
        CORDON_TRY(file.name, text_of(*object, "name"));
        CORDON_TRY(file.bytes, number_of(*object, "bytes"));
        CORDON_TRY(file.sha256, text_of(*object, "sha256"));
        if (!is_member_name(file.name)) return malformed("a file's name leads elsewhere");
        out.bytes += file.bytes;
        out.files.push_back(std::move(file));
    }
    out.sha256 =
        to_hex(crypto::sha256({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
    return out;
}

}  // namespace cordon::engine
