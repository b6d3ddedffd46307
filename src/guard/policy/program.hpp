// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "facts.hpp"
#include "fields.hpp"

namespace re2 {
class RE2;
}

/// Conditions compiled: trees without names, in which equal parts are one part, so that 200 rules
/// that ask for the same thing ask once.
namespace cordon::guard {

using NodeId = uint32_t;

/// A value: of the request, fixed, or computed.
struct Expr {
    enum class Kind : uint8_t {
        kSlot,   ///< `a`: of Program::slots.
        kFixed,  ///< `a`: of Program::fixed.
        kUnits,  ///< `a`: of Program::units: "5 ETH".
        kMade,   ///< `op` of `a` and `b`.
        kPart,   ///< `a` as a share of `b`.
    };
    Kind kind{};
    chain::Op op{};
    Type type{};
    uint32_t a = 0, b = 0;
};

/// A condition.
struct Node {
    enum class Kind : uint8_t {
        kAll,      ///< Of the children.
        kAny,      ///< Of the children.
        kNot,      ///< Of the child.
        kTrue,     ///< Value `a`, a bool.
        kExists,   ///< Value `a`.
        kCompare,  ///< `op` of values `a` and `b`.
        kAmong,    ///< Value `a` is in list `b`; of texts: one of them is.
        kBook,     ///< Address `a` is in book `b`.
        kOurs,     ///< Address `a`, which is from or to, is ours.
        kGroup,    ///< Text `a` is a member of group `b`.
        kSearch,   ///< `op` (contains, startswith, endswith) of text `a` and fixed text `b`.
        kPattern,  ///< Text `a` is like pattern `b`.
    };
    Kind kind{};
    chain::Op op{};
    uint32_t a = 0, b = 0;
    uint32_t first = 0, count = 0;  ///< Children: in Program::children.
};

struct Slot {
    Value (*get)(Facts&, uint32_t) = nullptr;
    uint32_t argument = 0;
    Type type{};
    std::string name;
};
/// "5 ETH": a number whose decimals are those of the request's asset.
struct Units {
    std::string digits, symbol;
};
/// Fixed values of one kind, sorted.
struct FixedList {
    std::vector<Amount> numbers;
    std::vector<Address> addresses;
    std::vector<std::string> texts;
};
struct Pattern {
    std::shared_ptr<const re2::RE2> regex;
    bool whole = false;
};

/// All conditions of a policy. Immutable once compiled; any thread.
class Program {
public:
    std::vector<Expr> exprs;
    std::vector<Node> nodes;
    std::vector<uint32_t> children;
    std::vector<Slot> slots;
    std::vector<std::variant<bool, Amount, Address, std::string>> fixed;
    std::vector<Units> units;
    std::vector<FixedList> lists;
    std::vector<std::string> books;
    std::vector<std::vector<std::string>> groups;  ///< Members, sorted.
    std::vector<std::string> group_names;
    std::vector<Pattern> patterns;
};

/// Evaluates the conditions of a program about one request; each part at most once.
class Evaluation {
public:
    Evaluation(const Program& program, Facts& facts)
        : program_{program}, facts_{facts}, known_(program.nodes.size(), kNotYet) {}

    Truth test(NodeId node);
    /// Why a condition is not known: the part that decides, with its reason.
    std::string why_unknown(NodeId node);
    /// What a condition looked at and found: "the value is $12,345; the tier of the wallet is hot".
    std::string found(NodeId node);

private:
    static constexpr int8_t kNotYet = -1;
    Truth run(const Node& node);
    Truth compare(const Node& node);
    Truth among(const Node& node);
    Truth ours(const Node& node);
    Truth text(const Node& node);
    Value value(uint32_t expr);
    Value in_units(const Units& units);
    const Value& slot(uint32_t index);
    /// The reason when the value cannot be compared.
    std::string why(uint32_t expr, bool absent_counts);
    void tell(NodeId node, std::vector<std::string>& parts);

    const Program& program_;
    Facts& facts_;
    std::vector<int8_t> known_;
};

}  // namespace cordon::guard
