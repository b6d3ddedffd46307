// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <filesystem>

#include <sodium.h>
#include <boost/json.hpp>

#include <cordon/base/format.hpp>
#include <cordon/engine/backup.hpp>
#include <cordon/engine/serve_config.hpp>
#include <cordon/tlog/key_file.hpp>

#include "exit_code.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "table.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

namespace json = boost::json;

struct Wiped {
    std::string text = {};
    ~Wiped() { sodium_memzero(text.data(), text.size()); }
};

Result<std::string> operand(const Args& args, std::size_t at, std::string_view what) {
    if (args.operands().size() == at + 1 || (args.operands().size() > at && at == 1))
        return args.operands()[at];
    return fail(ErrorCode::kInvalidParam,
                format("backup {}: {} is missing", args.operands()[0], what));
}

UnixMillis now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

engine::BackupStep step_of(ProgressLine& line) {
    return [&line](std::string_view what, double share) {
        constexpr std::size_t kWidth = 20;
        if (line.due()) line.show(format("backup  {} {}", bar(share, kWidth), what));
    };
}

/// The manifest, with the number of its files in their place.
json::object told_json(const engine::BackupManifest& manifest) {
    json::object told = engine::manifest_json(manifest);
    told.erase("kind");
    told.erase("v");
    told["files"] = manifest.files.size();
    told["bytes"] = manifest.bytes;
    told["sha256"] = manifest.sha256;
    return told;
}

Status tell(std::string_view kind, std::string_view sentence,
            const engine::BackupManifest& manifest, const std::vector<std::string>& warnings,
            const Session& session) {
    if (session.format != Format::kTable)
        return print(envelope(kind, told_json(manifest), warnings));
    if (!session.quiet) print_warnings(warnings);
    CORDON_TRY(print(format("{}\n{} files, {}, made {}\nsha256 {}\n", sentence,
                            manifest.files.size(), format_bytes(manifest.bytes),
                            format_rfc3339(manifest.made), manifest.sha256)));
    for (const tlog::PublicKey& each : manifest.signers)
        CORDON_TRY(print(format("signed by {}\n", printable(each.text()))));
    for (const engine::BackupPart& each : manifest.parts) {
        if (each.kind == "file") continue;
        const std::string of = each.origin.empty() ? format("version {}", each.version)
                                                   : format("{} entries, {} of them signed",
                                                            each.entries, each.checkpoint);
        CORDON_TRY(print(format("  {:<10} {}  {}\n", each.kind, printable(each.path), of)));
    }
    return {};
}

std::string left_out_text(const engine::BackupManifest& manifest) {
    std::string names;
    for (const std::string& each : manifest.left_out) names += (names.empty() ? "" : ", ") + each;
    return names;
}

/// Of --sha256 and --log-key.
Result<engine::BackupTrust> trust_of(const Args& args) {
    engine::BackupTrust trust{.sha256 = args.get("sha256")};
    if (args.has("log-key")) {
        CORDON_TRY(trust.log_key, tlog::public_key_of(args.get("log-key")));
        if (trust.log_key->kind != tlog::PublicKey::Kind::kLog)
            return fail(ErrorCode::kInvalidParam,
                        format("--log-key {}: is the key of a witness; expected that of a log",
                               printable(args.get("log-key"))));
    }
    return trust;
}

/// What a reader must know of who signed it.
void warn_of_signers(const engine::BackupManifest& manifest, const engine::BackupTrust& trust,
                     std::vector<std::string>& warnings) {
    if (manifest.signers.empty())
        warnings.push_back(
            "it is not signed: an older Cordon made it, or no log's key was there; that it is the "
            "one that was made, --sha256 alone says");
    else if (!trust.log_key)
        warnings.push_back(
            "no --log-key: its files agree with its manifest, but whoever writes a backup can "
            "sign it with a key of his own");
}

/// The directory, and what serve.yaml says besides.
Status find_data(const std::string& what, engine::BackupRequest& request) {
    std::error_code error;
    if (std::filesystem::is_directory(what, error)) {
        request.data = what;
        return {};
    }
    CORDON_TRY(const InputFile file, input_file(what));
    CORDON_TRY(const engine::ServeConfig config, engine::parse_serve_config(file));
    request.data = config.data;
    if (config.ledger != config.data + "/ledger") request.ledger = config.ledger;
    request.settings = {what};
    for (const std::string* each :
         {&config.watch.config, &config.watch.sinks, &config.guard.policy, &config.guard.context})
        if (!each->empty()) request.settings.push_back(*each);
    return {};
}

/// Empty: no --with-secrets, and keys stay where they are. `is_new`: asked for twice.
Result<std::string> secrets_passphrase(const Args& args, bool is_new, Wiped& passphrase) {
    if (!args.has("with-secrets")) return std::string{};
    CORDON_TRY(passphrase.text, passphrase_of(args.get("passphrase-file"), is_new));
    if (passphrase.text.empty())
        return fail(ErrorCode::kInvalidParam,
                    "--with-secrets: keys do not leave or return without a passphrase: "
                    "--passphrase-file FILE, or a terminal to ask at");
    return passphrase.text;
}

