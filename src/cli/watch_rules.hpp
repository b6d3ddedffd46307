// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <cordon/engine/watch.hpp>
#include <cordon/report/json_writer.hpp>

#include "command.hpp"

/// What `watch` tells of rules instead of, or after, running them.
namespace cordon::cli {

/// --validate, --list, --explain or --schema.
bool asks_about_rules(const Args& args);
Result<int> tell_about_rules(const Args& args, const Session& session);

/// A line for each rule that was asked at all.
std::string backtest_text(const engine::WatchResult& result);
void write_rule_metrics(report::JsonWriter& json, const detect::RuleMetrics& metrics,
                        const detect::BacktestRow& backtest);

}  // namespace cordon::cli
