// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "sink.hpp"

#include <fcntl.h>
#include <openssl/hmac.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/net/datagram.hpp>
#include <cordon/net/http.hpp>
#include <cordon/net/smtp.hpp>
#include <cordon/report/alert_bodies.hpp>
#include <cordon/report/alert_json.hpp>

#include "command_sink.hpp"

namespace cordon::engine {
namespace {

net::NetOptions net_options(const SinkSettings& settings, const std::atomic<bool>* cancel) {
    // What a webhook answers is not read, only whether it is a 2xx.
    constexpr std::size_t kMaxAnswer = std::size_t{1} << 20;
    return {.connect_timeout = settings.timeout,
            .timeout = settings.timeout,
            .max_body = kMaxAnswer,
            .ca_file = settings.ca_file,
            .cancel = cancel};
}

tl::unexpected<Error> io_failure(const std::string& path, std::string_view what) {
    const int code = errno;
    return fail(code == ENOSPC ? ErrorCode::kNoSpace : ErrorCode::kIo,
                format("{}: {}: {}", path, what, std::generic_category().message(code)));
}

/// One line an alert. Each is on the disk when send() returns.
class JsonlSink final : public Sink {
public:
    explicit JsonlSink(std::string path) : path_{std::move(path)} {}
    ~JsonlSink() override {
        if (file_ >= 0) ::close(file_);
    }
    Status open() {
        file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
        if (file_ < 0) return io_failure(path_, "cannot be written");
        const off_t size = ::lseek(file_, 0, SEEK_END);
        if (size < 0) return io_failure(path_, "cannot be written at its end");
        end_ = static_cast<uint64_t>(size);
        return {};
    }
    Status send(const records::Delivery& delivery, UnixMillis) override {
        // A line that failed halfway is overwritten by the next try.
        std::string_view left = delivery.body;
        auto at = static_cast<off_t>(end_);
        while (!left.empty()) {
            const ssize_t done = ::pwrite(file_, left.data(), left.size(), at);
            if (done < 0 && errno == EINTR) continue;
            if (done < 0) return io_failure(path_, "cannot be written");
            left.remove_prefix(static_cast<std::size_t>(done));
            at += done;
        }
        if (::fdatasync(file_) != 0) return io_failure(path_, "cannot be synced");
        end_ = static_cast<uint64_t>(at);
        return {};
    }
    std::optional<uint64_t> end() const override { return end_; }
    Status resume(uint64_t end) override {
        // Somebody cut or rotated it: what is there is left alone.
        if (end > end_) return {};
        if (::ftruncate(file_, static_cast<off_t>(end)) != 0)
            return io_failure(path_, "cannot be cut");
        end_ = end;
        return {};
    }

private:
    std::string path_;
    int file_ = -1;
    uint64_t end_ = 0;
};

/// webhook, slack, telegram.
class HttpSink final : public Sink {
public:
    HttpSink(const SinkSettings& settings, net::HttpClient client)
        : settings_{settings}, client_{std::move(client)} {}
    Status send(const records::Delivery& delivery, UnixMillis now) override {
        net::HttpRequest request;
        request.headers = {{"Content-Type", "application/json"}, {"User-Agent", "cordon"}};
        // A line ends in a line end; a body does not.
        request.body = delivery.body;
        if (request.body.ends_with('\n')) request.body.pop_back();
        if (settings_.type == SinkType::kTelegram)
            request.target = format("/bot{}/sendMessage", settings_.secret);
        if (settings_.type == SinkType::kWebhook) {
            const int64_t timestamp = to_unix_seconds(now);
            request.headers.emplace_back("Idempotency-Key", delivery.key);
            request.headers.emplace_back("X-Cordon-Timestamp", std::to_string(timestamp));
            if (!settings_.secret.empty())
                request.headers.emplace_back(
                    "X-Cordon-Signature",
                    webhook_signature(settings_.secret, timestamp, request.body));
        }
        CORDON_TRY(const net::HttpResponse response, client_.send(request));
        if (response.status / 100 != 2)
            return fail(ErrorCode::kUnavailable, format("answers with status {}", response.status));
        return {};
    }

private:
    SinkSettings settings_;
    net::HttpClient client_;
};

class SyslogSink final : public Sink {
public:
    SyslogSink(net::MessagePlace place, net::NetOptions options)
        : place_{std::move(place)}, options_{std::move(options)} {}
    Status send(const records::Delivery& delivery, UnixMillis) override {
        return net::send_message(place_, delivery.body, options_);
    }

private:
    net::MessagePlace place_;
    net::NetOptions options_;
};

class MailSink final : public Sink {
public:
    MailSink(const SinkSettings& settings, const net::MessagePlace& relay, net::NetOptions options)
        : relay_{relay.host, relay.port, settings.start_tls, settings.user, settings.password},
          from_{settings.from},
          to_{settings.to},
          options_{std::move(options)} {}
    Status send(const records::Delivery& delivery, UnixMillis) override {
        return net::send_mail(relay_, {from_, to_, delivery.body}, options_);
    }

private:
    net::MailRelay relay_;
    std::string from_;
    std::vector<std::string> to_;
    net::NetOptions options_;
};

class CommandSink final : public Sink {
public:
    CommandSink(const SinkSettings& settings, const std::atomic<bool>* cancel)
        : argv_{settings.argv}, timeout_{settings.timeout}, cancel_{cancel} {}
    Status send(const records::Delivery& delivery, UnixMillis) override {
        return run_command(argv_, delivery.body, timeout_, cancel_);
    }

private:
    std::vector<std::string> argv_;
    Seconds timeout_;
    const std::atomic<bool>* cancel_;
};

}  // namespace

std::string webhook_signature(std::string_view secret, int64_t timestamp, std::string_view body) {
    const std::string text = format("{}.{}", timestamp, body);
    Hash256 sum;
    unsigned size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), sum.bytes.data(), &size);
    return "v1=" + to_hex(sum);
}

