// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <sodium.h>
#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/explain/hash_form.hpp>
#include <cordon/wallet/statement.hpp>

#include "../sign/kinds.hpp"
#include "../sign/review.hpp"
#include "commands.hpp"

namespace cordon::vault {
namespace {

// What a person types of the hash, to show that it was looked at: too much is copied blindly, and
// six digits are not guessed.
constexpr std::size_t kTyped = 6;

std::string without_prefix(std::string_view hash) {
    return std::string{hash.starts_with("0x") ? hash.substr(2) : hash};
}

/// Everything that a person needs to say yes or no.
Result<std::string> words_of(const Review& review, const wallet::Bundle& bundle) {
    CORDON_TRY(const std::string request, wallet::withdrawal_text(bundle.request));
    const explain::Explanation& told = review.explanation;
    std::string out = format("REQUEST\n{}\nPAYLOAD ({})\n{}\n", request, told.type, told.summary);
    for (const explain::Effect& each : told.effects)
        out += format("  effect   {}{}{}\n", each.where, each.where.empty() ? "" : ": ", each.text);
    for (const explain::Finding& each : told.findings)
        out +=
            format("  {:<8} {} {}\n", each.judged ? explain::to_string(each.severity) : "unknown",
                   each.rule, each.text);
    out += format("  worst    {}\n", told.worst_case);
    for (const explain::NamedHash& each : told.hashes)
        out += format("  hash     {} {}\n", each.name, each.value);
    CORDON_TRY(const Bytes digits, explain::hash_bytes(review.hash));
    out += format("TO SIGN\n{}\n", explain::grouped_form(digits));
    std::string names;
    for (const std::string& who : review.agreed.who) names += (names.empty() ? "" : ", ") + who;
    out += format("AGREED BY {}\n", names.empty() ? "nobody" : names);
    for (const std::string& each : review.agreed.refused)
        out += format("  does not count: {}\n", each);
    for (const std::string& each : review.remarks) out += format("THINK ABOUT {}\n", each);
    for (const std::string& each : review.refusals) out += format("REFUSED {}\n", each);
    return out;
}

Result<Holder> key_file_holder(const Options& options, const Machine& machine) {
    CORDON_TRY(const OpenedKey key, open_key(options, machine));
    CORDON_TRY(KeyRing ring, KeyRing::make(key.file));
    return Holder{key.file.facts, seed_descriptors(key.file),
                  std::make_unique<KeyRing>(std::move(ring))};
}

struct Reviewed {
    Holder holder;
    wallet::Bundle bundle;
    Review review;
};

Result<Reviewed> reviewed(const OpenHolder& open, const Options& options, const Machine& machine) {
    CORDON_TRY(const std::string text, read_text(options.bundle));
    Reviewed out;
    Result<wallet::Bundle> bundle = wallet::parse_bundle(text);
    if (!bundle) return fail(bundle.error().in(options.bundle));
    out.bundle = std::move(*bundle);
    CORDON_TRY(out.holder, open());
    CORDON_TRY(out.review,
               review(out.bundle, out.holder.facts, out.holder.descriptors, machine.now));
    CORDON_TRY(const std::string words, words_of(out.review, out.bundle));
    machine.console.tell(words);
    if (!out.review.refusals.empty())
        return fail(ErrorCode::kPermission, format("not signed: {}", out.review.refusals.front()));
    return out;
}

Status ask(const Reviewed& that, const Machine& machine) {
    if (that.holder.facts.unattended) {
        if (that.review.remarks.empty()) return {};
        return fail(ErrorCode::kPermission,
                    format("not signed: a person would have to think about it: {}",
                           that.review.remarks.front()));
    }
    // A Safe has three hashes: which one is meant has its name from explain, as on the other
    // screen.
    const auto& hashes = that.review.explanation.hashes;
    const auto named = std::find_if(hashes.begin(), hashes.end(), [&](const auto& each) {
        return each.value == that.review.hash;
    });
    CORDON_TRY(const std::string typed,
               machine.console.ask(format(
                   "To sign, type the first {} digits of the {}, as your other screen shows it: ",
                   kTyped, named == hashes.end() ? "hash" : named->name)));
    if (typed == without_prefix(that.review.hash).substr(0, kTyped)) return {};
    return fail(ErrorCode::kPermission, "not signed: that is not how the hash begins");
}

}  // namespace

Status verify_bundle_with(const OpenHolder& open, const Options& options, const Machine& machine) {
    CORDON_TRY([[maybe_unused]] const Reviewed that, reviewed(open, options, machine));
    return machine.console.put("it may be signed\n");
}

Status sign_bundle_with(const OpenHolder& open, const Options& options, const Machine& machine) {
    CORDON_TRY(const Reviewed that, reviewed(open, options, machine));
    SignJob job{that.bundle.request, that.holder.facts};
    if (!options.owner.empty()) {
        CORDON_TRY(job.owner, chain::parse_address(job.request.chain, options.owner));
    }
    CORDON_TRY(ask(that, machine));
    CORDON_TRY(const SignedPayload made,
               find_kind(job.request.payload.type)->sign(*that.holder.signer, job));
    CORDON_TRY(deliver(options.output, made.text + "\n", machine));
    machine.console.tell(format("signed: {}\n", made.what));
    return {};
}

Status verify_bundle(const Options& options, const Machine& machine) {
    return verify_bundle_with([&] { return key_file_holder(options, machine); }, options, machine);
}

Status sign_bundle(const Options& options, const Machine& machine) {
    return sign_bundle_with([&] { return key_file_holder(options, machine); }, options, machine);
}

}  // namespace cordon::vault
