// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>
#include <charconv>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/engine/guard_replay.hpp>

#include "exit_code.hpp"
#include "guard_policy.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "table.hpp"

namespace cordon::cli {
namespace {

boost::json::object one_json(const engine::Replayed& one) {
    boost::json::array reasons;
    for (const Reason& reason : one.judgement.reasons)
        reasons.push_back(boost::json::object{{"decision", to_string(reason.decision)},
                                              {"rule", reason.rule},
                                              {"text", reason.text},
                                              {"source", reason.source}});
    const WithdrawalRequest& request = one.request;
    boost::json::object out{{"chain", to_string(request.chain)},
                            {"tx", chain::format_hash(request.chain, one.txn)},
                            {"time", format_rfc3339(request.time)},
                            {"from", chain::format_address(request.chain, request.from)},
                            {"to", chain::format_address(request.chain, request.to)},
                            {"asset", request.asset.text()},
                            {"amount", request.amount.to_string()}};
    if (one.usd) out["usd"] = format("{}.{:02}", *one.usd / 100, *one.usd % 100);
    out["verdict"] = to_string(one.judgement.decision);
    out["reasons"] = reasons;
    return out;
}

boost::json::object sum_json(const engine::ReplaySum& sum) {
    return {{"count", sum.count}, {"usd", sum.usd / 100}, {"unpriced", sum.unpriced}};
}

boost::json::object json_of(const engine::GuardReplay& replay, uint64_t limit) {
    boost::json::object rules;
    for (const auto& [key, sum] : replay.by_rule) {
        boost::json::object one = sum_json(sum);
        one["decision"] = to_string(key.first);
        rules[key.second + "/" + std::string{to_string(key.first)}] = one;
    }
    boost::json::array listed;
    for (const engine::Replayed& one : replay.stopped)
        if (listed.size() < limit) listed.push_back(one_json(one));
    return {{"allow", sum_json(replay.by_decision[0])},
            {"hold", sum_json(replay.by_decision[1])},
            {"deny", sum_json(replay.by_decision[2])},
            {"rules", rules},
            {"stopped", listed}};
}

Status print_replay(const engine::GuardReplay& replay, uint64_t limit) {
    Table sums{{{"VERDICT"}, {"COUNT", Table::Align::kRight}, {"VALUE", Table::Align::kRight}}};
    for (std::size_t i = 0; i < replay.by_decision.size(); ++i)
        sums.add({std::string{to_string(static_cast<Decision>(i))},
                  format("{}", replay.by_decision[i].count),
                  format_usd(replay.by_decision[i].usd)});
    CORDON_TRY(print(sums.render(terminal_width())));
    Table rules{{{"RULE"},
                 {"SAYS"},
                 {"COUNT", Table::Align::kRight},
                 {"VALUE", Table::Align::kRight},
                 {"UNPRICED", Table::Align::kRight}}};
    for (const auto& [key, sum] : replay.by_rule)
        rules.add({printable(key.second), std::string{to_string(key.first)},
                   format("{}", sum.count), format_usd(sum.usd), format("{}", sum.unpriced)});
    CORDON_TRY(print("\n" + rules.render(terminal_width())));
    uint64_t listed = 0;
    for (const engine::Replayed& one : replay.stopped) {
        if (listed++ == limit) break;
        CORDON_TRY(print(format("\n{} {:5} {} -> {} {}\n", format_rfc3339(one.request.time),
                                to_string(one.judgement.decision),
                                chain::display_address(one.request.chain, one.request.from),
                                chain::display_address(one.request.chain, one.request.to),
                                one.usd ? format_usd(*one.usd)
                                        : format("{} of {}", one.request.amount.to_string(),
                                                 one.request.asset.text()))));
        for (const Reason& reason : one.judgement.reasons)
            if (reason.decision != Decision::kAllow)
                CORDON_TRY(print(format("    {:5} {}: {}\n", to_string(reason.decision),
                                        printable(reason.rule), printable(reason.text))));
    }
    if (replay.stopped.size() > limit)
        CORDON_TRY(print(format("\n{} more (--limit)\n", replay.stopped.size() - limit)));
    return {};
}

}  // namespace

Result<int> run_guard_simulate(const Args& args, const Session& session) {
    if (session.format == Format::kCsv)
        return fail(ErrorCode::kInvalidParam, "--format csv: this is no table");
    if (!args.has("policy-file") || !args.has("ledger"))
        return fail(ErrorCode::kInvalidParam, "--policy-file FILE and --ledger DIR are needed");
    UnixMillis since{};
    if (args.has("since")) {
        CORDON_TRY(since, parse_time(args.get("since")));
    }
    uint64_t limit = 0;
    const std::string text = args.get("limit");
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
    if (error != std::errc{} || end != text.data() + text.size())
        return fail(ErrorCode::kInvalidParam, "--limit: expected a number");
    CORDON_TRY(const Bytes bytes, read_file(args.get("policy-file")));
    const auto compiled = guard::Policy::compile(
        {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, args.get("policy-file"));
    if (!compiled.policy) {
        std::string all;
        for (const auto& one : compiled.diagnostics) all += "\n" + to_string(one);
        return fail(ErrorCode::kMalformed, format("the policy does not compile:{}", all));
    }
    ProgressLine line{session};
    const auto progress = [&](uint64_t judged, uint64_t all) {
        if (line.due())
            line.show(format("simulate {} {} of {} payments",
                             bar(static_cast<double>(judged) / static_cast<double>(all), 12),
                             format_count(judged), format_count(all)));
    };
    CORDON_TRY(const auto replay,
               engine::replay_guard(*compiled.policy, args.get("ledger"), since,
                                    {.progress = progress, .cancel = session.cancel}));
    line.clear();
    if (session.format == Format::kTable)
        CORDON_TRY(print_replay(replay, limit));
    else
        CORDON_TRY(print(envelope("guard.simulate", json_of(replay, limit))));
    return replay.stopped.empty() ? kClean : kFound;
}

}  // namespace cordon::cli
