// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "csv.hpp"

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "text.hpp"

namespace cordon::report {

std::string csv_field(std::string_view text) {
    std::string out;
    if (!text.empty() && std::string_view{"=+-@\t\r"}.find(text.front()) != std::string_view::npos)
        out += '\'';
    out += text;
    if (out.find_first_of(",\"\r\n") == std::string::npos) return out;
    std::string quoted = "\"";
    for (const char c : out) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

Status write_edges_csv(const trace::TraceResult& result, const Sink& sink) {
    CORDON_TRY(
        sink("chain,block,time,tx,from,to,asset,amount,tainted,kind,confidence,hop,spends,outpoint,"
             "to_asset,"
             "to_amount,to_tainted,why,to_chain,to_tx,via\n"));
    std::string out;
    for (const trace::Edge& edge : result.edges) {
        const ChainId chain = edge.chain;
        std::string why;
        for (const std::string& reason : edge.why)
            why += (why.empty() ? "" : "; ") + clean_text(reason);
        out += format(
            "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", to_string(chain),
            edge.at.block, edge.time ? format_rfc3339(*edge.time) : std::string{},
            chain::format_hash(chain, edge.txn), chain::format_address(chain, edge.from),
            chain::format_address(edge.arrives_on(), edge.to), csv_field(edge.asset.text()),
            edge.amount.to_string(), edge.tainted.to_string(), csv_field(edge.kind),
            edge.confidence, edge.hop,
            edge.spends ? chain::format_outpoint(chain, *edge.spends) : std::string{},
            edge.outpoint ? chain::format_outpoint(chain, *edge.outpoint) : std::string{},
            edge.to_asset ? csv_field(edge.to_asset->text()) : std::string{},
            edge.to_amount ? edge.to_amount->to_string() : std::string{},
            edge.to_tainted ? edge.to_tainted->to_string() : std::string{}, csv_field(why),
            edge.to_chain ? to_string(*edge.to_chain) : std::string{},
            edge.to_txn ? chain::format_hash(edge.arrives_on(), *edge.to_txn) : std::string{},
            edge.via ? chain::format_address(chain, *edge.via) : std::string{});
        if (out.size() < 64 * 1024) continue;
        CORDON_TRY(sink(out));
        out.clear();
    }
    return out.empty() ? Status{} : sink(out);
}

Status write_nodes_csv(const trace::TraceResult& result, const Sink& sink) {
    CORDON_TRY(
        sink("chain,address,hop,seed,label,category,label_source,label_confidence,stop,asset,"
             "received,tainted,resting,first_seen,last_seen,confidence\n"));
    const auto moment = [](std::optional<UnixMillis> time) {
        return time ? format_rfc3339(*time) : std::string{};
    };
    std::string out;
    for (const trace::Node& node : result.nodes) {
        const std::string who = format(
            "{},{},{},{},{},{},{},{},{}", to_string(node.chain),
            chain::format_address(node.chain, node.address), node.hop, node.seed ? "true" : "false",
            node.label ? csv_field(clean_text(node.label->text)) : std::string{},
            node.label ? to_string(node.label->category) : std::string_view{},
            node.label ? csv_field(clean_text(node.label->source)) : std::string{},
            node.label ? format("{}", node.label->confidence) : std::string{},
            node.stop == trace::Stop::kNone ? std::string_view{} : trace::to_string(node.stop));
        const std::string when =
            format("{},{},{}", moment(node.first_seen), moment(node.last_seen), node.confidence);
        for (const trace::Holding& holding : node.holdings)
            out += format("{},{},{},{},{},{}\n", who, csv_field(holding.asset.text()),
                          holding.received.to_string(), holding.tainted.to_string(),
                          holding.resting.to_string(), when);
        if (node.holdings.empty()) out += format("{},,,,,{}\n", who, when);
        if (out.size() < 64 * 1024) continue;
        CORDON_TRY(sink(out));
        out.clear();
    }
    return out.empty() ? Status{} : sink(out);
}

Status write_watch_csv(std::span<const Watch> list, const Sink& sink) {
    CORDON_TRY(sink("chain,address,outpoint,asset,tainted,since,case,source,confidence\n"));
    for (const Watch& watch : list)
        CORDON_TRY(sink(format(
            "{},{},{},{},{},{},{},{},{}\n", to_string(watch.chain),
            chain::format_address(watch.chain, watch.address),
            watch.outpoint ? chain::format_outpoint(watch.chain, *watch.outpoint) : std::string{},
            watch.asset.text(), watch.tainted.to_string(),
            watch.since ? format_rfc3339(*watch.since) : std::string{},
            csv_field(clean_text(watch.case_name)), csv_field(clean_text(watch.source)),
            watch.confidence)));
    return {};
}

}  // namespace cordon::report
