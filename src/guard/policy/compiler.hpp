// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <cordon/chain/conditions/units.hpp>

#include "program.hpp"

/// From trees to programs: names are resolved and types checked once.
namespace cordon::guard {

/// Each costs memory for all that is let through in its window.
inline constexpr std::size_t kMaxLimits = 1'000;

class Compiler {
public:
    /// Velocity values become limits without a bound, so that somebody adds up. Lifetime: of all,
    /// longer than this. `groups`: members by name.
    Compiler(Program& program, std::vector<Limit>& limits, const Books& books,
             const std::map<std::string, std::vector<std::string>>& groups,
             chain::Problems& problems)
        : program_{program}, limits_{limits}, books_{books}, groups_{groups}, problems_{problems} {}

    /// Nothing when a problem was told.
    std::optional<NodeId> condition(const chain::Ast& ast);

private:
    struct Typed {
        uint32_t expr = 0;
        Type type{};
        const WordList* words = nullptr;
    };
    std::nullopt_t no(const chain::Ast& ast, std::string message, std::string hint = {});
    std::nullopt_t unknown(const chain::Ast& ast);
    std::optional<NodeId> make(const chain::Ast& ast);
    std::optional<NodeId> comparison(const chain::Ast& ast);
    std::optional<NodeId> in(const chain::Ast& ast);
    std::optional<NodeId> in_named(const chain::Ast& ast, const Typed& left);
    std::optional<NodeId> search(const chain::Ast& ast);
    std::optional<Typed> value(const chain::Ast& ast);
    std::optional<Typed> slot(const chain::Ast& ast);
    std::optional<Typed> arithmetic(const chain::Ast& ast);
    std::optional<Typed> literal(const chain::Ast& ast, Type type, const WordList* words);
    bool add_to_list(const chain::Ast& item, const Typed& like, FixedList& list);
    bool is_open(const chain::Ast& ast) const;
    uint32_t add(Expr expr);
    uint32_t fixed(std::variant<bool, Amount, Address, std::string> value, Type type);
    NodeId add(Node node, const std::vector<NodeId>& children = {});

    Program& program_;
    std::vector<Limit>& limits_;
    const Books& books_;
    const std::map<std::string, std::vector<std::string>>& groups_;
    chain::Problems& problems_;
    std::map<std::string, NodeId> made_;  // By what the tree says: equal parts are one.
    std::map<std::string, Typed> slots_;  // By name.
};

/// What a number with a unit is by itself.
std::optional<Type> own_type(const chain::Ast& literal) noexcept;

}  // namespace cordon::guard
