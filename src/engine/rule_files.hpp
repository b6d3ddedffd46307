// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <cordon/detect/rules/rule_set.hpp>

namespace cordon::engine {

/// The shipped rules, then those of the paths: a file, or of a directory all *.yaml and *.yml below
/// it in bytewise order. Fails as input_file() does; kLimit for more than 64 MiB a file.
Result<std::vector<detect::RuleText>> read_rule_files(const std::vector<std::string>& paths);

/// The same, compiled; with a configuration file, its names are known and what it disables is off.
Result<detect::CompiledRules> compile_rule_files(const std::vector<std::string>& paths,
                                                 const std::string& config);

/// All errors as one, a line each.
Error as_error(const std::vector<chain::Diagnostic>& diagnostics);

}  // namespace cordon::engine
