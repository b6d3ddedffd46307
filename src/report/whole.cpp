// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "whole.hpp"

#include "service.hpp"

namespace cordon::report {

Whole whole_of(const trace::TraceResult& result, const trace::ValueScale& scale) {
    using trace::Stop;
    Whole whole;
    whole.stolen = scale.loot();
    for (const trace::Total& total : result.totals)
        whole.inherited += scale.value(total.chain, total.asset, total.inherited);
    for (const trace::Endpoint& end : result.endpoints) {
        const double value = scale.value(end.chain, end.asset, end.tainted);
        whole.traced += value;
        if (end.stop == Stop::kLabel && end.label) {
            whole.named += value;
            if (can_hold(end.label->category)) whole.freezable += value;
        } else {
            (end.stop == Stop::kFee || end.stop == Stop::kBurned ? whole.gone : whole.elsewhere) +=
                value;
        }
    }
    return whole;
}

}  // namespace cordon::report
