// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/trace/widest_path.hpp>

#include "json.hpp"

/// The other answers about a trace, each an envelope on one line. Errors are those of the sink.
namespace cordon::report {

/// Kind trace.layout: the fields of data.layout and `members`, the rows of data.nodes that nodes of
/// the picture stand for, at most 40 each. REQUIRES: a layout of this result.
Status write_trace_layout(const trace::TraceResult& result, const trace::FlowLayout& layout,
                          const Sink& sink, const JsonOptions& options = {});

/// Kind trace.summary: the books, how it was asked, the services at which money came to rest with
/// who says so, and where all of it rests as shares.
Status write_trace_summary(const trace::TraceResult& result, const Sink& sink,
                           const JsonOptions& options = {});

/// Kind trace.path: the nodes of a way through a trace, all movements along it in order, and the
/// least of its steps in the unit of the trace. `path` without nodes: there is no way.
Status write_trace_path(const trace::TraceResult& result, const trace::WidestPath& path,
                        const Sink& sink, const JsonOptions& options = {});

/// The same picture as arrays: application/vnd.cordon.flow (docs/formats/flow.md).
Status write_flow_binary(const trace::TraceResult& result, const trace::FlowLayout& layout,
                         const Sink& sink, const JsonOptions& options = {});

}  // namespace cordon::report
