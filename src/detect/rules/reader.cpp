// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "reader.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>

namespace cordon::detect {
namespace {

using chain::YamlNode;
using chain::YamlPair;

/// A hundred times the largest public rule sets.
constexpr std::size_t kMaxRules = 100'000;
constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;

constexpr std::array<RuleKey, 19> kRuleKeys{{
    {"rule", "string", "name; unique"},
    {"id", "string", "the detector that its alerts name; else the rule's name"},
    {"desc", "string", "a few words for a person: the alert's title"},
    {"event", "event", "transfer, txn, log, call, change, withdrawal, alert or block"},
    {"condition", "string", "what must be true of the event"},
    {"output", "string", "the alert's reason; %field stands for its value"},
    {"next", "string", "what to do now"},
    {"priority", "priority", "info, low, medium, high or critical"},
    {"stage", "stage", "none, funding, preparation, exploitation or laundering"},
    {"confidence", "number", "0 to 1"},
    {"subject", "string", "the address that the alert is about"},
    {"related", "strings", "addresses that take part"},
    {"key", "strings", "what tells apart alerts about one subject in one txn"},
    {"tags", "strings", "words for those who sort alerts"},
    {"enabled", "boolean", "false: it is not run"},
    {"exceptions", "exceptions", "what is known not to be meant"},
    {"correlate", "correlate", "several events together"},
    {"append", "boolean", "adds condition and exceptions to a rule that is there"},
    {"override", "override", "replaces or appends to keys of a rule that is there"},
}};
constexpr std::array<RuleKey, 8> kCorrelateKeys{{
    {"type", "correlation", "count, distinct, sum, quantile, sequence, join or absence"},
    {"of", "string", "what is counted apart, summed or ranked"},
    {"share", "string", "of a quantile: 99%"},
    {"by", "strings", "what must be the same in all events"},
    {"window", "string", "the time that they lie within: 10m, 24h, 7d"},
    {"having", "string", "when to raise: group.value >= 5"},
    {"steps", "steps", "of a sequence or a join"},
    {"without", "step", "of an absence: what must follow"},
}};
constexpr std::array<RuleKey, 3> kStepKeys{{
    {"condition", "string", "what must be true of the event"},
    {"event", "event", "its type, where the condition does not tell"},
    {"by", "strings", "instead of the correlation's own"},
}};
constexpr std::array<RuleKey, 4> kExceptionKeys{{
    {"name", "string", "of the exception"},
    {"fields", "strings", "what is compared"},
    {"comps", "strings", "how: ==, in, startswith, ...; else =="},
    {"values", "rows", "rows with one value a field"},
}};

Mark mark_of(uint32_t file, const YamlNode& node) {
    return {file, static_cast<uint32_t>(node.line), static_cast<uint32_t>(node.column)};
}
Mark mark_of(uint32_t file, const YamlPair& pair) {
    return {file, static_cast<uint32_t>(pair.node.key_line),
            static_cast<uint32_t>(pair.node.key_column)};
}

class File {
public:
    File(uint32_t index, const RuleText& text, Declarations& all,
         std::map<std::string, std::size_t>& names, Problems& problems)
        : index_{index}, text_{text}, all_{all}, names_{names}, problems_{problems} {}

    void read() {
        if (text_.text.size() > kMaxFileBytes)
            return problems_.error({index_, 0, 0}, ErrorCode::kLimit,
                                   format("more than {} bytes", kMaxFileBytes));
        chain::YamlMark stopped;
        const Result<YamlNode> root = chain::parse_yaml(text_.text, text_.name, &stopped);
        if (!root) {
            // The message begins with the place, which a Diagnostic tells by itself.
            std::string message = root.error().message;
            const std::string place = format("{}:{}: ", text_.name, stopped.line);
            if (message.starts_with(place)) message.erase(0, place.size());
            return problems_.error({index_, static_cast<uint32_t>(stopped.line),
                                    static_cast<uint32_t>(stopped.column)},
                                   root.error().code, std::move(message));
        }
        if (root->kind == YamlNode::Kind::kScalar && root->text.empty()) return;  // Comments only.
        if (root->kind != YamlNode::Kind::kList)
            return wrong(*root, "expected a list of rules, macros and lists",
                         "each begins with \"- rule:\", \"- macro:\" or \"- list:\"");
        for (const YamlNode& item : root->items) entry(item);
    }

private:
    void error(const Mark& mark, ErrorCode code, std::string message, std::string hint = {}) {
        problems_.error(mark, code, std::move(message), std::move(hint));
    }
    void wrong(const YamlNode& node, std::string message, std::string hint = {}) {
        error(mark_of(index_, node), ErrorCode::kMalformed, std::move(message), std::move(hint));
    }

