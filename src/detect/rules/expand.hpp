// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "reader.hpp"

namespace cordon::detect {

/// Writes macros and lists out, in place of their names.
class Expander {
public:
    /// Lifetime: both must outlive it. Tells names that are fields, and macros that do not parse.
    Expander(const Declarations& all, Problems& problems);

    /// False when a problem was told.
    bool expand(Ast& ast);
    /// The rows of exceptions as one condition: none of them. False when a problem was told.
    bool except(Ast& condition, const std::vector<ExceptionDecl>& exceptions);

private:
    bool expand(Ast& ast, std::size_t depth);
    bool expand_list(Ast& ast, const std::string& name, const Mark& mark, std::size_t depth);
    std::optional<Ast> row(const ExceptionDecl& exception, const std::vector<Ast>& fields,
                           const std::vector<std::vector<Written>>& row);

    const Declarations& all_;
    Problems& problems_;
    std::map<std::string, std::optional<Ast>> macros_;
    std::size_t nodes_ = 0;
};

}  // namespace cordon::detect
