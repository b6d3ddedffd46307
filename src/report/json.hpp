// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include <cordon/trace/layout.hpp>

#include "json_writer.hpp"
#include "sink.hpp"

namespace cordon::report {

struct JsonOptions {
    /// Adds symbols, decimals and USD values, and ranks a node's assets by worth. May be absent.
    const trace::Context* context = nullptr;
    /// Said after the warnings of the result itself.
    std::span<const std::string> warnings = {};
    /// The whole envelope on one line (jsonl); otherwise one line for each row.
    bool one_line = false;
    /// Adds data.layout. REQUIRES: a layout of this result.
    const trace::FlowLayout* layout = nullptr;
};

/// The envelope of kind trace.result (DESIGN section 5, docs/formats/trace-result.md).
///
/// `data.totals` has the books of the asset that most was stolen of; `data.totals.by_asset` those
/// of every asset. `received`, `tainted` and `resting` of a node are of its main asset, named by
/// `asset`; `assets[]` has all of them. Deterministic, streaming: memory does not grow with the
/// result. Errors are those of the sink.
Status write_trace_result(const trace::TraceResult& result, const Sink& sink,
                          const JsonOptions& options = {});

/// One row of data.patterns[], there and in the answers of `cordon patterns`.
void write_finding(JsonWriter& json, const trace::Finding& finding);

}  // namespace cordon::report
