// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <cordon/ledger/ledger.hpp>

#include "label_search.hpp"
#include "theft.hpp"

namespace cordon::engine {

/// The ledger at one height and what was said of it.
struct TraceWorld {
    std::shared_ptr<const ledger::Reader> ledger;
    LabelSearch labels;
    std::string digest;
    std::string said;  // Digest of the records alone.
};

/// kNotFound without a ledger. Nothing: it is as it was in `before`, which may be nullptr.
Result<std::shared_ptr<const TraceWorld>> open_trace_world(const std::string& directory,
                                                           const TraceWorld* before);

/// By what is asked, and of which ledger (TraceJob::id). Errors of parse_seeds.
Result<std::string> trace_id(const TheftRequest& request, const TraceWorld& world);

}  // namespace cordon::engine
