// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <cordon/trace/layout.hpp>

namespace cordon::report {

enum class Theme {
    kAuto,  ///< As the reader's system says (prefers-color-scheme); light in print.
    kLight,
    kDark,
};

struct SvgOptions {
    Theme theme = Theme::kAuto;
    std::string title = {};  ///< Empty: by what was asked, "Flow of the stolen money" of a trace.
    /// Inside an HTML page: no XML head, no visible heading, scales to the width of the page.
    bool embedded = false;
};

/// Layout parameters with names for people: the label of an address, else its shortened form, with
/// the chain where the trace goes over several.
trace::LayoutParams flow_params(const trace::TraceResult& result);

/// The picture as one SVG document: own styles, no script, no external resource. Every node and
/// ribbon has a tooltip with full addresses and amounts. Of a search (modes ranked and paths),
/// which follows no money unit by unit, nothing is called or coloured stolen. Text from outside is
/// made harmless (text.hpp). REQUIRES: a layout of this result.
std::string flow_svg(const trace::TraceResult& result, const trace::FlowLayout& layout,
                     const SvgOptions& options = {});

}  // namespace cordon::report
