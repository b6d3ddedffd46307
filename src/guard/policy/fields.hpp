// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "facts.hpp"

/// What a condition of a policy can ask. The one source of the compiler, the list of fields and
/// docs/formats/policy.md.
namespace cordon::guard {

/// The few words that a field can have.
struct WordList {
    std::string_view name;
    std::span<const std::string_view> words;
};

struct Field {
    std::string_view name;
    Type type{};
    std::string_view meaning;  ///< For the page.
    std::string_view words;    ///< In a sentence: "the value of the withdrawal".
    Value (*get)(Facts&, uint32_t argument);
    const WordList* words_of = nullptr;
};
std::span<const Field> fields() noexcept;

/// Fields that have a part of their own: "exposure.mixer", "spent.wallet.24h".
struct Family {
    std::string_view name;  ///< As the page writes it: "exposure.CATEGORY".
    Type type{};
    std::string_view meaning;
};
std::span<const Family> families() noexcept;

/// What a name means: the field itself, or one of a family with its argument.
struct FieldUse {
    const Field* field = nullptr;
    uint32_t argument = 0;
    std::string words;  ///< For people.
    /// Of velocity: what has to be added up. `argument` is its place in the policy's limits and is
    /// set by whoever puts it there.
    std::optional<Limit> limit = {};
};
/// Nothing: the name is none.
std::optional<FieldUse> find_field(std::string_view name);

std::string_view to_string(Scope scope) noexcept;
std::optional<Scope> parse_scope(std::string_view text) noexcept;

/// For people: "$12,345", "24h", "yes"; "not known: ..." and "none: ...".
std::string value_text(const Value& value, Type type, Facts& facts);

/// What a bare yes does not tell: whom it looks like, which list. Empty, or with a blank before it.
std::string detail_of(std::string_view field, const Value& value, Facts& facts);

}  // namespace cordon::guard
