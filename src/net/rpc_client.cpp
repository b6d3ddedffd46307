// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "rpc_client.hpp"

#include <algorithm>
#include <charconv>

#include <cordon/base/format.hpp>

namespace cordon::net {
namespace {

using Millis = std::chrono::milliseconds;

// JSON-RPC 2.0 section 5.1, and EIP-1474 for those from -32000 down.
constexpr int64_t kNoMethod = -32601;
constexpr int64_t kBadParams = -32602;
constexpr int64_t kMethodNotSupported = -32004;
constexpr int64_t kLimitExceeded = -32005;

/// Retry-After in seconds (RFC 9110 section 10.2.3); its other form, a date, would need a clock.
Millis retry_after(std::string_view text) noexcept {
    unsigned seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{} || end != text.data() + text.size()) return Millis{0};
    return std::chrono::seconds{std::min(seconds, 86'400U)};
}

bool limited(const RpcMessage& message) {
    return std::any_of(message.answers.begin(), message.answers.end(), [](const RpcAnswer& answer) {
        // Providers answer with the status as code, too.
        return answer.fault && (answer.fault->code == kLimitExceeded || answer.fault->code == 429);
    });
}

}  // namespace

Result<RpcClient> RpcClient::make(std::string_view url, RpcOptions options) {
    auto parsed = parse_url(url);
    if (!parsed) return fail(ErrorCode::kInvalidParam, parsed.error().message);
    return RpcClient{std::move(*parsed), std::move(options)};
}

tl::unexpected<Error> RpcClient::refuse(ErrorCode code, std::string_view what,
                                        std::string_view why) const {
    return fail(code, format("{} of {}: {}", what, url_.shown(), without_secrets(why, url_)));
}

tl::unexpected<Error> RpcClient::refuse(const RpcFault& fault, std::string_view method) const {
    const ErrorCode code =
        fault.code == kNoMethod || fault.code == kMethodNotSupported ? ErrorCode::kUnsupported
        : fault.code == kBadParams                                   ? ErrorCode::kInvalidParam
        : fault.code == kLimitExceeded || fault.code == 429          ? ErrorCode::kLimit
                                                                     : ErrorCode::kConflict;
    return refuse(code, method, format("{} ({})", fault.message, fault.code));
}

void RpcClient::keep(std::vector<RpcNotice> notices) {
    for (RpcNotice& notice : notices) {
        if (notices_.size() >= options_.max_notices) {
            notices_.pop_front();
            ++metrics_.dropped_notices;
        }
        notices_.push_back(std::move(notice));
    }
}

Status RpcClient::connect() {
    if (socket_) return {};
    // Notices of subscriptions that went with the last connection stay: they are still true.
    CORDON_TRY(socket_, WebSocket::connect(url_, options_.net));
    ++connections_;
    return {};
}

Result<RpcMessage> RpcClient::over_http(const std::string& body, std::string_view what,
                                        std::optional<Millis>& too_many) {
    if (!http_) {
        CORDON_TRY(http_, HttpClient::make(url_, options_.net));
    }
    HttpRequest request;
    request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
    if (!options_.authorization.empty())
        request.headers.emplace_back("Authorization", options_.authorization);
    request.body = body;
    auto response = http_->send(request);
    if (!response) return refuse(response.error().code, what, response.error().message);
    if (response->status == 429 || response->status == 503) {
        too_many = retry_after(response->header("Retry-After"));
        return refuse(ErrorCode::kLimit, what,
                      format("too many calls for this server (HTTP {})", response->status));
    }
    if (response->status == 401 || response->status == 403)
        return refuse(ErrorCode::kPermission, what,
                      format("the server wants other credentials (HTTP {})", response->status));
    const unsigned status = response->status;
    auto message = parse_rpc_message(std::move(response->body));
    // Bitcoin nodes tell errors with status 500 and an answer, others with a page.
    if (!message && (status < 200 || status >= 300))
        return refuse(ErrorCode::kUnavailable, what, format("HTTP {}", status));
    if (!message) return refuse(message.error().code, what, message.error().message);
    return message;
}

Result<RpcMessage> RpcClient::over_socket(const std::string& body,
                                          const std::vector<uint64_t>& ids) {
    CORDON_TRY(connect());
    CORDON_TRY(socket_->send(body));
    RpcMessage all;
    const auto deadline = std::chrono::steady_clock::now() + options_.net.timeout;
    // A list is answered by a list; without one, as many answers as were asked for.
    while (all.answers.size() < ids.size()) {
        const auto left =
            std::chrono::duration_cast<Millis>(deadline - std::chrono::steady_clock::now());
        if (left <= Millis{0}) return fail(ErrorCode::kUnavailable, "no answer in time");
        CORDON_TRY(auto text, socket_->receive(left));
        if (!text) continue;
        CORDON_TRY(RpcMessage message, parse_rpc_message(std::move(*text)));
        keep(std::move(message.notices));
        for (RpcAnswer& answer : message.answers) {
            // Without an id it says that the whole message could not be read.
            const bool ours =
                !answer.id || std::find(ids.begin(), ids.end(), *answer.id) != ids.end();
            if (!ours) continue;  // Of an earlier call that was given up.
            const bool whole = !answer.id;
            all.answers.push_back(std::move(answer));
            if (whole) return all;
        }
    }
    return all;
}

Result<RpcMessage> RpcClient::exchange(const std::string& body, const std::vector<uint64_t>& ids,
                                       std::string_view what, std::optional<Millis>& too_many) {
    Result<RpcMessage> message = RpcMessage{};
    if (url_.web_socket()) {
        message = over_socket(body, ids);
        if (!message) {
            socket_.reset();
            message = refuse(message.error().code, what, message.error().message);
        }
    } else {
        message = over_http(body, what, too_many);
        if (message) keep(std::move(message->notices));
    }
    if (message && limited(*message)) too_many = Millis{0};
    return message;
}

Result<std::vector<Result<std::string>>> RpcClient::batch(const std::vector<RpcCall>& calls) {
    std::vector<Result<std::string>> out;
    if (calls.empty()) return out;
    const std::string what = calls.size() == 1
                                 ? calls.front().method
                                 : format("{} and {} more", calls.front().method, calls.size() - 1);
    Millis pause = options_.backoff;
    Result<RpcMessage> message = RpcMessage{};
    std::vector<uint64_t> ids;
    for (unsigned tries = 1;; ++tries) {
        ids.clear();
        std::string body;
        for (const RpcCall& call : calls) {
            ids.push_back(next_id_++);
            body +=
                format("{}{{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":{},\"params\":{}}}",
                       body.empty() ? "" : ",", ids.back(), json_string(call.method), call.params);
        }
        if (calls.size() > 1) body = "[" + body + "]";
        std::optional<Millis> too_many;
        metrics_.calls += calls.size();
        message = exchange(body, ids, what, too_many);
        if (!too_many || tries >= options_.tries) break;
        ++metrics_.limited;
        const Millis asked = std::min(std::max(*too_many, pause), options_.max_backoff);
        if (!wait_for(asked, options_.net.cancel))
            return refuse(ErrorCode::kCancelled, what, "cancelled");
        pause = std::min(pause * 2, options_.max_backoff);
    }
    if (!message) {
        ++metrics_.failures;
        return fail(message.error());
    }

    std::vector<const RpcAnswer*> found(calls.size(), nullptr);
    for (const RpcAnswer& answer : message->answers) {
        if (!answer.id) {
            if (answer.fault) return refuse(*answer.fault, what);
            ++metrics_.failures;
            return refuse(ErrorCode::kMalformed, what, "an answer without an id");
        }
        const uint64_t place = *answer.id - ids.front();
        if (*answer.id < ids.front() || place >= found.size() || found[place]) {
            ++metrics_.failures;
            return refuse(ErrorCode::kMalformed, what, "an answer to something not asked");
        }
        found[place] = &answer;
    }
    for (std::size_t i = 0; i < calls.size(); ++i) {
        if (!found[i]) {
            ++metrics_.failures;
            return refuse(ErrorCode::kMalformed, calls[i].method, "left without an answer");
        }
        if (found[i]->fault)
            out.emplace_back(refuse(*found[i]->fault, calls[i].method));
        else
            out.emplace_back(found[i]->result);
    }
    return out;
}

Result<std::string> RpcClient::call(std::string_view method, std::string_view params) {
    CORDON_TRY(auto all, batch({{std::string{method}, std::string{params}}}));
    return std::move(all.front());
}

Result<std::string> RpcClient::subscribe(std::string_view params) {
    CORDON_TRY(const std::string name, call("eth_subscribe", params));
    return parse_json_string(name);
}

Result<std::optional<RpcNotice>> RpcClient::next_notice(Millis wait) {
    const auto deadline = std::chrono::steady_clock::now() + wait;
    while (notices_.empty()) {
        CORDON_TRY(connect());
        const auto left = std::max(Millis{0}, std::chrono::duration_cast<Millis>(
                                                  deadline - std::chrono::steady_clock::now()));
        auto text = socket_->receive(left);
        if (!text) {
            socket_.reset();
            return refuse(text.error().code, "subscription", text.error().message);
        }
        if (!*text) return std::nullopt;
        auto message = parse_rpc_message(std::move(**text));
        if (!message) {
            socket_.reset();
            return refuse(message.error().code, "subscription", message.error().message);
        }
        keep(std::move(message->notices));
    }
    RpcNotice notice = std::move(notices_.front());
    notices_.pop_front();
    return notice;
}

}  // namespace cordon::net
