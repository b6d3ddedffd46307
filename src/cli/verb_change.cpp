// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>
#include <charconv>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/engine/cluster_change.hpp>
#include <cordon/engine/context.hpp>
#include <cordon/engine/ingest.hpp>
#include <cordon/engine/joins.hpp>
#include <cordon/patterns/utxo_peel_chain.hpp>

#include "exit_code.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "table.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

using boost::json::array;
using boost::json::object;

/// The chain that is asked.
struct View {
    std::shared_ptr<const ledger::Reader> reader;  // Owner: this, and `clusters` where given.
    ChainId chain;
    std::optional<engine::Clusters> clusters;  // With --clusters.

    const engine::Clusters* known() const { return clusters ? &*clusters : nullptr; }
    std::string text(const Hash256& hash) const { return chain::format_hash(chain, hash); }
    std::string text(const Address& address) const { return chain::format_address(chain, address); }
    Result<std::string> txid(TxnPosition at) const {
        CORDON_TRY(const auto placed, reader->utxo_txn(chain, at));
        return text(placed.txn.txid);
    }
};

template <typename Number>
Result<Number> number_of(const Args& args, std::string_view flag) {
    const std::string text = args.get(flag);
    Number value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        return fail(ErrorCode::kInvalidParam,
                    format("--{} {}: expected a whole number", flag, printable(text)));
    return value;
}

array indices(const patterns::Candidates& all) { return array(all.begin(), all.end()); }

object place_json(const View& view, const Hash256& txid, TxnPosition at,
                  const std::optional<UnixMillis>& time) {
    object out{{"chain", to_string(view.chain)},
               {"txid", view.text(txid)},
               {"block", at.block},
               {"index", at.txn}};
    if (time) out["time"] = format_rfc3339(*time);
    return out;
}

Result<array> outputs_json(const View& view, const patterns::ChangeFacts& facts) {
    array outputs;
    const auto& all = facts.placed.txn.outputs;
    for (std::size_t n = 0; n < all.size(); ++n) {
        object each{{"n", n},
                    {"address", view.text(all[n].address)},
                    {"value", std::to_string(all[n].value)},
                    {"fresh", facts.outputs[n].fresh}};
        if (view.clusters) each["co_spent"] = facts.outputs[n].co_spent;
        if (const auto& spender = facts.outputs[n].spender) {
            array differs;
            for (const std::string& reason : chain::differs(facts.own.print, spender->print))
                differs.emplace_back(reason);
            CORDON_TRY(const std::string by, view.txid(spender->at));
            each["spent_by"] = object{{"txid", by},
                                      {"fingerprint", to_string(spender->print)},
                                      {"differs", std::move(differs)}};
        }
        outputs.push_back(std::move(each));
    }
    return outputs;
}

Result<object> change_json(const View& view, const engine::TxnChange& found,
                           const patterns::ChangeParams& params) {
    const ledger::PlacedUtxoTxn& placed = found.facts.placed;
    object out = place_json(view, placed.txn.txid, placed.at, placed.time);
    out["fingerprint"] = to_string(found.facts.own.print);
    out["coinjoin"] = found.facts.is_join;
    CORDON_TRY(out["outputs"], outputs_json(view, found.facts));
    object by_name, votes;
    for (std::size_t n = 0; n < patterns::kHeuristicCount; ++n) {
        const auto heuristic = static_cast<patterns::Heuristic>(n);
        by_name[to_string(heuristic)] = indices(candidates(heuristic, found.facts, params));
    }
    for (const patterns::Vote& vote : found.change.votes)
        votes[to_string(vote.heuristic)] = vote.output;
    out["candidates"] = std::move(by_name);
    out["votes"] = std::move(votes);
    if (found.change.output) {
        out["change"] = *found.change.output;
        out["confidence"] = found.change.confidence;
    } else {
        out["unclear"] = found.change.unclear;
    }
    return out;
}

