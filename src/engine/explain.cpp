// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "explain.hpp"

#include <cordon/base/byte_source.hpp>
#include <cordon/base/format.hpp>
#include <cordon/explain/explainers.hpp>
#include <cordon/explain/fields.hpp>
#include <cordon/explain/safe.hpp>
#include <cordon/explain/simulation.hpp>

#include "clear_signing.hpp"
#include "explain_context.hpp"
#include "qr.hpp"

namespace cordon::engine {
namespace {

Result<std::string> read_text(const std::string& path) {
    CORDON_TRY(const InputFile file, input_file(path));
    CORDON_TRY(const auto source, file.open());
    auto bytes = read_all(*source, explain::kMaxPayload);
    if (!bytes) return fail(bytes.error().in(path));
    return std::string{bytes->begin(), bytes->end()};
}

Result<ExplainWorld> world_of(const ExplainRequest& request) {
    ExplainWorld world;
    if (!request.context.empty()) {
        CORDON_TRY(const std::string text, read_text(request.context));
        auto loaded = parse_explain_context(text, request.context);
        if (!loaded) return fail(loaded.error());
        world = *std::move(loaded);
    }
    explain::Context& context = world.context;
    if (request.chain) context.chain = request.chain;
    if (request.from) context.account = request.from;
    if (request.to) context.target = request.to;
    if (!request.request.empty()) {
        CORDON_TRY(const std::string text, read_text(request.request));
        CORDON_TRY(context.request, parse_approved_request(text, request.request));
        context.request_required = true;
    }
    if (!request.simulation.empty()) {
        CORDON_TRY(const std::string text, read_text(request.simulation));
        auto simulation = explain::parse_simulation(text);
        if (!simulation) return fail(simulation.error().in(request.simulation));
        context.simulation = *std::move(simulation);
    }
    if (!request.ledger.empty()) CORDON_TRY(world.open_ledger(request.ledger));
    return world;
}

}  // namespace

Result<std::string> explain_input(const ExplainRequest& request) {
    if (request.qr_image.empty()) return read_text(request.input);
    CORDON_TRY(const InputFile image, input_file(request.qr_image));
    CORDON_TRY(const auto texts, read_qr(image));
    if (texts.size() > 1)
        return fail(ErrorCode::kConflict, format("{}: {} QR codes; a picture of one is wanted",
                                                 request.qr_image, texts.size()));
    return texts.front();
}

Result<std::vector<explain::Explanation>> explain_payloads(const ExplainRequest& request) {
    const explain::Explainer* explainer = explain::find_explainer(request.kind);
    if (explainer == nullptr) {
        std::string known;
        for (const auto& each : explain::explainers())
            known += (known.empty() ? "" : ", ") + std::string{each.name};
        return fail(ErrorCode::kInvalidParam,
                    format("explain what? \"{}\" is none of {}", request.kind, known));
    }
    CORDON_TRY(const ExplainWorld world, world_of(request));
    CORDON_TRY(const std::string input, explain_input(request));
    explain::Context context = world.view();
    std::optional<explain::ClearSigning> words;
    if (!request.clear_signing.empty()) {
        CORDON_TRY(words, load_clear_signing(request.clear_signing));
        context.clear_signing = &*words;
    }
    std::optional<explain::TokenList> tokens;
    if (!request.tokens.empty()) {
        CORDON_TRY(tokens, load_tokens(request.tokens));
        context.token_list = &*tokens;
    }
    auto explained = explainer->explain(input, context);
    if (!explained)
        return fail(explained.error().in(!request.qr_image.empty() ? request.qr_image
                                         : request.input == "-"    ? "standard input"
                                                                   : request.input));
    CORDON_TRY(world.check());
    return explained;
}

Result<std::vector<std::string>> simulation_requests(const ExplainRequest& request,
                                                     const std::string& code) {
    if (request.kind != "safe")
        return fail(ErrorCode::kInvalidParam, "simulation requests are made of Safe transactions");
    CORDON_TRY(const ExplainWorld world, world_of(request));
    CORDON_TRY(const std::string input, read_text(request.input));
    auto proposals = explain::parse_safe_proposals(input, world.view());
    if (!proposals) return fail(proposals.error().in(request.input));
    std::vector<std::string> lines;
    for (const explain::SafeProposal& each : *proposals)
        lines.push_back(explain::simulation_request(each.txn, code));
    return lines;
}

}  // namespace cordon::engine
