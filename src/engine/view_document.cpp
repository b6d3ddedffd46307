// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "view_document.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <functional>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/json_document.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/report/canonical_json.hpp>
#include <cordon/report/text.hpp>

namespace cordon::engine {
namespace {

using boost::json::object;
using boost::json::value;

// A view is four levels deep; its question may have a few of its own.
constexpr std::size_t kMaxDepth = 16;
constexpr std::size_t kIdDigits = 32;
// Lists of keys: a picture has 400 nodes, a raw one 50,000, and nobody notes them all.
constexpr std::size_t kMostItems = 10'000;
constexpr std::size_t kLongestText = 10'000;  // Of a title or a note.

tl::unexpected<Error> wrong(const std::string& where, std::string_view expected) {
    return fail(ErrorCode::kMalformed, format("view{}: expected {}", where, expected));
}

using Check = std::function<Status(const value&, const std::string& where)>;
struct Field {
    std::string_view name;
    Check check;
    bool required = true;
};

Check text(std::size_t longest = kLongestText) {
    return [longest](const value& v, const std::string& where) -> Status {
        if (!v.is_string() || v.get_string().size() > longest)
            return wrong(where, format("text of at most {} bytes", longest));
        return {};
    };
}
Check one_of(std::vector<std::string_view> words) {
    return [words = std::move(words)](const value& v, const std::string& where) -> Status {
        if (v.is_string() &&
            std::find(words.begin(), words.end(), std::string_view{v.get_string()}) != words.end())
            return {};
        std::string all;
        for (const std::string_view word : words)
            all += (all.empty() ? "" : ", ") + std::string{word};
        return wrong(where, all);
    };
}
Status number(const value& v, const std::string& where) {
    if (!v.is_number()) return wrong(where, "a number");
    return {};
}
Status time(const value& v, const std::string& where) {
    if (!v.is_string() || !parse_time(std::string_view{v.get_string()}))
        return wrong(where, "a time (RFC 3339)");
    return {};
}
Check list(Check item) {
    return [item = std::move(item)](const value& v, const std::string& where) -> Status {
        if (!v.is_array() || v.get_array().size() > kMostItems)
            return wrong(where, format("a list of at most {}", kMostItems));
        for (std::size_t i = 0; i < v.get_array().size(); ++i)
            CORDON_TRY(item(v.get_array()[i], format("{}/{}", where, i)));
        return {};
    };
}
Check fields(std::vector<Field> known) {
    return [known = std::move(known)](const value& v, const std::string& where) -> Status {
        if (!v.is_object()) return wrong(where, "an object");
        for (const auto& given : v.get_object()) {
            const auto field = std::find_if(known.begin(), known.end(), [&](const Field& each) {
                return each.name == given.key();
            });
            const std::string name = report::clean_text(given.key(), 40);
            if (field == known.end())
                return fail(ErrorCode::kMalformed, format("view{}/{}: no such key", where, name));
            CORDON_TRY(field->check(given.value(), format("{}/{}", where, name)));
        }
        for (const Field& field : known)
            if (field.required && !v.get_object().contains(field.name))
                return wrong(where, format("the key \"{}\"", field.name));
        return {};
    };
}

/// docs/formats/view.md.
const Check& view_check() {
    static const Check kCheck = [] {
        const Check key = text();
        const Check keys = list(key);
        const Check version = [](const value& v, const std::string& where) -> Status {
            if (!v.is_int64() || v.get_int64() != 1) return wrong(where, "1");
            return {};
        };
        // What it asks is checked when it is asked.
        const Check question = [](const value& v, const std::string& where) -> Status {
            if (!v.is_object()) return wrong(where, "an object");
            return {};
        };
        return fields({
            {"v", version},
            {"trace", text(64)},
            {"question", question},
            {"title", text(), false},
            {"mode", one_of({"stolen", "all", "raw"})},
            {"axis", one_of({"hop", "time"})},
            {"open", keys, false},
            {"expand", list(fields({{"key", key}, {"side", one_of({"in", "out"})}})), false},
            {"hidden", keys, false},
            {"brush", fields({{"since", time}, {"until", time}}), false},
            {"assets", keys, false},
            {"notes",
             list(fields({{"key", key},
                          {"text", text()},
                          {"colour", text(32), false},
                          {"by", text(200)},
                          {"time", time}})),
             false},
            {"moved", list(fields({{"key", key}, {"y", number}})), false},
            {"selected", keys, false},
        });
    }();
    return kCheck;
}

}  // namespace

Result<std::string> canonical_view(std::string_view json) {
    if (json.size() > kMaxView)
        return fail(ErrorCode::kLimit, format("view: {} bytes, at most {}", json.size(), kMaxView));
    const auto parsed = chain::parse_json(json, kMaxDepth);
    if (!parsed) return fail(ErrorCode::kMalformed, "view: " + parsed.error().message);
    CORDON_TRY(view_check()(*parsed, ""));
    return report::canonical_json(json, kMaxDepth);
}

std::string view_id(std::string_view canonical) {
    const Hash256 hash =
        crypto::sha256({reinterpret_cast<const uint8_t*>(canonical.data()), canonical.size()});
    return to_hex(hash).substr(0, kIdDigits);
}

bool is_view_id(std::string_view text) noexcept {
    return text.size() == kIdDigits &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace cordon::engine