Result<int> make(const Args& args, const Session& session) {
    engine::BackupRequest request;
    CORDON_TRY(const std::string what, operand(args, 1, "DIR or serve.yaml"));
    CORDON_TRY(find_data(what, request));
    if (!args.has("to"))
        return fail(ErrorCode::kInvalidParam, "backup make: --to FILE is missing: where it goes");
    request.target = args.get("to");
    request.with_ledger = !args.has("without-ledger");
    request.version = session.version;
    request.now = now();
    request.cancel = session.cancel;
    Wiped passphrase;
    CORDON_TRY(request.passphrase, secrets_passphrase(args, true, passphrase));
    ProgressLine line{session};
    request.step = step_of(line);
    const auto made = engine::make_backup(request);
    sodium_memzero(request.passphrase.data(), request.passphrase.size());
    line.clear();
    if (!made) return fail(made.error());
    std::vector<std::string> warnings;
    if (!made->left_out.empty())
        warnings.push_back(
            format("left out: {}; keys and accounts go in with --with-secrets, and "
                   "without its keys a log and a gate do not open again",
                   left_out_text(*made)));
    for (const std::string& each : made->unsigned_by)
        warnings.push_back(format("{}: so that key did not sign the backup", printable(each)));
    if (made->signers.empty() && made->unsigned_by.empty())
        warnings.push_back("it is not signed: no log is in it");
    CORDON_TRY(tell("backup.made", format("{}: whole", printable(request.target)), *made, warnings,
                    session));
    return kClean;
}

Result<int> verify(const Args& args, const Session& session) {
    CORDON_TRY(const std::string path, operand(args, 1, "FILE of the backup"));
    CORDON_TRY(const engine::BackupTrust trust, trust_of(args));
    ProgressLine line{session};
    const auto manifest = engine::verify_backup(path, trust, step_of(line));
    line.clear();
    if (!manifest) return fail(manifest.error());
    std::vector<std::string> warnings;
    warn_of_signers(*manifest, trust, warnings);
    CORDON_TRY(tell("backup.verified", format("{}: whole", printable(path)), *manifest, warnings,
                    session));
    return kClean;
}

Result<int> restore(const Args& args, const Session& session) {
    CORDON_TRY(const std::string path, operand(args, 1, "FILE of the backup"));
    if (args.operands().size() != 3)
        return fail(
            ErrorCode::kInvalidParam,
            "backup restore: expected FILE and DIR, a directory that is empty or not there");
    engine::RestoreRequest request{.path = path,
                                   .directory = args.operands()[2],
                                   .passphrase = {},
                                   .now = now(),
                                   .step = {},
                                   .trust = {}};
    CORDON_TRY(request.trust, trust_of(args));
    Wiped passphrase;
    CORDON_TRY(request.passphrase, secrets_passphrase(args, false, passphrase));
    ProgressLine line{session};
    request.step = step_of(line);
    const auto restored = engine::restore_backup(request);
    sodium_memzero(request.passphrase.data(), request.passphrase.size());
    line.clear();
    if (!restored) return fail(restored.error());
    std::vector<std::string> warnings;
    warn_of_signers(*restored, request.trust, warnings);
    for (const engine::BackupPart& each : restored->parts)
        if (each.kind == "gate")
            warnings.push_back(
                format("{}: what it let through after {} is not in it; it holds everything until "
                       "a quorum resets \"global\". Hold it against a witness first: cordon log "
                       "verify {}/{} --trusted FILE",
                       each.path, format_rfc3339(restored->made), request.directory, each.path));
    if (!restored->left_out.empty())
        warnings.push_back(format("was left out: {}; put it there from where it is kept",
                                  left_out_text(*restored)));
    if (restored->has_secrets && passphrase.text.empty())
        warnings.push_back("its secrets stay closed: --with-secrets opens them");
    CORDON_TRY(tell("backup.restored",
                    format("{}: restored and checked", printable(request.directory)), *restored,
                    warnings, session));
    return kClean;
}

Result<int> run_backup(const Args& args, const Session& session) {
    const std::string what = args.operands().empty() ? "" : args.operands()[0];
    if (what == "make") return make(args, session);
    if (what == "verify") return verify(args, session);
    if (what == "restore") return restore(args, session);
    return fail(ErrorCode::kInvalidParam,
                format("backup {}: expected make, verify or restore", printable(what)));
}

}  // namespace

Command backup_command() {
    return {
        .name = "backup",
        .summary = "one file of all that is kept, made while it runs; verify it, restore it",
        .usage = "make DIR|serve.yaml --to FILE | verify FILE | restore FILE DIR",
        .about =
            "make copies every store of a data directory as it is at one moment (records, alerts, "
            "cases, logs at their checkpoint, ledger), checks each copy and packs them with a "
            "manifest of digests and versions, which the keys of its logs sign. Nothing stops "
            "meanwhile. Keys and accounts stay "
            "out: whoever has them speaks for this installation; --with-secrets takes them under a "
            "passphrase. verify reads every byte without restoring. restore puts everything into "
            "a new directory and checks it again. A gate that was restored has forgotten what it "
            "let through since: it holds everything until a quorum agrees that it goes on "
            "(docs/user/guard-operations.md).",
        .flags = {{"to", "FILE", "make: the backup; must not be there"},
                  {"without-ledger", "", "make: leave out chain data, which can be ingested again"},
                  {"with-secrets", "", "Keys and accounts too, under a passphrase"},
                  {"passphrase-file", "FILE",
                   "Its first line is the passphrase; else it is asked for"},
                  {"sha256", "HEX", "verify, restore: the backup must be this one, as make said"},
                  {"log-key", "KEY",
                   "verify, restore: the key of a log in it, which must have signed it: "
                   "NAME+ID+BASE64, or a file with it"}},
        .examples = {"cordon backup make /var/lib/cordon --to /mnt/backup/monday.cordon",
                     "cordon backup verify /mnt/backup/monday.cordon --log-key gate.pub",
                     "cordon backup restore /mnt/backup/monday.cordon /var/lib/cordon-new"},
        .takes_operands = true,
        .run = run_backup};
}

}  // namespace cordon::cli
