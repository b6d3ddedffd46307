// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/records/case_store.hpp>
#include <cordon/report/letter.hpp>

#include "alert_book.hpp"
#include "case_archive.hpp"
#include "trace_desk.hpp"

namespace cordon::engine {

struct CaseDeskOptions {
    std::string store;     ///< File of the CaseStore.
    std::string archives;  ///< Directory of sealed archives; made when missing.
    std::string ledger;    ///< That the traces are of: names and prices are read beside it.
    std::string log;       ///< Directory of the log that takes the digests.
    std::string version;
    std::string chromium =
        {};  ///< Program that prints the PDF; empty: looked for; none: no PDF, said.
    report::Words words = {};  ///< What the case says of its own names.
    /// Told of each step of a sealing as it begins, by the thread that seals; last of "", its end.
    std::function<void(const std::string& id, std::string_view step)> on_step = {};
};

/// What of a case is to be another; what is not there stays.
struct CaseChange {
    std::optional<std::string> title = {}, summary = {};
    std::optional<records::CaseState> state = {};
    std::optional<records::CaseSender> sender = {};
    std::optional<std::vector<std::string>> letters_for = {};
};

/// Where a case finds what its items name. Each may be called from any thread; kNotFound is told
/// among the warnings of the case, every other Error ends the call.
struct CaseSources {
    std::function<Result<std::shared_ptr<const Theft>>(std::string_view id)> theft;
    std::function<Result<std::string>(std::string_view id)> view;  ///< The document.
    std::function<Result<std::vector<records::StoredAlert>>(std::string_view id)>
        alerts;  ///< Of an alert, or of an incident.
};
/// The alert, or all alerts of the incident, of this id.
inline Result<std::vector<records::StoredAlert>> alerts_of(const AlertBook& book,
                                                           std::string_view id) {
    std::vector<records::StoredAlert> found;
    CORDON_TRY(const auto alert, book.alert(id));
    if (alert) return std::vector{*alert};
    CORDON_TRY(const auto incident, book.incident(id));
    if (!incident) return fail(ErrorCode::kNotFound, std::string{id} + ": no alert or incident");
    for (const std::string& each : incident->alerts) {
        CORDON_TRY(auto one, book.alert(each));
        if (one) found.push_back(*std::move(one));
    }
    return found;
}
/// Of the desks of a server; `alerts` may be null. They must outlive it.
inline CaseSources case_sources(const TraceDesk& traces, const AlertBook* alerts) {
    // A trace that the desk has forgotten is made again.
    static constexpr std::chrono::milliseconds kPatience{30'000};
    CaseSources sources;
    sources.theft = [&traces](std::string_view id) { return traces.theft(id, kPatience); };
    sources.view = [&traces](std::string_view id) { return traces.view(id); };
    if (alerts != nullptr)
        sources.alerts = [alerts](std::string_view id) { return alerts_of(*alerts, id); };
    return sources;
}

/// Cases: from an alert or a trace to story, letters and the sealed archive.
/// Thread safety: all calls.
class CaseDesk {
public:
    /// `log` must outlive it, and lies in options.log; it takes the digest of every archive.
    static Result<std::unique_ptr<CaseDesk>> open(CaseDeskOptions options, CaseSources sources,
                                                  tlog::Log& log);
    ~CaseDesk();

    /// `letters_for`: keys of the letters to draft; empty: all that can be.
    Result<records::Case> create(std::string title, std::vector<records::CaseItem> items,
                                 std::string by, UnixMillis now,
                                 std::vector<std::string> letters_for = {});
    /// kConflict: it is sealed, and may be closed, nothing else.
    Status edit(std::string_view id, CaseChange change, std::string_view by, UnixMillis now);
    Result<uint64_t> add(std::string_view id, records::CaseItem item);
    Status remove(std::string_view id, uint64_t number, std::string_view by, UnixMillis now);
    Result<records::Case> get(std::string_view id) const;  ///< kNotFound.
    Result<std::vector<records::Case>> list(std::optional<records::CaseState> state) const;
    Result<std::vector<records::CaseStep>> history(std::string_view id) const;

    /// How many cases have an item of this kind that names it.
    Result<uint64_t> mentions(records::CaseItem::Kind kind, std::string_view ref) const;

    /// Of all traces and views of the case, one letter a service.
    Result<report::Letters> letters(std::string_view id) const;
    /// A file of the archive as it would be sealed now: "case.html", "letters/KEY.txt". kNotFound.
    Result<std::string> file(std::string_view id, std::string_view name) const;

    /// Writes the archive (case_archive.hpp) as ID.zip. Then the case is sealed: items come and go
    /// no more. kConflict: it is sealed already.
    Result<SealedCase> seal(std::string_view id, std::string_view by, UnixMillis now);
    Result<std::string> archive(std::string_view id) const;  ///< Path; kNotFound: not sealed.
    /// The step (SealRequest) at which the sealing of this case is; empty: nobody seals it.
    std::string sealing(std::string_view id) const;

private:
    struct Impl;
    explicit CaseDesk(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace cordon::engine
