// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "correlate.hpp"
#include "pins.hpp"
#include "rule_set.hpp"

/// Compiled rules.
namespace cordon::detect {

/// A text with values in it: "%amount left %from".
struct Template {
    struct Piece {
        std::string text;            ///< Before the value.
        std::optional<Typed> value;  ///< None: the last piece.
    };
    std::vector<Piece> pieces;
    std::string fill(RuleEvent& event) const;
};

/// A condition of a rule with what it says when it is the one that raises.
struct RulePart {
    EventType event{};
    Test condition;
    bool asks_failed = false;  ///< It wants to see calls and txns without effect, too.
    std::vector<Get> by;
    Template output;
    Get subject;
    std::vector<Get> related;
    std::vector<Template> key;
};

struct CompiledRule {
    RuleInfo info;
    double confidence = 0;
    std::string next;
    uint64_t digest = 0;  ///< Of what decides what it remembers.
    std::vector<RulePart> parts;
    std::optional<Correlate> correlate;
};

class RuleProgram {
public:
    std::vector<CompiledRule> rules;  ///< In the order of the files; also those not enabled.
    RuleIndex index;                  ///< Enabled rules.
    std::map<uint64_t, uint32_t> by_digest;
    bool asks_alerts = false;
    RuleArena arena;
};

}  // namespace cordon::detect
