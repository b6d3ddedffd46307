// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "audit.hpp"

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::server {
namespace {

std::string body_digest(const Audit::Entry& entry) {
    const std::string& body = entry.request.body;
    if (body.empty() || entry.endpoint.secret_body) return "null";
    return '"' +
           to_hex(crypto::sha256({reinterpret_cast<const uint8_t*>(body.data()), body.size()})) +
           '"';
}

}  // namespace

/// One line, keys in order, no blanks: the same facts are the same bytes (RFC 8785).
Status Audit::append(const Entry& entry, uint64_t left_out) {
    if (!is_open()) return fail(ErrorCode::kUnavailable, "the audit log cannot be written");
    using net::json_quoted;
    const Caller& caller = entry.caller;
    const std::string line =
        format(R"({{"data":{{"as":"{}","body":{},"left_out":{},"peer":{},"request":{},)"
               R"("status":{},"target":{},"time":"{}","what":{},"who":{}}},)"
               R"("incomplete":false,"kind":"audit","v":1,"warnings":[]}})",
               caller.name.empty() ? "nobody"
               : caller.by_token   ? "token"
                                   : "session",
               body_digest(entry), left_out, json_quoted(entry.request.peer),
               json_quoted(entry.request.id), entry.status ? std::to_string(*entry.status) : "null",
               json_quoted(entry.request.path), format_rfc3339(entry.now),
               json_quoted(entry.endpoint.id), json_quoted(caller.name));
    const auto index = log_->append(line);
    if (index) return {};
    broken_ = true;
    return fail(index.error());
}

Status Audit::write(const Entry& entry) {
    return append(entry, entry.status ? left_out_.exchange(0) : 0);
}

Status Audit::write_refused(const Entry& entry) {
    if (!is_open()) return {};  // Nothing was changed, and nothing can be.
    if (refused_.take("", entry.now)) {
        left_out_.fetch_add(1);
        return {};
    }
    return append(entry, left_out_.exchange(0));
}

Status log_deeds(Accounts& accounts, tlog::Log& log) {
    using net::json_quoted;
    CORDON_TRY(const auto deeds, accounts.deeds());
    for (const records::AccountDeed& deed : deeds) {
        CORDON_TRY(log.append(format(
            R"({{"data":{{"as":"terminal","body":null,"left_out":0,"peer":null,"request":"terminal-{}",)"
            R"("status":200,"target":{},"time":"{}","what":{},"who":{}}},)"
            R"("incomplete":false,"kind":"audit","v":1,"warnings":[]}})",
            deed.number, json_quoted(deed.target), format_rfc3339(deed.time),
            json_quoted(deed.what), json_quoted(deed.who))));
        CORDON_TRY(accounts.end_deed(deed.number));
    }
    return {};
}

}  // namespace cordon::server