    void entry(const YamlNode& item) {
        if (item.kind != YamlNode::Kind::kMap || item.pairs.empty())
            return wrong(item, "expected a rule, a macro or a list",
                         "each begins with \"- rule:\", \"- macro:\" or \"- list:\"");
        if (item.find("rule")) return rule(item);
        if (item.find("macro")) return macro(item);
        if (item.find("list")) return list(item);
        if (const YamlNode* version = item.find("required_engine_version"))
            return required(*version);
        const YamlPair& first = item.pairs.front();
        constexpr std::array<std::string_view, 4> kKinds{"rule", "macro", "list",
                                                         "required_engine_version"};
        error(mark_of(index_, first), ErrorCode::kUnsupported,
              format("an entry of kind \"{}\" is not read", first.name.substr(0, 64)),
              nearest(first.name, kKinds));
    }

    void required(const YamlNode& node) {
        const std::string_view text = std::string_view{node.text}.substr(0, node.text.find('.'));
        const Result<Amount> version = Amount::parse(text);
        if (node.kind != YamlNode::Kind::kScalar || !version)
            return wrong(node, "expected a version number");
        if (*version > Amount{kRulesVersion})
            error(mark_of(index_, node), ErrorCode::kUnsupported,
                  format("the file needs version {} of the rule language; this is {}", text,
                         kRulesVersion),
                  "take a newer Cordon");
    }

    // --- Values.

    void known_keys(const YamlNode& map, std::span<const RuleKey> keys,
                    std::initializer_list<std::string_view> more = {}) {
        std::vector<std::string_view> names(more);
        for (const RuleKey& key : keys) names.push_back(key.name);
        for (const YamlPair& pair : map.pairs)
            if (std::find(names.begin(), names.end(), pair.name) == names.end())
                error(mark_of(index_, pair), ErrorCode::kUnsupported,
                      format("the key \"{}\" is not known here", pair.name.substr(0, 64)),
                      nearest(pair.name, names));
    }

    const YamlNode* scalar_node(const YamlNode& map, std::string_view key) {
        const YamlNode* node = map.find(key);
        if (!node) return nullptr;
        if (node->kind == YamlNode::Kind::kScalar) return node;
        wrong(*node, format("expected a text for \"{}\"", key));
        return nullptr;
    }
    Written scalar(const YamlNode& map, std::string_view key) {
        const YamlNode* node = scalar_node(map, key);
        return node ? Written{node->text, mark_of(index_, *node)} : Written{};
    }
    std::optional<SourcePiece> piece(const YamlNode& map, std::string_view key) {
        const YamlNode* node = scalar_node(map, key);
        return node ? std::optional{locate(text_.text, index_, *node)} : std::nullopt;
    }
    /// A list of texts; one text alone is a list of one.
    std::vector<const YamlNode*> several(const YamlNode& map, std::string_view key) {
        const YamlNode* node = map.find(key);
        std::vector<const YamlNode*> all;
        if (!node) return all;
        if (node->kind == YamlNode::Kind::kScalar) return {node};
        if (node->kind == YamlNode::Kind::kMap) {
            wrong(*node, format("expected a list for \"{}\"", key));
            return all;
        }
        for (const YamlNode& item : node->items) {
            if (item.kind == YamlNode::Kind::kScalar)
                all.push_back(&item);
            else
                wrong(item, format("expected a text in \"{}\"", key));
        }
        return all;
    }
    std::vector<SourcePiece> pieces(const YamlNode& map, std::string_view key) {
        std::vector<SourcePiece> all;
        for (const YamlNode* node : several(map, key))
            all.push_back(locate(text_.text, index_, *node));
        return all;
    }
    std::vector<Written> texts(const YamlNode& map, std::string_view key) {
        std::vector<Written> all;
        for (const YamlNode* node : several(map, key))
            all.push_back({node->text, mark_of(index_, *node)});
        return all;
    }
    bool flag(const YamlNode& map, std::string_view key) {
        const Written value = scalar(map, key);
        if (!value.given() || value.text == "false") return false;
        if (value.text == "true") return true;
        error(value.mark, ErrorCode::kMalformed, format("expected true or false for \"{}\"", key));
        return false;
    }

    // --- Entries.

