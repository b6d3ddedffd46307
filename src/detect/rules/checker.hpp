// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fields.hpp"
#include "language.hpp"

/// From trees to functions: names are resolved and types checked once, so that nothing of that
/// happens per event.
namespace cordon::detect {

using Get = std::function<Value(RuleEvent&)>;
using Test = std::function<bool(RuleEvent&)>;

/// What compiled rules point to.
struct RuleArena {
    std::deque<std::string> texts;
    std::map<std::string, std::unique_ptr<const chain::AbiSignature>> signatures;
    std::string_view keep(std::string text) { return texts.emplace_back(std::move(text)); }
};

/// Where an expression stands: what it may name, and what it named.
struct Scope {
    RuleArena& arena;
    Problems& problems;
    EventType event{};
    /// Of the rule: what arg.NAME may mean.
    std::vector<const chain::AbiSignature*> signatures = {};
    /// Of the correlation; none: it may not be named.
    std::optional<Type> group_value = {};
    const WatchConfig* config = nullptr;
    // Found while compiling.
    uint32_t needs = 0;
    std::set<std::string> fields = {};
};

struct Typed {
    Type type{};
    const WordList* words = nullptr;
    Get get;
};

/// Types of events that have everything that the tree names; all when it names nothing.
uint32_t events_of(const Ast& ast);
/// Whether it names something that no event has.
bool has_unknown(const Ast& ast);
/// Signatures that the tree names with "is"; those that are none are told.
void collect_signatures(const Ast& ast, RuleArena& arena, Problems& problems,
                        std::vector<const chain::AbiSignature*>& signatures);
/// Of a name alone; nothing when it is unknown, without telling.
std::optional<Typed> resolve(const std::string& name, Scope& scope);

/// Nothing when a problem was told.
std::optional<Test> compile_test(const Ast& ast, Scope& scope);
std::optional<Typed> compile_value(const Ast& ast, Scope& scope);

/// A literal as a value of a type.
struct Literal {
    std::optional<Value> fixed;  ///< None: it depends on the event's asset.
    Get get;
};
/// Of a number with a unit, or hex: what it is by itself.
std::optional<Type> own_type(const Ast& literal) noexcept;
/// Nothing when a problem was told.
std::optional<Literal> literal_as(const Ast& literal, Type type, const WordList* words,
                                  Scope& scope);

/// Missing values are equal to nothing.
bool equal(const Value& a, const Value& b) noexcept;
/// For people; "unknown" when there is none.
std::string value_text(const Value& value, Type type, RuleEvent& event);

}  // namespace cordon::detect
