// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "rule_set.hpp"

#include <algorithm>
#include <ctime>

#include "program.hpp"

namespace cordon::detect {
namespace {

uint64_t cpu_nanoseconds() noexcept {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<uint64_t>(now.tv_nsec);
}

std::optional<Address> address_of(const Get& get, RuleEvent& event) {
    if (!get) return std::nullopt;
    const Value value = get(event);
    const Address* address = std::get_if<Address>(&value);
    return address ? std::optional{*address} : std::nullopt;
}

std::optional<Cents> usd_of(const RuleEvent& event) {
    if (event.movement) return event.movement->usd;
    if (event.alert) return event.alert->usd;
    if (!event.withdrawal) return std::nullopt;
    const WithdrawalRequest& request = *event.withdrawal;
    return event.world.usd(request.chain, request.asset, request.amount, request.time);
}

}  // namespace

const Descriptor RuleSet::kDescriptor{
    .id = "rules",
    .name = "rules",
    .title = "A rule matched",
    .severity = Severity::kCritical,
    .stage = Stage::kNone,
    .needs = 0,
};

struct RuleSet::Impl {
    std::shared_ptr<const RuleProgram> program;  // Shared with whoever lists its rules.
    RuleOptions options;
    Correlations correlations;
    std::optional<PlaceSets> places;
    std::vector<RuleMetrics> metrics;
    std::vector<PartRef> found;
    uint64_t transfers = 0;
    std::optional<UnixMillis> first, last;

    Impl(std::shared_ptr<const RuleProgram> rules, RuleOptions with)
        : options{with}, correlations{with.groups} {
        use(std::move(rules));
    }

    void use(std::shared_ptr<const RuleProgram> rules) {
        program = std::move(rules);
        metrics.clear();
        for (const CompiledRule& rule : program->rules)
            metrics.push_back({rule.info.name, 0, 0, 0, 0});
        transfers = 0;
        first.reset();
        last.reset();
    }

    const PlaceSets& places_of(const World& world) {
        if (!places) places.emplace(world.config());
        return *places;
    }

    void saw(UnixMillis time) {
        if (!first || time < *first) first = time;
        if (!last || time > *last) last = time;
    }

    void run(RuleEvent& event, Findings& findings) {
        program->index.find(event, found);
        // A sequence's later steps first: one event is not two steps of it.
        for (std::size_t i = 0; i < found.size();) {
            std::size_t end = i + 1;
            while (end < found.size() && found[end].rule == found[i].rule) ++end;
            for (std::size_t at = end; at-- > i;) evaluate(found[at], event, findings);
            i = end;
        }
    }

    void evaluate(PartRef ref, RuleEvent& event, Findings& findings) {
        const CompiledRule& rule = program->rules[ref.rule];
        const RulePart& part = rule.parts[ref.part];
        if (event.failed && !part.asks_failed) return;
        RuleMetrics& cost = metrics[ref.rule];
        ++cost.events;
        const uint64_t before = options.cost ? cpu_nanoseconds() : 0;
        if (part.condition(event)) {
            ++cost.matched;
            const std::size_t count = findings.size();
            matched(rule, ref.part, event, findings);
            // Told once when it is raised: a pending txn is told again when it is in a block.
            if (!event.txn || !event.txn->pending()) cost.alerts += findings.size() - count;
        }
        if (options.cost) cost.nanoseconds += cpu_nanoseconds() - before;
    }

    void matched(const CompiledRule& rule, uint32_t index, RuleEvent& event, Findings& findings) {
        const RulePart& part = rule.parts[index];
        if (!rule.correlate) {
            findings.push_back(finding(rule, part, event));
            return;
        }
        const std::optional<GroupKey> key = group_key(rule.digest, part.by, event);
        if (!key) return;
        if (rule.correlate->kind == CorrelateKind::kAbsence) {
            if (index > 0) return correlations.end_waiting(*key);
            const Finding one = finding(rule, part, event);
            GroupWaiting waiting;
            waiting.rule = rule.digest;
            waiting.until = (event.time + rule.correlate->window).time_since_epoch().count();
            waiting.chain = event.chain;
            if (event.txn) waiting.txn = event.txn->hash;
            waiting.subject = one.subject;
            waiting.related = one.related;
            waiting.usd = one.usd;
            waiting.reason = one.reason;
            return correlations.wait(*key, std::move(waiting), event.time);
        }
        const std::optional<Correlated> seen =
            correlations.on_event(*rule.correlate, *key, index, rule.parts.size(), event);
        if (!seen) return;
        Finding one = finding(rule, part, event);
        one.txns = seen->txns;
        findings.push_back(std::move(one));
    }

    static Finding blank(const CompiledRule& rule) {
        Finding one;
        one.severity = rule.info.severity;
        one.stage = rule.info.stage;
        one.confidence = rule.confidence;
        one.next = rule.next;
        one.tags = rule.info.tags;
        one.detector = rule.info.detector;
        one.title = rule.info.desc;
        return one;
    }

