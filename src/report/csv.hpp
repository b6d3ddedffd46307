// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include <cordon/trace/trace.hpp>

#include "sink.hpp"

namespace cordon::report {

/// The edges of a trace as CSV (RFC 4180, LF, UTF-8), one row an edge, in chain order:
/// chain,block,time,tx,from,to,asset,amount,tainted,kind,confidence,hop,spends,outpoint,to_asset,to_amount,to_tainted,why
///
/// Amounts are integers in the smallest unit; time is RFC 3339 or empty. A free text that a
/// spreadsheet would run as a formula (first character = + - @ or a tab) gets a leading apostrophe.
/// Errors are those of the sink.
Status write_edges_csv(const trace::TraceResult& result, const Sink& sink);

/// The nodes of a trace, one row for each asset that they hold:
/// chain,address,hop,seed,label,category,label_source,label_confidence,stop,asset,received,tainted,
/// resting,first_seen,last_seen,confidence. Fields as above.
Status write_nodes_csv(const trace::TraceResult& result, const Sink& sink);

/// The watch list of a frontier, as docs/formats/watch-list.md says and chain::read_watch_list
/// reads. Errors are those of the sink.
Status write_watch_csv(std::span<const Watch> list, const Sink& sink);

/// One field, quoted where RFC 4180 asks for it and made harmless for spreadsheets.
std::string csv_field(std::string_view text);

}  // namespace cordon::report
