// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "chain_json.hpp"

#include <boost/json.hpp>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>

#include "progress.hpp"
#include "table.hpp"

namespace cordon::cli {
namespace {

std::string_view kind_text(BlockNumKind kind) {
    switch (kind) {
        case BlockNumKind::kHeight: return "height";
        case BlockNumKind::kEstimated: return "estimated";
        case BlockNumKind::kSequence: return "sequence";
    }
    return "height";
}

boost::json::object header_json(ChainId chain, const BlockHeader& header) {
    boost::json::object object{{"number", header.number},
                               {"number_kind", kind_text(header.number_kind)},
                               {"hash", chain::format_hash(chain, header.hash)}};
    if (header.time) object["time"] = format_rfc3339(*header.time);
    return object;
}

std::string header_text(const BlockHeader& header) {
    std::string text = format_count(header.number);
    if (header.number_kind == BlockNumKind::kEstimated) text = "~" + text;
    if (header.number_kind == BlockNumKind::kSequence) text = "#" + text;
    return header.time ? format("{}  {}", text, format_rfc3339(*header.time)) : text;
}

}  // namespace

boost::json::array chains_json(std::span<const ledger::ChainSummary> chains) {
    boost::json::array list;
    for (const ledger::ChainSummary& each : chains)
        list.push_back(
            boost::json::object{{"chain", to_string(each.chain)},
                                {"model", is_utxo(each.chain) ? "utxo" : "account"},
                                {"first", header_json(each.chain, each.first)},
                                {"tip", header_json(each.chain, each.tip)},
                                {"blocks", each.blocks},
                                {"txns", each.txns},
                                {is_utxo(each.chain) ? "outputs" : "transfers", each.transfers}});
    return list;
}

boost::json::object block_json(const chain::BlockCheck& check, ChainId chain) {
    const chain::BlockFacts& facts = check.facts;
    const auto witness = [&]() -> std::string_view {
        switch (facts.witness) {
            case chain::WitnessCommitment::kOk: return "ok";
            case chain::WitnessCommitment::kAbsent: return "absent";
            case chain::WitnessCommitment::kBad: return "bad";
        }
        return "bad";
    };
    boost::json::object out_types;
    for (const auto& [kind, count] : check.out_types) out_types[kind] = count;
    return {{"file", check.file},
            {"offset", check.offset},
            {"chosen", check.chosen},
            {"hash", chain::format_hash(chain, facts.header.hash)},
            {"parent", chain::format_hash(chain, facts.header.parent)},
            {"number", check.number},
            {"number_kind", kind_text(check.number_kind)},
            {"time", format_rfc3339(from_unix_seconds(facts.header.time))},
            {"bytes", facts.bytes},
            {"txns", facts.txns},
            {"inputs", facts.inputs},
            {"outputs", facts.outputs},
            {"total_out", std::to_string(facts.total_out)},
            {"weight", facts.weight},
            {"merkle_ok", facts.merkle_ok},
            {"witness_commitment", witness()},
            {"pow_ok", facts.pow_ok},
            {"reencodes", check.reencodes},
            {"txids_sha256", to_hex(check.txids_sha256)},
            {"out_types", std::move(out_types)}};
}

std::string chains_table(std::span<const ledger::ChainSummary> chains) {
    if (chains.empty()) return "the ledger is empty\n";
    Table table{{{"CHAIN"},
                 {"BLOCKS", Table::Align::kRight},
                 {"TXNS", Table::Align::kRight},
                 {"TRANSFERS", Table::Align::kRight},
                 {"FIRST"},
                 {"TIP"}}};
    for (const ledger::ChainSummary& each : chains)
        table.add({to_string(each.chain), format_count(each.blocks), format_count(each.txns),
                   format_count(each.transfers), header_text(each.first), header_text(each.tip)});
    return table.render(terminal_width());
}

}  // namespace cordon::cli