Status print_change(const View& view, const engine::TxnChange& found,
                    const patterns::ChangeParams& params, Format how) {
    if (how != Format::kTable) {
        CORDON_TRY(const object data, change_json(view, found, params));
        return print(envelope("change.result", data));
    }
    const patterns::ChangeFacts& facts = found.facts;
    const auto& outputs = facts.placed.txn.outputs;
    CORDON_TRY(
        print(format("{}  ({})\n", view.text(facts.placed.txn.txid), to_string(facts.own.print))));
    Table table{{{"N", Table::Align::kRight},
                 {"ADDRESS", Table::Align::kLeft, true},
                 {"SATOSHI", Table::Align::kRight},
                 {"CHANGE"},
                 {"VOTES", Table::Align::kLeft, true, true},
                 {"SPENT BY", Table::Align::kLeft, true, true}}};
    for (uint32_t n = 0; n < outputs.size(); ++n) {
        std::string votes;
        for (const patterns::Vote& vote : found.change.votes)
            if (vote.output == n)
                votes += format("{}{}", votes.empty() ? "" : ", ", to_string(vote.heuristic));
        std::string spent = "unspent";
        if (const auto& spender = facts.outputs[n].spender) {
            spent.clear();
            for (const std::string& reason : chain::differs(facts.own.print, spender->print))
                spent += format("{}{}", spent.empty() ? "other software: " : "; ", reason);
            if (spent.empty()) spent = "same software";
        }
        const bool is_change = found.change.output == n;
        table.add({std::to_string(n), view.text(outputs[n].address), format_count(outputs[n].value),
                   is_change ? format("{:.2f}", found.change.confidence) : "", votes, spent});
    }
    CORDON_TRY(print(table.render(terminal_width())));
    if (found.change.output) return print("\n");
    return print(format("unclear: {}\n\n", found.change.unclear));
}

Result<object> step_json(const View& view, const patterns::PeelStep& step) {
    CORDON_TRY(const auto placed, view.reader->utxo_txn(view.chain, step.at));
    object out = place_json(view, step.txid, step.at, step.time);
    array peels, why;
    for (const uint32_t n : step.peels)
        peels.push_back(object{{"n", n},
                               {"address", view.text(placed.txn.outputs[n].address)},
                               {"value", std::to_string(placed.txn.outputs[n].value)}});
    for (const std::string& each : step.why) why.emplace_back(each);
    out["spends"] = chain::format_outpoint(view.chain, step.spends);
    out["value"] = std::to_string(step.value);
    out["rest"] = step.rest;
    out["rest_address"] = view.text(step.rest_output.address);
    out["rest_value"] = std::to_string(step.rest_output.value);
    out["peels"] = std::move(peels);
    out["peeled"] = std::to_string(step.peeled);
    out["confidence"] = step.confidence;
    out["why"] = std::move(why);
    return out;
}

Status print_peels(const View& view, const patterns::PeelChain& found,
                   const patterns::PeelParams& params, const std::string& from, Format how) {
    if (how != Format::kTable) {
        array steps;
        for (const patterns::PeelStep& step : found.steps) {
            CORDON_TRY(object each, step_json(view, step));
            steps.push_back(std::move(each));
        }
        object data{{"chain", to_string(view.chain)},
                    {"from", from},
                    {"direction", to_string(params.direction)},
                    {"steps", std::move(steps)},
                    {"end", chain::format_outpoint(view.chain, found.end)},
                    {"stop", to_string(found.stop)},
                    {"reason", found.reason}};
        if (found.label) data["label"] = found.label->text;
        return print(envelope("peel.result", data));
    }
    Table table{{{"BLOCK", Table::Align::kRight},
                 {"TXN", Table::Align::kLeft, true},
                 {"PAID", Table::Align::kRight},
                 {"KEPT", Table::Align::kRight},
                 {"REST", Table::Align::kLeft, true},
                 {"SURE", Table::Align::kRight}}};
    for (const patterns::PeelStep& step : found.steps)
        table.add({format_count(step.at.block), view.text(step.txid), format_count(step.peeled),
                   format_count(step.rest_output.value), view.text(step.rest_output.address),
                   format("{:.2f}", step.confidence)});
    CORDON_TRY(print(table.render(terminal_width())));
    return print(format("{} txns; ends at {}: {} ({})\n", found.steps.size(),
                        chain::format_outpoint(view.chain, found.end), to_string(found.stop),
                        printable(found.reason)));
}

Status follow(const Args& args, const Session& session, const View& view,
              const patterns::ChangeParams& change) {
    patterns::PeelParams params;
    params.change = change;
    if (args.has("back")) params.direction = trace::Direction::kBackward;
    CORDON_TRY(params.max_hops, number_of<uint32_t>(args, "hops"));
    CORDON_TRY(params.min_value, number_of<uint64_t>(args, "min-value"));
    const std::string from = args.get("follow");
    CORDON_TRY(const OutPoint point, chain::parse_outpoint(view.chain, from));
    std::unique_ptr<records::Store> store;
    if (auto opened = records::Store::open_read_only(engine::records_path(args.get("ledger")))) {
        store = std::move(*opened);
    } else if (opened.error().code != ErrorCode::kNotFound) {
        return fail(opened.error());
    }
    std::optional<engine::RecordsContext> labels;
    if (store) labels.emplace(*store);
    CORDON_TRY(const auto found,
               patterns::peel_chain(*view.reader, view.chain, point, params, engine::join_test(),
                                    labels ? &*labels : nullptr));
    if (labels && labels->error()) return fail(*labels->error());
    return print_peels(view, found, params, from, session.format);
}

