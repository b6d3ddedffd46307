// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <iterator>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/engine/guard_reconcile.hpp>
#include <cordon/engine/watch_source.hpp>
#include <cordon/guard/gate/entry.hpp>
#include <cordon/guard/json.hpp>
#include <cordon/tlog/key_file.hpp>
#include <cordon/wallet/request_json.hpp>

#include "exit_code.hpp"
#include "guard_policy.hpp"
#include "guard_serve.hpp"
#include "guard_world.hpp"
#include "output.hpp"
#include "table.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

namespace json = boost::json;
using guard::Gate;

constexpr std::string_view kWords =
    "check, approve, pending, show, cancel, trip, reset, breakers, propose-policy, bundle, "
    "key, reconcile, serve, policy, simulate";

/// The gate of --state with what it asks of the world.
struct OpenGate {
    std::unique_ptr<engine::LiveRisk> world;
    std::unique_ptr<Gate> gate;
    UnixMillis now;

    /// Signs the log as it stands now: what happened is proved from here on.
    Result<int> done(int exit) {
        CORDON_TRY(gate->log().publish());
        return exit;
    }
};

Result<std::string> text_of_file(const std::string& path) {
    if (path == "-") return std::string{std::istreambuf_iterator<char>{std::cin}, {}};
    CORDON_TRY(const Bytes bytes, read_file(path));
    return std::string{bytes.begin(), bytes.end()};
}

Result<std::string> operand(const Args& args, std::string_view what) {
    if (args.operands().size() == 2) return args.operands()[1];
    return fail(ErrorCode::kInvalidParam,
                format("guard {}: expected {}, and nothing else", args.operands()[0], what));
}

/// Who does it: --who, else the name of the login.
std::string who(const Args& args) {
    if (args.has("who")) return args.get("who");
    for (const char* name : {"SUDO_USER", "USER", "LOGNAME"})
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
    return "unknown";
}

/// The key of the gate and its log, made with the state.
Result<tlog::SigningKey> key_of(const std::string& directory, const Args& args) {
    CORDON_TRY(system_disk().make_directory(directory));
    return tlog::open_log_key(directory + "/gate.key", directory + "/log", args.get("name"));
}

