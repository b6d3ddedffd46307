// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "case_report.hpp"
#include "label_search.hpp"
#include "theft.hpp"

namespace cordon::engine {

/// A trace that somebody asked for. Its id is the digest of what was asked, of the ledger's tips
/// and of the files that went in: who asks the same of the same ledger gets the same trace.
struct TraceJob {
    enum class State : uint8_t { kWaiting, kRunning, kDone, kFailed };
    std::string id;  ///< 16 hex digits.
    State state = State::kWaiting;
    std::string seeds;  ///< As it was asked.
    double done = 0;    ///< 0..1, of its budget.
    uint64_t nodes = 0, edges = 0;
    std::optional<Error> error;
};
std::string_view to_string(TraceJob::State state) noexcept;

struct TraceDeskOptions {
    std::string ledger = {};
    std::string views = {};    ///< Directory of saved views; made when missing.
    unsigned threads = 1;      ///< Traces at a time.
    std::size_t waiting = 64;  ///< More are kLimit.
    std::size_t kept = 32;     ///< Finished ones in memory; older ones are made again when asked.
    /// Told of every job that begins, goes on or ends: as it is by then, never as it was before the
    /// last word. One call at a time, from the desk's threads and who asks; it may not ask itself.
    std::function<void(const TraceJob&)> on_change = {};
};

/// A picture, and the answer trace.layout of it, made once.
struct DrawnFlow {
    trace::FlowLayout layout;
    std::vector<trace::ContextNode> context;
    std::string json;  ///< The envelope; empty in raw mode, which is large and asked for rarely.
};

/// Traces, their pictures and saved views, for many readers at once.
/// Thread safety: all calls. What is finished is immutable and shared.
class TraceDesk {
public:
    /// kNotFound without a ledger.
    static Result<std::unique_ptr<TraceDesk>> open(TraceDeskOptions options);
    /// Cancels what runs, and waits for it.
    ~TraceDesk();

    /// Begins, or finds. Of the ledger as it is when asked: by the last look, or by a new one where
    /// a seed is not there yet. Errors of parse_seeds at once; the rest in the job. kLimit: too
    /// many wait.
    Result<TraceJob> ask(const TheftRequest& request);
    /// The job of a question that was asked, without asking it; nothing: it was not, or is of a
    /// ledger that has grown since.
    Result<std::optional<TraceJob>> find(const TheftRequest& request) const;
    Result<TheftRequest> question(std::string_view id) const;  ///< What was asked; kNotFound.
    Result<TraceJob> job(std::string_view id) const;           ///< kNotFound.
    /// This desk's, the newest first; the oldest are forgotten.
    std::vector<TraceJob> jobs() const;
    /// Waits at most `wait`; kUnavailable while it runs, what went wrong when it failed. kNotFound:
    /// the trace is of a ledger that has grown since, or unknown: ask again.
    Result<std::shared_ptr<const Theft>> theft(std::string_view id,
                                               std::chrono::milliseconds wait = {}) const;
    /// The picture: FlowView plus what was expanded. Kept beside the trace. Opening and expanding,
    /// in the order of the view, never reorders what was there before. Errors as theft().
    Result<std::shared_ptr<const DrawnFlow>> drawn(std::string_view id, const FlowView& view) const;
    /// The answers trace.result and trace.summary, made once. Errors as theft().
    Result<std::shared_ptr<const std::string>> result_json(std::string_view id) const;
    Result<std::shared_ptr<const std::string>> summary_json(std::string_view id) const;

    /// Saved views: the document of docs/formats/view.md as canonical JSON, by its content. The
    /// same document has the same id: the first 32 hex digits of its SHA-256.
    Result<std::string> save_view(std::string_view json);
    Result<std::string> view(std::string_view id) const;  ///< kNotFound.

    /// Of the ledger that new questions are asked of.
    std::shared_ptr<const ledger::Reader> ledger() const;
    /// Another text as soon as refresh() has seen another ledger, or other labels.
    std::string version() const;
    /// Of the labels that belong to it.
    std::shared_ptr<const LabelSearch> labels() const;
    /// Records for one thread at a time; comes back by itself.
    Result<std::shared_ptr<const records::Store>> records() const;
    /// Looks whether the ledger has grown.
    Status refresh();

private:
    struct Impl;
    explicit TraceDesk(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace cordon::engine
