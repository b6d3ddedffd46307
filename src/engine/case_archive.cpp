// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "case_archive.hpp"

#include <boost/json.hpp>
#include <filesystem>
#include <map>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/json_document.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/report/json_writer.hpp>
#include <cordon/report/text.hpp>

#include "log_proof.hpp"
#include "print_pdf.hpp"

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifest = "manifest.json";
constexpr std::string_view kProof = "log/proof.json";
constexpr std::string_view kCheckpoint = "log/checkpoint";
constexpr std::string_view kEntryKind = "case.sealed";

std::string sha256_of(std::string_view bytes) {
    return to_hex(
        crypto::sha256(ByteView{reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}));
}

/// What the log keeps of an archive: one line of JSON.
std::string entry_of(const CaseContent& content, const SealRequest& request,
                     const std::string& manifest_sha256) {
    std::string text;
    const report::Sink sink = report::string_sink(text);
    report::JsonWriter json{sink};
    json.begin_object()
        .field("v", uint64_t{1})
        .field("kind", kEntryKind)
        .field("case", content.value.id)
        .field("manifest_sha256", manifest_sha256)
        .field("by", request.by)
        .field("time", request.now)
        .end_object();
    static_cast<void>(json.finish());  // A string never refuses.
    return text;
}

/// Puts the digest into the log and takes the proof. A log that others write too may replace the
/// tiles of one checkpoint by those of the next while we read: then the next one proves it.
Result<LogProof> take_in(const SealLog& log, std::string entry) {
    CORDON_TRY(const uint64_t index, log.log.append(std::move(entry)));
    constexpr int kTries = 5;
    for (int attempt = 1;; ++attempt) {
        CORDON_TRY(log.log.publish());
        auto proof = prove_entry(log.directory, index);
        if (proof || attempt == kTries) return proof;
    }
}

Status add_pdf(CaseFiles& files, const std::string& chromium, std::vector<std::string>& printed) {
    const auto program = find_chromium(chromium);
    const auto pdf = program ? print_pdf(*program, files.members.front().bytes)
                             : Result<Printed>{fail(program.error())};
    if (!pdf) {
        files.warnings.push_back(
            format("no PDF: {}; print case.html from a browser instead", pdf.error().message));
        return {};
    }
    if (!pdf->sandboxed)
        files.warnings.push_back(
            "Chromium printed the PDF without its own sandbox, since this runs as root");
    files.members.insert(files.members.begin() + 1, {"case.pdf", pdf->pdf});
    printed.emplace_back("case.pdf");
    return {};
}

/// The files of an archive, packed or not, behind one face.
class Files {
public:
    virtual ~Files() = default;
    /// Every name that is there.
    virtual std::vector<std::string> names() const = 0;
    virtual Result<report::EvidenceFile> digest(const std::string& name) = 0;
    /// All of a small one.
    virtual Result<std::string> text(const std::string& name) = 0;
};

/// A manifest lists files; one of this size has some hundred thousand and is not ours.
constexpr uint64_t kMaxText = 64ULL << 20U;

class Packed final : public Files {
public:
    static Result<std::unique_ptr<Files>> open(const std::string& path) {
        CORDON_TRY(auto zip, ZipReader::open(path));
        return std::unique_ptr<Files>{new Packed{std::move(zip)}};
    }
    std::vector<std::string> names() const override {
        std::vector<std::string> all;
        for (const auto& [name, place] : places_) all.push_back(name);
        return all;
    }
    Result<report::EvidenceFile> digest(const std::string& name) override {
        crypto::Sha256 hash;
        report::EvidenceFile file{name, 0, {}};
        CORDON_TRY(zip_->read(places_.at(name), [&](ByteView piece) -> Status {
            hash.update(piece);
            file.bytes += piece.size();
            return {};
        }));
        file.sha256 = to_hex(hash.finish());
        return file;
    }
    Result<std::string> text(const std::string& name) override {
        const std::size_t place = places_.at(name);
        if (zip_->entries()[place].bytes > kMaxText)
            return fail(ErrorCode::kMalformed, format("{}: larger than it can be", name));
        std::string all;
        CORDON_TRY(zip_->read(place, [&](ByteView piece) -> Status {
            all.append(reinterpret_cast<const char*>(piece.data()), piece.size());
            return {};
        }));
        return all;
    }

private:
    explicit Packed(std::unique_ptr<ZipReader> zip) : zip_{std::move(zip)} {
        for (std::size_t i = 0; i < zip_->entries().size(); ++i)
            places_.emplace(zip_->entries()[i].name, i);
    }
    std::unique_ptr<ZipReader> zip_;
    std::map<std::string, std::size_t> places_;
};