Result<OpenGate> open_gate(const Args& args, const Session& session) {
    if (!args.has("state"))
        return fail(ErrorCode::kInvalidParam,
                    "--state DIR is missing: where the gate keeps its log");
    OpenGate open;
    open.now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    if (args.has("at")) {
        CORDON_TRY(open.now, parse_time(args.get("at")));
    }
    std::string policy;
    if (args.has("policy-file")) {
        CORDON_TRY(policy, text_of_file(args.get("policy-file")));
    }
    const std::string directory = args.get("state");
    if (policy.empty() && !std::filesystem::exists(directory + "/log"))
        return fail(ErrorCode::kInvalidParam,
                    format("{}: there is no gate yet; --policy-file FILE gives its first policy",
                           directory));
    CORDON_TRY(open.world, open_guard_world(args, session));
    CORDON_TRY(tlog::SigningKey key, key_of(directory, args));
    guard::GateOptions options;
    if (args.has("witness")) {
        const std::string path = args.get("witness");
        CORDON_TRY(const Bytes bytes, read_file(path));
        Result<tlog::SignedNote> note =
            tlog::parse_note({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
        if (!note) return fail(note.error().in(path));
        if (!tlog::is_signed_by(*note, key.public_key()))
            return fail(ErrorCode::kChecksum,
                        format("{}: is of another log: this gate's key did not sign it", path));
        CORDON_TRY(options.seen, tlog::parse_checkpoint(note->text));
    }
    CORDON_TRY(open.gate, Gate::open(directory, std::move(key), policy, *open.world, options));
    CORDON_TRY(const auto alerts, open.world->open_alerts());
    CORDON_TRY(open.gate->take_alerts(*alerts, open.now));
    return open;
}

std::string verdict_text(const Verdict& verdict) {
    std::string text = format("{}: {}\n", printable(verdict.id), to_string(verdict.decision));
    for (const Reason& each : verdict.reasons)
        text += format("  {} {} ({}): {}\n", to_string(each.decision), printable(each.rule),
                       printable(each.source), printable(each.text));
    for (const ApprovalNeed& each : verdict.needs)
        text +=
            format("  needs {} of {}, has {}\n", each.needed, printable(each.group), each.given);
    if (verdict.earliest) text += format("  not before {}\n", format_rfc3339(*verdict.earliest));
    if (verdict.expires) text += format("  void after {}\n", format_rfc3339(*verdict.expires));
    return text;
}

Status print_verdict(const Verdict& verdict, const Session& session) {
    return print(session.format == Format::kTable
                     ? verdict_text(verdict)
                     : envelope("guard.verdict", guard::verdict_json(verdict)));
}

int exit_of(const Verdict& verdict) {
    return verdict.decision == Decision::kAllow ? kClean : kFound;
}

/// One JSON document, or a JSON line each: a document that goes over lines begins with a line that
/// is none by itself.
std::vector<std::string> documents(const std::string& text) {
    std::vector<std::string> lines;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string line = text.substr(at, end - at);
        if (line.find_first_not_of(" \t\r") != std::string::npos) lines.push_back(std::move(line));
        at = end + 1;
    }
    if (lines.size() <= 1) return lines;
    boost::system::error_code error;
    static_cast<void>(json::parse(lines.front(), error));
    return error ? std::vector<std::string>{text} : lines;
}

Result<int> check(const Args& args, const Session& session) {
    CORDON_TRY(const std::string path, operand(args, "FILE with requests, or -"));
    CORDON_TRY(const std::string text, text_of_file(path));
    std::vector<WithdrawalRequest> requests;
    std::size_t number = 0;
    for (const std::string& each : documents(text)) {
        ++number;
        Result<WithdrawalRequest> request = wallet::parse_request(each);
        if (!request) return fail(request.error().in(format("{}: request {}", path, number)));
        requests.push_back(std::move(*request));
    }
    if (requests.empty()) return fail(ErrorCode::kMalformed, path + ": holds no request");
    CORDON_TRY(OpenGate open, open_gate(args, session));
    int exit = kClean;
    for (const WithdrawalRequest& request : requests) {
        CORDON_TRY(const Verdict verdict, open.gate->check(request, open.now));
        CORDON_TRY(print_verdict(verdict, session));
        exit = std::max(exit, exit_of(verdict));
    }
    return open.done(exit);
}

Result<int> approve(const Args& args, const Session& session) {
    CORDON_TRY(const std::string path, operand(args, "FILE with signed statements, or -"));
    CORDON_TRY(const std::string text, text_of_file(path));
    const std::vector<std::string> lines = documents(text);
    if (lines.empty())
        return fail(ErrorCode::kMalformed, format("{}: expected a signed statement", path));
    CORDON_TRY(OpenGate open, open_gate(args, session));
    int exit = kClean;
    for (const std::string& line : lines) {
        CORDON_TRY(const wallet::SignedStatement statement, wallet::parse_signed(line));
        CORDON_TRY(const Verdict verdict, open.gate->approve(statement, open.now));
        CORDON_TRY(print_verdict(verdict, session));
        exit = exit_of(verdict);
    }
    return open.done(exit);
}

Status print_standing(const guard::Standing& standing, const Session& session) {
    if (session.format != Format::kTable)
        return print(envelope("guard.request", guard::standing_json(standing)));
    CORDON_TRY(print(verdict_text(standing.verdict)));
    CORDON_TRY(const std::string text, wallet::withdrawal_text(standing.request));
    CORDON_TRY(print(text));
    for (const wallet::SignedStatement& each : standing.approvals) {
        CORDON_TRY(const wallet::Statement statement, wallet::parse_statement(each.text));
        CORDON_TRY(print(format("agreed: {} until {}\n", printable(statement.by),
                                format_rfc3339(statement.expires))));
    }
    if (standing.seen_on_chain)
        CORDON_TRY(print(
            format("left in {}\n", chain::format_hash(standing.request.chain, standing.txn))));
    else if (standing.verdict.decision == Decision::kAllow)
        CORDON_TRY(print("was not seen to leave\n"));
    return {};
}

/// What was let through and has not been seen to leave.
Status print_unaccounted(OpenGate& open, const Session& session) {
    for (const guard::Standing& each : open.gate->unaccounted(open.now)) {
        CORDON_TRY(
            print(session.format != Format::kTable
                      ? envelope("guard.unaccounted", guard::standing_json(each))
                      : format("{}: was let through at {} and was not seen to leave\n",
                               printable(each.request.id), format_rfc3339(each.verdict.time))));
    }
    return {};
}

Result<int> pending(const Args& args, const Session& session) {
    CORDON_TRY(OpenGate open, open_gate(args, session));
    const auto all = open.gate->pending(open.now);
    for (const guard::Standing& each : all) CORDON_TRY(print_standing(each, session));
    if (all.empty() && session.format == Format::kTable) CORDON_TRY(print("nothing waits\n"));
    CORDON_TRY(print_unaccounted(open, session));
    return all.empty() ? kClean : kFound;
}

Result<int> show(const Args& args, const Session& session) {
    CORDON_TRY(const std::string id, operand(args, "ID of a request"));
    CORDON_TRY(OpenGate open, open_gate(args, session));
    CORDON_TRY(const auto standing, open.gate->find(id));
    if (!standing) return fail(ErrorCode::kNotFound, format("{}: nobody asked for it", id));
    CORDON_TRY(print_standing(*standing, session));
    return exit_of(standing->verdict);
}

Result<int> cancel(const Args& args, const Session& session) {
    CORDON_TRY(const std::string id, operand(args, "ID of a request"));
    CORDON_TRY(OpenGate open, open_gate(args, session));
    CORDON_TRY(const Verdict verdict, open.gate->cancel(id, who(args), open.now, args.get("why")));
    CORDON_TRY(print_verdict(verdict, session));
    return open.done(kClean);
}

Status print_breakers(const std::vector<guard::Breaker>& all, const Session& session) {
    for (const guard::Breaker& each : all)
        CORDON_TRY(
            print(session.format == Format::kTable
                      ? format("{} since {} by {}: {}\n", printable(each.key.text()),
                               format_rfc3339(each.since), printable(each.by), printable(each.why))
                      : envelope("guard.breaker", guard::breaker_json(each))));
    return {};
}

Result<int> breakers(const Args& args, const Session& session) {
    CORDON_TRY(OpenGate open, open_gate(args, session));
    static_cast<void>(open.gate->policy(open.now));  // Those that are due are reset.
    const auto all = open.gate->breakers(open.now);
    CORDON_TRY(print_breakers(all, session));
    if (all.empty() && session.format == Format::kTable)
        CORDON_TRY(print("no breaker is tripped\n"));
    return all.empty() ? kClean : kFound;
}

Result<int> trip(const Args& args, const Session& session) {
    CORDON_TRY(const std::string text, operand(args,
                                               "global, \"wallet CHAIN:ADDRESS\" or \"asset "
                                               "CHAIN:ASSET\""));
    CORDON_TRY(const guard::BreakerKey key, guard::parse_breaker_key(text));
    if (!args.has("why"))
        return fail(ErrorCode::kInvalidParam, "--why TEXT is missing: those who reset it ask");
    CORDON_TRY(OpenGate open, open_gate(args, session));
    CORDON_TRY(open.gate->trip(key, who(args), args.get("why"), open.now));
    CORDON_TRY(print_breakers(open.gate->breakers(open.now), session));
    return open.done(kFound);
}

/// A breaker is reset by signed statements (approve); this says over what.
Result<int> reset(const Args& args, const Session& session) {
    CORDON_TRY(const std::string text, operand(args, "the breaker, as breakers writes it"));
    CORDON_TRY(const guard::BreakerKey key, guard::parse_breaker_key(text));
    CORDON_TRY(OpenGate open, open_gate(args, session));
    for (const guard::Breaker& each : open.gate->breakers(open.now)) {
        if (each.key != key) continue;
        CORDON_TRY(const std::string about, wallet::breaker_text(key.text(), each.since));
        const auto policy = open.gate->policy(open.now);
        if (session.format != Format::kTable)
            CORDON_TRY(print(envelope("guard.breaker", guard::breaker_json(each))));
        else
            CORDON_TRY(
                print(format("{} of {} sign this, under the policy {}:\n{}", policy->reset().needed,
                             printable(policy->reset().group), to_hex(policy->digest()), about)));
        return kFound;
    }
    return fail(ErrorCode::kNotFound, format("{}: is not tripped", printable(text)));
}

Result<int> propose(const Args& args, const Session& session) {
    CORDON_TRY(const std::string path, operand(args, "FILE with the policy"));
    CORDON_TRY(const std::string yaml, text_of_file(path));
    CORDON_TRY(OpenGate open, open_gate(args, session));
    CORDON_TRY(const std::string about, open.gate->propose_policy(yaml, who(args), open.now));
    const auto policy = open.gate->policy(open.now);
    if (session.format != Format::kTable)
        CORDON_TRY(print(
            envelope("guard.proposal", json::object{{"text", about},
                                                    {"policy_sha256", to_hex(policy->digest())},
                                                    {"group", policy->change().group},
                                                    {"needed", policy->change().needed}})));
    else
        CORDON_TRY(
            print(format("{} of {} sign this, under the policy {}:\n{}", policy->change().needed,
                         printable(policy->change().group), to_hex(policy->digest()), about)));
    return open.done(kFound);
}

Result<int> bundle(const Args& args, const Session& session) {
    CORDON_TRY(const std::string id, operand(args, "ID of a request"));
    if (!args.has("output"))
        return fail(ErrorCode::kInvalidParam, "-o FILE is missing: where the bundle goes");
    CORDON_TRY(OpenGate open, open_gate(args, session));
    CORDON_TRY(const wallet::Bundle made, open.gate->bundle(id, open.now));
    const std::string text = wallet::format_bundle(made);
    CORDON_TRY(const auto file, system_disk().create(args.get("output")));
    CORDON_TRY(file->write({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
    CORDON_TRY(file->sync());
    return open.done(kClean);
}

/// The public half of the gate's key, made when it is missing: who verifies the log, or makes a key
/// that wants the gate's agreement, needs it from here and not from the log's folder.
Result<int> key(const Args& args, const Session& session) {
    if (!args.has("state"))
        return fail(ErrorCode::kInvalidParam,
                    "--state DIR is missing: where the gate keeps its log");
    CORDON_TRY(const tlog::SigningKey made, key_of(args.get("state"), args));
    const tlog::PublicKey& log_key = made.public_key();
    const wallet::ApproverKey approver{
        wallet::ApproverKey::Kind::kEd25519, {}, {log_key.key.begin(), log_key.key.end()}};
    CORDON_TRY(print(session.format == Format::kTable
                         ? format("{}\n{}\n", log_key.text(), approver.text())
                         : envelope("guard.key", json::object{{"log", log_key.text()},
                                                              {"gate", approver.text()}})));
    return kClean;
}

Result<int> reconcile(const Args& args, const Session& session) {
    const std::vector<std::string> texts{args.operands().begin() + 1, args.operands().end()};
    engine::SideRows rows;
    CORDON_TRY(auto sources, engine::open_watch_sources(texts, {}, rows));
    CORDON_TRY(OpenGate open, open_gate(args, session));
    std::vector<WalletAddress> wallets = open.world->wallets();
    wallets.insert(wallets.end(), rows.wallets.begin(), rows.wallets.end());
    std::shared_ptr<const ledger::Reader> ledger;  // Shared with its cursors.
    if (args.has("ledger")) {
        CORDON_TRY(ledger, ledger::open_reader(args.get("ledger")));
    }
    if (wallets.empty() || (sources.empty() && !ledger))
        return fail(ErrorCode::kInvalidParam,
                    "guard reconcile: expected payments (transfers:FILE, events:FILE, --ledger "
                    "DIR) and wallets:FILE, which says whose");
    UnixMillis since{};
    if (args.has("since")) {
        CORDON_TRY(since, parse_time(args.get("since")));
    }
    bool is_well = true;
    engine::Reconciler reconciler{
        *open.gate, wallets, open.now,
        [&](ChainId chain, const Hash256& txn, const guard::Reconciled& found) -> Status {
            is_well = is_well && !found.id.empty();
            if (session.format == Format::kTable)
                return found.id.empty() ? print(printable(found.text) + "\n") : Status{};
            const json::value id = found.id.empty() ? json::value(nullptr) : json::value(found.id);
            return print(envelope(
                "guard.outflow",
                json::object{
                    {"tx", chain::format_hash(chain, txn)}, {"id", id}, {"text", found.text}}));
        }};
    if (ledger) CORDON_TRY(reconciler.take(*ledger, since));
    engine::MergedEvents events{std::move(sources)};
    for (FeedEvent event;;) {
        CORDON_TRY(const bool more, events.read(event));
        if (!more) break;
        CORDON_TRY(reconciler.take(event));
    }
    CORDON_TRY(print_unaccounted(open, session));
    return open.done(is_well ? kClean : kFound);
}

Result<int> serve(const Args& args, const Session& session) {
    if (args.has("at"))
        return fail(ErrorCode::kInvalidParam, "guard serve: goes by the clock, not by --at");
    CORDON_TRY(OpenGate open, open_gate(args, session));
    CORDON_TRY(serve_guard(*open.gate, *open.world, args, session));
    return open.done(kClean);
}

Result<int> run_guard(const Args& args, const Session& session) {
    const std::span<const std::string> words = args.operands();
    const std::string word = words.empty() ? "" : words.front();
    if (word == "policy") return run_guard_policy(words.subspan(1), args, session);
    if (word == "simulate" && words.size() == 1) return run_guard_simulate(args, session);
    using Run = Result<int> (*)(const Args&, const Session&);
    static constexpr std::pair<std::string_view, Run> kRuns[] = {{"approve", approve},
                                                                 {"breakers", breakers},
                                                                 {"bundle", bundle},
                                                                 {"cancel", cancel},
                                                                 {"check", check},
                                                                 {"key", key},
                                                                 {"pending", pending},
                                                                 {"propose-policy", propose},
                                                                 {"reconcile", reconcile},
                                                                 {"reset", reset},
                                                                 {"serve", serve},
                                                                 {"show", show},
                                                                 {"trip", trip}};
    for (const auto& [name, run] : kRuns) {
        if (name != word) continue;
        Result<int> done = run(args, session);
        if (done || done.error().code != ErrorCode::kPermission) return done;
        // A statement that does not count, a bundle that may not be: refused, not broken.
        std::cerr << "cordon: " << printable(done.error().message) << " [permission]\n";
        return kRefused;
    }
    return fail(ErrorCode::kInvalidParam,
                format("guard \"{}\": expected one of {}", printable(word), kWords));
}

}  // namespace

Command guard_command() {
    Command command{
        .name = "guard",
        .summary = "judge withdrawals by a policy: allow, hold or deny, with proof in a log",
        .usage =
            "check|approve|pending|show|cancel|trip|reset|breakers|propose-policy|bundle|"
            "key|reconcile|serve … --state DIR | policy validate|explain|test FILE | policy fields "
            "| "
            "simulate",
        .about =
            "The gate. check FILE judges withdrawal requests (one JSON document, or one a line) "
            "and writes each verdict into the tamper-evident log of --state before it is told; "
            "the same request gets the same answer. Exit 0: all are let through; 1: some are held "
            "or denied. What is held says who must agree; approve FILE takes signed statements "
            "about withdrawals, policies and breakers. bundle ID -o FILE is what the offline "
            "signer needs. key prints the gate's public key: as log verify takes it, and as a "
            "quorum "
            "does. trip stops a wallet, an asset or everything; a quorum resets it: reset "
            "says what has to be signed. propose-policy FILE begins when the quorum of the present "
            "policy has agreed and its delay is over. reconcile SOURCE… or --ledger DIR holds what "
            "left against "
            "what was let through. serve answers the same over HTTP (docs/formats/guard-http.md). "
            "Without a gate: policy validate tells every problem of a policy "
            "(docs/formats/policy.md), policy explain says in plain words what it means, policy "
            "test "
            "runs cases (docs/formats/policy-cases.md), policy fields lists what a condition can "
            "ask; simulate tells what a policy would have held or denied of all that left our "
            "wallets since a day.",
        .flags = {{"state", "DIR", "Where the gate keeps its log and key; made when it is missing"},
                  {"policy-file", "FILE",
                   "The first policy of a new gate, later the same; of simulate: the policy"},
                  {"at", "TIME", "The clock; now when not given"},
                  {"name", "NAME", "Of a new gate and its log", "cordon-guard"},
                  {"witness", "FILE",
                   "What a witness saw last of the gate's log: an older state does not open"},
                  {"who", "NAME", "Who does it; the login when not given"},
                  {"why", "TEXT", "trip: why; those who reset it ask; cancel: why"},
                  {"output", "FILE", "bundle: where it goes", {}, 'o'},
                  {"listen", "ADDRESS:PORT", "serve: where; port 0 is a free one",
                   "127.0.0.1:8470"},
                  {"tokens", "FILE", "serve: who may ask, a line NAME TOKEN each; mode 0600"},
                  {"bind-requesters", "",
                   "serve: a token NAME asks as requester NAME or NAME/… only"},
                  {"reconcile", "",
                   "serve: hold what leaves against what was let through, as --ledger grows"},
                  {"tls-cert", "FILE", "serve: certificate chain in PEM, for https"},
                  {"tls-key", "FILE", "serve: its key in PEM"},
                  {"since", "TIME", "simulate, reconcile --ledger: from when on"},
                  {"limit", "N", "simulate: so many withdrawals are listed", "50"}},
        .examples = {"cordon guard check request.json --state gate --policy-file policy.yaml",
                     "cordon guard pending --state gate",
                     "cordon guard approve alice.statement --state gate",
                     "cordon guard bundle wd-1 -o wd-1.bundle --state gate",
                     "cordon guard trip global --why 'hot wallet drains' --state gate",
                     "cordon guard policy test policy.test.yaml",
                     "cordon guard simulate --policy-file new.yaml --ledger L --since 2026-01-01"},
        .takes_operands = true,
        .run = run_guard};
    for (Flag& flag : guard_world_flags()) command.flags.push_back(std::move(flag));
    return command;
}

}  // namespace cordon::cli
