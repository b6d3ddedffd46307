// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <cordon/records/alert_store.hpp>
#include <cordon/records/case_store.hpp>
#include <cordon/report/letter.hpp>

#include "theft.hpp"
#include "zip.hpp"

namespace cordon::engine {

/// All that the pages of one case are made of, read at one moment.
struct CaseContent {
    records::Case value;
    std::vector<records::CaseStep> history;
    struct Trace {
        std::string name;
        std::shared_ptr<const Theft> theft;
    };
    std::vector<Trace> traces;
    std::vector<records::StoredAlert> alerts;  ///< That its items name.
    std::vector<std::string> sources;          ///< Where the facts of the summary come from.
    std::string version, command_line;
    report::Words words;                ///< What the case says of its own names.
    std::vector<std::string> warnings;  ///< Items that were not found.
    // Of the ledger's records; must outlive this. Confined to one thread (Theft's own are shared).
    const records::Store* records = nullptr;
    const trace::Context* context = nullptr;
};

/// With what the ledger knows of each address where money rests.
Result<report::Letters> case_letters(const CaseContent& content);

/// case.html, case.json, flow.svg, result.json, edges.csv (of further traces: flow-2.svg, …) and
/// letters/KEY.html, .txt, .csv: everything in an archive that does not need the log or a browser.
/// The same content gives the same bytes.
struct CaseFiles {
    std::vector<Member> members;  ///< case.html first.
    report::Evidence evidence;
    std::vector<std::string> warnings;
};
Result<CaseFiles> case_files(const CaseContent& content);

}  // namespace cordon::engine