Result<std::unique_ptr<Sink>> make_sink(const SinkSettings& settings,
                                        const std::atomic<bool>* cancel) {
    const net::NetOptions options = net_options(settings, cancel);
    switch (settings.type) {
        case SinkType::kJsonl: {
            auto sink = std::make_unique<JsonlSink>(settings.path);
            CORDON_TRY(sink->open());
            return sink;
        }
        case SinkType::kWebhook:
        case SinkType::kSlack:
        case SinkType::kTelegram: {
            CORDON_TRY(net::Url url, net::parse_url(settings.url));
            CORDON_TRY(auto client, net::HttpClient::make(std::move(url), options));
            return std::make_unique<HttpSink>(settings, std::move(client));
        }
        case SinkType::kSyslog: {
            CORDON_TRY(auto place, net::parse_message_place(settings.address));
            return std::make_unique<SyslogSink>(std::move(place), options);
        }
        case SinkType::kSmtp: {
            CORDON_TRY(const auto relay, net::parse_message_place("tcp://" + settings.address));
            return std::make_unique<MailSink>(settings, relay, options);
        }
        case SinkType::kCommand: return std::make_unique<CommandSink>(settings, cancel);
    }
    return fail(ErrorCode::kUnsupported, "no such type of sink");
}

DeskSink desk_sink(const SinkSettings& settings) {
    DeskSink sink{settings.name, settings.at_least, settings.repeats, report::alert_line};
    switch (settings.type) {
        case SinkType::kSlack: sink.body = report::slack_body; break;
        case SinkType::kTelegram:
            sink.body = [chat = settings.chat](const records::StoredAlert& stored) {
                return report::telegram_body(stored, chat);
            };
            break;
        case SinkType::kSyslog:
            sink.body = [facility = settings.facility](const records::StoredAlert& stored) {
                return report::syslog_line(stored, facility);
            };
            break;
        case SinkType::kSmtp:
            sink.body = [from = settings.from,
                         to = settings.to](const records::StoredAlert& stored) {
                return report::mail_text(stored, from, to);
            };
            break;
        default: break;
    }
    return sink;
}

}  // namespace cordon::engine
