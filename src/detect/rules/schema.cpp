// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <array>

#include <cordon/base/format.hpp>

#include "correlate.hpp"
#include "event.hpp"
#include "reader.hpp"

namespace cordon::detect {
namespace {

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

template <typename Words>
std::string choice(const Words& words) {
    std::string all;
    for (const auto& word : words) all += (all.empty() ? "" : ", ") + quoted(word);
    return format(R"({{"enum": [{}]}})", all);
}

std::string type_of(std::string_view type) {
    constexpr std::string_view kStrings =
        R"({"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": ["string", "number"]}}]})";
    if (type == "string" || type == "boolean") return format(R"({{"type": "{}"}})", type);
    if (type == "number") return R"({"type": "number", "minimum": 0, "maximum": 1})";
    if (type == "strings") return std::string{kStrings};
    if (type == "rows") return R"({"type": "array"})";
    if (type == "override")
        return R"({"type": "object", "additionalProperties": {"enum": ["append", "replace"]}})";
    if (type == "steps") return R"({"type": "array", "items": {"$ref": "#/$defs/step"}})";
    if (type == "exceptions") return R"({"type": "array", "items": {"$ref": "#/$defs/exception"}})";
    return format(R"({{"$ref": "#/$defs/{}"}})", type);
}

std::string object(std::span<const RuleKey> keys, std::string_view required) {
    std::string properties;
    for (const RuleKey& key : keys) {
        std::string type = type_of(key.type);
        type.insert(1, format(R"("description": {}, )", quoted(key.meaning)));
        properties +=
            format("{}\n      {}: {}", properties.empty() ? "" : ",", quoted(key.name), type);
    }
    return format(
        "{{\"type\": \"object\", \"additionalProperties\": false, \"required\": [{}],\n"
        "    \"properties\": {{{}}}}}",
        required, properties);
}

}  // namespace

std::string rules_schema() {
    std::vector<std::string_view> events;
    for (std::size_t i = 0; i < kEventTypes; ++i)
        events.push_back(to_string(static_cast<EventType>(i)));
    std::vector<std::string_view> kinds;
    for (std::size_t i = 0; i < kCorrelateKinds; ++i)
        kinds.push_back(to_string(static_cast<CorrelateKind>(i)));
    constexpr std::array<std::string_view, 5> kPriorities{"info", "low", "medium", "high",
                                                          "critical"};
    constexpr std::array<std::string_view, kStages> kStageWords{"none", "funding", "preparation",
                                                                "exploitation", "laundering"};
    constexpr std::array<RuleKey, 5> kMacro{{{"macro", "string", "name; unique"},
                                             {"condition", "string", "what it stands for"},
                                             {"desc", "string", "for a person"},
                                             {"append", "boolean", "adds to what is there"},
                                             {"override", "override", "append or replace"}}};
    constexpr std::array<RuleKey, 5> kList{{{"list", "string", "name; unique"},
                                            {"items", "strings", "what it holds"},
                                            {"desc", "string", "for a person"},
                                            {"append", "boolean", "adds to what is there"},
                                            {"override", "override", "append or replace"}}};
    std::string text =
        "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
        "  \"title\": \"Cordon rules\",\n  \"type\": \"array\",\n"
        "  \"items\": {\"oneOf\": [{\"$ref\": \"#/$defs/rule\"}, {\"$ref\": "
        "\"#/$defs/macro\"}, {\"$ref\": \"#/$defs/list\"}, {\"$ref\": "
        "\"#/$defs/version\"}]},\n  \"$defs\": {\n";
    const auto def = [&](std::string_view name, const std::string& body, bool last = false) {
        text += format("    {}: {}{}\n", quoted(name), body, last ? "" : ",");
    };
    def("rule", object(rule_keys(), R"("rule")"));
    def("macro", object(kMacro, R"("macro", "condition")"));
    def("list", object(kList, R"("list", "items")"));
    def("correlate", object(correlate_keys(), R"("type", "window")"));
    def("step", object(step_keys(), R"("condition")"));
    def("exception", object(exception_keys(), R"("name")"));
    def("event", choice(events));
    def("correlation", choice(kinds));
    def("priority", choice(kPriorities));
    def("stage", choice(kStageWords));
    def("version",
        "{\"type\": \"object\", \"additionalProperties\": false, \"required\": "
        "[\"required_engine_version\"],\n    \"properties\": {\"required_engine_version\": "
        "{\"type\": [\"integer\", \"string\"]}}}",
        true);
    return text + "  }\n}\n";
}

}  // namespace cordon::detect
