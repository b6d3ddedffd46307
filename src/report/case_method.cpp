// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "case_page.hpp"
#include "text.hpp"

/// The two sections that make a case file checkable. They are always there and no option removes
/// them.
namespace cordon::report {
namespace {

std::string_view policy_words(trace::Policy policy) noexcept {
    switch (policy) {
        case trace::Policy::kFifo:
            return "First in, first out: an address spends what it received earliest. Stolen money "
                   "therefore waits behind what was there before.";
        case trace::Policy::kLifo:
            return "Last in, first out: an address spends what it received latest. Stolen money "
                   "therefore moves on before what was there earlier.";
        case trace::Policy::kTiho:
            return "Taint in, highest out: stolen money goes to the largest outputs of a "
                   "transaction. The rest of the outputs carry clean money.";
        case trace::Policy::kHaircut:
            return "Haircut: every payment carries the share of stolen money that its sender held. "
                   "Stolen money therefore thins out but never vanishes.";
        case trace::Policy::kPoison:
            return "Poison: whatever touches stolen money counts as stolen. Amounts do not add up "
                   "to what was taken; this is a net for leads, no measure.";
    }
    return "";
}

std::string overspend_words(trace::Overspend overspend) {
    return overspend == trace::Overspend::kClean
               ? "Where an address spends more than the ledger saw it receive, the difference "
                 "counts as clean."
               : "Where an address spends more than the ledger saw it receive, the difference "
                 "counts as stolen in the share that the stolen part has in all it is known to "
                 "have had, but as clean where it pays strangers, and is listed apart.";
}

}  // namespace

std::string method_section(const CasePage& page) {
    const trace::Params& params = page.result.params;
    std::string stops;
    for (const Category category : params.stop)
        stops += (stops.empty() ? "" : ", ") + std::string{to_string(category)};
    if (stops.empty()) stops = "none";
    std::string out = "<h2 id=\"method\">Method and limits</h2><dl>";
    const auto entry = [&out](std::string_view name, const std::string& text) {
        out += format("<dt>{}</dt><dd>{}</dd>", name, text);
    };
    entry("Policy", std::string{policy_words(params.policy)});
    entry("Conservation",
          "Amounts are exact integers. For every transaction, what goes in equals what comes out "
          "plus the fee; a rule decides which part "
          "of it is the stolen part, and another lawful rule may decide differently.");
    entry("Overspending", overspend_words(params.overspend));
    entry("Where it stops",
          format("At addresses labelled {}; at addresses with {} or more counterparties, or {} on "
                 "both sides (0 = off); "
                 "after {} hops; below {} USD or {} smallest units a movement (0 = follow all); at "
                 "movements to new addresses of which less than {} is stolen.",
                 stops, params.service_degree, params.service_both_sides, params.max_hops,
                 params.min_usd, params.min_amount.to_string(), percent_text(params.min_purity)));
    if (params.stranger_senders != 0)
        entry("Strangers",
              format("Whoever is paid by {} or more others that this trace did not meet has an "
                     "income of its own. A payment to such strangers is taken to come from the "
                     "payer's own money as far as there is any, and is followed only when {} of "
                     "it or more is stolen.",
                     params.stranger_senders, percent_text(params.stranger_purity)));
    entry("Labels",
          "A label is an allegation of its source, not a finding of this report. Each is shown "
          "with source and confidence, and may be wrong or old.");
    entry("Links",
          "Swaps, bridges and mixers are joined by what the chain itself shows, with a confidence "
          "and its reason. Below 100 % it is a likely "
          "connection, not a proven one. " +
              format("The money is followed over a bridge or mixer from a confidence of {} on; "
                     "less is named at the address where the money rests.",
                     percent_text(params.min_confidence)));
    entry("Prices",
          "USD values use the last known price at or before the time of a movement. An asset "
          "without price is called unpriced and is never counted as 0.");
    entry("Completeness", page.result.incomplete
                              ? "<b>This trace is incomplete:</b> it was stopped or ran into its "
                                "bounds. What is here is right; more may exist."
                              : "The trace ran to its end within the bounds above, over the ledger "
                                "named below. Incomplete would mean: what is shown is "
                                "right, but more may exist. Movements that the ledger does not "
                                "hold cannot appear here.");
    return out + "</dl>\n";
}

std::string evidence_section(const CasePage& page) {
    const Evidence& evidence = page.input.evidence;
    std::string out =
        "<h2 id=\"evidence\">Evidence</h2><p>Anybody can repeat this: the same inputs, version and "
        "parameters give the same bytes. "
        "<code>cordon report verify</code> recomputes every hash.</p><dl>";
    const auto entry = [&out](std::string_view name, const std::string& text) {
        out += format("<dt>{}</dt><dd>{}</dd>", name, text);
    };
    entry("Evidence SHA-256", "<code>" + page.evidence_hash + "</code>");
    entry("Made by", "Cordon " + safe(evidence.version, 60));
    if (!evidence.command_line.empty())
        entry("Command", "<code>" + safe(evidence.command_line, 2'000) + "</code>");
    for (const auto& [name, value] : evidence.params)
        entry(safe(name, 60), "<code>" + safe(value, 400) + "</code>");
    for (const ledger::ChainSummary& chain : evidence.ledger) {
        entry(
            "Ledger " + to_string(chain.chain),
            format(
                "{} blocks, {} transactions, {} transfers; up to block {} of {}<br><code>{}</code>",
                grouped(chain.blocks), grouped(chain.txns), grouped(chain.transfers),
                grouped(chain.tip.number), utc_text(chain.tip.time),
                escape(chain::format_hash(chain.chain, chain.tip.hash))));
    }
    out +=
        "</dl><table><thead><tr><th>File</th><th>What</th><th "
        "class=\"n\">Bytes</th><th>SHA-256</th></tr></thead><tbody>";
    for (const records::Input& input : evidence.inputs)
        out += format(
            "<tr><td>{}</td><td>input: {}, {} rows</td><td class=\"n\">{}</td><td "
            "class=\"id\">{}</td></tr>",
            safe(input.name, 120), safe(input.schema, 40), grouped(input.rows),
            grouped(input.bytes), safe(input.sha256, 64));
    for (const EvidenceFile& file : evidence.files)
        out += format(
            "<tr><td>{}</td><td>written with this page</td><td class=\"n\">{}</td><td "
            "class=\"id\">{}</td></tr>",
            safe(file.name, 120), grouped(file.bytes), safe(file.sha256, 64));
    return out + "</tbody></table>\n";
}

}  // namespace cordon::report
