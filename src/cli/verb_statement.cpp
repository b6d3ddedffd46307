// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <cstdio>

#include <sodium/utils.h>

#include <cordon/base/base64.hpp>
#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/engine/approver_key.hpp>
#include <cordon/explain/explainers.hpp>
#include <cordon/wallet/fido_assert.hpp>
#include <cordon/wallet/request_json.hpp>

#include "exit_code.hpp"
#include "output.hpp"
#include "table.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

namespace json = boost::json;
using wallet::Statement;

std::string_view view(const Bytes& bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
ByteView view(std::string_view text) noexcept {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

struct Wiped {
    std::string text;
    ~Wiped() { sodium_memzero(text.data(), text.size()); }
};

Result<std::string> needed(const Args& args, std::string_view flag, std::string_view what) {
    if (args.has(flag)) return args.get(flag);
    return fail(ErrorCode::kInvalidParam, format("--{} is missing: {}", flag, what));
}

Result<UnixMillis> time_of(const Args& args, std::string_view flag) {
    if (args.has(flag)) return parse_time(args.get(flag));
    return UnixMillis{std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())};
}

/// "30m", "1h", "2d".
Result<Seconds> duration_of(std::string_view text) {
    constexpr std::string_view kUnits = "mhd";
    constexpr std::array<int64_t, 3> kSeconds{60, 3600, 86400};
    const auto unit = text.empty() ? std::string_view::npos : kUnits.find(text.back());
    uint16_t count = 0;
    const char* end = text.data() + (text.empty() ? 0 : text.size() - 1);
    const auto [stop, error] = std::from_chars(text.data(), end, count);
    if (unit == std::string_view::npos || error != std::errc{} || stop != end || count == 0)
        return fail(
            ErrorCode::kInvalidParam,
            format("--expires \"{}\": expected a duration such as 30m, 1h or 2d", printable(text)));
    return Seconds{count * kSeconds[unit]};
}

/// To a file, which must be new, or to standard output.
Status deliver(const Args& args, const std::string& text) {
    if (!args.has("out")) return print(text);
    const std::string path = args.get("out");
    if (const auto there = read_file(path); there || there.error().code != ErrorCode::kNotFound)
        return fail(ErrorCode::kDuplicate, format("{}: is there already", path));
    CORDON_TRY(const auto file, system_disk().create(path));
    CORDON_TRY(file->write(view(std::string_view{text})));
    return file->sync();
}

/// For the person who is asked. Standard output is the result's own where that goes there.
Status tell(const Args& args, const std::string& text) {
    if (args.has("out")) return print(text);
    std::fputs(text.c_str(), stderr);
    return {};
}

/// What the payload does, for the person who is asked; true when it must not be signed.
Result<bool> explain_payload(const Args& args, const WithdrawalRequest& request) {
    if (request.payload.type.empty()) {
        print_warnings(
            {"there is no payload yet: the words alone are agreed to, not what is "
             "signed for them"});
        return false;
    }
    const explain::Explainer* explainer = explain::find_explainer(request.payload.type);
    if (!explainer)
        return fail(ErrorCode::kUnsupported,
                    format("payload type \"{}\": nobody explains it", request.payload.type));
    explain::Context context;
    context.chain = request.chain;
    context.request = explain::ApprovedRequest{request.id, request.chain, request.from,
                                               request.to, request.asset, request.amount};
    if (request.chain.family == ChainFamily::kEvm) context.account = request.from;
    CORDON_TRY(const auto all, explainer->explain(request.payload.data, context));
    bool blocked = false;
    for (const explain::Explanation& each : all) {
        CORDON_TRY(tell(args, format("the payload: {} [{}]\n", printable(each.summary),
                                     to_string(each.verdict))));
        for (const explain::Finding& finding : each.findings)
            if (finding.severity == explain::Verdict::kBlock)
                CORDON_TRY(tell(args, format("  {}: {}\n", finding.rule, printable(finding.text))));
        blocked |= each.verdict == explain::Verdict::kBlock;
    }
    return blocked;
}

/// What the statement is to be about, as the flags say it; who reads it is told more.
Status read_subject(const Args& args, Statement& statement) {
    const int given = args.has("request") + args.has("policy") + args.has("breaker");
    if (given != 1)
        return fail(ErrorCode::kInvalidParam,
                    "expected one of --request FILE, --policy FILE and --breaker TEXT");
    if (args.has("breaker")) {
        statement.subject = wallet::Subject::kBreaker;
        CORDON_TRY(needed(args, "since", "the time at which the breaker was tripped"));
        CORDON_TRY(const UnixMillis since, parse_time(args.get("since")));
        CORDON_TRY(statement.about, wallet::breaker_text(args.get("breaker"), since));
        return {};
    }
    if (args.has("policy")) {
        const std::string path = args.get("policy");
        CORDON_TRY(const Bytes bytes, read_file(path));
        statement.subject = wallet::Subject::kPolicy;
        statement.about = view(bytes);
        if (!statement.about.starts_with("cordon policy v1\n"))
            return fail(ErrorCode::kMalformed,
                        format("{}: expected the text that guard propose-policy prints", path));
        return {};
    }
    const std::string path = args.get("request");
    CORDON_TRY(const Bytes bytes, read_file(path));
    const Result<WithdrawalRequest> request = wallet::parse_request(view(bytes));
    if (!request) return fail(request.error().in(path));
    CORDON_TRY(statement.about, wallet::withdrawal_text(*request));
    CORDON_TRY(const bool blocked, explain_payload(args, *request));
    if (blocked && statement.approves)
        return fail(ErrorCode::kPermission,
                    "the payload is blocked: nobody should agree to it. --reject says so");
    return {};
}

Result<Statement> statement_of(const Args& args, std::string by) {
    Statement out;
    out.approves = !args.has("reject");
    out.by = std::move(by);
    CORDON_TRY(const std::string policy,
               needed(args, "policy-digest", "the policy under which it counts"));
    if (!parse_hex_into(policy, out.policy.bytes))
        return fail(ErrorCode::kInvalidParam, "--policy-digest: expected 64 hex digits");
    CORDON_TRY(out.time, time_of(args, "time"));
    CORDON_TRY(const Seconds valid, duration_of(args.get("expires")));
    out.expires = out.time + valid;
    CORDON_TRY(read_subject(args, out));
    CORDON_TRY(wallet::parse_statement(out.text()));
    return out;
}

Result<int> new_key(const Args& args, const Session& session) {
    CORDON_TRY(const std::string name, needed(args, "name", "as the policy calls the person"));
    CORDON_TRY(const std::string path, needed(args, "out", "the new key file"));
    CORDON_TRY(const auto signer, engine::ApproverSigner::generate(name));
    Wiped passphrase;
    CORDON_TRY(passphrase.text, passphrase_of(args.get("passphrase-file"), true));
    CORDON_TRY(engine::write_approver_key(path, signer, passphrase.text));
    if (passphrase.text.empty() && !session.quiet)
        print_warnings({"without a passphrase, whoever has the file can sign in this name"});
    CORDON_TRY(print(signer.key().text() + "\n"));
    return kClean;
}

Result<int> sign(const Args& args, const Session&) {
    CORDON_TRY(const std::string path, needed(args, "key", "as statement new-key made it"));
    Wiped file;
    CORDON_TRY(file.text, engine::read_approver_key(path));
    Wiped passphrase;
    if (engine::is_sealed_key(file.text)) {
        CORDON_TRY(passphrase.text, passphrase_of(args.get("passphrase-file"), false));
    }
    const auto signer = engine::ApproverSigner::parse(file.text, passphrase.text);
    if (!signer) return fail(signer.error().in(path));
    CORDON_TRY(const Statement statement, statement_of(args, signer->name()));
    if (args.has("out")) CORDON_TRY(print("\n" + statement.text() + "\n"));
    if (!args.has("yes")) {
        if (!can_ask())
            return fail(ErrorCode::kPermission,
                        "nobody is there to be asked: sign at a terminal, or with --yes");
        if (!args.has("out")) print_warnings({"this is to be signed:\n" + statement.text()});
        if (!ask_yes(format("{} this as {}? Type yes: ", statement.approves ? "Approve" : "Reject",
                            signer->name())))
            return fail(ErrorCode::kCancelled, "nothing was signed");
    }
    CORDON_TRY(const auto made, signer->sign(statement));
    CORDON_TRY(deliver(args, wallet::format_signed(made) + "\n"));
    return kClean;
}

/// For a FIDO2 key: the text, and what fido2-assert is to be told.
Result<int> text(const Args& args, const Session&) {
    CORDON_TRY(const std::string by, needed(args, "by", "who signs, as the policy says it"));
    CORDON_TRY(const Statement statement, statement_of(args, by));
    const std::string made = statement.text();
    CORDON_TRY(deliver(args, made));
    if (args.has("out"))
        CORDON_TRY(print(made + "\nsha256 for fido2-assert: " +
                         to_base64(crypto::sha256(view(std::string_view{made}))) + "\n"));
    return kClean;
}

/// The statement and what fido2-assert said of it, as one.
Result<int> attach(const Args& args, const Session&) {
    CORDON_TRY(const std::string text_path, needed(args, "text", "the statement's text"));
    CORDON_TRY(const std::string path, needed(args, "assertion", "the output of fido2-assert -G"));
    CORDON_TRY(const std::string key_text, needed(args, "public-key", "who signed"));
    CORDON_TRY(const wallet::ApproverKey key, wallet::parse_approver_key(key_text));
    CORDON_TRY(const Bytes text, read_file(text_path));
    CORDON_TRY(const Bytes output, read_file(path));
    const auto made = wallet::signed_by_fido2_assert(view(text), view(output));
    if (!made) return fail(made.error().in(path));
    CORDON_TRY(wallet::verify_signed(*made, key));
    CORDON_TRY(deliver(args, wallet::format_signed(*made) + "\n"));
    return kClean;
}

Result<int> verify(const Args& args, const Session& session) {
    if (args.operands().size() < 2)
        return fail(ErrorCode::kInvalidParam, "statement verify: FILE is missing");
    const std::string path = args.operands()[1];
    CORDON_TRY(const std::string key_text, needed(args, "public-key", "whose it should be"));
    CORDON_TRY(const wallet::ApproverKey key, wallet::parse_approver_key(key_text));
    CORDON_TRY(const Bytes bytes, read_file(path));
    const auto made = wallet::parse_signed(view(bytes));
    if (!made) return fail(made.error().in(path));
    if (const Status status = wallet::verify_signed(*made, key); !status)
        return fail(status.error().in(path));
    CORDON_TRY(const Statement statement, wallet::parse_statement(made->text));
    CORDON_TRY(const UnixMillis now, time_of(args, "time"));
    const bool counts = statement.time <= now && now < statement.expires;
    if (session.format != Format::kTable) {
        CORDON_TRY(print(envelope("statement.verified",
                                  json::object{{"approves", statement.approves},
                                               {"subject", wallet::to_string(statement.subject)},
                                               {"policy", to_hex(statement.policy)},
                                               {"by", statement.by},
                                               {"time", format_rfc3339(statement.time)},
                                               {"expires", format_rfc3339(statement.expires)},
                                               {"about", statement.about},
                                               {"digest", to_hex(statement.digest())},
                                               {"in_time", counts}})));
    } else {
        CORDON_TRY(print(made->text + format("\nsigned by this key; {}\n",
                                             counts ? "it counts now" : "it does not count now")));
    }
    return counts ? kClean : kFound;
}

Result<int> run_statement(const Args& args, const Session& session) {
    const std::string what = args.operands().empty() ? "" : args.operands()[0];
    if (what == "new-key") return new_key(args, session);
    if (what == "sign") return sign(args, session);
    if (what == "text") return text(args, session);
    if (what == "attach") return attach(args, session);
    if (what == "verify") return verify(args, session);
    return fail(ErrorCode::kInvalidParam,
                format("statement {}: expected new-key, sign, text, attach or verify",
                       printable(what.substr(0, 40))));
}

}  // namespace

