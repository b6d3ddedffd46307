// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "language.hpp"
#include "rule_set.hpp"

/// Rule files as declarations: YAML read, names joined, nothing compiled.
namespace cordon::detect {

/// The version of the language (required_engine_version).
inline constexpr unsigned kRulesVersion = 1;

/// A text with its place; empty and without line when it is not given.
struct Written {
    std::string text;
    Mark mark;
    bool given() const noexcept { return mark.line > 0; }
};

/// Fields that are compared with rows of values: what is known not to be meant.
struct ExceptionDecl {
    Written name;
    std::vector<SourcePiece> fields;
    std::vector<Written> comps;
    /// A row has one entry a field; an entry is a value or, for "in", several.
    std::vector<std::vector<std::vector<Written>>> rows;
};

/// A condition of a sequence, a join or an absence.
struct StepDecl {
    Mark mark;
    std::vector<SourcePiece> condition;
    Written event;
    std::vector<SourcePiece> by;
};

struct CorrelateDecl {
    Mark mark;
    Written type, share, window;
    std::optional<SourcePiece> of, having;
    std::vector<SourcePiece> by;
    std::vector<StepDecl> steps;
    std::optional<StepDecl> without;
};

struct RuleDecl {
    Mark mark;
    Written name, id, desc, next, priority, stage, confidence, event, enabled;
    std::vector<SourcePiece> condition, output, related, key;
    std::optional<SourcePiece> subject;
    std::vector<Written> tags;
    std::vector<ExceptionDecl> exceptions;
    std::optional<CorrelateDecl> correlate;
};

struct MacroDecl {
    Mark mark;
    std::vector<SourcePiece> condition;
};

struct ListDecl {
    Mark mark;
    std::vector<Written> items;
};

struct Declarations {
    std::vector<RuleDecl> rules;  ///< In the order of the files.
    std::map<std::string, MacroDecl> macros;
    std::map<std::string, ListDecl> lists;
};

/// Everything that can be read; what cannot is told.
Declarations read_rules(std::span<const RuleText> files, Problems& problems);

/// What a key of a rule file means: the one source of the reader's checks and the JSON schema.
struct RuleKey {
    std::string_view name;
    std::string_view type;  ///< JSON schema: "string", "boolean", "strings", ...
    std::string_view meaning;
};
std::span<const RuleKey> rule_keys() noexcept;
std::span<const RuleKey> correlate_keys() noexcept;
std::span<const RuleKey> step_keys() noexcept;
std::span<const RuleKey> exception_keys() noexcept;

}  // namespace cordon::detect
