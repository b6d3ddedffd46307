// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/format.hpp>

#include "language.hpp"
#include "program.hpp"

namespace cordon::detect {

std::vector<RuleInfo> list_rules(const RuleProgram& program) {
    std::vector<RuleInfo> all;
    for (const CompiledRule& rule : program.rules) all.push_back(rule.info);
    return all;
}

Result<std::vector<RuleInfo>> explain_rule(const RuleProgram& program, std::string_view name) {
    std::vector<RuleInfo> all;
    std::vector<std::string_view> names;
    for (const CompiledRule& rule : program.rules) {
        names.push_back(rule.info.name);
        if (rule.info.name == name || rule.info.detector == name) all.push_back(rule.info);
    }
    if (!all.empty()) return all;
    const std::string hint = nearest(name, names);
    return fail(ErrorCode::kNotFound,
                format("no rule \"{}\" is known{}{}", name, hint.empty() ? "" : "; ", hint));
}

}  // namespace cordon::detect
