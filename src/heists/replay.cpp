// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "replay.hpp"

#include <algorithm>
#include <map>

#include <cordon/detect/rules/rule_set.hpp>

namespace cordon::heists {
namespace {

/// Takes down what matters of each alert, and judges whether it is about the theft.
class Witness final : public detect::AlertSink {
public:
    Witness(const Scenario& scenario, Outcome& out) : scenario_{scenario}, out_{out} {}

    void raise(const Alert& alert) override {
        if (alert.state == AlertState::kRetracted || alert.severity < Severity::kHigh) return;
        out_.seen.push_back(
            {alert.time, alert.detector, alert.severity, alert.reason, is_hit(alert)});
        if (alert.txns.empty() && scenario_.deceptions.contains(alert.time))
            before_signing_.push_back(out_.seen.size() - 1);
    }
    bool is_before_signing(std::size_t index) const {
        return std::find(before_signing_.begin(), before_signing_.end(), index) !=
               before_signing_.end();
    }

private:
    /// By its evidence. An alert without any is about a moment: of a deceived signer, or of the
    /// state in which the theft has left the house.
    bool is_hit(const Alert& alert) const {
        if (alert.txns.empty())
            return scenario_.deceptions.contains(alert.time) || alert.time >= scenario_.first_theft;
        return std::any_of(alert.txns.begin(), alert.txns.end(),
                           [&](const Hash256& txn) { return scenario_.attack.contains(txn); });
    }
    const Scenario& scenario_;
    Outcome& out_;
    std::vector<std::size_t> before_signing_;
};

Result<std::vector<std::unique_ptr<detect::Detector>>> shipped_rules_for(
    const detect::WatchConfig& config) {
    const std::vector<detect::RuleText> texts = detect::shipped_rules();
    const detect::CompiledRules compiled = detect::compile_rules(texts, &config);
    if (!compiled.ok())
        return fail(ErrorCode::kInvalidParam,
                    "the shipped rules do not compile: " + to_string(compiled.diagnostics.front()));
    std::vector<std::unique_ptr<detect::Detector>> rules;
    rules.push_back(std::make_unique<detect::RuleSet>(compiled.program));
    return rules;
}

template <typename Value>
Value worse_median(std::vector<Value> values) {
    std::sort(values.begin(), values.end());
    return values[(values.size() - 1) / 2];
}

}  // namespace

Result<Outcome> replay(const Common& common, const Facts& facts, uint64_t seed) {
    CORDON_TRY(const Scenario scenario, make_scenario(common, facts, seed));
    Outcome out;
    out.name = facts.name;
    out.row = facts.row;
    out.signal = facts.signal;
    out.seed = seed;
    out.begin = scenario.begin;
    out.first_step = scenario.first_step;
    out.first_theft = scenario.first_theft;
    out.end = scenario.end;
    out.marks = scenario.marks;
    out.thefts = scenario.thefts;
    out.events = scenario.events.size();
    out.txns = scenario.txns;

    constexpr uint64_t kAddresses = 1U << 18;  // Far more than any scenario has.
    detect::WatchOptions options;
    options.undo_steps = 1;  // No played chain is reorganised.
    options.addresses = kAddresses;
    CORDON_TRY(auto rules, shipped_rules_for(scenario.config));
    detect::Watch watch{scenario.config, scenario.knowledge, options, std::move(rules)};
    Witness witness{scenario, out};
    for (const auto& event : scenario.events) CORDON_TRY(watch.on(event, witness));
    for (const detect::DetectorMetrics& metrics : watch.metrics())
        if (metrics.skipped > 0) out.blind.push_back(metrics.id);

    for (const Theft& theft : out.thefts) out.stolen += theft.usd;
    for (std::size_t i = 0; i < out.seen.size(); ++i) {
        const Seen& seen = out.seen[i];
        if (seen.hit) {
            if (!out.first) out.first = seen;
            if (!out.first_on_chain && !witness.is_before_signing(i)) out.first_on_chain = seen;
        } else if (seen.time < out.first_theft) {
            ++(seen.severity == Severity::kCritical ? out.criticals : out.highs);
        }
    }
    out.wallet_months =
        scenario.watched *
        std::chrono::duration<double, std::chrono::days::period>(out.first_theft - out.begin)
            .count() /
        kDaysOfMonth;
    if (out.first) {
        out.lead = std::chrono::floor<Seconds>(out.first_theft - out.first->time).count();
        out.in_time = out.first->time <= out.first_theft;
        Cents left = 0;
        for (const Theft& theft : out.thefts)
            if (theft.time > out.first->time) left += theft.usd;
        out.saveable =
            out.stolen > 0 ? static_cast<double>(left) / static_cast<double>(out.stolen) : 0;
    }
    return out;
}

Summary summarise(const Facts& facts, std::vector<Outcome> runs) {
    Summary out;
    out.facts = &facts;
    std::map<std::string, std::size_t> first;
    std::vector<int64_t> leads;
    std::vector<double> saveable;
    std::size_t in_time = 0;
    double months = 0;
    uint64_t criticals = 0, highs = 0;
    for (const Outcome& run : runs) {
        if (run.first) {
            ++first[run.first->detector];
            leads.push_back(run.lead);
        }
        in_time += run.in_time ? 1 : 0;
        saveable.push_back(run.saveable);
        months += run.wallet_months;
        criticals += run.criticals;
        highs += run.highs;
    }
    const auto most =
        std::max_element(first.begin(), first.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    if (most != first.end()) out.detector = most->first;
    out.in_time = in_time * 2 > runs.size();
    // A run without any alert has no lead: the median is of runs with one, if they are the most.
    if (leads.size() * 2 > runs.size()) out.lead = worse_median(leads);
    if (!saveable.empty()) out.saveable = worse_median(saveable);
    if (months > 0) {
        out.criticals_per_month = static_cast<double>(criticals) / months;
        out.highs_per_month = static_cast<double>(highs) / months;
    }
    out.runs = std::move(runs);
    return out;
}

Result<Summary> replay_seeds(const Common& common, const Facts& facts, uint64_t seed, uint64_t runs,
                             const std::atomic<bool>* cancel) {
    std::vector<Outcome> outcomes;
    for (uint64_t i = 0; i < runs; ++i) {
        if (cancel && *cancel) return fail(ErrorCode::kCancelled, "stopped between two runs");
        CORDON_TRY(Outcome outcome, replay(common, facts, seed + i));
        outcomes.push_back(std::move(outcome));
    }
    return summarise(facts, std::move(outcomes));
}

}  // namespace cordon::heists
