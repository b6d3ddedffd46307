// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "smtp.hpp"

#include <algorithm>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>

#include "wire.hpp"

namespace cordon::net {
namespace {

// RFC 5321 4.5.3.1.5 allows 512 bytes a line; servers write a little more, and several lines.
constexpr std::size_t kMaxReply = 16 * 1024;

struct Reply {
    unsigned code = 0;
    std::string text;
};

class Conversation {
public:
    Conversation(const MailRelay& relay, const NetOptions& options)
        : relay_{relay},
          wire_{Url{.scheme = Scheme::kHttp,
                    .user_info = {},
                    .host = relay.host,
                    .port = relay.port,
                    .target = "/"},
                options},
          deadline_{Clock::now() + options.timeout} {}

    Status run(const Mail& mail) {
        CORDON_TRY(wire_.open());
        CORDON_TRY(expect(220));
        CORDON_TRY(hello());
        if (relay_.start_tls) {
            if (hello_.find("STARTTLS") == std::string::npos)
                return fail(ErrorCode::kPermission, "the relay does not offer STARTTLS");
            CORDON_TRY(command("STARTTLS", 220));
            // What came in the clear behind it is nobody's (CVE-2011-0411).
            buffer_.consume(buffer_.size());
            CORDON_TRY(wire_.start_tls(deadline_));
            CORDON_TRY(hello());
        }
        if (!relay_.user.empty()) {
            const std::string plain = std::string{'\0'} + relay_.user + '\0' + relay_.password;
            CORDON_TRY(command(
                "AUTH PLAIN " +
                    to_base64({reinterpret_cast<const uint8_t*>(plain.data()), plain.size()}),
                235));
        }
        CORDON_TRY(command(format("MAIL FROM:<{}>", mail.from), 250));
        for (const std::string& to : mail.to) CORDON_TRY(command(format("RCPT TO:<{}>", to), 250));
        CORDON_TRY(command("DATA", 354));
        CORDON_TRY(send(mail_data(mail.message)));
        CORDON_TRY(expect(250));
        // It is accepted: whether the relay says goodbye does not matter.
        static_cast<void>(command("QUIT", 221));
        return {};
    }

private:
    Status hello() {
        // An address literal: a relay does not need our name, and it tells nobody who we are.
        CORDON_TRY(send("EHLO [127.0.0.1]\r\n"));
        CORDON_TRY(const Reply reply, read());
        if (reply.code != 250) return refuse(reply);
        hello_ = reply.text;
        return {};
    }
    Status command(std::string_view text, unsigned wanted) {
        CORDON_TRY(send(std::string{text} + "\r\n"));
        return expect(wanted);
    }
    Status expect(unsigned wanted) {
        CORDON_TRY(const Reply reply, read());
        if (reply.code != wanted) return refuse(reply);
        return {};
    }
    static tl::unexpected<Error> refuse(const Reply& reply) {
        return fail(reply.code >= 500 ? ErrorCode::kPermission : ErrorCode::kUnavailable,
                    format("the relay says {} {}", reply.code, reply.text));
    }
    Status send(const std::string& text) {
        return with([&](auto& stream) {
            return wire_.wait("sending", deadline_, [&](auto handler) {
                asio::async_write(stream, asio::buffer(text), handler);
            });
        });
    }
    /// All lines of a reply: "250-…" goes on, "250 …" ends it.
    Result<Reply> read() {
        Reply reply;
        for (std::size_t size = 0;;) {
            CORDON_TRY(with([&](auto& stream) {
                return wire_.wait("waiting for the answer", deadline_, [&](auto handler) {
                    asio::async_read_until(stream, buffer_, '\n', handler);
                });
            }));
            const auto data = buffer_.data();
            std::string line{asio::buffers_begin(data), asio::buffers_end(data)};
            line.resize(line.find('\n'));
            buffer_.consume(line.size() + 1);
            size += line.size();
            while (!line.empty() && line.back() == '\r') line.pop_back();
            const bool is_reply =
                line.size() >= 3 && std::all_of(line.begin(), line.begin() + 3,
                                                [](char c) { return c >= '0' && c <= '9'; });
            if (!is_reply || size > kMaxReply)
                return fail(ErrorCode::kUnavailable, "what answers is no mail relay");
            reply.code = static_cast<unsigned>((line[0] - '0') * 100 + (line[1] - '0') * 10 +
                                               (line[2] - '0'));
            const std::string text = line.substr(std::min<std::size_t>(4, line.size()));
            reply.text += (reply.text.empty() ? "" : " ") + text;
            if (line.size() == 3 || line[3] != '-') return reply;
        }
    }
    template <typename Use>
    Status with(Use use) {
        return wire_.secure ? use(*wire_.secure) : use(*wire_.plain);
    }

    const MailRelay& relay_;
    Wire wire_;
    Clock::time_point deadline_;
    asio::streambuf buffer_{kMaxReply};
    std::string hello_;
};

}  // namespace

bool is_mailbox(std::string_view text) noexcept {
    constexpr std::size_t kLongest = 254;  // RFC 3696 erratum 1690.
    const std::size_t at = text.find('@');
    return text.size() <= kLongest && at != 0 && at != std::string_view::npos &&
           at + 1 < text.size() && text.find('@', at + 1) == std::string_view::npos &&
           std::all_of(text.begin(), text.end(), [](unsigned char c) {
               return c > 0x20 && c < 0x7F && c != '<' && c != '>' && c != '"' && c != '\\';
           });
}

std::string mail_data(std::string_view message) {
    std::string out;
    while (!message.empty()) {
        const std::size_t end = std::min(message.find('\n'), message.size());
        std::string_view line = message.substr(0, end);
        message.remove_prefix(std::min(end + 1, message.size()));
        while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        if (line.starts_with('.')) out += '.';
        out += std::string{line} + "\r\n";
    }
    return out + ".\r\n";
}

Status send_mail(const MailRelay& relay, const Mail& mail, const NetOptions& options) {
    const bool good = is_mailbox(mail.from) && !mail.to.empty() &&
                      std::all_of(mail.to.begin(), mail.to.end(),
                                  [](const std::string& to) { return is_mailbox(to); });
    if (!good)
        return fail(ErrorCode::kInvalidParam, "mail: expected addresses such as ops@example.org");
    if (!relay.user.empty() && !relay.start_tls)
        return fail(ErrorCode::kInvalidParam, "mail: a password is not sent without TLS");
    const Status done = Conversation{relay, options}.run(mail);
    if (done) return {};
    // The wire knows web addresses only.
    Error error = done.error();
    if (error.message.starts_with("http://")) error.message.erase(0, 7);
    return fail(error.in("mail"));
}

}  // namespace cordon::net
