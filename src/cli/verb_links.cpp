// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>
#include <charconv>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/engine/links.hpp>

#include "exit_code.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "table.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

using boost::json::array;
using boost::json::object;

object end_json(ChainId chain, const Hash256& txn, TxnPosition at, uint32_t row,
                const trace::LinkEnd& end) {
    return {{"chain", to_string(chain)},
            {"txn", chain::format_hash(chain, txn)},
            {"block", at.block},
            {"index", row},
            {"address", chain::format_address(chain, end.address)},
            {"asset", end.asset.text()},
            {"amount", end.amount.to_string()}};
}

object crossing_json(const trace::Crossing& each) {
    array why;
    for (const std::string& reason : each.why) why.emplace_back(reason);
    return {
        {"kind", each.kind},
        {"confidence", each.confidence},
        {"from", end_json(each.from_chain, each.from_txn, each.from_at, each.from_row, each.from)},
        {"via", chain::format_address(each.from_chain, each.via)},
        {"to", end_json(each.to_chain, each.to_txn, each.to_at, each.to_row, each.to)},
        {"why", std::move(why)}};
}

object pool_json(const patterns::MixerSummary& pool) {
    array clues;
    for (const auto& clue : pool.clues)
        clues.push_back(object{{"clue", to_string(clue.clue)},
                               {"pointed", clue.pointed},
                               {"best", clue.best},
                               {"tested", clue.tested},
                               {"right", clue.right}});
    return {
        {"chain", to_string(pool.chain)}, {"pool", chain::format_address(pool.chain, pool.pool)},
        {"asset", pool.asset.text()},     {"denomination", pool.denomination.to_string()},
        {"deposits", pool.deposits},      {"withdrawals", pool.withdrawals},
        {"clues", std::move(clues)}};
}

object lane_json(const patterns::BridgeSummary& lane) {
    array clues;
    for (const auto& clue : lane.clues)
        clues.push_back(object{{"clue", to_string(clue.clue)},
                               {"deposits", clue.deposits},
                               {"ambiguous", clue.ambiguous}});
    return {
        {"from", to_string(lane.from)}, {"to", to_string(lane.to)}, {"clues", std::move(clues)}};
}

object bridges_json(const engine::Links& links) {
    array lanes;
    for (const auto& each : links.lanes) lanes.push_back(lane_json(each));
    return {{"deposits", links.bridge_deposits},
            {"payouts", links.bridge_payouts},
            {"lanes", std::move(lanes)}};
}

Status print_json(const engine::Links& links) {
    array crossings, pools;
    for (const auto& each : links.crossings) crossings.push_back(crossing_json(each));
    for (const auto& each : links.pools) pools.push_back(pool_json(each));
    return print(envelope("links.result",
                          object{{"crossings", std::move(crossings)},
                                 {"pools", std::move(pools)},
                                 {"bridges", bridges_json(links)}},
                          links.warnings));
}

Status print_lines(const engine::Links& links) {
    for (const auto& each : links.crossings)
        CORDON_TRY(print(envelope("links.crossing", crossing_json(each))));
    for (const auto& each : links.pools) CORDON_TRY(print(envelope("links.pool", pool_json(each))));
    return print(envelope("links.bridges", bridges_json(links)));
}

Status print_csv(const engine::Links& links) {
    CORDON_TRY(print(
        "kind,confidence,from_chain,from_txn,from_index,from_address,from_asset,from_amount,via,"
        "to_chain,to_txn,to_index,to_address,to_asset,to_amount\n"));
    for (const auto& each : links.crossings)
        CORDON_TRY(print(
            format("{},{:.4f},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", each.kind, each.confidence,
                   to_string(each.from_chain), chain::format_hash(each.from_chain, each.from_txn),
                   each.from_row, chain::format_address(each.from_chain, each.from.address),
                   each.from.asset.text(), each.from.amount.to_string(),
                   chain::format_address(each.from_chain, each.via), to_string(each.to_chain),
                   chain::format_hash(each.to_chain, each.to_txn), each.to_row,
                   chain::format_address(each.to_chain, each.to.address), each.to.asset.text(),
                   each.to.amount.to_string())));
    return {};
}

std::string amount_text(const engine::Links& links, ChainId chain, const Asset& asset,
                        const Amount& amount) {
    const auto info = links.context->asset(chain, asset);
    if (!info) return format("{} {}", amount.to_string(), asset.text());
    return format("{} {}", group_digits(format_units(amount, info->decimals)),
                  printable(info->symbol));
}

