// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/chain/conditions/units.hpp>
#include <cordon/model/alert.hpp>
#include <cordon/model/asset.hpp>
#include <cordon/model/chain_id.hpp>

/// YAML read into values, with every problem told at its place.
namespace cordon::guard {

/// What a key of a file means: the one source of the reader's checks and the page.
struct Key {
    std::string_view name;
    std::string_view meaning;
};

/// One file. What is wrong is told and answered with nothing (or the fallback), so that reading
/// goes on and tells the rest.
class Document {
public:
    using Node = chain::YamlNode;

    Document(std::string_view text, std::string_view name, chain::Problems& problems)
        : text_{text}, name_{name}, problems_{problems} {}

    /// The map that the file is; nothing when it cannot be read.
    std::optional<Node> root(std::size_t most_bytes) const;

    static chain::Mark mark(const Node& node) noexcept;
    void error(const Node& node, std::string message, std::string hint = {},
               ErrorCode code = ErrorCode::kMalformed) const;
    void warn(const Node& node, std::string message, std::string hint = {}) const;
    chain::Problems& problems() const noexcept { return problems_; }

    /// True when the node is a map; keys that it may not have are told.
    bool map(const Node& node, std::span<const Key> keys) const;
    /// The items of a list; none, told, when it is no list. Nothing when the key is not there.
    std::span<const Node> list(const Node& map, std::string_view key) const;
    /// A text, or a list of texts.
    std::vector<const Node*> texts(const Node& map, std::string_view key) const;

    /// The scalar of a key, not empty; nullptr when it is absent (told when it is required).
    const Node* scalar(const Node& map, std::string_view key, bool required = false) const;
    std::string text(const Node& map, std::string_view key, bool required = false) const;
    /// What `parse` makes of a scalar; its Error is told.
    template <typename Parse>
    auto parsed(const Node& map, std::string_view key, const Parse& parse,
                bool required = false) const
        -> std::optional<std::decay_t<decltype(*parse(std::string_view{}))>> {
        const Node* node = scalar(map, key, required);
        return node ? parse_node(*node, key, parse) : std::nullopt;
    }
    template <typename Parse>
    auto parse_node(const Node& node, std::string_view key, const Parse& parse) const
        -> std::optional<std::decay_t<decltype(*parse(std::string_view{}))>> {
        auto value = parse(std::string_view{node.text});
        if (value) return *std::move(value);
        error(node, std::string{key} + ": " + value.error().message, {}, value.error().code);
        return std::nullopt;
    }
    std::optional<uint64_t> number(const Node& map, std::string_view key, uint64_t least,
                                   uint64_t most, bool required = false) const;
    std::optional<std::chrono::milliseconds> duration(const Node& map, std::string_view key,
                                                      bool required = false) const;
    std::optional<Cents> usd(const Node& map, std::string_view key) const;
    /// A word that names something: [A-Za-z0-9._-]{1,64}. Empty, and told, when it is none.
    std::string name(const Node& map, std::string_view key) const;
    bool is_name(const Node& node, std::string_view text) const;
    /// Nothing when a problem was told.
    std::optional<chain::Ast> condition(const Node& map, std::string_view key) const;

private:
    std::string_view text_, name_;
    chain::Problems& problems_;
};

/// "$1.50" without the sign: dollars with at most two decimals.
Result<Cents> parse_dollars(std::string_view text);
/// "+09:00", "-03:30", "Z": kMalformed.
Result<std::chrono::minutes> parse_utc_offset(std::string_view text);

}  // namespace cordon::guard
