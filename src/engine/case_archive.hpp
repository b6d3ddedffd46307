// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <cordon/tlog/log.hpp>

#include "case_content.hpp"

/// The sealed archive of a case and its check on any other machine (docs/formats/case-archive.md).
namespace cordon::engine {

/// The log that vouches for an archive.
struct SealLog {
    tlog::Log& log;
    std::string directory;  ///< Of the log.
};

/// Pages and tables are made, the report is printed, what there is is listed, the list goes into
/// the log, the archive is written.
inline constexpr std::array<std::string_view, 5> kSealSteps{"collect", "pdf", "manifest", "log",
                                                            "write"};

struct SealRequest {
    std::string path;  ///< Of the archive.
    std::string by;
    UnixMillis now;
    std::string chromium;  ///< As CaseDeskOptions.
    /// Told of each step as it begins: kSealSteps, in their order.
    std::function<void(std::string_view step)> step = {};
};

struct SealedCase {
    std::string path, sha256;           ///< Of the archive.
    std::string manifest_sha256;        ///< What the log holds.
    uint64_t files = 0;                 ///< That the manifest vouches for.
    std::vector<std::string> warnings;  ///< "no Chromium: no PDF".
};

/// Writes case_files(), case.pdf where Chromium is there, manifest.json, and with a log its
/// checkpoint and the inclusion proof of the manifest's digest. The archive appears whole or not at
/// all; but for the PDF and the log's state, the same content gives the same bytes. kInvalidParam:
/// no trace in it.
Result<SealedCase> seal_case(const CaseContent& content, const SealRequest& request,
                             const SealLog* log);

struct ArchiveCheck {
    uint64_t files = 0;  ///< That the manifest vouches for; all are as it says.
    std::string case_id;
    std::string manifest_sha256;
    std::string log_origin;        ///< Whose checkpoint holds it; empty: no proof in it.
    std::string sealed;            ///< What the log's entry says: who and when.
    bool signature_known = false;  ///< A key was given, and it signed the checkpoint.
};
/// Checks an archive, or the folder that was unpacked from it, by itself: that its files are those
/// of the manifest and no others, and that the log's proof is of this manifest. kCorrupt names all
/// that differs, and a checkpoint that none of `keys` signed (when there are some); kMalformed: no
/// archive of a case.
Result<ArchiveCheck> verify_archive(const std::string& path, std::span<const tlog::PublicKey> keys);

}  // namespace cordon::engine