Status print_table(const engine::Links& links) {
    if (links.crossings.empty())
        CORDON_TRY(print("no crossings: no mixer or bridge is labelled, or nothing fits\n"));
    Table table{{{"KIND"},
                 {"CONF.", Table::Align::kRight},
                 {"FROM", Table::Align::kLeft, true},
                 {"GAVE", Table::Align::kRight},
                 {"TO", Table::Align::kLeft, true},
                 {"GOT", Table::Align::kRight},
                 {"WHY", Table::Align::kLeft, true, true}}};
    for (const auto& each : links.crossings)
        table.add({std::string{each.kind}, format("{:.2f}", each.confidence),
                   format("{}:{}", to_string(each.from_chain),
                          chain::display_address(each.from_chain, each.from.address)),
                   amount_text(links, each.from_chain, each.from.asset, each.from.amount),
                   format("{}:{}", to_string(each.to_chain),
                          chain::display_address(each.to_chain, each.to.address)),
                   amount_text(links, each.to_chain, each.to.asset, each.to.amount),
                   each.why.empty() ? "" : printable(each.why.front())});
    CORDON_TRY(print(table.render(terminal_width())));

    Table pools{{{"POOL", Table::Align::kLeft, true},
                 {"NOTE", Table::Align::kRight},
                 {"CLUE"},
                 {"POINTS TO", Table::Align::kRight},
                 {"OF WITHDRAWALS", Table::Align::kRight},
                 {"RIGHT WHEN TESTED", Table::Align::kRight}}};
    for (const auto& pool : links.pools)
        for (const auto& clue : pool.clues)
            pools.add({format("{}:{}", to_string(pool.chain),
                              chain::display_address(pool.chain, pool.pool)),
                       amount_text(links, pool.chain, pool.asset, pool.denomination),
                       std::string{to_string(clue.clue)}, format_count(clue.pointed),
                       format_count(pool.withdrawals),
                       clue.tested == 0 ? std::string{"–"}
                                        : format("{:.0f} of {}", clue.right, clue.tested)});
    if (links.pools.empty()) return {};
    CORDON_TRY(print("\n"));
    return print(pools.render(terminal_width()));
}

Result<double> share_of(const Args& args, std::string_view flag) {
    const std::string text = args.get(flag);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !(value >= 0 && value <= 1))
        return fail(ErrorCode::kInvalidParam,
                    format("--{} {}: expected a number from 0 to 1", flag, printable(text)));
    return value;
}

Result<int> run_links(const Args& args, const Session& session) {
    if (!args.has("ledger"))
        return fail(ErrorCode::kInvalidParam, "--ledger DIR is missing: which ledger?");
    engine::LinksRequest request{args.get("ledger"), args.get("kind"), args.get("address"), 0};
    CORDON_TRY(request.min_confidence, share_of(args, "min-confidence"));
    CORDON_TRY(const engine::Links links, engine::find_links(request));
    if (!session.quiet) print_warnings(links.warnings);
    switch (session.format) {
        case Format::kJson: CORDON_TRY(print_json(links)); break;
        case Format::kJsonl: CORDON_TRY(print_lines(links)); break;
        case Format::kCsv: CORDON_TRY(print_csv(links)); break;
        case Format::kTable: CORDON_TRY(print_table(links)); break;
    }
    return kClean;
}

}  // namespace

Command links_command() {
    return {.name = "links",
            .summary = "tie what left by a mixer or bridge to what arrived",
            .usage = "--ledger DIR [--kind mixer|bridge] [--address A]",
            .about =
                "Lists crossings: value that left by one txn and arrived by another, later one, "
                "perhaps on another chain, each with a confidence and its reasons. Mixers are tied "
                "by what people do and by whom they deal with, and every clue is worth what it was "
                "in that pool; bridges by their messages, else by asset, amount and time. "
                "Below, for each pool and clue: to how many withdrawals it points, and how often "
                "it was right where that could be tested. Candidates are leads, not facts.",
            .flags = {{"ledger", "DIR", "The ledger", {}, 'l'},
                      {"kind", "mixer|bridge", "Only crossings of this kind"},
                      {"address", "ADDRESS", "Only crossings in which this address takes part"},
                      {"min-confidence", "X", "Only crossings at least as sure, 0 to 1", "0.5"}},
            .examples = {"cordon links --ledger led",
                         "cordon links --ledger led --kind mixer --min-confidence 0.1 --format csv",
                         "cordon links --ledger led --address 0x5811…456f --format jsonl"},
            .takes_operands = false,
            .run = run_links};
}

}  // namespace cordon::cli
