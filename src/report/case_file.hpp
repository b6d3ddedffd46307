// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <cordon/trace/trace.hpp>

#include "letter.hpp"
#include "manifest.hpp"
#include "sink.hpp"

namespace cordon::report {

/// Something that people or the watch put into a case: who, when, what.
struct CaseEntry {
    UnixMillis time;
    std::string by;
    std::string what;  ///< "note", "alert: CRITICAL: Hot wallet drained".
    std::string text;  ///< Plain text, may have lines; may be empty.
};
/// A further trace of the same case. Lifetime: as CaseInput.
struct CaseTrace {
    std::string name;
    const trace::TraceResult& result;
    const trace::Context& context;
};

/// All that a case file is made of. Lifetime: result and context must outlive the call.
struct CaseInput {
    std::string title;
    std::string notes;                 ///< Plain text about the case, by its author; may be empty.
    std::vector<std::string> sources;  ///< Where the facts of the notes come from.
    const trace::TraceResult& result;
    const trace::Context& context;
    Evidence evidence;  ///< With result.json among its files, so that the page cites its hash.
    std::size_t max_rows =
        2'000;  ///< Of the address and transaction tables; what is cut is counted and said.
    // Of a case that people keep.
    std::string id = {};
    std::string name = {};  ///< Of the trace above, where there are several.
    std::vector<CaseTrace> more = {};
    std::vector<CaseEntry> entries = {};
    const Letters* letters = nullptr;
    Words words = {};  ///< What the case says of its own names.
};

/// The case file: one HTML page without any outside resource or script, that prints as A4.
///
/// Title, who can freeze it, story, log, flow (picture and table), where the money can be frozen,
/// what rests unspent, addresses, transactions, method and limits, evidence; with several traces
/// all that belongs to one trace for each in turn. Every number is generated from the result. Text
/// from outside is made harmless. The same input gives the same bytes: the page knows event times
/// only. Errors are those of the sink.
Status write_case_file(const CaseInput& input, const Sink& sink);

}  // namespace cordon::report
