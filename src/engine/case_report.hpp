// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/report/words.hpp>
#include <cordon/trace/layout.hpp>

#include "theft.hpp"

namespace cordon::engine {

/// How a flow is drawn, but for the names.
struct FlowView {
    trace::FlowMode mode = trace::FlowMode::kStolenOnly;
    trace::FlowAxis axis = trace::FlowAxis::kHop;
    std::vector<std::string> opened;  ///< LayoutParams::opened, in the order in which they were.
    /// Nodes whose counterparties outside of the trace are shown (expansion.hpp).
    struct Expanded {
        std::string key;
        bool in = false;  ///< Who paid it; else whom it paid.
    };
    std::vector<Expanded> expanded;
    std::optional<UnixMillis> since, until;
    std::set<std::pair<ChainId, Asset>> assets;  ///< Empty: all.
    std::optional<double> width, height;         ///< LayoutParams.
};
/// `previous` and `context`: LayoutParams. What view.expanded names is not looked up here.
trace::FlowLayout lay_out_flow(const Theft& theft, const FlowView& view,
                               const trace::FlowLayout* previous = nullptr,
                               std::vector<trace::ContextNode> context = {});
/// The flow as a picture; `theme` is light, dark or auto (follows the reader's system).
Status write_flow_svg(const Theft& theft, const std::string& path, const std::string& theme,
                      const FlowView& view = {});
/// The trace.result envelope; with data.layout where one is given.
Status write_result_json(const Theft& theft, const std::string& path,
                         const trace::FlowLayout* layout = nullptr);
/// Every movement as CSV.
Status write_edges(const Theft& theft, const std::string& path);
/// The watch list of a frontier (docs/formats/watch-list.md).
Status write_watch_list(const Theft& theft, const std::string& path);

/// Every parameter that decides a result, by the name of its flag: for the evidence.
std::vector<std::pair<std::string, std::string>> evidence_params(const trace::TraceResult& result);

struct CaseRequest {
    std::string out;  ///< Folder; made when missing.
    std::string title;
    std::string notes;                 ///< Plain text about the case, shown under the story.
    std::vector<std::string> sources;  ///< Where the facts come from.
    report::Words words = {};          ///< What the case says of its own names.
    std::string version;
    std::string command_line;
};

/// Writes case.html, flow.svg, result.json, edges.csv and manifest.json into `out`; each appears
/// whole or not at all. The paths, in that order. Same ledger, seeds and parameters give the same
/// bytes.
Result<std::vector<std::string>> write_case(const Theft& theft, const CaseRequest& request);

}  // namespace cordon::engine
