// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

#include "expand.hpp"
#include "program.hpp"

namespace cordon::detect {
namespace {

/// What a rule says is what somebody thinks, not what anybody measured.
constexpr double kDefaultConfidence = 0.5;
constexpr std::size_t kMaxName = 128;

struct Synonym {
    std::string_view falco;
    Severity severity;
};
/// Falco has eight words; here there are five.
constexpr std::array<Synonym, 7> kFalcoPriorities{{{"emergency", Severity::kCritical},
                                                   {"alert", Severity::kCritical},
                                                   {"error", Severity::kHigh},
                                                   {"warning", Severity::kMedium},
                                                   {"notice", Severity::kLow},
                                                   {"informational", Severity::kInfo},
                                                   {"debug", Severity::kInfo}}};

/// Whom an alert is about, and who takes part, where the rule does not say.
struct Parties {
    std::string_view subject;
    std::array<std::string_view, 2> related;
};
constexpr std::array<Parties, kEventTypes> kParties{{{"from", {"to", ""}},
                                                     {"txn.from", {"txn.to", "txn.created"}},
                                                     {"contract", {"txn.from", "txn.to"}},
                                                     {"to", {"from", "txn.from"}},
                                                     {"contract", {"txn.from", "txn.to"}},
                                                     {"to", {"from", ""}},
                                                     {"subject", {"", ""}},
                                                     {"", {"", ""}}}};
constexpr std::array<uint32_t, kEventTypes> kEventNeeds{kTransfers, kTxns,        kLogs,   kCalls,
                                                        kChanges,   kWithdrawals, kAlerts, 0};
constexpr std::array<std::string_view, 12> kNeedNames{
    "transfers",   "txns",        "logs",    "calls",  "changes", "prices",
    "withdrawals", "liabilities", "signing", "alerts", "wallets", "labels"};

std::string joined(const std::vector<std::string>& words, std::string_view between) {
    std::string all;
    for (const std::string& word : words) all += (all.empty() ? "" : std::string{between}) + word;
    return all;
}

bool names(const Ast& ast, std::string_view name) {
    if (ast.op == Op::kName) return ast.text == name;
    return std::any_of(ast.parts.begin(), ast.parts.end(),
                       [&](const Ast& part) { return names(part, name); });
}

/// A step before it is compiled.
struct Draft {
    const StepDecl* step = nullptr;  ///< nullptr: the rule's own condition.
    Ast condition;
    EventType event{};
};

class RuleCompiler {
public:
    RuleCompiler(const RuleDecl& decl, Expander& expander, const WatchConfig* config,
                 RuleProgram& program, Problems& problems)
        : decl_{decl},
          expander_{expander},
          config_{config},
          program_{program},
          problems_{problems},
          scope_{program.arena, problems} {}

    void compile() {
        const std::size_t before = problems_.errors();
        rule_.info.name = decl_.name.text;
        rule_.info.line = decl_.mark.line;
        if (decl_.name.text.size() > kMaxName)
            return error(decl_.name.mark, format("a name of more than {} bytes", kMaxName));
        words();
        const std::vector<Draft> drafts = draft();
        // A macro that does not parse is told where it stands, not here.
        if (problems_.errors() != before || is_incomplete_) return;
        scope_.config = config_;
        for (const Draft& one : drafts)
            collect_signatures(one.condition, program_.arena, problems_, scope_.signatures);
        if (decl_.correlate) correlation();
        std::vector<PinnedKeys> pinned;
        for (const Draft& one : drafts) pinned.push_back(part(one));
        if (decl_.correlate) measure(drafts.front());
        if (problems_.errors() != before) return;
        describe(drafts, pinned);
        digest(drafts);
        const auto index = static_cast<uint32_t>(program_.rules.size());
        if (rule_.info.enabled)
            for (uint32_t i = 0; i < rule_.parts.size(); ++i)
                program_.index.add(rule_.parts[i].event, pinned[i], {index, i});
        program_.by_digest.emplace(rule_.digest, index);
        program_.rules.push_back(std::move(rule_));
    }

private:
    void error(const Mark& mark, std::string message, std::string hint = {}) {
        problems_.error(mark, ErrorCode::kInvalidParam, std::move(message), std::move(hint));
    }

    // --- What is not a condition.

