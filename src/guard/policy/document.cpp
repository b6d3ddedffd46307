// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "document.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>

namespace cordon::guard {

namespace {

constexpr std::size_t kMostShown = 64;  // Of a wrong text in a message.

}  // namespace

std::optional<Document::Node> Document::root(std::size_t most_bytes) const {
    if (text_.size() > most_bytes) {
        problems_.error({}, ErrorCode::kLimit, format("more than {} bytes", most_bytes));
        return std::nullopt;
    }
    chain::YamlMark stopped;
    Result<Node> root = chain::parse_yaml(text_, name_, &stopped);
    if (!root) {
        // The message begins with the place, which a Diagnostic tells by itself.
        std::string message = root.error().message;
        const std::string place = format("{}:{}: ", name_, stopped.line);
        if (message.starts_with(place)) message.erase(0, place.size());
        problems_.error(
            {0, static_cast<uint32_t>(stopped.line), static_cast<uint32_t>(stopped.column)},
            root.error().code, std::move(message));
        return std::nullopt;
    }
    if (root->kind == Node::Kind::kMap) return *std::move(root);
    error(*root, "expected a map of keys");
    return std::nullopt;
}

chain::Mark Document::mark(const Node& node) noexcept {
    return {0, static_cast<uint32_t>(node.line), static_cast<uint32_t>(node.column)};
}

void Document::error(const Node& node, std::string message, std::string hint,
                     ErrorCode code) const {
    problems_.error(mark(node), code, std::move(message), std::move(hint));
}

void Document::warn(const Node& node, std::string message, std::string hint) const {
    problems_.warn(mark(node), ErrorCode::kInvalidParam, std::move(message), std::move(hint));
}

bool Document::map(const Node& node, std::span<const Key> keys) const {
    if (node.kind != Node::Kind::kMap) {
        error(node, "expected a map of keys");
        return false;
    }
    std::vector<std::string_view> names;
    for (const Key& key : keys) names.push_back(key.name);
    for (const auto& pair : node.pairs)
        if (std::find(names.begin(), names.end(), pair.name) == names.end())
            problems_.error(
                {0, static_cast<uint32_t>(pair.node.key_line),
                 static_cast<uint32_t>(pair.node.key_column)},
                ErrorCode::kUnsupported,
                format("the key \"{}\" is not known here", pair.name.substr(0, kMostShown)),
                chain::nearest(pair.name, names));
    return true;
}

std::span<const Document::Node> Document::list(const Node& map, std::string_view key) const {
    const Node* node = map.find(key);
    if (!node) return {};
    if (node->kind == Node::Kind::kList) return node->items;
    if (node->kind != Node::Kind::kScalar || !node->text.empty())
        error(*node, format("expected a list for \"{}\"", key));
    return {};
}

std::vector<const Document::Node*> Document::texts(const Node& map, std::string_view key) const {
    std::vector<const Node*> all;
    const Node* node = map.find(key);
    if (node && node->kind == Node::Kind::kScalar) return {node};
    for (const Node& item : list(map, key)) {
        if (item.kind == Node::Kind::kScalar)
            all.push_back(&item);
        else
            error(item, format("expected a text in \"{}\"", key));
    }
    return all;
}

const Document::Node* Document::scalar(const Node& map, std::string_view key, bool required) const {
    const Node* node = map.find(key);
    if (!node) {
        if (required) error(map, format("\"{}\" is missing", key));
        return nullptr;
    }
    if (node->kind == Node::Kind::kScalar && !node->text.empty()) return node;
    error(*node, format("expected a value for \"{}\"", key));
    return nullptr;
}

std::string Document::text(const Node& map, std::string_view key, bool required) const {
    const Node* node = scalar(map, key, required);
    return node ? node->text : std::string{};
}

std::optional<uint64_t> Document::number(const Node& map, std::string_view key, uint64_t least,
                                         uint64_t most, bool required) const {
    return parsed(
        map, key,
        [&](std::string_view text) -> Result<uint64_t> {
            const Result<Amount> value = Amount::parse(text);
            if (!value || *value < Amount{least} || *value > Amount{most})
                return fail(ErrorCode::kMalformed,
                            format("expected a whole number from {} to {}", least, most));
            return value->low_u64();
        },
        required);
}

std::optional<std::chrono::milliseconds> Document::duration(const Node& map, std::string_view key,
                                                            bool required) const {
    return parsed(
        map, key, [](std::string_view text) { return chain::parse_duration(text); }, required);
}

std::optional<Cents> Document::usd(const Node& map, std::string_view key) const {
    return parsed(map, key, parse_dollars);
}

bool Document::is_name(const Node& node, std::string_view text) const {
    constexpr std::size_t kMost = 64;
    const bool ok =
        !text.empty() && text.size() <= kMost && std::all_of(text.begin(), text.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   c == '.' || c == '_' || c == '-';
        });
    if (!ok) error(node, "expected a name of at most 64 letters, digits, \".\", \"_\" and \"-\"");
    return ok;
}

std::string Document::name(const Node& map, std::string_view key) const {
    const Node* node = scalar(map, key, true);
    return node && is_name(*node, node->text) ? node->text : std::string{};
}

std::optional<chain::Ast> Document::condition(const Node& map, std::string_view key) const {
    const Node* node = scalar(map, key, true);
    if (!node) return std::nullopt;
    return chain::parse_condition({chain::locate(text_, 0, *node)}, problems_);
}

Result<Cents> parse_dollars(std::string_view text) {
    const auto cents = parse_units(text, 2);
    constexpr auto kMost = static_cast<uint64_t>(std::numeric_limits<Cents>::max());
    if (!cents || !cents->fits_u64() || cents->low_u64() > kMost)
        return fail(ErrorCode::kMalformed, "expected US dollars such as 250000 or 99.50");
    return static_cast<Cents>(cents->low_u64());
}

Result<std::chrono::minutes> parse_utc_offset(std::string_view text) {
    using std::chrono::minutes;
    if (text == "Z") return minutes{0};
    const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':' || !digit(1) ||
        !digit(2) || !digit(4) || !digit(5))
        return fail(ErrorCode::kMalformed, "expected an offset such as +09:00, -03:30 or Z");
    const int hours = (text[1] - '0') * 10 + (text[2] - '0');
    const int rest = (text[4] - '0') * 10 + (text[5] - '0');
    if (hours > 14 || rest > 59)  // The largest offset that is in use is +14:00.
        return fail(ErrorCode::kMalformed, "an offset of more than 14 hours");
    const int all = hours * 60 + rest;
    return minutes{text[0] == '-' ? -all : all};
}

}  // namespace cordon::guard
