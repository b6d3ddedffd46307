// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <string>
#include <string_view>

#include <cordon/base/amount.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/time.hpp>
#include <cordon/chain/lists/yaml.hpp>

namespace cordon::wallet {

using chain::YamlNode;

/// Fields of a YAML file that must be as its page says; refused with file, line and column.
class YamlReader {
public:
    explicit YamlReader(std::string_view name) noexcept : name_{name} {}

protected:
    Status fields(const YamlNode& node, std::initializer_list<std::string_view> known) const {
        if (node.kind != YamlNode::Kind::kMap) return refuse(node, "expected fields");
        for (const auto& pair : node.pairs)
            if (std::find(known.begin(), known.end(), pair.name) == known.end())
                return refuse(pair.node, format("\"{}\": unknown field", pair.name.substr(0, 80)));
        return {};
    }
    Result<std::string> text(const YamlNode& node, std::string_view field) const {
        const YamlNode* value = node.find(field);
        if (!value || value->kind != YamlNode::Kind::kScalar || value->text.empty())
            return refuse(value ? *value : node, format("{}: expected a text", field));
        return value->text;
    }
    Result<const YamlNode*> list(const YamlNode& node, std::string_view field,
                                 std::size_t most) const {
        const YamlNode* value = node.find(field);
        if (!value || value->kind != YamlNode::Kind::kList || value->items.empty() ||
            value->items.size() > most)
            return refuse(value ? *value : node,
                          format("{}: expected a list of 1 to {}", field, most));
        return value;
    }
    Status version_1(const YamlNode& root) const {
        const YamlNode* version = root.find("version");
        if (!version || version->text != "1") return refuse(root, "expected version: 1");
        return {};
    }
    /// A number of at most `most`.
    Result<uint64_t> number(const YamlNode& node, std::string_view field, uint64_t most) const {
        CORDON_TRY(const Amount value, amount(node, field));
        if (value > Amount{most})
            return refuse(*node.find(field), format("{}: expected at most {}", field, most));
        return value.low_u64();
    }
    Result<Amount> amount(const YamlNode& node, std::string_view field) const {
        CORDON_TRY(const std::string digits, text(node, field));
        return in(*node.find(field), Amount::parse(digits));
    }
    /// "30m", "24h", "7d": never nothing, for then refills would not be bounded.
    Result<std::chrono::milliseconds> duration(const YamlNode& node, std::string_view field) const {
        CORDON_TRY(const std::string told, text(node, field));
        constexpr std::string_view kUnits = "mhd";
        constexpr std::array<int64_t, 3> kSeconds{60, 3600, 86400};
        const auto unit = kUnits.find(told.back());
        uint16_t count = 0;
        const char* end = told.data() + told.size() - 1;
        const auto [stop, error] = std::from_chars(told.data(), end, count);
        if (unit == std::string_view::npos || error != std::errc{} || stop != end || count == 0)
            return refuse(*node.find(field),
                          format("{}: expected a duration such as 30m, 24h or 7d", field));
        return Seconds{count * kSeconds[unit]};
    }

    template <typename T>
    Result<T> in(const YamlNode& node, Result<T> value) const {
        if (!value) return fail(value.error().code, at(node, value.error().message));
        return value;
    }
    std::string at(const YamlNode& node, std::string_view what) const {
        return format("{}:{}:{}: {}", name_, node.line, node.column, what);
    }
    tl::unexpected<Error> refuse(const YamlNode& node, std::string_view what) const {
        return fail(ErrorCode::kMalformed, at(node, what));
    }

private:
    std::string_view name_;  // Lifetime: that of the caller's.
};

}  // namespace cordon::wallet
