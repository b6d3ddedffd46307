// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "http.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>

#include "wire.hpp"

namespace cordon::net {

namespace http = boost::beast::http;

struct HttpClient::Connection : Wire {
    using Wire::Wire;
    boost::beast::flat_buffer buffer;
    bool used = false;   // Has answered before: the server may have closed it since.
    bool stale = false;  // Closed by the server before it said anything.
    bool too_long = false;

    template <typename Stream>
    Status talk(Stream& stream, http::request<http::string_body>& request,
                http::response_parser<http::string_body>& parser) {
        const auto deadline = Clock::now() + options.timeout;
        stale = used;
        // Who refuses a request need not read it to its end: the answer may be here all the same.
        const Status sent = wait("sending", deadline, [&](auto handler) {
            http::async_write(stream, request, handler);
        });
        if (!sent && sent.error().code != ErrorCode::kUnavailable) return sent;
        const auto bounded = [this](auto handler) {
            return [this, handler](boost::system::error_code error, std::size_t) mutable {
                too_long = error == http::error::body_limit;
                handler(error);
            };
        };
        const Status answered = wait("waiting for the answer", deadline, [&](auto handler) {
            http::async_read_header(stream, buffer, parser, bounded(handler));
        });
        if (!answered) return sent ? answered : sent;
        stale = false;
        return wait("reading the answer", deadline, [&](auto handler) {
            http::async_read(stream, buffer, parser, bounded(handler));
        });
    }
};

namespace {

bool same_letters(std::string_view a, std::string_view b) noexcept {
    return boost::beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

bool has_line_end(std::string_view text) noexcept {
    return text.find_first_of(std::string_view{"\r\n\0", 3}) != text.npos;
}

}  // namespace

std::string_view HttpResponse::header(std::string_view name) const noexcept {
    for (const auto& [key, value] : headers)
        if (same_letters(key, name)) return value;
    return {};
}

Result<HttpClient> HttpClient::make(Url url, NetOptions options) {
    if (url.web_socket())
        return fail(ErrorCode::kInvalidParam,
                    format("{}: expected an http or https URL", url.shown()));
    return HttpClient{std::move(url), std::move(options)};
}

HttpClient::HttpClient(Url url, NetOptions options)
    : url_{std::move(url)}, options_{std::move(options)} {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

Result<HttpResponse> HttpClient::send(const HttpRequest& request) {
    if (has_line_end(request.method) || has_line_end(request.target))
        return fail(ErrorCode::kInvalidParam, "HTTP: a line end in the method or the target");
    for (const auto& [name, value] : request.headers)
        if (name.empty() || has_line_end(name) || has_line_end(value))
            return fail(ErrorCode::kInvalidParam,
                        "HTTP: a header without a name, or with a line end");
    Result<HttpResponse> answer = exchange(request);
    if (!answer && answer.error().code == ErrorCode::kUnavailable && connection_ &&
        connection_->stale) {
        connection_.reset();
        answer = exchange(request);
    }
    if (!answer) connection_.reset();
    return answer;
}

Result<HttpResponse> HttpClient::exchange(const HttpRequest& request) {
    if (!connection_) {
        auto fresh = std::make_unique<Connection>(url_, options_);
        CORDON_TRY(fresh->open());
        connection_ = std::move(fresh);
    }
    http::request<http::string_body> out;
    out.method_string(request.method);
    out.target(request.target.empty() ? url_.target : request.target);
    out.version(11);
    out.set(http::field::host, url_.authority());
    out.set(http::field::user_agent, "cordon");
    if (!url_.user_info.empty())
        out.set(http::field::authorization,
                "Basic " + to_base64({reinterpret_cast<const uint8_t*>(url_.user_info.data()),
                                      url_.user_info.size()}));
    for (const auto& [name, value] : request.headers) out.set(name, value);
    out.body() = request.body;
    out.prepare_payload();

    http::response_parser<http::string_body> parser;
    parser.body_limit(options_.max_body);
    if (request.method == "HEAD") parser.skip(true);
    Connection& wire = *connection_;
    const Status done =
        wire.secure ? wire.talk(*wire.secure, out, parser) : wire.talk(*wire.plain, out, parser);
    if (!done) {
        if (wire.too_long)
            return fail(ErrorCode::kLimit, format("{}: an answer of more than {} bytes",
                                                  url_.shown(), options_.max_body));
        return fail(done.error());
    }
    wire.used = true;
    HttpResponse answer;
    answer.status = parser.get().result_int();
    for (const auto& field : parser.get())
        answer.headers.emplace_back(std::string{field.name_string()}, std::string{field.value()});
    answer.body = std::move(parser.get().body());
    if (!parser.get().keep_alive()) connection_.reset();
    return answer;
}

}  // namespace cordon::net