    /// Which keys of an entry are added to what is there, and which take its place.
    enum class How : uint8_t { kNew, kAppend, kReplace };
    struct Change {
        bool changes = false;
        std::map<std::string, How> keys;
        How of(const std::string& key) const {
            const auto found = keys.find(key);
            return found == keys.end() ? How::kNew : found->second;
        }
    };
    Change change(const YamlNode& item, std::initializer_list<std::string> appended) {
        Change change;
        if (flag(item, "append")) {
            change.changes = true;
            for (const std::string& key : appended) change.keys[key] = How::kAppend;
        }
        const YamlNode* override_node = item.find("override");
        if (!override_node) return change;
        if (override_node->kind != YamlNode::Kind::kMap) {
            wrong(*override_node, "expected the keys to override", "override: {condition: append}");
            return change;
        }
        change.changes = true;
        for (const auto& pair : override_node->pairs) {
            if (pair.node.text == "append")
                change.keys[pair.name] = How::kAppend;
            else if (pair.node.text == "replace")
                change.keys[pair.name] = How::kReplace;
            else
                wrong(pair.node, "expected append or replace");
            if (!item.find(pair.name))
                error(mark_of(index_, pair), ErrorCode::kNotFound,
                      format("\"{}\" is overridden but not given", pair.name.substr(0, 64)));
        }
        return change;
    }

    void rule(const YamlNode& item) {
        known_keys(item, kRuleKeys);
        RuleDecl rule = read_rule(item);
        if (rule.name.text.empty())
            return wrong(item, "a rule without a name", "- rule: large-withdrawal");
        const Change how = change(item, {"condition", "exceptions", "tags"});
        const auto found = names_.find(rule.name.text);
        if (found == names_.end()) {
            if (how.changes)
                return error(rule.name.mark, ErrorCode::kNotFound,
                             format("there is no rule \"{}\" to append to or override",
                                    rule.name.text.substr(0, 64)),
                             near_rule(rule.name.text));
            if (all_.rules.size() == kMaxRules)
                return error(rule.mark, ErrorCode::kLimit, format("more than {} rules", kMaxRules));
            names_.emplace(rule.name.text, all_.rules.size());
            all_.rules.push_back(std::move(rule));
            return;
        }
        RuleDecl& there = all_.rules[found->second];
        // As in Falco: a rule with nothing but "enabled" switches the one that is there.
        const bool switches = item.pairs.size() == 2 && rule.enabled.given();
        if (switches) {
            there.enabled = rule.enabled;
            return;
        }
        if (!how.changes)
            return error(rule.name.mark, ErrorCode::kDuplicate,
                         format("the rule \"{}\" is there already", rule.name.text.substr(0, 64)),
                         "override: {condition: replace} changes it");
        apply(there, rule, how, item);
    }

    std::string near_rule(std::string_view name) const {
        std::vector<std::string_view> known;
        for (const auto& [one, place] : names_) known.push_back(one);
        return nearest(name, known);
    }

    RuleDecl read_rule(const YamlNode& item) {
        RuleDecl rule;
        rule.mark = mark_of(index_, item);
        rule.name = scalar(item, "rule");
        rule.id = scalar(item, "id");
        rule.desc = scalar(item, "desc");
        rule.next = scalar(item, "next");
        rule.priority = scalar(item, "priority");
        rule.stage = scalar(item, "stage");
        rule.confidence = scalar(item, "confidence");
        rule.event = scalar(item, "event");
        rule.enabled = scalar(item, "enabled");
        if (auto one = piece(item, "condition")) rule.condition.push_back(*std::move(one));
        if (auto one = piece(item, "output")) rule.output.push_back(*std::move(one));
        rule.subject = piece(item, "subject");
        rule.related = pieces(item, "related");
        rule.key = pieces(item, "key");
        rule.tags = texts(item, "tags");
        if (const YamlNode* node = item.find("exceptions")) rule.exceptions = exceptions(*node);
        if (const YamlNode* node = item.find("correlate")) rule.correlate = correlate(*node);
        return rule;
    }

    template <typename T>
    static void merge(T& there, T& with, How how) {
        if (how == How::kReplace) there = std::move(with);
    }
    template <typename T>
    static void merge(std::vector<T>& there, std::vector<T>& with, How how) {
        if (how == How::kNew) return;
        if (how == How::kReplace) there.clear();
        there.insert(there.end(), std::make_move_iterator(with.begin()),
                     std::make_move_iterator(with.end()));
    }

