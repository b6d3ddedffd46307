// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/explain/delay_payload.hpp>

#include "../key_facts.hpp"
#include "kinds.hpp"

namespace cordon::vault {
namespace {

/// The request for what lies within: of the Safe, or of the account that queues.
Result<WithdrawalRequest> inner_request(const SignJob& job) {
    CORDON_TRY(explain::DelayPayload read, explain::parse_delay_payload(job.request.payload.data));
    if (read.safe != job.request.from)
        return fail(ErrorCode::kConflict, "delay: it is for another Safe than the request");
    WithdrawalRequest out = job.request;
    out.from = read.by;
    out.payload = {std::move(read.type), std::move(read.data)};
    return out;
}

}  // namespace

Result<std::string> delay_hash(const SignJob& job) {
    CORDON_TRY(const WithdrawalRequest inner, inner_request(job));
    const SignKind* kind = find_kind(inner.payload.type);
    if (kind == nullptr) return fail(ErrorCode::kUnsupported, "delay: no kind of payload");
    return kind->hash({inner, job.facts, job.owner});
}

Result<SignedPayload> sign_delay(Signer& signer, const SignJob& job) {
    CORDON_TRY(const WithdrawalRequest inner, inner_request(job));
    const SignKind* kind = find_kind(inner.payload.type);
    if (kind == nullptr) return fail(ErrorCode::kUnsupported, "delay: no kind of payload");
    return kind->sign(signer, {inner, job.facts, job.owner});
}

}  // namespace cordon::vault