class Unpacked final : public Files {
public:
    static Result<std::unique_ptr<Files>> open(const std::string& path) {
        std::unique_ptr<Unpacked> files{new Unpacked{path}};
        std::error_code error;
        for (fs::recursive_directory_iterator it{path, error}, end; !error && it != end;
             it.increment(error)) {
            const fs::file_status status = it->symlink_status(error);
            if (error) break;
            const std::string name = it->path().lexically_relative(path).generic_string();
            if (fs::is_directory(status)) continue;
            if (!fs::is_regular_file(status))
                return fail(ErrorCode::kMalformed,
                            format("{}: a link, no file", report::clean_text(name)));
            files->names_.push_back(name);
            if (files->names_.size() > ZipReader::kMaxEntries)
                return fail(ErrorCode::kMalformed, "more files than a case has");
        }
        if (error) return fail(ErrorCode::kIo, error.message());
        std::sort(files->names_.begin(), files->names_.end());
        return std::unique_ptr<Files>{std::move(files)};
    }
    std::vector<std::string> names() const override { return names_; }
    Result<report::EvidenceFile> digest(const std::string& name) override {
        CORDON_TRY(report::EvidenceFile file,
                   report::evidence_file((fs::path{directory_} / name).string()));
        file.name = name;
        return file;
    }
    Result<std::string> text(const std::string& name) override {
        const std::string path = (fs::path{directory_} / name).string();
        std::error_code error;
        if (fs::file_size(path, error) > kMaxText || error)
            return fail(ErrorCode::kMalformed, format("{}: larger than it can be", name));
        CORDON_TRY(const Bytes bytes, read_file(path));
        return std::string{bytes.begin(), bytes.end()};
    }

private:
    explicit Unpacked(std::string directory) : directory_{std::move(directory)} {}
    std::string directory_;
    std::vector<std::string> names_;
};

/// The log's proof: that an entry with this manifest's digest is in a log, and whose.
Status check_log(Files& files, std::span<const tlog::PublicKey> keys, ArchiveCheck& check) {
    CORDON_TRY(const std::string text, files.text(std::string{kProof}));
    CORDON_TRY(const LogProof proof, parse_proof(text));
    CORDON_TRY(const tlog::Checkpoint checkpoint, check_proof(proof));
    CORDON_TRY(const std::string note, files.text(std::string{kCheckpoint}));
    if (note != proof.note.format())
        return fail(ErrorCode::kCorrupt,
                    format("{} is not the checkpoint that the proof is of", kCheckpoint));
    // What a log says twice in one entry it does not say.
    const auto value = chain::parse_json(proof.entry);
    const boost::json::object* entry = value ? value->if_object() : nullptr;
    const auto field = [&](std::string_view name) {
        const auto* found = entry == nullptr ? nullptr : entry->if_contains(name);
        return found != nullptr && found->is_string() ? std::string{found->as_string()}
                                                      : std::string{};
    };
    if (field("kind") != kEntryKind || field("manifest_sha256") != check.manifest_sha256)
        return fail(ErrorCode::kCorrupt,
                    format("the log's entry is not of this manifest: it says \"{}\"",
                           report::clean_text(proof.entry)));
    if (field("case") != check.case_id)
        return fail(ErrorCode::kCorrupt, "the log's entry is of another case");
    check.log_origin = report::clean_text(checkpoint.origin);
    check.sealed = format("by {} at {}", report::clean_text(field("by"), 60),
                          report::clean_text(field("time"), 40));
    for (const tlog::PublicKey& key : keys)
        check.signature_known = check.signature_known || tlog::is_signed_by(proof.note, key);
    if (!keys.empty() && !check.signature_known)
        return fail(ErrorCode::kCorrupt,
                    format("the checkpoint of {} is not signed by the key that was given",
                           check.log_origin));
    return {};
}

std::string case_id_of(const std::string& manifest) {
    const auto value = chain::parse_json(manifest);
    boost::system::error_code error;
    const boost::json::value* id = value ? value->find_pointer("/data/case", error) : nullptr;
    return id != nullptr && id->is_string() ? std::string{id->as_string()} : std::string{};
}

}  // namespace

