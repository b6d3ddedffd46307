// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "retention.hpp"

#include <boost/json.hpp>
#include <charconv>

#include <cordon/base/base64.hpp>
#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

namespace cordon::tlog {
namespace {

namespace json = boost::json;

constexpr std::string_view kFirstLine = "cordon tlog retention 1\n";

tl::unexpected<Error> bad_anchor(std::string_view what) {
    return fail(ErrorCode::kMalformed, format("anchor of a log: {}", what));
}

Result<std::string> text_of(const json::object& in, std::string_view name) {
    const json::value* value = in.if_contains(name);
    if (value == nullptr || !value->is_string())
        return bad_anchor(format("\"{}\" is missing or no text", name));
    return std::string{value->get_string()};
}

/// A number and its line feed at the beginning of `rest`.
bool take_number(std::string_view& rest, uint64_t& out) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return false;
    const auto [at, error] = std::from_chars(rest.data(), rest.data() + end, out);
    if (error != std::errc{} || at != rest.data() + end) return false;
    rest.remove_prefix(end + 1);
    return true;
}

}  // namespace

std::string format_anchor(const Anchor& anchor) {
    json::object out{{"v", 1}, {"type", "anchor"}, {"kind", "anchor"}};
    out["time"] = format_rfc3339(anchor.time);
    out["until"] = anchor.until;
    out["checkpoint"] = anchor.checkpoint.format();
    out["snapshot"] =
        anchor.snapshot ? json::value(to_hex(*anchor.snapshot)) : json::value(nullptr);
    out["archived"] = anchor.archived;
    out["by"] = anchor.by;
    out["why"] = anchor.why;
    return json::serialize(out);
}

Result<std::optional<Anchor>> parse_anchor(std::string_view entry) {
    boost::system::error_code error;
    const json::value root = json::parse(entry, error);
    const json::object* in = error ? nullptr : root.if_object();
    if (in == nullptr) return std::nullopt;
    const json::value* type = in->if_contains("type");
    if (type == nullptr || *type != "anchor") return std::nullopt;
    const json::value* version = in->if_contains("v");
    if (version == nullptr || !version->is_int64() || version->get_int64() < 1)
        return bad_anchor("\"v\" is missing");
    if (version->get_int64() > 1)
        return fail(ErrorCode::kUnsupported,
                    format("anchor of a log of version {}: a newer cordon wrote it; this one knows "
                           "version 1",
                           version->get_int64()));
    Anchor anchor;
    CORDON_TRY(const std::string time, text_of(*in, "time"));
    CORDON_TRY(anchor.time, parse_time(time));
    const json::value* until = in->if_contains("until");
    if (until == nullptr || !until->is_int64() || until->get_int64() < 0)
        return bad_anchor("\"until\" is missing or no number");
    anchor.until = static_cast<uint64_t>(until->get_int64());
    CORDON_TRY(const std::string note, text_of(*in, "checkpoint"));
    CORDON_TRY(anchor.checkpoint, parse_note(note));
    CORDON_TRY(const Checkpoint checkpoint, parse_checkpoint(anchor.checkpoint.text));
    if (checkpoint.size != anchor.until)
        return bad_anchor(
            format("speaks of {} entries, its checkpoint of {}", anchor.until, checkpoint.size));
    if (const json::value* snapshot = in->if_contains("snapshot");
        snapshot != nullptr && !snapshot->is_null()) {
        CORDON_TRY(const std::string hex, text_of(*in, "snapshot"));
        Hash256 digest;
        CORDON_TRY(parse_hex_into(hex, digest.bytes));
        anchor.snapshot = digest;
    }
    const json::value* archived = in->if_contains("archived");
    anchor.archived = archived != nullptr && *archived == true;
    CORDON_TRY(anchor.by, text_of(*in, "by"));
    CORDON_TRY(anchor.why, text_of(*in, "why"));
    return anchor;
}

std::string retention_path(const std::string& directory) { return directory + "/retention"; }

std::string format_retention(const Retention& retention) {
    return format("{}{}\n{}\n", kFirstLine, retention.until, retention.anchor);
}

Result<Retention> parse_retention(std::string_view text, std::string_view name) {
    std::string_view rest = text;
    Retention retention;
    const bool begins = rest.starts_with(kFirstLine);
    if (begins) rest.remove_prefix(kFirstLine.size());
    if (begins && take_number(rest, retention.until) && take_number(rest, retention.anchor) &&
        rest.empty() && retention.anchor >= retention.until)
        return retention;
    return fail(ErrorCode::kCorrupt,
                format("{}: expected \"{}\", then the first entry that is kept and, not before "
                       "it, the anchor's; take this file from a backup",
                       name, kFirstLine.substr(0, kFirstLine.size() - 1)));
}

Result<Retention> read_retention(const std::string& directory) {
    const std::string path = retention_path(directory);
    const Result<Bytes> bytes = read_file(path);
    if (!bytes && bytes.error().code == ErrorCode::kNotFound) return Retention{};
    if (!bytes) return fail(bytes.error());
    return parse_retention({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, path);
}

}  // namespace cordon::tlog
