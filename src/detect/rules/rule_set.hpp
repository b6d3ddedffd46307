// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../detector.hpp"
#include "language.hpp"

/// Rules that people write (docs/formats/rules.md), compiled and run as one detector.
namespace cordon::detect {

class RuleProgram;  // Compiled rules; immutable.

/// A rule file as it was read.
struct RuleText {
    std::string name;  ///< For messages.
    std::string text;
    friend bool operator==(const RuleText&, const RuleText&) = default;
};

struct CompiledRules {
    std::shared_ptr<const RuleProgram>
        program;                          ///< nullptr when there is an error. Shared by those
                                          ///< who list rules and the RuleSet that runs them.
    std::vector<Diagnostic> diagnostics;  ///< By file, line, column.
    bool ok() const noexcept { return program != nullptr; }
};

/// Reads, joins and compiles rule files, in order: later ones may append to and override what
/// earlier ones say. All problems at once. With a configuration, names of wallet sets and the like
/// that it does not have are warned about.
CompiledRules compile_rules(std::span<const RuleText> files, const WatchConfig* config = nullptr);

/// The rules that come with Cordon (rules/*.yaml), sorted by name.
std::vector<RuleText> shipped_rules();

/// The JSON schema of a rule file, for editors (docs/formats/rules.schema.json).
std::string rules_schema();

/// What a rule is, for --list and --explain.
struct RuleInfo {
    std::string name;
    std::string detector;  ///< The id that its alerts carry: the rule's `id`, else its name.
    std::string desc;
    std::string file;
    uint32_t line = 0;
    Severity severity{};
    Stage stage{};
    std::vector<std::string> tags;
    bool enabled = true;
    std::string event;                ///< "log", ...; of a sequence the types of its steps.
    std::string condition;            ///< As compiled: macros and lists written out.
    std::string index;                ///< How its events are found: "logs with topic0 0x… (2)".
    std::vector<std::string> fields;  ///< That it reads, sorted.
    std::vector<std::string> needs;   ///< Inputs: "logs", "labels", "prices", ...
    std::string window;               ///< Of a correlation, in words; empty without one.
    std::string words;                ///< All of it in a few sentences.
};
std::vector<RuleInfo> list_rules(const RuleProgram& program);
/// By name or id. kNotFound names the nearest.
Result<std::vector<RuleInfo>> explain_rule(const RuleProgram& program, std::string_view name);

/// What a rule did since the start. Measured, not remembered: a reorg does not take it back.
struct RuleMetrics {
    std::string name;
    uint64_t events = 0;   ///< That the index gave it.
    uint64_t matched = 0;  ///< Of these, its condition was true.
    uint64_t alerts = 0;
    uint64_t nanoseconds = 0;  ///< CPU time; measured only with RuleOptions::cost.
};

/// A backtest: what a rule would have cost in attention.
struct BacktestRow {
    std::string name;
    uint64_t alerts = 0;
    std::optional<double> per_day;                ///< None: less than two moments of event time.
    std::optional<double> per_million_transfers;  ///< None: no transfer was seen.
};

struct RuleOptions {
    bool cost = false;  ///< Measure CPU time per rule (120 ns per evaluation).
    /// Groups of correlations that are remembered, over all rules.
    uint64_t groups = uint64_t{1} << 16;
};

/// Runs compiled rules. What correlations remember lies in tables by a digest of the rule: a rule
/// that is the same after replace() goes on where it was.
class RuleSet final : public Detector {
public:
    static const Descriptor kDescriptor;

    RuleSet(std::shared_ptr<const RuleProgram> program, RuleOptions options = {});
    ~RuleSet() override;

    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    void on_txn(const TxnView& view, const World& world, Findings& findings) override;
    void on_block_end(ChainId chain, const BlockHeader& header, const World& world,
                      Findings& findings) override;
    void on_withdrawal(const WithdrawalRequest& request, const World& world,
                       Findings& findings) override;
    void on_alert(const Alert& alert, const World& world, Findings& findings) override;
    std::vector<Table*> tables() override;

    /// Hot reload: from the next event on the other rules run. Metrics begin anew.
    void replace(std::shared_ptr<const RuleProgram> program);

    std::vector<RuleMetrics> metrics() const;
    std::vector<BacktestRow> backtest() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace cordon::detect
