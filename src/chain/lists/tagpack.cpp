// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>

#include "tag.hpp"
#include "yaml.hpp"

namespace cordon::chain {
namespace {

// docs/formats/tagpack.md. What else a pack may say is not read: it is named once in the notes.
constexpr std::array<std::string_view, 12> kRead{"address",    "tx_hash",  "label",  "currency",
                                                 "network",    "category", "abuse",  "actor",
                                                 "confidence", "lastmod",  "source", "concepts"};
constexpr std::array<std::string_view, 10> kUnread{
    "title", "creator", "description",        "owner",    "is_public",
    "tags",  "context", "is_cluster_definer", "tag_type", "tag_subject"};

/// The fields of one tag over those of the pack, which it inherits.
class Fields {
public:
    Fields(const YamlNode& tag, const YamlNode& pack) : tag_{tag}, pack_{pack} {}

    const YamlNode* find(std::string_view key) const noexcept {
        const YamlNode* const own = tag_.find(key);
        return own != nullptr ? own : pack_.find(key);
    }
    /// "" for none, and for YAML's ways to write nothing.
    std::string_view text(std::string_view key) const noexcept {
        const YamlNode* const node = find(key);
        if (node == nullptr || node->text == "null" || node->text == "~") return {};
        return node->text;
    }
    /// A field that is read and is no plain text.
    std::optional<Error> odd() const {
        for (const std::string_view key : kRead) {
            const YamlNode* const node = find(key);
            if (node != nullptr && key != "concepts" && node->kind != YamlNode::Kind::kScalar)
                return Error{ErrorCode::kMalformed, format("field {}: expected a text", key)};
        }
        return std::nullopt;
    }

private:
    const YamlNode& tag_;
    const YamlNode& pack_;
};

Status add(ListBuilder& builder, const YamlNode& node, const YamlNode& pack,
           std::string_view source) {
    if (node.kind != YamlNode::Kind::kMap)
        return builder.bad(node.line, {ErrorCode::kMalformed, "expected a tag: its fields"});
    const Fields fields{node, pack};
    if (const auto odd = fields.odd()) return builder.bad(node.line, *odd);
    if (fields.text("address").empty()) {
        if (fields.text("tx_hash").empty())
            return builder.bad(node.line,
                               {ErrorCode::kMalformed, "field address: expected one, found none"});
        builder.unsupported("tag of a txn");
        return {};
    }
    Tag tag{.address = fields.text("address"),
            .label = fields.text("label"),
            // The currency may be a token: the network is where the address lives.
            .currency =
                fields.text("network").empty() ? fields.text("currency") : fields.text("network"),
            .category = fields.text("category"),
            .abuse = fields.text("abuse"),
            .actor = fields.text("actor"),
            .confidence = fields.text("confidence"),
            .lastmod = fields.text("lastmod"),
            .uri = fields.text("source"),
            .source = source};
    if (const YamlNode* const concepts = fields.find("concepts"))
        for (const YamlNode& each : concepts->items) tag.concepts.push_back(each.text);
    return add_tag(builder, node.line, tag);
}

bool is_known(std::string_view key) {
    return std::find(kRead.begin(), kRead.end(), key) != kRead.end() ||
           std::find(kUnread.begin(), kUnread.end(), key) != kUnread.end();
}

/// Fields that no TagPack should have: told, since one could mean something.
void note_unknown(ListBuilder& builder, const YamlNode& pack, const YamlNode& tags) {
    constexpr std::size_t kMaxNamed = 20;
    std::vector<std::string_view> unknown;
    const auto look = [&](const YamlNode& node) {
        for (const auto& [key, value] : node.pairs)
            if (!is_known(key) && unknown.size() < kMaxNamed &&
                std::find(unknown.begin(), unknown.end(), key) == unknown.end())
                unknown.push_back(key);
    };
    look(pack);
    for (const YamlNode& tag : tags.items) look(tag);
    for (const std::string_view key : unknown)
        builder.note(format("field \"{}\" is not read", key.substr(0, 64)));
}

}  // namespace

Result<PublishedList> read_tagpack(const InputFile& file, const ListOptions& options) {
    CORDON_TRY(const YamlNode pack, parse_yaml(file));
    const auto refuse = [&](const YamlNode& at, ErrorCode code, std::string_view what) {
        return fail(code, format("{}:{}: {}", file.name, at.line, what));
    };
    if (const YamlNode* const actors = pack.find("actors"))
        return refuse(*actors, ErrorCode::kUnsupported,
                      "an actor pack: it names actors and no addresses; give a TagPack");
    const YamlNode* const title = pack.find("title");
    const YamlNode* const tags = pack.find("tags");
    if (pack.kind != YamlNode::Kind::kMap || title == nullptr || title->text.empty())
        return refuse(pack, ErrorCode::kMalformed, "no TagPack: expected a title");
    if (tags == nullptr || tags->kind != YamlNode::Kind::kList)
        return refuse(pack, ErrorCode::kMalformed, "no TagPack: expected a list of tags");
    ListBuilder builder{file, options};
    CORDON_TRY(const std::string name, list_text(title->text, "title"));
    if (const YamlNode* const lastmod = pack.find("lastmod")) {
        const auto time = parse_lastmod(lastmod->text);
        if (!time) return refuse(*lastmod, time.error().code, time.error().message);
        builder.list().as_of = *time;
    }
    for (const YamlNode& tag : tags->items) CORDON_TRY(add(builder, tag, pack, name));
    note_unknown(builder, pack, *tags);
    return std::move(builder.list());
}

}  // namespace cordon::chain
