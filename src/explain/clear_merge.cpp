// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "clear_merge.hpp"

#include <boost/json.hpp>

#include <cordon/base/format.hpp>

namespace cordon::explain {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxIncludes = 8;
constexpr std::size_t kMaxDocument = std::size_t{4} << 20;  // The largest in use has 0.1 MiB.

/// "a/b/c.json" and "../x.json" are "a/x.json". A way out of the root is refused.
Result<std::string> beside(std::string_view from, std::string_view to) {
    if (to.find("://") != std::string_view::npos)
        return fail(ErrorCode::kUnsupported,
                    format("includes \"{}\": nothing is fetched from a network", to));
    std::vector<std::string_view> parts;
    const auto walk = [&](std::string_view text) {
        while (!text.empty()) {
            const std::size_t end = std::min(text.find('/'), text.size());
            const std::string_view part = text.substr(0, end);
            text.remove_prefix(std::min(end + 1, text.size()));
            if (part == "..") {
                if (parts.empty()) return false;
                parts.pop_back();
            } else if (!part.empty() && part != ".") {
                parts.push_back(part);
            }
        }
        return true;
    };
    const std::size_t folder = from.rfind('/');
    if (!walk(folder == std::string_view::npos ? std::string_view{} : from.substr(0, folder)) ||
        !walk(to))
        return fail(ErrorCode::kMalformed, format("includes \"{}\", outside the registry", to));
    std::string path;
    for (const std::string_view part : parts) {
        if (!path.empty()) path += '/';
        path += part;
    }
    return path;
}

json::value* field_at(json::array& fields, const json::value& path) {
    for (json::value& field : fields)
        if (const json::object* object = field.if_object())
            if (const json::value* own = object->if_contains("path");
                own != nullptr && *own == path)
                return &field;
    return nullptr;
}

json::array merge_fields(json::array base, const json::array& over) {
    for (const json::value& field : over) {
        const json::object* object = field.if_object();
        const json::value* path = object != nullptr ? object->if_contains("path") : nullptr;
        json::value* own = path != nullptr ? field_at(base, *path) : nullptr;
        if (own != nullptr)
            *own = merge_clear(own->get_object(), *object);
        else
            base.push_back(field);
    }
    return base;
}

}  // namespace

json::object merge_clear(const json::object& base, const json::object& over) {
    json::object merged = base;
    for (const auto& [key, value] : over) {
        json::value& own = merged[key];
        if (own.is_object() && value.is_object())
            own = merge_clear(own.get_object(), value.get_object());
        else if (key == "fields" && own.is_array() && value.is_array())
            own = merge_fields(own.get_array(), value.get_array());
        else
            own = value;
    }
    return merged;
}

ClearMerger::ClearMerger(const std::vector<ClearDocument>& documents) {
    for (const ClearDocument& document : documents) documents_.emplace(document.path, &document);
}

Result<json::object> ClearMerger::merged(const std::string& path, std::size_t depth) const {
    if (depth > kMaxIncludes) return fail(ErrorCode::kLimit, "includes that go too deep");
    const auto found = documents_.find(path);
    if (found == documents_.end())
        return fail(ErrorCode::kNotFound, format("\"{}\" is not in the registry", path));
    const std::string& text = found->second->text;
    if (text.size() > kMaxDocument) return fail(ErrorCode::kLimit, "larger than 4 MiB");
    json::error_code error;
    json::value value = json::parse(text, error);
    if (error || !value.is_object())
        return fail(ErrorCode::kMalformed, format("no JSON object: {}", error.message()));
    json::object object = std::move(value.get_object());
    const json::value* include = object.if_contains("includes");
    if (include == nullptr || !include->is_string()) return object;
    CORDON_TRY(const std::string target, beside(path, include->get_string()));
    CORDON_TRY(const json::object base, merged(target, depth + 1));
    object.erase("includes");
    return merge_clear(base, object);
}

}  // namespace cordon::explain
