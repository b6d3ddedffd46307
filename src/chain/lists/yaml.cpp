// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "yaml.hpp"

#include <yaml.h>

#include <algorithm>
#include <optional>

#include <cordon/base/bytes.hpp>
#include <cordon/base/format.hpp>

#include "../csv_text.hpp"

namespace cordon::chain {
namespace {

// A TagPack nests four levels (tags, a tag, its context, lists in that).
constexpr std::size_t kMaxDepth = 16;
// Ten values a tag: more tags than all public packs together.
constexpr std::size_t kMaxNodes = std::size_t{16} << 20;
// Keys are looked for one by one: a map of a million would take hours.
constexpr std::size_t kMaxKeys = 1024;
constexpr std::size_t kMaxFile = std::size_t{256} << 20;

/// One libyaml event, freed at the end of its scope.
class Event {
public:
    Event() = default;
    ~Event() { yaml_event_delete(&event); }
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;

    yaml_event_t event{};
};

class Parser {
public:
    Parser(ByteView bytes, std::string_view name) : name_{name} {
        ready_ = yaml_parser_initialize(&parser_) == 1;
        if (!ready_) return;
        yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
        // Of nothing there may be no address either, and libyaml aborts without one.
        static constexpr uint8_t kNothing = 0;
        yaml_parser_set_input_string(&parser_, bytes.empty() ? &kNothing : bytes.data(),
                                     bytes.size());
    }
    ~Parser() {
        if (ready_) yaml_parser_delete(&parser_);
    }
    Parser(const Parser&) = delete;
    Parser& operator=(const Parser&) = delete;

    Result<YamlNode> document() {
        if (!ready_) return fail(ErrorCode::kLimit, "no memory for a YAML parser");
        CORDON_TRY(expect(YAML_STREAM_START_EVENT, "a YAML stream"));
        CORDON_TRY(expect(YAML_DOCUMENT_START_EVENT, "a YAML document"));
        CORDON_TRY(auto root, value(0));
        if (!root) return fail(error(ErrorCode::kMalformed, "expected a value"));
        CORDON_TRY(expect(YAML_DOCUMENT_END_EVENT, "the end of the document"));
        CORDON_TRY(expect(YAML_STREAM_END_EVENT, "one document only"));
        return *std::move(root);
    }

    YamlMark mark() const noexcept { return {line_, column_}; }

private:
    Error error(ErrorCode code, std::string_view message) const {
        return {code, format("{}:{}: {}", name_, line_, message)};
    }

    Status next(Event& out) {
        if (yaml_parser_parse(&parser_, &out.event) == 1) {
            line_ = out.event.start_mark.line + 1;
            column_ = out.event.start_mark.column + 1;
            return {};
        }
        line_ = parser_.problem_mark.line + 1;
        column_ = parser_.problem_mark.column + 1;
        return fail(error(
            ErrorCode::kMalformed,
            format("no YAML: {}", parser_.problem != nullptr ? parser_.problem : "unreadable")));
    }

    Status expect(yaml_event_type_t type, std::string_view what) {
        Event event;
        CORDON_TRY(next(event));
        if (event.event.type == type) return {};
        return fail(error(ErrorCode::kMalformed, format("expected {}", what)));
    }

