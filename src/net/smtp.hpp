// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http.hpp"

namespace cordon::net {

/// A server that takes mail (RFC 5321), usually a relay beside us.
struct MailRelay {
    std::string host;
    uint16_t port = 25;
    /// STARTTLS (RFC 3207), with the host's certificate verified; refused when it is not offered:
    /// whoever strips it would read the alerts.
    bool start_tls = true;
    std::string user, password;  ///< AUTH PLAIN (RFC 4616), over TLS alone; empty user: none.
};

struct Mail {
    std::string from;  ///< Addresses without brackets.
    std::vector<std::string> to;
    std::string message;  ///< Headers, an empty line, text; lines end in "\n".
};

/// kInvalidParam: an address that is none, a password without TLS; kUnavailable: no answer, or one
/// that says later (4xx); kPermission: refused (5xx). The relay's words are in the message.
Status send_mail(const MailRelay& relay, const Mail& mail, const NetOptions& options = {});

/// Whether a mailbox can be written into a command: one "@", no blanks, brackets or control
/// characters. Not all that RFC 5321 allows, but all that anybody uses.
bool is_mailbox(std::string_view text) noexcept;

/// The text as DATA sends it (RFC 5321 4.5.2): lines end in CR LF, a leading dot is doubled, and
/// the last line is a dot.
std::string mail_data(std::string_view message);

}  // namespace cordon::net