Result<SealedCase> seal_case(const CaseContent& content, const SealRequest& request,
                             const SealLog* log) {
    std::size_t steps = 0;
    const auto next_step = [&] {
        if (request.step) request.step(kSealSteps.at(steps));
        ++steps;
    };
    next_step();
    CORDON_TRY(CaseFiles files, case_files(content));
    std::vector<std::string> printed;
    next_step();
    CORDON_TRY(add_pdf(files, request.chromium, printed));
    next_step();
    std::vector<report::EvidenceFile> listed;
    for (const Member& member : files.members)
        listed.push_back(report::evidence_of(member.name, member.bytes));
    std::string manifest;
    CORDON_TRY(report::write_case_manifest(files.evidence, content.value.id, listed, printed,
                                           report::string_sink(manifest)));
    SealedCase sealed;
    sealed.path = request.path;
    sealed.manifest_sha256 = sha256_of(manifest);
    sealed.files = listed.size();
    files.members.push_back({std::string{kManifest}, std::move(manifest)});
    next_step();
    if (log != nullptr) {
        CORDON_TRY(const LogProof proof,
                   take_in(*log, entry_of(content, request, sealed.manifest_sha256)));
        files.members.push_back({std::string{kProof}, proof_text(proof)});
        files.members.push_back({std::string{kCheckpoint}, proof.note.format()});
    } else {
        files.warnings.emplace_back("no log: nothing shows when the archive was made");
    }
    next_step();
    CORDON_TRY(write_zip(request.path, files.members));
    CORDON_TRY(const report::EvidenceFile archive, report::evidence_file(request.path));
    sealed.sha256 = archive.sha256;
    sealed.warnings = std::move(files.warnings);
    return sealed;
}

Result<ArchiveCheck> verify_archive(const std::string& path,
                                    std::span<const tlog::PublicKey> keys) {
    std::error_code ignored;
    auto opened = fs::is_directory(path, ignored) ? Unpacked::open(path) : Packed::open(path);
    if (!opened) return fail(opened.error().in(path));
    Files& files = **opened;
    const std::vector<std::string> names = files.names();
    const auto there = [&](std::string_view name) {
        return std::binary_search(names.begin(), names.end(), name);
    };
    if (!there(kManifest))
        return fail(ErrorCode::kMalformed, format("{}: no {} in it", path, kManifest));
    CORDON_TRY(const std::string text, files.text(std::string{kManifest}));
    const auto manifest = report::read_manifest(text);
    if (!manifest) return fail(manifest.error().in(path + ": " + std::string{kManifest}));
    if (!manifest->sealed_case)
        return fail(ErrorCode::kMalformed,
                    format("{}: the manifest is of a case file, not of a sealed case", path));

    ArchiveCheck check;
    check.files = manifest->files.size();
    check.case_id = case_id_of(text);
    check.manifest_sha256 = sha256_of(text);
    std::string wrong;
    const auto note = [&](const std::string& line) { wrong += "\n  " + line; };
    if (!manifest->intact) note("manifest.json: the evidence does not match its own SHA-256");
    std::map<std::string, const report::EvidenceFile*> expected;
    for (const report::EvidenceFile& file : manifest->files)
        if (!expected.emplace(file.name, &file).second)
            note(format("{}: twice in the manifest", report::clean_text(file.name)));
    for (const auto& [name, file] : expected) {
        const std::string shown = report::clean_text(name);
        if (!there(name)) {
            note(shown + ": missing");
            continue;
        }
        const auto found = files.digest(name);
        if (!found)
            note(format("{}: {}", shown, found.error().message));
        else if (found->bytes != file->bytes || found->sha256 != file->sha256)
            note(format("{}: changed: {} bytes with SHA-256 {}, the manifest says {} and {}", shown,
                        found->bytes, found->sha256, file->bytes,
                        report::clean_text(file->sha256, 64)));
    }
    for (const std::string& name : names)
        if (name != kManifest && name != kProof && name != kCheckpoint && !expected.contains(name))
            note(format("{}: not in the manifest", report::clean_text(name)));
    if (there(kProof) || there(kCheckpoint)) {
        if (!there(kProof) || !there(kCheckpoint))
            note("one of log/proof.json and log/checkpoint is missing");
        else if (const Status logged = check_log(files, keys, check); !logged)
            note(format("{}: {}", kProof, logged.error().message));
    } else if (!keys.empty()) {
        note("no proof of a log in it, so no key can have signed one");
    }
    if (!wrong.empty())
        return fail(ErrorCode::kCorrupt, format("{}: not what was sealed:{}", path, wrong));
    return check;
}

}  // namespace cordon::engine
