// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "../payload.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <cordon/base/format.hpp>
#include <cordon/explain/explainers.hpp>

namespace cordon::guard {

Result<explain::Explanation> explain_request(const WithdrawalRequest& request,
                                             explain::Context context) {
    const explain::Explainer* explainer = explain::find_explainer(request.payload.type);
    if (!explainer)
        return fail(ErrorCode::kUnsupported,
                    format("a payload of type \"{}\" is not known", request.payload.type));
    context.chain = request.chain;
    if (!request.from.empty()) context.account = request.from;
    context.request =
        explain::ApprovedRequest{request.id,
                                 request.chain,
                                 request.from.empty() ? std::nullopt : std::optional{request.from},
                                 request.to,
                                 request.asset,
                                 request.amount};
    context.request_required = true;
    CORDON_TRY(auto all, explainer->explain(request.payload.data, context));
    if (all.size() != 1)
        return fail(ErrorCode::kUnsupported,
                    format("{} payloads in one request: each needs its own", all.size()));
    return std::move(all.front());
}

std::optional<Cents> usd_of(const Amount& amount, unsigned decimals, double price) {
    const double cents = amount.to_double() / std::pow(10.0, decimals) * price * 100.0;
    if (!std::isfinite(cents) || cents < 0) return std::nullopt;
    constexpr auto kMost = static_cast<double>(std::numeric_limits<Cents>::max() / 2);
    return static_cast<Cents>(std::min(cents, kMost));
}

}  // namespace cordon::guard
