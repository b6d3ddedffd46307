// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <iostream>

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>
#include <cordon/engine/log_proof.hpp>
#include <cordon/guard/gate/entry.hpp>
#include <cordon/guard/prune.hpp>
#include <cordon/tlog/key_file.hpp>
#include <cordon/tlog/log.hpp>
#include <cordon/tlog/witness.hpp>

#include "exit_code.hpp"
#include "output.hpp"
#include "table.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

namespace json = boost::json;

Result<std::string> operand(const Args& args, std::size_t at, std::string_view what) {
    if (args.operands().size() > at) return args.operands()[at];
    return fail(ErrorCode::kInvalidParam,
                format("log {}: {} is missing", args.operands()[0], what));
}

Result<uint64_t> number_of(std::string_view text, std::string_view what) {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        return fail(ErrorCode::kInvalidParam,
                    format("{} \"{}\": expected a whole number", what, text.substr(0, 40)));
    return value;
}

Result<tlog::SigningKey> key_of(const Args& args) {
    if (!args.has("key"))
        return fail(ErrorCode::kInvalidParam, "--key FILE is missing: the signing key");
    return tlog::read_key_file(args.get("key"));
}

Result<tlog::Checkpoint> checkpoint_of(const std::string& directory) {
    CORDON_TRY(const tlog::SignedNote note, tlog::read_checkpoint(directory));
    return tlog::parse_checkpoint(note.text);
}

json::object checkpoint_json(const tlog::Checkpoint& checkpoint) {
    return {{"origin", checkpoint.origin},
            {"size", checkpoint.size},
            {"root", to_base64(checkpoint.root)}};
}

Result<int> keygen(const Args& args, const Session&) {
    CORDON_TRY(const std::string path, operand(args, 1, "FILE for the new key"));
    if (!args.has("name"))
        return fail(ErrorCode::kInvalidParam,
                    "--name NAME is missing: the name of the log or of the witness");
    CORDON_TRY(const tlog::SigningKey key,
               tlog::SigningKey::generate(args.get("name"), args.has("witness")
                                                                ? tlog::PublicKey::Kind::kWitness
                                                                : tlog::PublicKey::Kind::kLog));
    CORDON_TRY(tlog::write_key_file(path, key));
    CORDON_TRY(print(key.public_key().text() + "\n"));
    return kClean;
}

Result<int> add(const Args& args, const Session& session) {
    CORDON_TRY(const std::string directory, operand(args, 1, "DIR of the log"));
    CORDON_TRY(tlog::SigningKey key, key_of(args));
    CORDON_TRY(const auto log, tlog::Log::open(directory, std::move(key)));
    uint64_t added = 0;
    for (std::string line; std::getline(std::cin, line); ++added)
        CORDON_TRY(log->append(std::move(line)));
    CORDON_TRY(const tlog::SignedNote note, log->publish());
    CORDON_TRY(const tlog::Checkpoint checkpoint, tlog::parse_checkpoint(note.text));
    if (session.format != Format::kTable) {
        json::object data = checkpoint_json(checkpoint);
        data["added"] = added;
        CORDON_TRY(print(envelope("log.added", data)));
    } else {
        CORDON_TRY(print(format("{} entries added, {} in all\n", added, checkpoint.size)));
    }
    return kClean;
}

/// The witnesses among those that were named who cosigned the note; enough of them, or kCorrupt.
Result<std::vector<std::string>> cosigners_of(const Args& args, const std::string& path,
                                              const tlog::SignedNote& note) {
    std::vector<tlog::PublicKey> witnesses;
    for (const std::string& each : args.all("witness-key")) {
        CORDON_TRY(tlog::PublicKey key, tlog::public_key_of(each));
        if (key.kind != tlog::PublicKey::Kind::kWitness)
            return fail(ErrorCode::kInvalidParam,
                        format("--witness-key {}: is the key of a log", printable(each)));
        witnesses.push_back(std::move(key));
    }
    std::vector<std::string> names = tlog::cosigners(note, witnesses);
    uint64_t quorum = witnesses.size();
    if (args.has("quorum")) {
        CORDON_TRY(quorum, number_of(args.get("quorum"), "--quorum"));
        if (quorum < 1 || quorum > witnesses.size())
            return fail(ErrorCode::kInvalidParam,
                        format("--quorum {}: expected 1 to {}, the number of --witness-key", quorum,
                               witnesses.size()));
    }
    if (names.size() >= quorum) return names;
    return fail(ErrorCode::kCorrupt,
                format("{}: {} of the {} given witnesses cosigned it, {} must have", path,
                       names.size(), witnesses.size(), quorum));
}