    void apply(RuleDecl& there, RuleDecl& with, const Change& how, const YamlNode& item) {
        constexpr std::array<std::string_view, 7> kAppendable{
            "condition", "output", "tags", "related", "key", "exceptions", "desc"};
        for (const auto& pair : item.pairs) {
            if (pair.name == "rule" || pair.name == "append" || pair.name == "override") continue;
            const How one = how.of(pair.name);
            if (one == How::kNew)
                error(mark_of(index_, pair), ErrorCode::kConflict,
                      format("\"{}\" is given, but not said to be appended or replaced",
                             pair.name.substr(0, 64)),
                      format("override: {{{}: replace}}", pair.name.substr(0, 64)));
            if (one == How::kAppend &&
                std::find(kAppendable.begin(), kAppendable.end(), pair.name) == kAppendable.end())
                error(mark_of(index_, pair), ErrorCode::kUnsupported,
                      format("\"{}\" can only be replaced", pair.name.substr(0, 64)));
        }
        merge(there.condition, with.condition, how.of("condition"));
        merge(there.output, with.output, how.of("output"));
        merge(there.related, with.related, how.of("related"));
        merge(there.key, with.key, how.of("key"));
        merge(there.tags, with.tags, how.of("tags"));
        merge_exceptions(there.exceptions, with.exceptions, how.of("exceptions"));
        if (how.of("desc") == How::kAppend) there.desc.text += " " + with.desc.text;
        merge(there.desc, with.desc, how.of("desc"));
        merge(there.id, with.id, how.of("id"));
        merge(there.next, with.next, how.of("next"));
        merge(there.priority, with.priority, how.of("priority"));
        merge(there.stage, with.stage, how.of("stage"));
        merge(there.confidence, with.confidence, how.of("confidence"));
        merge(there.event, with.event, how.of("event"));
        merge(there.enabled, with.enabled, how.of("enabled"));
        merge(there.subject, with.subject, how.of("subject"));
        merge(there.correlate, with.correlate, how.of("correlate"));
    }

    /// Values for an exception that is there are more rows of it, as in Falco.
    static void merge_exceptions(std::vector<ExceptionDecl>& there,
                                 std::vector<ExceptionDecl>& with, How how) {
        if (how == How::kNew) return;
        if (how == How::kReplace) there.clear();
        for (ExceptionDecl& one : with) {
            const auto found = std::find_if(
                there.begin(), there.end(),
                [&](const ExceptionDecl& other) { return other.name.text == one.name.text; });
            if (found == there.end()) {
                there.push_back(std::move(one));
                continue;
            }
            if (!one.fields.empty()) found->fields = std::move(one.fields);
            if (!one.comps.empty()) found->comps = std::move(one.comps);
            found->rows.insert(found->rows.end(), one.rows.begin(), one.rows.end());
        }
    }

    std::vector<ExceptionDecl> exceptions(const YamlNode& node) {
        std::vector<ExceptionDecl> all;
        if (node.kind != YamlNode::Kind::kList) {
            wrong(node, "expected a list of exceptions");
            return all;
        }
        for (const YamlNode& item : node.items) {
            if (item.kind != YamlNode::Kind::kMap) {
                wrong(item, "expected an exception", "- {name: known, fields: [to], values: []}");
                continue;
            }
            known_keys(item, kExceptionKeys);
            ExceptionDecl& one = all.emplace_back();
            one.name = scalar(item, "name");
            if (!one.name.given()) wrong(item, "an exception without a name");
            const YamlNode* fields = item.find("fields");
            const bool single = fields && fields->kind == YamlNode::Kind::kScalar;
            one.fields = pieces(item, "fields");
            one.comps = texts(item, "comps");
            if (const YamlNode* values = item.find("values")) rows(*values, single, one);
        }
        return all;
    }
    std::vector<Written> entry_of(const YamlNode& node) {
        std::vector<Written> all;
        if (node.kind == YamlNode::Kind::kScalar) return {{node.text, mark_of(index_, node)}};
        for (const YamlNode& item : node.items) {
            if (item.kind == YamlNode::Kind::kScalar)
                all.push_back({item.text, mark_of(index_, item)});
            else
                wrong(item, "expected a value");
        }
        if (node.kind == YamlNode::Kind::kMap) wrong(node, "expected values");
        return all;
    }
    /// `fields: to` with `values: [a, b]`, or `fields: [from, to]` with `values: [[a, b], [c, d]]`.
    void rows(const YamlNode& values, bool single, ExceptionDecl& one) {
        if (values.kind != YamlNode::Kind::kList) return wrong(values, "expected a list of values");
        for (const YamlNode& row : values.items) {
            if (single) {
                one.rows.push_back({entry_of(row)});
                continue;
            }
            if (row.kind != YamlNode::Kind::kList) {
                wrong(row, "expected a row: a list with one value a field");
                continue;
            }
            std::vector<std::vector<Written>> entries;
            for (const YamlNode& cell : row.items) entries.push_back(entry_of(cell));
            one.rows.push_back(std::move(entries));
        }
    }

