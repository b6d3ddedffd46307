// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <cordon/ledger/ledger.hpp>
#include <cordon/records/store.hpp>

#include "sink.hpp"

/// What a case file rests on, so that anybody can check later that nothing was changed
/// (docs/formats/evidence-manifest.md).
namespace cordon::report {

/// A file that was written beside the page.
struct EvidenceFile {
    std::string name;  ///< Plain, without directory.
    uint64_t bytes = 0;
    std::string sha256;  ///< Lower-case hex.
    friend bool operator==(const EvidenceFile&, const EvidenceFile&) = default;
};

struct Evidence {
    std::string version;       ///< Of Cordon.
    std::string command_line;  ///< As given.
    std::vector<std::pair<std::string, std::string>>
        params;                                ///< Name and value, in the order to show.
    std::vector<ledger::ChainSummary> ledger;  ///< What the ledger held.
    std::vector<records::Input> inputs;        ///< What went into it.
    std::vector<EvidenceFile> files;  ///< result.json, edges.csv, flow.svg; not the page itself.
};

/// The evidence as one JSON object. Its bytes are what evidence_sha256() is about, so they never
/// depend on anything else.
std::string evidence_json(const Evidence& evidence);
/// SHA-256 of evidence_json(), lower-case hex: printed on every page of the case file.
std::string evidence_sha256(const Evidence& evidence);

/// The manifest: the evidence, its hash, and the page (which cannot be inside, because it shows
/// that hash).
Status write_manifest(const Evidence& evidence, const std::optional<EvidenceFile>& page,
                      const Sink& sink);

/// The manifest of a sealed case (docs/formats/case-archive.md): kind case.manifest, with every
/// file of the archive but itself and the log's proof. `not_reproducible`: names of files that
/// another run makes with other bytes.
Status write_case_manifest(const Evidence& evidence, std::string_view case_id,
                           const std::vector<EvidenceFile>& files,
                           const std::vector<std::string>& not_reproducible, const Sink& sink);

struct Manifest {
    bool sealed_case = false;  ///< Of kind case.manifest.
    bool intact = false;       ///< The evidence has the digest that it is said to have.
    std::string evidence_sha256;
    std::vector<EvidenceFile> files;  ///< All that it vouches for.
};
/// kMalformed: it is none, or a name in it leads out of the folder.
Result<Manifest> read_manifest(std::string_view text);

/// Of bytes in memory.
EvidenceFile evidence_of(std::string name, std::string_view bytes);
/// Name, size and SHA-256 of a file on disk; `name` is the part after the last '/'. kNotFound, kIo.
Result<EvidenceFile> evidence_file(const std::string& path);

/// Recomputes every hash of DIRECTORY/manifest.json: the evidence, the files and the page.
/// kNotFound without manifest; kMalformed when it is none, or a name leads out of the directory;
/// kChecksum names every file that is missing or differs, and how. Files that the manifest does not
/// list are not looked at.
Status verify_manifest(const std::string& directory);

}  // namespace cordon::report