    void words() {
        RuleInfo& info = rule_.info;
        info.detector = decl_.id.given() ? decl_.id.text : decl_.name.text;
        info.desc = decl_.desc.text;
        if (info.desc.empty())
            error(decl_.mark, "a rule without desc", "desc is the title of its alerts");
        if (decl_.output.empty())
            error(decl_.mark, "a rule without output", "output tells a person what was seen");
        rule_.next = decl_.next.text;
        priority();
        if (decl_.stage.given()) {
            const Result<Stage> stage = parse_stage(decl_.stage.text);
            if (stage)
                info.stage = *stage;
            else
                error(decl_.stage.mark, stage.error().message);
        }
        rule_.confidence = kDefaultConfidence;
        if (decl_.confidence.given()) {
            const Result<Amount> millionths = parse_units(decl_.confidence.text, 6);
            if (millionths && *millionths <= Amount{kShareOne})
                rule_.confidence = static_cast<double>(millionths->low_u64()) / double{kShareOne};
            else
                error(decl_.confidence.mark, "expected a confidence from 0 to 1");
        }
        if (decl_.enabled.given() && decl_.enabled.text != "true" && decl_.enabled.text != "false")
            error(decl_.enabled.mark, "expected true or false for \"enabled\"");
        info.enabled = decl_.enabled.text != "false";
        if (config_) {
            const auto& off = config_->disabled;
            if (std::find(off.begin(), off.end(), info.name) != off.end() ||
                std::find(off.begin(), off.end(), info.detector) != off.end())
                info.enabled = false;
        }
        for (const Written& tag : decl_.tags) info.tags.push_back(tag.text);
        std::sort(info.tags.begin(), info.tags.end());
        info.tags.erase(std::unique(info.tags.begin(), info.tags.end()), info.tags.end());
    }

