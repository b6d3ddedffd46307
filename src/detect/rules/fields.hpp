// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "event.hpp"

/// What rules can ask: the fields of events and the properties of addresses. The one source of the
/// type checker, the list of fields and docs/formats/rules.md.
namespace cordon::detect {

/// The few words that a field can have.
struct WordList {
    std::string_view name;
    std::span<const std::string_view> words;
};

struct Field {
    std::string_view name;
    uint32_t events = 0;  ///< Bits of EventType that have it.
    Type type{};
    std::string_view meaning;
    Value (*get)(RuleEvent&);
    uint32_t needs = 0;  ///< Input bits beside those of its event.
    const WordList* words = nullptr;
};
std::span<const Field> fields() noexcept;
const Field* field(std::string_view name) noexcept;

/// Of any address: "to.label.category".
struct Property {
    std::string_view name;
    Type type{};
    std::string_view meaning;
    Value (*get)(RuleEvent&, const Address&);
    uint32_t needs = 0;
    const WordList* words = nullptr;
    uint32_t events = ~0U;  ///< Only where the event has an asset: balances.
};
std::span<const Property> properties() noexcept;

/// A set that the configuration names: "to in allowed".
struct NamedSet {
    std::string_view name;
    std::string_view meaning;
    bool (*has)(RuleEvent&, const Address&);
};
std::span<const NamedSet> named_sets() noexcept;

/// A value that a name stands for: "eip1967.admin".
struct Constant {
    std::string_view name;
    Type type{};
    std::string_view meaning;
    Value value;
};
std::span<const Constant> constants();

}  // namespace cordon::detect
