// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "fields.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace cordon::heists {
namespace {

bool is_quantity(std::string_view text) noexcept {
    const std::size_t point = text.find('.');
    const std::string_view whole = text.substr(0, point);
    const std::string_view part =
        point == std::string_view::npos ? std::string_view{"0"} : text.substr(point + 1);
    const auto digits = [](std::string_view some) {
        return !some.empty() && some.size() <= 40 &&
               std::all_of(some.begin(), some.end(), [](char c) { return c >= '0' && c <= '9'; });
    };
    return digits(whole) && digits(part);
}

}  // namespace

Status Fields::text(std::string_view key, std::string& out, bool needed) {
    const chain::YamlNode* node = take(key);
    if (!node) return needed ? Status{fail_at(format("\"{}\" is missing", key))} : Status{};
    if (node->kind != chain::YamlNode::Kind::kScalar)
        return fail_at(format("{}: expected text", key));
    out = node->text;
    return {};
}

Status Fields::texts(std::string_view key, std::vector<std::string>& out) {
    const chain::YamlNode* node = take(key);
    if (!node) return {};
    if (node->kind != chain::YamlNode::Kind::kList)
        return fail_at(format("{}: expected a list", key));
    for (const chain::YamlNode& item : node->items) out.push_back(item.text);
    return {};
}

Status Fields::number(std::string_view key, uint32_t& out, uint32_t min, uint32_t max) {
    std::string word;
    CORDON_TRY(text(key, word));
    if (word.empty()) return {};
    uint32_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc{} || end != word.data() + word.size() || value < min || value > max)
        return fail_at(format("{}: \"{}\" is no number from {} to {}", key, word, min, max));
    out = value;
    return {};
}

Status Fields::real(std::string_view key, double& out) {
    std::string word;
    CORDON_TRY(text(key, word));
    if (word.empty()) return {};
    double value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc{} || end != word.data() + word.size() || !std::isfinite(value) ||
        value < 0)
        return fail_at(format("{}: \"{}\" is no number from 0", key, word));
    out = value;
    return {};
}

Status Fields::flag(std::string_view key, bool& out) {
    std::string word;
    CORDON_TRY(text(key, word));
    if (word.empty()) return {};
    if (word != "yes" && word != "no")
        return fail_at(format("{}: \"{}\" is neither yes nor no", key, word));
    out = word == "yes";
    return {};
}

Status Fields::quantity(std::string_view key, std::string& out) {
    CORDON_TRY(text(key, out));
    if (!out.empty() && !is_quantity(out))
        return fail_at(format("{}: \"{}\" is no quantity like 4502.9", key, out));
    return {};
}

Status Fields::quantities(std::string_view key,
                          std::vector<std::pair<std::string, std::string>>& out) {
    const chain::YamlNode* node = take(key);
    if (!node) return {};
    if (node->kind != chain::YamlNode::Kind::kMap)
        return fail_at(format("{}: expected ASSET: QUANTITY", key));
    for (const chain::YamlPair& pair : node->pairs) {
        if (!is_quantity(pair.node.text))
            return fail_at(format("{}: {}: \"{}\" is no quantity like 4502.9", key, pair.name,
                                  pair.node.text));
        out.emplace_back(pair.name, pair.node.text);
    }
    return {};
}

Status Fields::done() const {
    if (node_.kind != chain::YamlNode::Kind::kMap) return fail_at("expected KEY: VALUE");
    for (const chain::YamlPair& pair : node_.pairs)
        if (!asked_.contains(pair.name))
            return fail(ErrorCode::kMalformed,
                        format("{}:{}: there is no key \"{}\"", file_, pair.node.line, pair.name));
    return {};
}

tl::unexpected<Error> Fields::fail_at(std::string_view what) const {
    return fail(ErrorCode::kMalformed, format("{}:{}: {}", file_, node_.line, what));
}
tl::unexpected<Error> Fields::fail_at(const Error& error) const {
    return fail(error.code, format("{}:{}: {}", file_, node_.line, error.message));
}

}  // namespace cordon::heists