Result<int> verify(const Args& args, const Session& session) {
    CORDON_TRY(const std::string directory, operand(args, 1, "DIR of the log"));
    std::vector<tlog::PublicKey> keys;
    if (args.has("public-key")) {
        CORDON_TRY(tlog::PublicKey key, tlog::public_key_of(args.get("public-key")));
        keys.push_back(std::move(key));
    }
    std::optional<tlog::Checkpoint> trusted;
    std::vector<std::string> cosigners;
    if ((args.has("witness-key") || args.has("quorum")) && !args.has("trusted"))
        return fail(ErrorCode::kInvalidParam,
                    "--witness-key: expected --trusted FILE, the checkpoint that they cosigned");
    if (args.has("trusted")) {
        const std::string path = args.get("trusted");
        CORDON_TRY(const Bytes bytes, read_file(path));
        Result<tlog::SignedNote> note =
            tlog::parse_note({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
        if (!note) return fail(note.error().in(path));
        CORDON_TRY(trusted, tlog::parse_checkpoint(note->text));
        CORDON_TRY(cosigners, cosigners_of(args, path, *note));
    }
    CORDON_TRY(const tlog::LogCheck check, tlog::verify_log(directory, keys, trusted));
    std::vector<std::string> warnings;
    if (keys.empty())
        warnings.push_back(
            "no --public-key: the files agree with the checkpoint, but who signed it was not "
            "looked at");
    if (check.beyond > 0)
        warnings.push_back(
            format("{} entries are newer than the checkpoint: nothing signs them "
                   "yet",
                   check.beyond));
    if (check.left > 0)
        warnings.push_back(format(
            "{} entries left by retention (anchor: entry {}, {}, by {}: {}), {}: their hashes are "
            "as they were signed",
            check.left, *check.anchor, format_rfc3339(check.left_at), printable(check.left_by),
            printable(check.left_why),
            check.left_archived ? "into an archive" : "and were deleted"));
    if (session.format != Format::kTable) {
        json::object data = checkpoint_json(check.checkpoint);
        json::array signers;
        for (const std::string& name : check.signers) signers.emplace_back(name);
        data["signed_by"] = std::move(signers);
        data["entries"] = check.entries;
        data["beyond"] = check.beyond;
        data["left"] = check.left;
        data["anchor"] = check.anchor ? json::value(*check.anchor) : json::value(nullptr);
        json::array by;
        for (const std::string& name : cosigners) by.emplace_back(name);
        data["cosigned_by"] = std::move(by);
        data["continues"] = trusted ? json::value(trusted->size) : json::value(nullptr);
        CORDON_TRY(print(envelope("log.verified", data, warnings)));
        return kClean;
    }
    if (!session.quiet) print_warnings(warnings);
    CORDON_TRY(print(format("{}: {}. {} entries, root {}\n", printable(check.checkpoint.origin),
                            check.left > 0 ? "whole but for what left by intent" : "whole",
                            check.entries, to_base64(check.checkpoint.root))));
    for (const std::string& name : check.signers)
        CORDON_TRY(print(format("signed by {}\n", printable(name))));
    if (trusted)
        CORDON_TRY(print(format("continues the checkpoint of {} entries\n", trusted->size)));
    for (const std::string& name : cosigners)
        CORDON_TRY(print(format("which {} cosigned\n", printable(name))));
    return kClean;
}

Result<int> show(const Args& args, const Session& session) {
    CORDON_TRY(const std::string directory, operand(args, 1, "DIR of the log"));
    CORDON_TRY(const tlog::Checkpoint checkpoint, checkpoint_of(directory));
    uint64_t begin = 0;
    uint64_t end = checkpoint.size;
    if (args.operands().size() > 2) {
        CORDON_TRY(begin, number_of(args.operands()[2], "index"));
        end = begin + 1;
    } else if (args.has("last")) {
        CORDON_TRY(const uint64_t last, number_of(args.get("last"), "--last"));
        begin = end - std::min(end, last);
    }
    const tlog::Tiles tiles{directory, checkpoint.size};
    for (uint64_t index = begin; index < end; ++index) {
        CORDON_TRY(const std::string entry, tiles.entry(index));
        if (session.format == Format::kTable) {
            CORDON_TRY(print(format("{}\t{}\n", index, printable(entry))));
        } else {
            // Entries may be any bytes; base64 says them all.
            const ByteView bytes{reinterpret_cast<const uint8_t*>(entry.data()), entry.size()};
            CORDON_TRY(print(envelope(
                "log.entry", json::object{{"index", index},
                                          {"bytes", to_base64(bytes)},
                                          {"leaf_hash", to_base64(tlog::leaf_hash(bytes))}})));
        }
    }
    return kClean;
}

Result<int> prove(const Args& args, const Session&) {
    CORDON_TRY(const std::string directory, operand(args, 1, "DIR of the log"));
    CORDON_TRY(const std::string text, operand(args, 2, "INDEX of the entry"));
    CORDON_TRY(const uint64_t index, number_of(text, "index"));
    CORDON_TRY(const engine::LogProof proof, engine::prove_entry(directory, index));
    CORDON_TRY(print(engine::proof_text(proof)));
    return kClean;
}

/// That a proof holds, by nothing but itself and the log's public key.
Result<int> check(const Args& args, const Session& session) {
    CORDON_TRY(const std::string path, operand(args, 1, "FILE with a proof"));
    if (!args.has("public-key"))
        return fail(ErrorCode::kInvalidParam,
                    "--public-key KEY is missing: whoever writes a proof can sign it as well");
    CORDON_TRY(const tlog::PublicKey key, tlog::public_key_of(args.get("public-key")));
    CORDON_TRY(const Bytes bytes, read_file(path));
    const auto proof =
        engine::parse_proof({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    if (!proof) return fail(proof.error().in(path));
    // Evidence that does not hold, not bad input: the exit code of damage.
    if (!tlog::is_signed_by(proof->note, key))
        return fail(ErrorCode::kCorrupt,
                    format("{}: its checkpoint is not signed by {}", path, key.name));
    const auto held = engine::check_proof(*proof);
    if (!held) return fail(Error{ErrorCode::kCorrupt, held.error().message}.in(path));
    const tlog::Checkpoint& checkpoint = *held;
    if (session.format != Format::kTable) {
        json::object told = checkpoint_json(checkpoint);
        told["index"] = proof->index;
        told["bytes"] = to_base64(
            ByteView{reinterpret_cast<const uint8_t*>(proof->entry.data()), proof->entry.size()});
        CORDON_TRY(print(envelope("log.checked", told)));
        return kClean;
    }
    CORDON_TRY(print(format("{}: entry {} of {}:\n{}\n", printable(checkpoint.origin), proof->index,
                            checkpoint.size, printable(proof->entry))));
    return kClean;
}

Result<int> witness(const Args& args, const Session&) {
    CORDON_TRY(const std::string directory, operand(args, 1, "DIR of the log"));
    if (!args.has("public-key") || !args.has("state"))
        return fail(ErrorCode::kInvalidParam,
                    "log witness: expected --public-key KEY of the log, --key FILE of the witness "
                    "and --state FILE, where it keeps what it saw");
    CORDON_TRY(const tlog::PublicKey log_key, tlog::public_key_of(args.get("public-key")));
    CORDON_TRY(const tlog::SigningKey key, key_of(args));
    if (key.public_key().kind != tlog::PublicKey::Kind::kWitness)
        return fail(
            ErrorCode::kInvalidParam,
            format("{}: is the key of a log; make one with keygen --witness", args.get("key")));
    const auto now =
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    CORDON_TRY(const tlog::SignedNote note,
               tlog::cosign(directory, args.get("state"), log_key, key, now));
    CORDON_TRY(print(note.format()));
    return kClean;
}

/// The first entry at or after a moment, by the "time" that entries of ours have (also inside of
/// "data"). Entries are in the order of time; one without is looked past.
Result<uint64_t> first_since(tlog::Log& log, UnixMillis moment) {
    uint64_t found = 0;
    bool is_over = false;
    CORDON_TRY(
        log.read(log.first(), UINT64_MAX, [&](uint64_t index, std::string_view entry) -> Status {
            if (is_over) return {};
            boost::system::error_code error;
            const json::value root = json::parse(entry, error);
            const json::object* object = error ? nullptr : root.if_object();
            const json::value* time = object ? object->if_contains("time") : nullptr;
            if (object && !time)
                if (const json::value* data = object->if_contains("data");
                    data && data->is_object())
                    time = data->get_object().if_contains("time");
            if (!time || !time->is_string()) return {};
            const auto at = parse_time(std::string_view{time->get_string()});
            if (!at) return {};
            if (*at < moment)
                found = index + 1;
            else
                is_over = true;
            return {};
        }));
    return found;
}

/// What reads all of itself when it opens needs a snapshot of what leaves. A gate's log is the
/// folder `log` of its state.
Result<bool> is_gate(tlog::Log& log) {
    const uint64_t last = log.size();
    bool found = false;
    CORDON_TRY(
        log.read(last > 0 ? last - 1 : 0, last, [&](uint64_t, std::string_view entry) -> Status {
            found = guard::parse_entry(entry).has_value();
            return {};
        }));
    return found;
}

Result<std::string> state_of(const std::string& log_directory) {
    auto path = std::filesystem::weakly_canonical(log_directory);
    if (!path.has_filename()) path = path.parent_path();
    if (path.filename() == "log") return path.parent_path().string();
    return fail(ErrorCode::kPermission,
                format("{}: is the log of a gate, but not the folder log of its state: what "
                       "stands for entries that leave would not be found",
                       log_directory));
}

Result<int> prune(const Args& args, const Session& session) {
    CORDON_TRY(const std::string directory, operand(args, 1, "DIR of the log"));
    if (args.has("before") == args.has("keep"))
        return fail(ErrorCode::kInvalidParam,
                    "log prune: expected --before TIME or --keep N, and one of them");
    if (args.has("archive") == args.has("delete") && args.has("yes"))
        return fail(ErrorCode::kInvalidParam,
                    "log prune: expected --archive DIR, where what leaves goes, or --delete");
    CORDON_TRY(tlog::SigningKey key, key_of(args));
    const std::string secret = key.secret_text();
    CORDON_TRY(auto log, tlog::Log::open(directory, std::move(key)));
    CORDON_TRY(const bool of_gate, is_gate(*log));
    std::string state;
    if (of_gate) {
        CORDON_TRY(state, state_of(directory));
    }
    tlog::Log::Prune order{
        .until = 0,
        .archive = args.get("archive"),
        .snapshot = {},
        .by = args.get("by"),
        .why = args.get("why"),
        .now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now())};
    if (args.has("keep")) {
        CORDON_TRY(const uint64_t keep, number_of(args.get("keep"), "--keep"));
        order.until = log->size() - std::min(log->size(), keep);
    } else {
        CORDON_TRY(const UnixMillis before, parse_time(args.get("before")));
        CORDON_TRY(order.until, first_since(*log, before));
    }
    CORDON_TRY(tlog::Log::Pruned done, log->would_prune(order.until));
    const bool is_told = !args.has("yes");
    if (!is_told) {
        if (order.by.empty() || order.why.empty())
            return fail(ErrorCode::kInvalidParam,
                        "log prune: --by NAME and --why TEXT are missing: the log keeps who let "
                        "entries leave, and why");
        if (of_gate) {
            log.reset();  // Its place is the gate's now.
            CORDON_TRY(tlog::SigningKey again, tlog::SigningKey::parse(secret));
            CORDON_TRY(done, guard::prune_gate(
                                 state, std::move(again),
                                 {order.until, order.archive, order.by, order.why, order.now}));
        } else {
            CORDON_TRY(done, log->prune(order));
        }
    }
    if (session.format != Format::kTable) {
        CORDON_TRY(print(envelope("log.pruned", json::object{{"done", !is_told},
                                                             {"entries", done.entries},
                                                             {"bytes", done.bytes},
                                                             {"first", done.retention.until},
                                                             {"anchor", done.retention.anchor}})));
        return kClean;
    }
    if (is_told && done.entries == 0) {
        CORDON_TRY(
            print(format("{}: nothing would leave: whole bundles of {} entries go, never "
                         "the last\n",
                         printable(directory), tlog::kTileWidth)));
    } else if (is_told) {
        CORDON_TRY(
            print(format("{}: {} entries ({} bytes) would leave, those before {}; hashes "
                         "stay. --yes does it\n",
                         printable(directory), done.entries, done.bytes, done.retention.until)));
    } else {
        CORDON_TRY(
            print(format("{}: {} entries ({} bytes) left, those before {}; entry {} says "
                         "so\n",
                         printable(directory), done.entries, done.bytes, done.retention.until,
                         done.retention.anchor)));
    }
    return kClean;
}

Result<int> run_log(const Args& args, const Session& session) {
    const std::string what = args.operands().empty() ? "" : args.operands()[0];
    if (what == "keygen") return keygen(args, session);
    if (what == "add") return add(args, session);
    if (what == "verify") return verify(args, session);
    if (what == "show") return show(args, session);
    if (what == "prove") return prove(args, session);
    if (what == "check") return check(args, session);
    if (what == "prune") return prune(args, session);
    if (what == "witness") return witness(args, session);
    return fail(ErrorCode::kInvalidParam,
                format("log {}: expected keygen, add, verify, show, prove, check, prune or witness",
                       what.substr(0, 40)));
}

}  // namespace

Command log_command() {
    return {
        .name = "log",
        .summary = "the tamper-evident log: add to it, prove what is in it, find what was changed",
        .usage = "keygen|add|verify|show|prove|check|prune|witness …",
        .about =
            "A log that can only grow (RFC 6962 hashes in the layout of C2SP tlog-tiles). verify "
            "DIR reads every byte of a copy, on any machine, and names the first one that is not "
            "what was signed; --trusted FILE also shows that nothing was cut off or rewritten "
            "since an earlier checkpoint. prove DIR INDEX writes a proof that one entry is in it, "
            "and check FILE says whether such a proof holds, without the log. "
            "witness DIR cosigns a checkpoint if it continues the last one that this witness saw. "
            "prune DIR lets old entries leave, in whole bundles: into an archive that verifies "
            "alone, or for good; their hashes stay, so every proof stays possible, and an entry "
            "says what left. Of a gate, which must not run, a snapshot of what it knows stands for "
            "them. "
            "Without --yes it only tells. "
            "add DIR appends the lines of standard input, each durable before the next. keygen "
            "FILE makes a signing key, readable by its owner only, and prints its public half.",
        .flags = {{"key", "FILE", "The signing key, as keygen made it"},
                  {"public-key", "KEY", "Who must have signed: NAME+ID+BASE64, or a file with it"},
                  {"name", "NAME", "keygen: the name of the log or of the witness"},
                  {"witness", "", "keygen: a key that cosigns"},
                  {"trusted", "FILE", "verify: a checkpoint seen earlier, which must be continued"},
                  {"witness-key",
                   "KEY",
                   "verify: a witness who must have cosigned what is trusted",
                   {},
                   0,
                   true},
                  {"quorum", "N", "verify: so many of them are enough; else all"},
                  {"state", "FILE",
                   "witness: what it saw last; kept where the log's keepers "
                   "cannot write"},
                  {"last", "N", "show: the last N entries"},
                  {"before", "TIME", "prune: entries before it leave"},
                  {"keep", "N", "prune: all but the last N leave"},
                  {"archive", "DIR", "prune: a folder for what leaves, a log of its own"},
                  {"delete", "", "prune: what leaves is deleted"},
                  {"by", "NAME", "prune: who orders it"},
                  {"why", "TEXT", "prune: why"},
                  {"yes", "", "prune: do it, do not only tell"}},
        .examples = {"cordon log keygen log.key --name example.org/audit",
                     "cordon log verify audit --public-key log.pub --trusted usb/checkpoint",
                     "cordon log prove audit 42 > proof.json",
                     "cordon log prune audit --key log.key --before 2025-01-01"},
        .takes_operands = true,
        .run = run_log};
}

}  // namespace cordon::cli
