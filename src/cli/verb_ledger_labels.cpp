// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/engine/ingest.hpp>
#include <cordon/trace/label_conflict.hpp>
#include <cordon/trace/trace.hpp>

#include "exit_code.hpp"
#include "ledger_show.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "table.hpp"

namespace cordon::cli {
namespace {

std::string day(std::optional<UnixMillis> time) {
    return time ? format_rfc3339(*time).substr(0, 10) : std::string{};
}

boost::json::object label_json(const Label& label) {
    boost::json::object out{{"label", label.text},
                            {"category", to_string(label.category)},
                            {"source", label.source},
                            {"confidence", label.confidence}};
    if (label.chain) out["chain"] = to_string(*label.chain);
    if (!label.entity.empty()) out["entity"] = label.entity;
    if (!label.detail.empty()) out["detail"] = label.detail;
    if (label.as_of) out["as_of"] = format_rfc3339(*label.as_of);
    if (!label.list.empty()) out["list"] = label.list;
    return out;
}

/// The lists that the ledger knows.
Status show_lists(const records::Store& store, const Session& session) {
    CORDON_TRY(const auto lists, store.label_lists());
    if (session.format != Format::kTable) {
        boost::json::array out;
        for (const records::LabelList& list : lists) {
            boost::json::object each{{"name", list.name},
                                     {"schema", list.schema},
                                     {"sha256", list.sha256},
                                     {"labels", list.labels}};
            if (list.as_of) each["as_of"] = format_rfc3339(*list.as_of);
            out.push_back(std::move(each));
        }
        return print(
            envelope("ledger.label_lists", boost::json::object{{"lists", std::move(out)}}));
    }
    Table table{{{"LIST", Table::Align::kLeft, true},
                 {"SCHEMA"},
                 {"AS OF"},
                 {"LABELS", Table::Align::kRight},
                 {"SHA-256"}}};
    for (const records::LabelList& list : lists)
        table.add({printable(list.name), list.schema, day(list.as_of), format_count(list.labels),
                   list.sha256.substr(0, 16)});
    return print(lists.empty() ? "no label lists; cordon ingest ofac:… tagpack:… takes some in\n"
                               : table.render(terminal_width()));
}

Status show_address(const records::Store& store, const Args& args, const std::string& text,
                    const Session& session) {
    std::optional<ChainId> chain;
    if (args.has("chain")) {
        CORDON_TRY(chain, parse_chain(args.get("chain")));
    }
    const auto guess = chain ? chain : chain::guess_chain(text);
    if (!guess)
        return fail(ErrorCode::kMalformed,
                    format("\"{}\" is no address of any known chain", printable(text)));
    CORDON_TRY(const Address address, chain::parse_address(*guess, text));
    CORDON_TRY(const std::vector<Label> labels,
               chain ? store.labels(*chain, address) : store.labels_anywhere(address));
    const auto conflict = trace::label_conflict(labels, trace::default_stop_categories());
    if (session.format != Format::kTable) {
        boost::json::array out;
        for (const Label& label : labels) out.push_back(label_json(label));
        boost::json::object data{{"address", chain::format_address(*guess, address)},
                                 {"labels", std::move(out)},
                                 {"conflict", conflict.has_value()}};
        if (conflict) data["conflict_why"] = *conflict;
        return print(envelope("ledger.labels", data));
    }
    std::string shown = chain::display_address(*guess, address) + "\n";
    Table table{{{"LABEL", Table::Align::kLeft, true, true},
                 {"CATEGORY"},
                 {"CHAIN"},
                 {"SAID BY", Table::Align::kLeft, true, true},
                 {"CONFIDENCE", Table::Align::kRight},
                 {"AS OF"},
                 {"DETAIL", Table::Align::kLeft, true, true}}};
    for (const Label& label : labels)
        table.add({printable(label.text), std::string{to_string(label.category)},
                   label.chain ? to_string(*label.chain) : "any", printable(label.source),
                   format("{:.2f}", label.confidence), day(label.as_of), printable(label.detail)});
    shown += labels.empty() ? "no label\n" : table.render(terminal_width());
    if (conflict) shown += format("disputed: {}\n", printable(*conflict));
    return print(shown);
}

}  // namespace

Result<int> show_labels(const Args& args, const std::string& directory, const Session& session) {
    CORDON_TRY(const auto store, records::Store::open_read_only(engine::records_path(directory)));
    const auto& words = args.operands();
    if (session.format == Format::kCsv || (session.format == Format::kJson && words.size() > 2))
        return fail(ErrorCode::kInvalidParam,
                    "ledger labels: json is one answer, csv there is none; use --format jsonl");
    if (words.size() < 2) CORDON_TRY(show_lists(*store, session));
    for (std::size_t n = 1; n < words.size(); ++n)
        CORDON_TRY(show_address(*store, args, words[n], session));
    return kClean;
}

}  // namespace cordon::cli
