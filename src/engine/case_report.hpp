// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/trace/layout.hpp>

#include "theft.hpp"

namespace cordon::engine {

/// How a flow is drawn, but for the names: FlowMode, FlowAxis, what is shown open.
struct FlowView {
    trace::FlowMode mode = trace::FlowMode::kStolenOnly;
    trace::FlowAxis axis = trace::FlowAxis::kHop;
    std::set<std::string> opened;
};
trace::FlowLayout lay_out_flow(const Theft& theft, const FlowView& view);
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

struct CaseRequest {
    std::string out;  ///< Folder; made when missing.
    std::string title;
    std::string notes;                 ///< Plain text about the case, shown under the story.
    std::vector<std::string> sources;  ///< Where the facts come from.
    std::string version;
    std::string command_line;
};

/// Writes case.html, flow.svg, result.json, edges.csv and manifest.json into `out`; each appears
/// whole or not at all. The paths, in that order. Same ledger, seeds and parameters give the same
/// bytes.
Result<std::vector<std::string>> write_case(const Theft& theft, const CaseRequest& request);

}  // namespace cordon::engine