Command statement_command() {
    return {
        .name = "statement",
        .summary = "agree to a withdrawal, a policy or a breaker's reset, or refuse it",
        .usage = "new-key|sign|text|attach|verify …",
        .about =
            "What people sign for the gate and the offline signer: plain text over the exact "
            "request, payload and policy (docs/formats/statement.md). sign shows the text and what "
            "the payload does, asks, and signs; it refuses to approve a payload that explain "
            "blocks. new-key makes the key of an approver without a FIDO2 authenticator and "
            "prints its public half. For an authenticator, text writes what is to be signed and "
            "attach joins it with the output of fido2-assert (docs/user/approving.md). verify FILE "
            "says whether a key signed a statement, and ends with 1 when it does not count at that "
            "time.",
        .flags = {{"request", "FILE", "A withdrawal request, as JSON"},
                  {"policy", "FILE", "The text that guard propose-policy printed"},
                  {"breaker", "TEXT", "The breaker to reset, as guard breakers names it"},
                  {"since", "TIME", "When that breaker was tripped"},
                  {"policy-digest", "HEX", "SHA-256 of the policy under which it counts"},
                  {"reject", "", "Say no instead of yes"},
                  {"expires", "DURATION", "For how long it counts", "1h"},
                  {"time", "TIME", "When it is signed or looked at, instead of now"},
                  {"key", "FILE", "The key of the approver"},
                  {"passphrase-file", "FILE", "Its first line opens the key; else it is asked for"},
                  {"name", "NAME", "new-key: who, as the policy calls the person"},
                  {"by", "NAME", "text: who is going to sign"},
                  {"text", "FILE", "attach: the text that was signed"},
                  {"assertion", "FILE", "attach: what fido2-assert -G printed"},
                  {"public-key", "KEY", "attach, verify: the key as the policy has it"},
                  {"yes", "", "Do not ask before signing"},
                  {"out", "FILE", "Where the result goes; must be new", {}, 'o'}},
        .examples = {"cordon statement new-key --name alice -o alice.key",
                     "cordon statement sign --request wd-1.json --policy-digest HEX --key "
                     "alice.key -o alice.json",
                     "cordon statement verify alice.json --public-key ed25519:BASE64"},
        .takes_operands = true,
        .run = run_statement};
}

}  // namespace cordon::cli
