// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "statement.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/base/unicode.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::wallet {
namespace {

// A name that a person can still compare with another.
constexpr std::size_t kMaxName = 128;
// What a person reads before signing; a withdrawal takes less than 1 KiB.
constexpr std::size_t kMaxText = std::size_t{64} << 10;

constexpr std::string_view kFirstLine = "cordon statement v1";
constexpr std::string_view kNone = "(none)";
constexpr std::array<std::string_view, 3> kSubjects{"withdrawal", "policy", "breaker"};

ByteView view(std::string_view text) noexcept {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

Status check_name(std::string_view what, std::string_view text) {
    if (text.size() > kMaxName)
        return fail(ErrorCode::kMalformed, format("{}: longer than {} bytes", what, kMaxName));
    if (!is_plain_line(text))
        return fail(ErrorCode::kMalformed,
                    format("{}: has signs that do not show, or a blank at an end", what));
    return {};
}

/// Takes the lines of a statement one after the other.
class Lines {
public:
    explicit Lines(std::string_view text) noexcept : rest_{text} {}

    /// The value of the next line, which must be "NAME: VALUE".
    Result<std::string_view> field(std::string_view name) {
        CORDON_TRY(const std::string_view line, this->line());
        if (line.size() < name.size() + 2 || line.substr(0, name.size()) != name ||
            line.substr(name.size(), 2) != ": ")
            return refuse(format("expected \"{}: …\"", name));
        return line.substr(name.size() + 2);
    }
    Result<std::string_view> line() {
        ++number_;
        const std::size_t end = rest_.find('\n');
        if (end == std::string_view::npos) return refuse("is missing or does not end");
        const std::string_view line = rest_.substr(0, end);
        if (!is_plain_line(line)) return refuse("has signs that do not show");
        rest_.remove_prefix(end + 1);
        return line;
    }
    std::string_view rest() const noexcept { return rest_; }
    tl::unexpected<Error> refuse(std::string_view what) const {
        return fail(ErrorCode::kMalformed, format("statement: line {}: {}", number_, what));
    }

private:
    std::string_view rest_;
    std::size_t number_ = 0;
};

/// In the one form that format_rfc3339 writes, to the second.
Result<UnixMillis> parse_moment(Lines& lines, std::string_view name) {
    CORDON_TRY(const std::string_view text, lines.field(name));
    const Result<UnixMillis> time = parse_time(text);
    if (!time || format_rfc3339(*time) != text || *time != std::chrono::floor<Seconds>(*time))
        return lines.refuse("expected a time as 2024-05-31T04:26:00Z");
    return *time;
}

}  // namespace

Result<std::string> withdrawal_text(const WithdrawalRequest& request) {
    if (request.id.empty())
        return fail(ErrorCode::kMalformed, "withdrawal: it has no id to tell it from another");
    CORDON_TRY(check_name("withdrawal: id", request.id));
    CORDON_TRY(check_name("withdrawal: requester", request.requester));
    CORDON_TRY(check_name("withdrawal: payload type", request.payload.type));
    // What is not there needs a word of its own, and each text one meaning.
    for (const std::string& name : {request.requester, request.payload.type})
        if (name == kNone)
            return fail(ErrorCode::kMalformed, format("withdrawal: nobody is called {}", kNone));
    if (request.from.empty() || request.to.empty())
        return fail(ErrorCode::kMalformed,
                    format("withdrawal: \"{}\" is missing", request.from.empty() ? "from" : "to"));
    return format(
        "cordon withdrawal v1\nid: {}\nchain: {}\nasset: {}\nfrom: {}\nto: {}\namount: {}\n"
        "requester: {}\ntime: {}\npayload type: {}\npayload sha256: {}\n",
        request.id, to_string(request.chain), request.asset.text(),
        chain::format_address(request.chain, request.from),
        chain::format_address(request.chain, request.to), request.amount.to_string(),
        request.requester.empty() ? kNone : std::string_view{request.requester},
        format_rfc3339(request.time),
        request.payload.type.empty() ? kNone : std::string_view{request.payload.type},
        to_hex(crypto::sha256(view(request.payload.data))));
}

bool is_own(const WithdrawalRequest& request, std::string_view name) noexcept {
    const std::string_view requester = request.requester;
    return !name.empty() && requester.starts_with(name) &&
           (requester.size() == name.size() || requester[name.size()] == '/');
}

Result<Hash256> digest_of(const WithdrawalRequest& request) {
    CORDON_TRY(const std::string text, withdrawal_text(request));
    return crypto::sha256(view(text));
}

std::string_view to_string(Subject subject) noexcept {
    return kSubjects[static_cast<std::size_t>(subject)];
}

std::string policy_text(uint64_t version, const Hash256& digest, UnixMillis begins) {
    return format("cordon policy v1\nversion: {}\nsha256: {}\nbegins: {}\n", version,
                  to_hex(digest), format_rfc3339(begins));
}

Result<std::string> breaker_text(std::string_view breaker, UnixMillis since) {
    CORDON_TRY(check_name("breaker", breaker));
    return format("cordon breaker v1\nreset: {}\ntripped: {}\n", breaker, format_rfc3339(since));
}

Hash256 Statement::digest() const { return crypto::sha256(view(about)); }

std::string Statement::text() const {
    return format("{}\ndecision: {}\nsubject: {}\npolicy: {}\nby: {}\ntime: {}\nexpires: {}\n\n{}",
                  kFirstLine, approves ? "approve" : "reject", to_string(subject), to_hex(policy),
                  by, format_rfc3339(time), format_rfc3339(expires), about);
}

Result<Statement> parse_statement(std::string_view text) {
    if (text.size() > kMaxText)
        return fail(ErrorCode::kLimit, format("statement: more than {} bytes", kMaxText));
    Statement out;
    Lines lines{text};
    CORDON_TRY(const std::string_view first, lines.line());
    if (first != kFirstLine) return lines.refuse(format("expected \"{}\"", kFirstLine));

    CORDON_TRY(const std::string_view decision, lines.field("decision"));
    if (decision != "approve" && decision != "reject")
        return lines.refuse("expected approve or reject");
    out.approves = decision == "approve";

    CORDON_TRY(const std::string_view subject, lines.field("subject"));
    const auto found = std::find(kSubjects.begin(), kSubjects.end(), subject);
    if (found == kSubjects.end()) return lines.refuse("expected withdrawal, policy or breaker");
    out.subject = static_cast<Subject>(found - kSubjects.begin());

    CORDON_TRY(const std::string_view policy, lines.field("policy"));
    if (!parse_hex_into(policy, out.policy.bytes) || to_hex(out.policy) != policy)
        return lines.refuse("expected 64 hex digits in lower case");

    CORDON_TRY(const std::string_view by, lines.field("by"));
    if (by.empty() || by.size() > kMaxName)
        return lines.refuse(format("expected a name of at most {} bytes", kMaxName));
    out.by = by;

    CORDON_TRY(out.time, parse_moment(lines, "time"));
    CORDON_TRY(out.expires, parse_moment(lines, "expires"));
    if (out.expires <= out.time) return lines.refuse("expected a moment after that of signing");

    CORDON_TRY(const std::string_view blank, lines.line());
    if (!blank.empty()) return lines.refuse("expected an empty line");
    out.about = lines.rest();
    if (out.about.empty()) return lines.refuse("what the statement is about is missing");
    while (!lines.rest().empty()) CORDON_TRY(lines.line());
    return out;
}

}  // namespace cordon::wallet
