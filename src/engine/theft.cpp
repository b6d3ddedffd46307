// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "theft.hpp"

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/patterns/find.hpp>
#include <cordon/patterns/registry.hpp>
#include <cordon/trace/label_conflict.hpp>

#include "ingest.hpp"
#include "joins.hpp"
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

/// Where the sources of labels do not agree, a person decides: named among the warnings.
void warn_of_conflicts(trace::TraceResult& result, const trace::Context& context) {
    constexpr std::size_t kNamed = 20;  // All are marked in the result.
    std::size_t count = 0;
    for (const trace::Node& node : result.nodes.labelled()) {
        const auto conflict =
            trace::label_conflict(context.labels(node.chain, node.address), result.params.stop);
        if (conflict && ++count <= kNamed)
            result.warnings.push_back(format("{}: the labels disagree: {}",
                                             chain::display_address(node.chain, node.address),
                                             *conflict));
    }
    if (count > kNamed)
        result.warnings.push_back(
            format("+ {} more addresses whose labels disagree", count - kNamed));
}

}  // namespace

Result<Theft> follow_theft(const TheftRequest& request,
                           const std::function<void(const trace::Progress&)>& progress,
                           const std::atomic<bool>* cancel) {
    CORDON_TRY(auto ledger, ledger::open_reader(request.ledger));
    return follow_theft(request, std::move(ledger), progress, cancel);
}

Result<Theft> follow_theft(const TheftRequest& request,
                           std::shared_ptr<const ledger::Reader> ledger,
                           const std::function<void(const trace::Progress&)>& progress,
                           const std::atomic<bool>* cancel) {
    Theft theft;
    theft.ledger = std::move(ledger);
    CORDON_TRY(theft.records, records::Store::open_read_only(records_path(request.ledger)));
    CORDON_TRY(theft.inputs, theft.records->inputs());
    auto context = std::make_unique<RecordsContext>(*theft.records);
    const RecordsContext& known = *context;
    for (const ledger::ChainSummary& each : theft.ledger->chains()) {
        if (!is_utxo(each.chain)) continue;
        CORDON_TRY(auto kept,
                   kept_clusters(request.ledger, theft.ledger, each.chain, join_filter()));
        if (kept) context->add_clusters(std::move(*kept));
    }
    theft.context = std::move(context);
    CORDON_TRY(theft.result, search(theft, request, progress, cancel));
    CORDON_TRY(theft.result.findings,
               patterns::patterns_in(theft.result, *theft.ledger, *theft.context));
    warn_of_conflicts(theft.result, *theft.context);
    if (known.error()) return fail(*known.error());
    return theft;
}

}  // namespace cordon::engine