    static Finding finding(const CompiledRule& rule, const RulePart& part, RuleEvent& event) {
        Finding one = blank(rule);
        one.subject = address_of(part.subject, event).value_or(Address{});
        for (const Get& get : part.related)
            if (const auto address = address_of(get, event);
                address && *address != one.subject &&
                std::find(one.related.begin(), one.related.end(), *address) == one.related.end())
                one.related.push_back(*address);
        one.reason = part.output.fill(event);
        one.usd = usd_of(event);
        for (const Template& key : part.key) one.key += key.fill(event) + "\n";
        if (event.alert)
            one.txns = event.alert->txns;
        else if (event.withdrawal)
            one.key += event.withdrawal->id;
        return one;
    }
};

RuleSet::RuleSet(std::shared_ptr<const RuleProgram> program, RuleOptions options)
    : impl_{std::make_unique<Impl>(std::move(program), options)} {}
RuleSet::~RuleSet() = default;

void RuleSet::replace(std::shared_ptr<const RuleProgram> program) {
    impl_->use(std::move(program));
}

void RuleSet::on_txn(const TxnView& view, const World& world, Findings& findings) {
    Impl& impl = *impl_;
    const RuleIndex& index = impl.program->index;
    const PlaceSets& places = impl.places_of(world);
    if (!view.pending()) {
        impl.saw(view.time);
        impl.transfers += view.movements.size();
    }
    const auto run = [&](EventType type, auto set) {
        RuleEvent event{type, world, places, view.chain, view.time};
        event.block = view.block;
        event.txn = &view;
        set(event);
        impl.run(event, findings);
    };
    if (index.has(EventType::kTransfer))
        for (const Movement& movement : view.movements)
            run(EventType::kTransfer, [&](RuleEvent& e) { e.movement = &movement; });
    const TxnActivity* activity = view.activity;
    if (!activity) return;
    const bool failed = !activity->succeeded.value_or(true);
    if (index.has(EventType::kTxn)) run(EventType::kTxn, [&](RuleEvent& e) { e.failed = failed; });
    if (index.has(EventType::kLog))
        for (const Log& log : activity->logs)
            run(EventType::kLog, [&](RuleEvent& e) { e.log = &log; });
    if (index.has(EventType::kCall)) {
        std::vector<bool> dead(activity->calls.size());
        for (std::size_t i = 0; i < activity->calls.size(); ++i) {
            const Call& call = activity->calls[i];
            dead[i] = failed || call.failed || (call.parent < i && dead[call.parent]);
            run(EventType::kCall, [&](RuleEvent& e) {
                e.call = &call;
                e.failed = dead[i];
            });
        }
    }
    if (index.has(EventType::kChange))
        for (const StateChange& change : activity->changes)
            run(EventType::kChange, [&](RuleEvent& e) { e.change = &change; });
}

void RuleSet::on_block_end(ChainId chain, const BlockHeader& header, const World& world,
                           Findings& findings) {
    Impl& impl = *impl_;
    const UnixMillis time = header.time.value_or(UnixMillis{});
    for (const GroupWaiting& waiting : impl.correlations.overdue(chain, time)) {
        const auto found = impl.program->by_digest.find(waiting.rule);
        if (found == impl.program->by_digest.end()) continue;  // The rule is gone.
        const CompiledRule& rule = impl.program->rules[found->second];
        if (!rule.info.enabled) continue;
        Finding one = Impl::blank(rule);
        one.subject = waiting.subject;
        one.related = waiting.related;
        one.usd = waiting.usd;
        one.reason = waiting.reason;
        if (waiting.txn != Hash256{}) one.txns = {waiting.txn};
        ++impl.metrics[found->second].alerts;
        findings.push_back(std::move(one));
    }
    if (!impl.program->index.has(EventType::kBlock)) return;
    RuleEvent event{EventType::kBlock, world, impl.places_of(world), chain, time};
    event.block = &header;
    impl.run(event, findings);
}

void RuleSet::on_withdrawal(const WithdrawalRequest& request, const World& world,
                            Findings& findings) {
    if (!impl_->program->index.has(EventType::kWithdrawal)) return;
    RuleEvent event{EventType::kWithdrawal, world, impl_->places_of(world), request.chain,
                    request.time};
    event.withdrawal = &request;
    impl_->run(event, findings);
}

void RuleSet::on_alert(const Alert& alert, const World& world, Findings& findings) {
    if (!impl_->program->index.has(EventType::kAlert)) return;
    RuleEvent event{EventType::kAlert, world, impl_->places_of(world), alert.chain, alert.time};
    event.alert = &alert;
    impl_->run(event, findings);
}

std::vector<Table*> RuleSet::tables() { return impl_->correlations.tables(); }

std::vector<RuleMetrics> RuleSet::metrics() const { return impl_->metrics; }

std::vector<BacktestRow> RuleSet::backtest() const {
    constexpr double kDay = 86'400'000;
    const double days =
        impl_->first ? static_cast<double>((*impl_->last - *impl_->first).count()) / kDay : 0;
    std::vector<BacktestRow> rows;
    for (const RuleMetrics& one : impl_->metrics) {
        BacktestRow row{one.name, one.alerts, std::nullopt, std::nullopt};
        const auto alerts = static_cast<double>(one.alerts);
        if (days > 0) row.per_day = alerts / days;
        if (impl_->transfers > 0)
            row.per_million_transfers = alerts * 1e6 / static_cast<double>(impl_->transfers);
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace cordon::detect