    StepDecl step(const YamlNode& node) {
        StepDecl step;
        step.mark = mark_of(index_, node);
        if (node.kind != YamlNode::Kind::kMap) {
            wrong(node, "expected a step", "- {condition: ...}");
            return step;
        }
        known_keys(node, kStepKeys);
        if (auto one = piece(node, "condition")) step.condition.push_back(*std::move(one));
        step.event = scalar(node, "event");
        step.by = pieces(node, "by");
        return step;
    }

    std::optional<CorrelateDecl> correlate(const YamlNode& node) {
        if (node.kind != YamlNode::Kind::kMap) {
            wrong(node, "expected the keys of a correlation",
                  "correlate: {type: count, by: [from], window: 10m, having: group.value >= 5}");
            return std::nullopt;
        }
        known_keys(node, kCorrelateKeys);
        CorrelateDecl decl;
        decl.mark = mark_of(index_, node);
        decl.type = scalar(node, "type");
        decl.share = scalar(node, "share");
        decl.window = scalar(node, "window");
        decl.of = piece(node, "of");
        decl.having = piece(node, "having");
        decl.by = pieces(node, "by");
        if (const YamlNode* steps = node.find("steps")) {
            if (steps->kind != YamlNode::Kind::kList) wrong(*steps, "expected a list of steps");
            for (const YamlNode& item : steps->items) decl.steps.push_back(step(item));
        }
        if (const YamlNode* without = node.find("without")) decl.without = step(*without);
        return decl;
    }

    void macro(const YamlNode& item) {
        constexpr std::array<RuleKey, 0> kNone{};
        known_keys(item, kNone, {"macro", "condition", "append", "override", "desc"});
        const Written name = scalar(item, "macro");
        auto condition = piece(item, "condition");
        if (name.text.empty() || !condition)
            return wrong(item, "a macro has a name and a condition");
        const Change how = change(item, {"condition"});
        const auto found = all_.macros.find(name.text);
        if (found == all_.macros.end()) {
            if (how.changes)
                return error(name.mark, ErrorCode::kNotFound,
                             format("there is no macro \"{}\" to change", name.text.substr(0, 64)));
            all_.macros.emplace(name.text, MacroDecl{name.mark, {*std::move(condition)}});
            return;
        }
        if (!how.changes)
            return error(name.mark, ErrorCode::kDuplicate,
                         format("the macro \"{}\" is there already", name.text.substr(0, 64)),
                         "override: {condition: replace} changes it");
        std::vector<SourcePiece> more{*std::move(condition)};
        merge(found->second.condition, more, how.of("condition"));
    }

    void list(const YamlNode& item) {
        constexpr std::array<RuleKey, 0> kNone{};
        known_keys(item, kNone, {"list", "items", "append", "override", "desc"});
        const Written name = scalar(item, "list");
        if (name.text.empty() || !item.find("items"))
            return wrong(item, "a list has a name and items");
        std::vector<Written> items = texts(item, "items");
        const Change how = change(item, {"items"});
        const auto found = all_.lists.find(name.text);
        if (found == all_.lists.end()) {
            if (how.changes)
                return error(name.mark, ErrorCode::kNotFound,
                             format("there is no list \"{}\" to change", name.text.substr(0, 64)));
            all_.lists.emplace(name.text, ListDecl{name.mark, std::move(items)});
            return;
        }
        if (!how.changes)
            return error(name.mark, ErrorCode::kDuplicate,
                         format("the list \"{}\" is there already", name.text.substr(0, 64)),
                         "override: {items: append} adds to it");
        merge(found->second.items, items, how.of("items"));
    }

    uint32_t index_;
    const RuleText& text_;
    Declarations& all_;
    std::map<std::string, std::size_t>& names_;
    Problems& problems_;
};

}  // namespace

Declarations read_rules(std::span<const RuleText> files, Problems& problems) {
    Declarations all;
    std::map<std::string, std::size_t> names;
    for (uint32_t i = 0; i < files.size(); ++i) File{i, files[i], all, names, problems}.read();
    return all;
}

std::span<const RuleKey> rule_keys() noexcept { return kRuleKeys; }
std::span<const RuleKey> correlate_keys() noexcept { return kCorrelateKeys; }
std::span<const RuleKey> step_keys() noexcept { return kStepKeys; }
std::span<const RuleKey> exception_keys() noexcept { return kExceptionKeys; }

}  // namespace cordon::detect
