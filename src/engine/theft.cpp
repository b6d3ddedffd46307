// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "theft.hpp"

#include <cordon/patterns/registry.hpp>

#include "ingest.hpp"
#include "seed.hpp"

namespace cordon::engine {
namespace {

Result<trace::TraceResult> search(const Theft& theft, const TheftRequest& request,
                                  const std::function<void(const trace::Progress&)>& progress,
                                  const std::atomic<bool>* cancel) {
    const auto links = patterns::all();
    CORDON_TRY(const auto seeds, parse_seeds(request.seeds, *theft.ledger));
    if (request.mode == trace::Mode::kRanked)
        return trace::rank(*theft.ledger, *theft.context, links, seeds, request.rank, progress,
                           cancel);
    if (request.mode == trace::Mode::kPaths) {
        CORDON_TRY(const auto targets, parse_seeds(request.targets, *theft.ledger));
        return trace::find_paths(*theft.ledger, *theft.context, links, seeds, targets,
                                 request.paths, progress, cancel);
    }
    CORDON_TRY(auto result, trace::trace(*theft.ledger, *theft.context, links, seeds,
                                         request.params, progress, cancel));
    if (request.mode == trace::Mode::kFrontier) {
        result.mode = trace::Mode::kFrontier;
        CORDON_TRY(result.watch,
                   trace::frontier(*theft.ledger, *theft.context, links, result, request.frontier));
    }
    return result;
}

}  // namespace

Result<Theft> follow_theft(const TheftRequest& request,
                           const std::function<void(const trace::Progress&)>& progress,
                           const std::atomic<bool>* cancel) {
    Theft theft;
    CORDON_TRY(theft.ledger, ledger::open_reader(request.ledger));
    CORDON_TRY(theft.records, records::Store::open_read_only(records_path(request.ledger)));
    theft.context = std::make_unique<RecordsContext>(*theft.records);
    CORDON_TRY(theft.result, search(theft, request, progress, cancel));
    if (theft.context->error()) return fail(*theft.context->error());
    return theft;
}

}  // namespace cordon::engine