    void priority() {
        std::string text = decl_.priority.text;
        std::transform(text.begin(), text.end(), text.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        if (const Result<Severity> severity = parse_severity(text)) {
            rule_.info.severity = *severity;
            return;
        }
        for (const Synonym& synonym : kFalcoPriorities) {
            if (synonym.falco != text) continue;
            rule_.info.severity = synonym.severity;
            problems_.warn(decl_.priority.mark, ErrorCode::kUnsupported,
                           format("the priority \"{}\" is Falco's; taken as {}", text,
                                  to_string(synonym.severity)));
            return;
        }
        error(decl_.priority.given() ? decl_.priority.mark : decl_.mark,
              decl_.priority.given() ? format("\"{}\" is no priority", text.substr(0, 32))
                                     : "a rule without priority",
              "info, low, medium, high or critical");
    }

    // --- Conditions.

    std::vector<Draft> draft() {
        std::vector<Draft> drafts;
        const bool has_steps = decl_.correlate && !decl_.correlate->steps.empty();
        if (has_steps) {
            if (!decl_.condition.empty())
                error(decl_.condition.front().marks.front(),
                      "a rule with steps has no condition of its own",
                      "what all steps demand is a macro");
            for (const StepDecl& step : decl_.correlate->steps) add(drafts, &step);
        } else {
            add(drafts, nullptr);
        }
        if (decl_.correlate && decl_.correlate->without) add(drafts, &*decl_.correlate->without);
        return drafts;
    }

    void add(std::vector<Draft>& drafts, const StepDecl* step) {
        const std::vector<SourcePiece>& pieces = step ? step->condition : decl_.condition;
        const Mark mark = step ? step->mark : decl_.mark;
        const Written& event = step && step->event.given() ? step->event : decl_.event;
        if (pieces.empty()) return error(mark, "there is no condition");
        std::optional<Ast> ast = parse_condition(pieces, problems_);
        if (!ast || !expander_.expand(*ast) || !expander_.except(*ast, decl_.exceptions)) {
            is_incomplete_ = true;
            return;
        }
        const std::optional<EventType> type = event_of(*ast, event);
        if (type) drafts.push_back({step, *std::move(ast), *type});
    }

    std::optional<EventType> event_of(const Ast& ast, const Written& written) {
        const uint32_t possible = events_of(ast);
        std::vector<std::string> candidates;
        std::optional<EventType> only;
        for (unsigned i = 0; i < kEventTypes; ++i) {
            if ((possible >> i & 1U) == 0) continue;
            only = static_cast<EventType>(i);
            candidates.emplace_back(to_string(*only));
        }
        if (written.given()) {
            const std::optional<EventType> type = parse_event_type(written.text);
            if (!type) {
                error(written.mark, format("\"{}\" is no event", written.text.substr(0, 32)),
                      "transfer, txn, log, call, change, withdrawal, alert or block");
                return std::nullopt;
            }
            return type;  // Fields that it does not have are told one by one.
        }
        if (candidates.size() == 1) return only;
        if (!candidates.empty() && has_unknown(ast))
            return parse_event_type(candidates.front());  // The name is told first.
        if (candidates.empty())
            error(ast.mark, "no event has all of these fields",
                  "one rule looks at one kind of event; several together are a sequence or a join");
        else
            error(ast.mark,
                  format("the condition fits several events: {}", joined(candidates, ", ")),
                  format("say which: event: {}", candidates.front()));
        return std::nullopt;
    }

    PinnedKeys part(const Draft& draft) {
        scope_.event = draft.event;
        RulePart part;
        part.event = draft.event;
        part.asks_failed =
            draft.event == EventType::kTxn
                ? names(draft.condition, "txn.succeeded")
                : names(draft.condition, "failed") || names(draft.condition, "txn.succeeded");
        const std::optional<Type> group_value = std::exchange(scope_.group_value, std::nullopt);
        if (std::optional<Test> test = compile_test(draft.condition, scope_))
            part.condition = *std::move(test);
        scope_.needs |= kEventNeeds[static_cast<std::size_t>(draft.event)];
        if (decl_.correlate) {
            const bool own = draft.step && !draft.step->by.empty();
            for (const SourcePiece& piece : own ? draft.step->by : decl_.correlate->by)
                if (std::optional<Typed> typed = value(piece)) part.by.push_back(typed->get);
        }
        scope_.group_value = group_value;
        // What is raised when nothing comes is told by the event that waited.
        const bool tells = !(draft.step && decl_.correlate && decl_.correlate->without &&
                             draft.step == &*decl_.correlate->without);
        if (tells) {
            part.output = fill(decl_.output);
            for (const SourcePiece& piece : decl_.key) part.key.push_back(fill_value(piece));
            parties(part);
        }
        program_.asks_alerts = program_.asks_alerts || draft.event == EventType::kAlert;
        rule_.parts.push_back(std::move(part));
        return pins_of(draft.condition, draft.event, scope_);
    }

    std::optional<Typed> value(const SourcePiece& piece) {
        const std::optional<Ast> ast = parse_condition({piece}, problems_);
        return ast ? compile_value(*ast, scope_) : std::nullopt;
    }
    std::optional<Get> address(const SourcePiece& piece) {
        std::optional<Typed> typed = value(piece);
        if (!typed) return std::nullopt;
        if (typed->type == Type::kAddress) return std::move(typed->get);
        error(piece.marks.front(),
              format("expected an address, not a value of type {}", to_string(typed->type)));
        return std::nullopt;
    }

    void parties(RulePart& part) {
        const Parties& usual = kParties[static_cast<std::size_t>(part.event)];
        if (decl_.subject) {
            if (auto get = address(*decl_.subject)) part.subject = *std::move(get);
        } else if (!usual.subject.empty()) {
            part.subject = field(usual.subject)->get;
        }
        for (const SourcePiece& piece : decl_.related)
            if (auto get = address(piece)) part.related.push_back(*std::move(get));
        if (decl_.related.empty())
            for (const std::string_view name : usual.related)
                if (!name.empty()) part.related.emplace_back(field(name)->get);
    }

    /// "%field" and "%%"; a point that ends a sentence is not a part of the name.
    Template fill(const std::vector<SourcePiece>& pieces) {
        Template all;
        std::string text;
        for (const SourcePiece& piece : pieces) {
            const std::string_view in = piece.text;
            for (std::size_t i = 0; i < in.size(); ++i) {
                if (in[i] != '%') {
                    text += in[i];
                    continue;
                }
                std::size_t end = i + 1;
                while (end < in.size() && (std::isalnum(static_cast<unsigned char>(in[end])) ||
                                           in[end] == '_' || in[end] == '.'))
                    ++end;
                while (end > i + 1 && in[end - 1] == '.') --end;
                if (end == i + 1) {
                    text += '%';
                    if (end < in.size() && in[end] == '%') ++i;
                    continue;
                }
                const std::string name{in.substr(i + 1, end - i - 1)};
                const Ast ast{Op::kName, piece.marks[i + 1], name, {}, {}};
                std::optional<Typed> typed = compile_value(ast, scope_);
                if (typed) all.pieces.push_back({std::move(text), std::move(typed)});
                text.clear();
                i = end - 1;
            }
        }
        all.pieces.push_back({std::move(text), std::nullopt});
        return all;
    }
    Template fill_value(const SourcePiece& piece) {
        Template one;
        if (std::optional<Typed> typed = value(piece)) one.pieces.push_back({{}, std::move(typed)});
        return one;
    }

    // --- Correlation.

    void correlation() {
        const CorrelateDecl& decl = *decl_.correlate;
        Correlate& to = rule_.correlate.emplace();
        const std::optional<CorrelateKind> kind = parse_correlate_kind(decl.type.text);
        if (!kind)
            return error(decl.type.given() ? decl.type.mark : decl.mark,
                         "expected the type of the correlation",
                         "count, distinct, sum, quantile, sequence, join or absence");
        to.kind = *kind;
        window(decl, to);
        const bool steps = *kind == CorrelateKind::kSequence || *kind == CorrelateKind::kJoin;
        const bool counts = !steps && *kind != CorrelateKind::kAbsence;
        const bool of = counts && *kind != CorrelateKind::kCount;
        demand(decl.of.has_value(), of, "of", "what is counted apart, summed or ranked");
        demand(decl.having.has_value(), counts, "having",
               "without it every event would raise: group.value >= 5");
        demand(decl.share.given(), *kind == CorrelateKind::kQuantile, "share", "99%");
        demand(!decl.steps.empty(), steps, "steps", "- {condition: ...}");
        demand(decl.without.has_value(), *kind == CorrelateKind::kAbsence, "without",
               "{condition: what must follow}");
        if (steps && (decl.steps.size() < 2 || decl.steps.size() > kMaxSteps))
            error(decl.mark, format("expected 2 to {} steps", kMaxSteps));
        if (decl.share.given()) {
            std::string digits = decl.share.text;
            if (!digits.empty() && digits.back() == '%') digits.pop_back();
            const Result<Amount> share = parse_units(digits, 4);
            if (share && *share <= Amount{kShareOne} && digits.size() < decl.share.text.size())
                to.share = share->low_u64();
            else
                error(decl.share.mark, "expected a share", "99%");
        }
        scope_.group_value = Type::kNumber;  // A sum's and a quantile's own: measure().
    }

    void demand(bool given, bool wanted, std::string_view key, std::string_view hint) {
        if (given == wanted) return;
        const CorrelateDecl& decl = *decl_.correlate;
        if (wanted)
            error(decl.mark, format("a {} without \"{}\"", decl.type.text, key), std::string{hint});
        else
            error(decl.mark, format("a {} has no \"{}\"", decl.type.text, key));
    }

    void window(const CorrelateDecl& decl, Correlate& to) {
        if (!decl.window.given())
            return error(decl.mark, "a correlation without a window would remember for ever",
                         "window: 10m");
        const auto duration = chain::parse_duration(decl.window.text);
        if (!duration || duration->count() == 0)
            return error(decl.window.mark, "expected a duration", "90s, 10m, 24h, 7d");
        if (*duration > kMaxWindow)
            return error(decl.window.mark,
                         format("a window of more than {} days", kMaxWindow.count() / 24));
        to.window = *duration;
    }

    /// What is counted, and when to raise: in terms of the event that does it.
    void measure(const Draft& draft) {
        const CorrelateDecl& decl = *decl_.correlate;
        Correlate& to = *rule_.correlate;
        scope_.event = draft.event;
        if (decl.of) {
            std::optional<Typed> of = value(*decl.of);
            if (!of) return;
            const bool ranks = to.kind != CorrelateKind::kDistinct;
            const bool is_quantity = of->type >= Type::kNumber && of->type <= Type::kDuration;
            if (ranks && !is_quantity)
                return error(
                    decl.of->marks.front(),
                    format("a value of type {} is not summed or ranked", to_string(of->type)));
            to.of = std::move(of->get);
            if (ranks) scope_.group_value = of->type;
            to.of_type = *scope_.group_value;
            if (ranks) {  // Its outputs tell the value in its own unit.
                RulePart& part = rule_.parts.front();
                part.output = fill(decl_.output);
            }
        }
        if (!decl.having) return;
        std::optional<Ast> having = parse_condition({*decl.having}, problems_);
        if (!having || !expander_.expand(*having)) return;
        if (!names(*having, "group.value") && !names(*having, "group.events"))
            error(decl.having->marks.front(),
                  "\"having\" does not name group.value or group.events", "group.value >= 5");
        if (to.kind == CorrelateKind::kDistinct) check_distinct(*having);
        if (std::optional<Test> test = compile_test(*having, scope_)) to.having = *std::move(test);
        having_ = print(*having);
    }

    void check_distinct(const Ast& ast) {
        for (const Ast& part : ast.parts) check_distinct(part);
        if (ast.parts.size() != 2 || ast.parts[0].op != Op::kName ||
            ast.parts[0].text != "group.value" || ast.parts[1].op != Op::kNumber)
            return;
        const Result<Amount> limit = parse_units(ast.parts[1].text, 0);
        if (limit && *limit > Amount{kWindowValues})
            error(ast.parts[1].mark,
                  format("\"distinct\" tells apart at most {} values", kWindowValues));
    }

    // --- About it.

    void describe(const std::vector<Draft>& drafts, const std::vector<PinnedKeys>& pinned) {
        RuleInfo& info = rule_.info;
        for (std::size_t i = 0; i < drafts.size(); ++i) {
            const std::string between = i == 0 ? "" : "; ";
            info.event += (i == 0 ? "" : ", ") + std::string{to_string(drafts[i].event)};
            info.condition += between + print(drafts[i].condition);
            info.index += between + pinned[i].words;
        }
        info.fields.assign(scope_.fields.begin(), scope_.fields.end());
        for (std::size_t i = 0; i < kNeedNames.size(); ++i)
            if ((scope_.needs >> i & 1U) != 0) info.needs.emplace_back(kNeedNames[i]);
        if (rule_.correlate) {
            const CorrelateDecl& decl = *decl_.correlate;
            std::string by;
            for (const SourcePiece& piece : decl.by) by += (by.empty() ? "" : ", ") + piece.text;
            info.window = format("{}{} in {}{}", to_string(rule_.correlate->kind),
                                 decl.of ? " of " + decl.of->text : "", decl.window.text,
                                 by.empty() ? "" : " for each " + by);
        }
        info.words = format("Looks at {}. ", info.index);
        info.words += drafts.size() == 1 ? format("It must be that {}. ", info.condition)
                                         : format("The conditions are: {}. ", info.condition);
        if (rule_.correlate)
            info.words += format("They are taken together: {}{}. ", info.window,
                                 having_.empty() ? "" : ", raised when " + having_);
        info.words += format("Raises {} as {}; needs {}.", to_string(info.severity), info.detector,
                             joined(info.needs, ", "));
    }

    void digest(const std::vector<Draft>& drafts) {
        std::string text = rule_.info.name + "\n";
        for (const Draft& draft : drafts) {
            text += format("{} {}\n", to_string(draft.event), print(draft.condition));
            if (draft.step)
                for (const SourcePiece& piece : draft.step->by) text += piece.text + "\n";
        }
        if (rule_.correlate) {
            text += format("{}\n{}\n{}\n", rule_.info.window, rule_.correlate->share, having_);
        }
        const Hash256 hash =
            crypto::sha256({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
        std::memcpy(&rule_.digest, hash.bytes.data(), sizeof rule_.digest);
    }

    const RuleDecl& decl_;
    Expander& expander_;
    const WatchConfig* config_;
    RuleProgram& program_;
    Problems& problems_;
    Scope scope_;
    CompiledRule rule_;
    std::string having_;
    bool is_incomplete_ = false;  // A condition is missing.
};

}  // namespace

std::string Template::fill(RuleEvent& event) const {
    std::string text;
    for (const Piece& piece : pieces) {
        text += piece.text;
        if (piece.value) text += value_text(piece.value->get(event), piece.value->type, event);
    }
    return text;
}

CompiledRules compile_rules(std::span<const RuleText> files, const WatchConfig* config) {
    std::vector<std::string> names;
    for (const RuleText& file : files) names.push_back(file.name);
    Problems problems{names};
    const Declarations all = read_rules(files, problems);
    Expander expander{all, problems};
    auto program = std::make_shared<RuleProgram>();
    for (const RuleDecl& rule : all.rules) {
        RuleCompiler{rule, expander, config, *program, problems}.compile();
        if (!program->rules.empty() && program->rules.back().info.file.empty() &&
            rule.mark.file < names.size())
            program->rules.back().info.file = names[rule.mark.file];
    }
    CompiledRules compiled;
    compiled.diagnostics = problems.sorted();
    if (problems.errors() == 0) compiled.program = std::move(program);
    return compiled;
}

}  // namespace cordon::detect
