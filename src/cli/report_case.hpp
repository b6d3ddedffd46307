// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <cordon/engine/case_report.hpp>

#include "command.hpp"

/// What `cordon report` does beside the case file itself: letters, sealed archives, their check.
namespace cordon::cli {

struct ReportJob {
    std::string ledger;
    std::string seeds;
    trace::Params params;
    engine::CaseRequest request;
};

/// Drafts into request.out: KEY.html, KEY.txt and KEY.csv of each service.
Result<int> write_letters(const ReportJob& job, engine::Theft theft, const Session& session);
/// request.out/ID.zip; the id is of what the case is made of.
Result<int> seal_report(const ReportJob& job, engine::Theft theft, const Args& args,
                        const Session& session);
/// A case file's folder, an archive, or what was unpacked from one.
Result<int> verify_report(const Args& args, const Session& session);

}  // namespace cordon::cli
