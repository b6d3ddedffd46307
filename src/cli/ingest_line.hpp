// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/engine/ingest.hpp>

#include "progress.hpp"

namespace cordon::cli {

/// The progress line of an ingest: how far, where, how fast, how long still.
class IngestLine {
public:
    IngestLine(const Session& session, bool plain) : line_{session, plain} {}
    void show(const engine::IngestProgress& progress);
    /// All blocks are in; `share` of the index at hand is written.
    void sealing(double share);
    void clear() { line_.clear(); }
    double seconds() const { return line_.seconds(); }

private:
    ProgressLine line_;
    bool sealing_ = false;  // It has been told.
    Speed blocks_, transfers_, bytes_;
    // Of the sources before the one at hand.
    std::string source_;
    uint64_t blocks_before_ = 0, transfers_before_ = 0, bytes_before_ = 0;
    uint64_t blocks_last_ = 0, transfers_last_ = 0, bytes_last_ = 0;
};

/// The words of the line, in at most `width` columns; height and time left are kept longest.
struct IngestView {
    engine::IngestProgress at;
    double blocks_per_second = 0, transfers_per_second = 0, bytes_per_second = 0;
    uint64_t memory = 0;
};
std::string ingest_text(const IngestView& view, std::size_t width);

}  // namespace cordon::cli
