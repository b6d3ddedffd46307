// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "case_content.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/report/alert_bodies.hpp>
#include <cordon/report/alert_json.hpp>
#include <cordon/report/case_file.hpp>
#include <cordon/report/case_json.hpp>
#include <cordon/report/csv.hpp>
#include <cordon/report/json.hpp>
#include <cordon/report/svg.hpp>

#include "case_report.hpp"

namespace cordon::engine {
namespace {

/// Transfers of one address that are looked at for its balance. Hot wallets of exchanges have
/// millions: their balance is no proof of anything.
constexpr std::size_t kMaxTransfers = 100'000;

/// What the ledger as a whole saw arrive at an address and leave it; nothing when that is too much.
Status look_up_balance(const ledger::Reader& ledger, report::Letter::Resting& rests) {
    if (is_utxo(rests.chain)) {
        CORDON_TRY(const ledger::Balance balance, ledger.balance(rests.chain, rests.address));
        rests.received = Amount{balance.received};
        rests.sent = Amount{balance.received - balance.value};
        return {};
    }
    ledger::TransferQuery query;
    query.asset = rests.asset;
    const auto cursor = ledger.transfers_of(rests.chain, rests.address, query);
    std::vector<ledger::PlacedTransfer> page(512);
    Amount received, sent;
    for (std::size_t seen = 0;;) {
        CORDON_TRY(const std::size_t count, cursor->next(page));
        if (count == 0) break;
        seen += count;
        if (seen > kMaxTransfers) return {};
        for (std::size_t i = 0; i < count; ++i) {
            const Transfer& transfer = page[i].transfer;
            const auto add = [&](Amount& sum) {
                sum = checked_add(sum, transfer.amount).value_or(Amount::max());
            };
            if (transfer.to == rests.address) add(received);
            if (transfer.from == rests.address) add(sent);
        }
    }
    rests.received = received;
    rests.sent = sent;
    return {};
}

/// The highest state of each chain that a trace was read from.
std::vector<ledger::ChainSummary> chains_of(const CaseContent& content) {
    std::map<ChainId, ledger::ChainSummary> chains;
    for (const CaseContent::Trace& trace : content.traces)
        for (ledger::ChainSummary& chain : trace.theft->ledger->chains()) {
            const auto [at, fresh] = chains.try_emplace(chain.chain, chain);
            if (!fresh && chain.tip.number > at->second.tip.number) at->second = std::move(chain);
        }
    std::vector<ledger::ChainSummary> all;
    for (auto& [id, chain] : chains) all.push_back(std::move(chain));
    return all;
}

/// "result.json", "result-2.json".
std::string numbered(std::string_view name, std::string_view ending, std::size_t index) {
    return index == 0 ? format("{}{}", name, ending) : format("{}-{}{}", name, index + 1, ending);
}

Result<std::string> written(const std::function<Status(const report::Sink&)>& fill) {
    std::string text;
    CORDON_TRY(fill(report::string_sink(text)));
    return text;
}

Result<std::string> case_json(const CaseContent& content, const report::Letters& letters) {
    return written([&](const report::Sink& sink) -> Status {
        report::JsonWriter json{sink};
        json.begin_object().field("v", uint64_t{1}).field("kind", "case").key("data");
        json.begin_object().key("case");
        report::write_case(json, content.value, content.history);
        json.key("letters").begin_array();
        for (const report::Letter& letter : letters.all) report::write_letter(json, letter, true);
        json.end_array().key("without_letter").begin_array();
        for (const report::Unasked& each : letters.without)
            json.new_line(), report::write_unasked(json, each);
        json.end_array().key("alerts").begin_array();
        for (const records::StoredAlert& alert : content.alerts)
            json.new_line(), report::write_alert(json, alert);
        json.end_array().end_object().key("warnings").begin_array();
        for (const std::string& warning : content.warnings) json.value(warning);
        json.end_array().field("incomplete", false).end_object();
        CORDON_TRY(json.finish());
        return sink("\n");
    });
}

/// What people noted and what the watch had said, in order.
std::vector<report::CaseEntry> entries_of(const CaseContent& content) {
    std::vector<report::CaseEntry> entries;
    for (const records::CaseItem& item : content.value.items) {
        std::string what{to_string(item.kind)};
        if (!item.ref.empty()) what += " " + item.ref;
        std::string text = item.note;
        for (const records::StoredAlert& alert : content.alerts)
            if (item.ref == alert.alert.id || item.ref == alert.incident)
                text += (text.empty() ? "" : "\n") + report::alert_headline(alert) + ". " +
                        alert.alert.reason;
        entries.push_back({item.time, item.by, std::move(what), std::move(text)});
    }
    return entries;
}

}  // namespace

Result<report::Letters> case_letters(const CaseContent& content) {
    std::vector<report::LetterSource> sources;
    for (const CaseContent::Trace& trace : content.traces)
        sources.push_back({trace.theft->result, *content.context, trace.theft->ledger->chains()});
    report::Letters letters = report::letters(sources);
    if (const std::vector<std::string>& only = content.value.letters_for; !only.empty())
        for (report::Letter& letter : letters.all)
            letter.drafted = std::find(only.begin(), only.end(), letter.key) != only.end();
    for (report::Letter& letter : letters.all)
        for (report::Letter::Resting& rests : letter.resting)
            CORDON_TRY(look_up_balance(*content.traces.back().theft->ledger, rests));
    return letters;
}

Result<CaseFiles> case_files(const CaseContent& content) {
    if (content.traces.empty())
        return fail(ErrorCode::kInvalidParam,
                    format("case {}: it has no trace that is done; add one", content.value.id));
    CaseFiles out;
    out.warnings = content.warnings;
    report::Evidence& evidence = out.evidence;
    evidence.version = content.version;
    evidence.command_line = content.command_line;
    evidence.ledger = chains_of(content);
    CORDON_TRY(evidence.inputs, content.records->inputs());

    std::vector<Member> traces;
    for (std::size_t i = 0; i < content.traces.size(); ++i) {
        const trace::TraceResult& result = content.traces[i].theft->result;
        for (auto& [name, value] : evidence_params(result))
            evidence.params.emplace_back(i == 0 ? name : format("trace {}: {}", i + 1, name),
                                         std::move(value));
        const trace::FlowLayout layout =
            trace::lay_out(result, content.context, report::flow_params(result));
        traces.push_back({numbered("flow", ".svg", i), report::flow_svg(result, layout)});
        CORDON_TRY(std::string json, written([&](const report::Sink& sink) {
                       return report::write_trace_result(result, sink,
                                                         {.context = content.context});
                   }));
        traces.push_back({numbered("result", ".json", i), std::move(json)});
        CORDON_TRY(std::string edges, written([&](const report::Sink& sink) {
                       return report::write_edges_csv(result, sink);
                   }));
        traces.push_back({numbered("edges", ".csv", i), std::move(edges)});
    }
    for (const Member& file : traces)
        evidence.files.push_back(report::evidence_of(file.name, file.bytes));

    CORDON_TRY(const report::Letters letters, case_letters(content));
    const records::Case& value = content.value;
    for (const std::string& key : value.letters_for)
        if (std::none_of(letters.all.begin(), letters.all.end(),
                         [&](const report::Letter& letter) { return letter.key == key; }))
            out.warnings.push_back(
                format("letter {}: nothing of the traces rests with such a service", key));
    report::CaseInput input{.title = value.title,
                            .notes = value.summary,
                            .sources = content.sources,
                            .result = content.traces.front().theft->result,
                            .context = *content.context,
                            .evidence = evidence};
    input.id = value.id;
    input.name = content.traces.front().name;
    for (std::size_t i = 1; i < content.traces.size(); ++i)
        input.more.push_back(
            {content.traces[i].name, content.traces[i].theft->result, *content.context});
    input.entries = entries_of(content);
    input.letters = &letters;
    input.words = content.words;
    CORDON_TRY(std::string page, written([&](const report::Sink& sink) {
                   return report::write_case_file(input, sink);
               }));
    out.members.push_back({"case.html", std::move(page)});
    CORDON_TRY(std::string json, case_json(content, letters));
    out.members.push_back({"case.json", std::move(json)});
    for (Member& file : traces) out.members.push_back(std::move(file));
    const report::LetterPage about{.case_id = value.id,
                                   .case_title = value.title,
                                   .story = value.summary,
                                   .sender = value.sender,
                                   .evidence_sha256 = report::evidence_sha256(evidence),
                                   .version = content.version,
                                   .date = {},
                                   .words = content.words};
    for (const report::Letter& letter : letters.all) {
        if (!letter.drafted) continue;
        const std::string name = "letters/" + letter.key;
        out.members.push_back({name + ".html", report::letter_html(letter, about)});
        out.members.push_back({name + ".txt", report::letter_text(letter, about)});
        out.members.push_back({name + ".csv", report::letter_csv(letter)});
    }
    return out;
}

}  // namespace cordon::engine