    /// The next value; nothing where the list or map around it ends.
    Result<std::optional<YamlNode>> value(std::size_t depth) {
        Event event;
        CORDON_TRY(next(event));
        const yaml_event_t& at = event.event;
        if (at.type == YAML_SEQUENCE_END_EVENT || at.type == YAML_MAPPING_END_EVENT)
            return std::nullopt;
        if (++nodes_ > kMaxNodes)
            return fail(error(ErrorCode::kLimit, format("more than {} values", kMaxNodes)));
        if (depth > kMaxDepth)
            return fail(error(ErrorCode::kLimit, format("more than {} levels", kMaxDepth)));
        YamlNode node;
        node.line = line_;
        node.column = column_;
        switch (at.type) {
            case YAML_SCALAR_EVENT: {
                if (at.data.scalar.anchor != nullptr) return fail(no_aliases());
                node.text.assign(reinterpret_cast<const char*>(at.data.scalar.value),
                                 at.data.scalar.length);
                return node;
            }
            case YAML_SEQUENCE_START_EVENT: {
                if (at.data.sequence_start.anchor != nullptr) return fail(no_aliases());
                node.kind = YamlNode::Kind::kList;
                while (true) {
                    CORDON_TRY(auto item, value(depth + 1));
                    if (!item) return node;
                    node.items.push_back(*std::move(item));
                }
            }
            case YAML_MAPPING_START_EVENT: {
                if (at.data.mapping_start.anchor != nullptr) return fail(no_aliases());
                node.kind = YamlNode::Kind::kMap;
                CORDON_TRY(pairs(node, depth));
                return node;
            }
            case YAML_ALIAS_EVENT: return fail(no_aliases());
            default: return fail(error(ErrorCode::kMalformed, "expected a value"));
        }
    }

    Status pairs(YamlNode& map, std::size_t depth) {
        while (true) {
            CORDON_TRY(auto key, value(depth + 1));
            if (!key) return {};
            if (key->kind != YamlNode::Kind::kScalar)
                return fail(error(ErrorCode::kMalformed, "expected a key that is a text"));
            if (map.pairs.size() == kMaxKeys)
                return fail(
                    error(ErrorCode::kLimit, format("more than {} keys in one map", kMaxKeys)));
            if (map.find(key->text) != nullptr)
                return fail(error(ErrorCode::kDuplicate,
                                  format("the key \"{}\" comes twice", key->text.substr(0, 64))));
            CORDON_TRY(auto item, value(depth + 1));
            if (!item) return fail(error(ErrorCode::kMalformed, "a key without a value"));
            item->key_line = key->line;
            item->key_column = key->column;
            map.pairs.push_back({std::move(key->text), *std::move(item)});
        }
    }

    Error no_aliases() const {
        return error(ErrorCode::kUnsupported,
                     "anchors and aliases (&, *) are not read; write the value out");
    }

    yaml_parser_t parser_{};
    bool ready_ = false;
    std::string_view name_;
    uint64_t line_ = 1;
    uint64_t column_ = 1;
    std::size_t nodes_ = 0;
};

Result<YamlNode> parse(ByteView bytes, std::string_view name, YamlMark& stopped) {
    const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    if (bytes.size() > kMaxFile)
        return fail(ErrorCode::kLimit, format("{}: more than {} bytes", name, kMaxFile));
    if (const auto bad = find_bad_text(text)) {
        const std::string_view before = text.substr(0, *bad);
        stopped.line = 1 + static_cast<uint64_t>(std::count(before.begin(), before.end(), '\n'));
        stopped.column = *bad - (before.rfind('\n') + 1) + 1;
        return fail(ErrorCode::kMalformed,
                    format("{}:{}: expected UTF-8 text", name, stopped.line));
    }
    Parser parser{bytes, name};
    Result<YamlNode> root = parser.document();
    if (!root) stopped = parser.mark();
    return root;
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const noexcept {
    for (const auto& [name, node] : pairs)
        if (name == key) return &node;
    return nullptr;
}

Result<YamlNode> parse_yaml(const InputFile& file) {
    CORDON_TRY(const auto stream, file.open());
    CORDON_TRY(const auto bytes, read_all(*stream, kMaxFile));
    YamlMark stopped;
    return parse(bytes, file.name, stopped);
}

Result<YamlNode> parse_yaml(std::string_view text, std::string_view name, YamlMark* stopped) {
    YamlMark mark;
    Result<YamlNode> root =
        parse({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, name, mark);
    if (!root && stopped) *stopped = mark;
    return root;
}

}  // namespace cordon::chain