Status check_usage(const Args& args, const Session& session) {
    if (!args.has("ledger"))
        return fail(ErrorCode::kInvalidParam, "--ledger DIR is missing: which ledger?");
    const int asked = (args.operands().empty() ? 0 : 1) + (args.has("all") ? 1 : 0) +
                      (args.has("follow") ? 1 : 0);
    if (asked != 1)
        return fail(ErrorCode::kInvalidParam, "which? TXID…, --all or --follow TXID:VOUT, one of");
    if (session.format == Format::kCsv)
        return fail(ErrorCode::kInvalidParam, "--format csv: change has no rows to put in a table");
    if (session.format == Format::kJson && (args.has("all") || args.operands().size() > 1))
        return fail(ErrorCode::kInvalidParam, "--format json is of one txn; take jsonl");
    return {};
}

Result<int> run_change(const Args& args, const Session& session) {
    CORDON_TRY(check_usage(args, session));
    std::optional<ChainId> chain;
    if (args.has("chain")) {
        CORDON_TRY(chain, parse_chain(args.get("chain")));
    }
    patterns::ChangeParams params;
    CORDON_TRY(params.digits, number_of<unsigned>(args, "digits"));
    View view;
    if (args.has("clusters")) {
        CORDON_TRY(view.clusters, engine::cluster_ledger(args.get("ledger"), chain,
                                                         engine::join_filter(), session.cancel));
        if (!session.quiet) print_warnings(view.clusters->warnings);
        view.reader = view.clusters->reader;
        view.chain = view.clusters->chain;
    } else {
        CORDON_TRY(view.reader, ledger::open_reader(args.get("ledger")));
        CORDON_TRY(view.chain, engine::utxo_chain(*view.reader, chain));
    }
    const auto show = [&](const engine::TxnChange& found) -> Status {
        if (session.cancel->load()) return fail(ErrorCode::kCancelled, "interrupted");
        return print_change(view, found, params, session.format);
    };
    if (args.has("follow")) CORDON_TRY(follow(args, session, view, params));
    if (args.has("all"))
        CORDON_TRY(engine::each_change(*view.reader, view.chain, engine::join_test(), view.known(),
                                       params, show));
    for (const std::string& text : args.operands()) {
        CORDON_TRY(const Hash256 txid, chain::parse_hash(view.chain, text));
        CORDON_TRY(const auto found, engine::change_in(*view.reader, view.chain, txid,
                                                       engine::join_test(), view.known(), params));
        CORDON_TRY(show(found));
    }
    return kClean;
}

}  // namespace

Command change_command() {
    return {.name = "change",
            .summary = "tell change from payment, and follow a peel chain",
            .usage = "--ledger DIR TXID… | --all | --follow TXID:VOUT",
            .about =
                "Says which output of a txn went back to who paid, by what each heuristic cannot "
                "rule out and by what they agree on; where they do not agree the answer is "
                "unclear, and for a joint txn there is none. Beside each output stands whether the "
                "wallet that spends it works like the one that made it: a break between a wallet's "
                "own txns is a mark of theft. --follow walks a peel chain: txns that each pay "
                "somebody and keep the rest, until a label, a CoinJoin, another wallet, or nothing "
                "tells which output goes on.",
            .flags = {{"ledger", "DIR", "The ledger", {}, 'l'},
                      {"chain", "CHAIN", "Which chain; needed where the ledger has several"},
                      {"all", "", "Every txn that may have change, in the order of the chain"},
                      {"clusters", "", "Also use who signed together in other txns"},
                      {"digits", "N", "Multiples of 10^N satoshi are round (power-of-ten)", "6"},
                      {"follow", "TXID:VOUT", "The peel chain that goes on from this output"},
                      {"back", "", "With --follow: from the output to where the chain began"},
                      {"hops", "N", "With --follow: at most N txns", "1000"},
                      {"min-value", "SATOSHI", "With --follow: stop below this rest", "0"}},
            .examples = {"cordon change --ledger led TXID",
                         "cordon change --ledger led --all --format jsonl",
                         "cordon change --ledger led --follow TXID:1"},
            .takes_operands = true,
            .run = run_change};
}

}  // namespace cordon::cli
