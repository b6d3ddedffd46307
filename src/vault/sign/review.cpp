// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "review.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/explain/explainers.hpp>

#include "kinds.hpp"

namespace cordon::vault {
namespace {

using explain::EffectKind;

explain::Context context_of(const WithdrawalRequest& request, const KeyFacts& facts,
                            const std::vector<std::string>& descriptors, UnixMillis now) {
    explain::Context out;
    out.chain = request.chain;
    out.account = request.from;
    out.request = {request.id, request.chain, request.from,
                   request.to, request.asset, request.amount};
    out.request_required = true;
    out.now = now;
    if (is_utxo(request.chain)) {
        out.descriptors = facts.descriptors;
        out.descriptors.insert(out.descriptors.end(), descriptors.begin(), descriptors.end());
    }
    return out;
}

void judge_key(const WithdrawalRequest& request, const KeyFacts& facts, Review& out) {
    if (facts.state == KeyState::kRetired)
        out.refusals.push_back(
            format("the key \"{}\" is retired since {}", facts.label, format_rfc3339(facts.since)));
    if (facts.state == KeyState::kRetiring)
        out.remarks.push_back(
            format("the key \"{}\" is being retired since {}: its money should "
                   "move to the key that follows it",
                   facts.label, format_rfc3339(facts.since)));
    if (std::find(facts.chains.begin(), facts.chains.end(), request.chain) == facts.chains.end())
        out.refusals.push_back(
            format("the key may not sign for the chain {}", to_string(request.chain)));
    if (std::find(facts.kinds.begin(), facts.kinds.end(), request.payload.type) ==
        facts.kinds.end())
        out.refusals.push_back(
            format("the key may not sign payloads of the type {}", request.payload.type));
}

void judge_payload(const KeyFacts& facts, Review& out) {
    const explain::Explanation& told = out.explanation;
    bool asked = false;
    for (const explain::Finding& each : told.findings) {
        if (each.rule == "R12") asked |= each.judged && each.severity == explain::Verdict::kOk;
        // B3 is that of sighash types: which ones, the signing of the input asks the facts.
        const bool allowed = each.rule == "B3" && !facts.sighashes.empty();
        if (each.severity == explain::Verdict::kBlock && !allowed)
            out.refusals.push_back(format("{}: {}", each.rule, each.text));
        if (each.severity == explain::Verdict::kWarn || allowed)
            out.remarks.push_back(format("{}: {}", each.rule, each.text));
    }
    if (!asked) out.refusals.emplace_back("it is not proven to be what the request asks for (R12)");
    const bool open =
        std::any_of(told.effects.begin(), told.effects.end(), [](const explain::Effect& effect) {
            return effect.kind == EffectKind::kUnknown || effect.kind == EffectKind::kCode;
        });
    if (open) out.refusals.emplace_back("it does something that is not understood");
    // Two pieces of code read the payload: they must mean the same thing by it.
    if (std::none_of(told.hashes.begin(), told.hashes.end(),
                     [&](const explain::NamedHash& each) { return each.value == out.hash; }))
        out.refusals.emplace_back("what is explained and what is signed are not the same");
}

}  // namespace

Result<Review> review(const wallet::Bundle& bundle, const KeyFacts& facts,
                      const std::vector<std::string>& descriptors, UnixMillis now) {
    const WithdrawalRequest& request = bundle.request;
    const SignKind* kind = find_kind(request.payload.type);
    const explain::Explainer* explainer = explain::find_explainer(request.payload.type);
    if (kind == nullptr || explainer == nullptr)
        return fail(ErrorCode::kUnsupported,
                    format("no payload that can be signed: type \"{}\"", request.payload.type));
    Review out;
    judge_key(request, facts, out);
    if (auto agreed = wallet::check_quorum(bundle, facts.quorum, now))
        out.agreed = std::move(*agreed);
    else
        out.refusals.push_back(std::move(agreed).error().message);
    CORDON_TRY(
        std::vector<explain::Explanation> told,
        explainer->explain(request.payload.data, context_of(request, facts, descriptors, now)));
    if (told.size() != 1)
        return fail(ErrorCode::kConflict,
                    format("{} payloads in one request: one is what people agree to", told.size()));
    out.explanation = std::move(told.front());
    CORDON_TRY(out.hash, kind->hash({request, facts}));
    judge_payload(facts, out);
    return out;
}

}  // namespace cordon::vault
