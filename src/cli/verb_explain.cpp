// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json.hpp>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/engine/explain.hpp>
#include <cordon/explain/json.hpp>
#include <cordon/wallet/ur/qr.hpp>

#include "exit_code.hpp"
#include "explain_table.hpp"
#include "output.hpp"
#include "table.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

using explain::Explanation;
using explain::Verdict;

Result<engine::ExplainRequest> request_of(const Args& args) {
    if (args.operands().size() != (args.has("qr-image") ? 1 : 2))
        return fail(ErrorCode::kInvalidParam,
                    "expected what it is and where: cordon explain safe FILE (- is standard "
                    "input)");
    engine::ExplainRequest request;
    request.kind = args.operands()[0];
    request.qr_image = args.get("qr-image");
    if (request.qr_image.empty()) request.input = args.operands()[1];
    request.context = args.get("context");
    request.ledger = args.get("ledger");
    request.request = args.get("request");
    request.simulation = args.get("simulation");
    request.clear_signing = args.get("clear-signing");
    request.tokens = args.get("tokens");
    if (args.has("chain")) {
        CORDON_TRY(request.chain, parse_chain(args.get("chain")));
    }
    const ChainId chain = request.chain.value_or(kEthereum);
    if (args.has("from")) {
        CORDON_TRY(request.from, chain::parse_address(chain, args.get("from")));
    }
    if (args.has("to")) {
        CORDON_TRY(request.to, chain::parse_address(chain, args.get("to")));
    }
    return request;
}

Status show(const std::vector<Explanation>& all, const Session& session) {
    if (session.format == Format::kJsonl) {
        for (const Explanation& each : all)
            CORDON_TRY(print(envelope("explain.result", explain::explain_json(each))));
        return {};
    }
    if (session.format == Format::kJson) {
        if (all.size() == 1)
            return print(envelope("explain.result", explain::explain_json(all.front())));
        boost::json::array results;
        Verdict worst = Verdict::kOk;
        for (const Explanation& each : all) {
            results.push_back(explain::explain_json(each));
            worst = std::max(worst, each.verdict);
        }
        return print(envelope("explain.result", boost::json::object{{"verdict", to_string(worst)},
                                                                    {"results", results}}));
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all.size() > 1)
            CORDON_TRY(
                print(format("{}payload {} of {}\n", i == 0 ? "" : "\n", i + 1, all.size())));
        CORDON_TRY(print(explain_text(all[i], terminal_width(), session.color)));
    }
    return {};
}

/// For another device: one hash, or all of them as lines of name and value.
Status show_qr(const std::vector<Explanation>& all, const engine::ExplainRequest& request,
               const std::string& name, const Session& session) {
    if (session.format != Format::kTable)
        return fail(ErrorCode::kInvalidParam, "--qr is drawn for people: not with --format");
    if (all.size() != 1)
        return fail(ErrorCode::kInvalidParam, "--qr: the input holds several payloads");
    std::string text, names;
    if (name == "payload") {
        if (request.input == "-")
            return fail(ErrorCode::kInvalidParam, "--qr payload: of a file, not standard input");
        CORDON_TRY(text, engine::explain_input(request));
    }
    for (const auto& each : all.front().hashes) {
        if (name == each.name) text = each.value;
        if (name == "hashes") text += format("{} {}\n", each.name, each.value);
        names += format("{}\"{}\"", names.empty() ? "" : ", ", each.name);
    }
    if (text.empty())
        return fail(
            ErrorCode::kNotFound,
            format("no hash \"{}\": there are {}, \"hashes\" and \"payload\"", name, names));
    CORDON_TRY(const wallet::QrCode code, wallet::make_qr(text));
    return print(format("\n{}\n{}", name, wallet::qr_terminal(code)));
}

Result<int> run_explain(const Args& args, const Session& session) {
    if (session.format == Format::kCsv)
        return fail(ErrorCode::kInvalidParam, "--format csv: an explanation is no table");
    CORDON_TRY(const auto request, request_of(args));
    if (args.has("simulation-request")) {
        CORDON_TRY(const auto lines,
                   engine::simulation_requests(request, args.get("simulation-request")));
        for (const std::string& each : lines) CORDON_TRY(print(each + "\n"));
        return kClean;
    }
    CORDON_TRY(const auto all, engine::explain_payloads(request));
    CORDON_TRY(show(all, session));
    if (args.has("qr")) CORDON_TRY(show_qr(all, request, args.get("qr"), session));
    const bool found = std::any_of(all.begin(), all.end(), [](const Explanation& each) {
        return each.verdict != Verdict::kOk;
    });
    return found ? kFound : kClean;
}

}  // namespace

Command explain_command() {
    return {.name = "explain",
            .summary = "say what a payload does before it is signed",
            .usage = "KIND FILE|-",
            .about =
                "Says who loses what to whom when this is signed, what changes hands for ever, and "
                "what the worst of it is; judges it by rules (docs/explain/rules.md) and prints "
                "the hashes that a device shows. KIND is safe, evm, delay, typed-data, message, "
                "psbt or "
                "btc. Works without network and ledger; what could not be judged for lack of "
                "knowledge is said. Exit 1 when it warns or blocks.",
            .flags =
                {{"context", "FILE",
                  "What you know: book, tokens, owners, history (docs/formats/explain-context.md)"},
                 {"ledger", "DIR", "History and names from a ledger", {}, 'l'},
                 {"request", "FILE", "The withdrawal that was approved, as JSON"},
                 {"simulation", "FILE", "A node's answer to the request of --simulation-request"},
                 {"simulation-request", "CODE",
                  "Print what to ask a node; CODE is the code of the target in hex"},
                 {"clear-signing", "DIR", "Also the words of ERC-7730 descriptors (a registry)"},
                 {"tokens", "FILE", "Symbols and decimals (docs/formats/assets.md)"},
                 {"qr-image", "FILE", "The payload is a QR code in a PNG or JPEG; no FILE then"},
                 {"qr", "NAME",
                  "Also a QR code of a hash by its name, of all \"hashes\", or of the \"payload\""},
                 {"chain", "CHAIN", "For payloads that do not say their chain"},
                 {"from", "ADDRESS", "For payloads that do not say who signs"},
                 {"to", "ADDRESS", "For bare calldata: who is called"}},
            .examples = {"cordon explain safe proposal.json",
                         "cordon explain safe proposal.json --context treasury.yaml --request "
                         "wd-17.json",
                         "curl -s $SERVICE/multisig-transactions/$HASH/ | cordon explain safe - "
                         "--chain eth"},
            .takes_operands = true,
            .run = run_explain};
}

}  // namespace cordon::cli
