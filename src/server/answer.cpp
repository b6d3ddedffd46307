// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "answer.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include <re2/re2.h>

#include <cordon/base/format.hpp>

#include "encoding.hpp"

namespace cordon::server {

namespace json = boost::json;

namespace {

constexpr std::size_t kWorthIt = 1024;  // Below, headers and a packet cost what is saved.
constexpr std::string_view kNoStore = "no-store";
/// Kept by the browser alone, and asked for again each time, by its ETag.
constexpr std::string_view kAskAgain = "private, no-cache";
constexpr std::string_view kForGood = "private, max-age=31536000, immutable";

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> beginnings) {
    return std::any_of(beginnings.begin(), beginnings.end(),
                       [&](std::string_view b) { return text.starts_with(b); });
}

/// An archive or a picture of pixels is compressed already.
bool is_compressible(std::string_view type) {
    return starts_with_any(type, {"text/", "application/json", "application/problem+json",
                                  "image/svg+xml", "application/vnd.cordon.flow"});
}

/// Pages and drawings that hold what others wrote: shown, but no script runs and nothing loads.
bool is_document(std::string_view type) {
    return starts_with_any(type, {"text/html", "image/svg+xml", "application/xhtml"});
}

/// A JSON Pointer looks like a path as well: who knows that it is one does not ask.
std::string without_paths(const std::string& message) {
    static const RE2 kPath{R"((^|[\s"'(=:])(/[^/\s"':)]+){2,})"};
    std::string out = message;
    RE2::GlobalReplace(&out, kPath, R"(\1…)");
    return out;
}

/// "/why" of "/why: expected ..."; empty: it begins with none. A pointer of ours has no blank.
std::string_view pointer_of(std::string_view message) {
    const std::size_t colon = message.find(": ");
    if (!message.starts_with('/') || colon == std::string_view::npos || message.find(' ') < colon)
        return {};
    return message.substr(0, colon);
}

/// Whether a pointer is into what the endpoint takes.
bool takes(const Endpoint& endpoint, std::string_view pointer) {
    if (pointer.empty()) return false;
    const std::size_t end = pointer.find('/', 1);
    const std::string_view name = pointer.substr(1, end - 1);
    const auto is_name = [&](const Parameter& parameter) { return parameter.name == name; };
    return std::any_of(endpoint.query.begin(), endpoint.query.end(), is_name) ||
           // Of a body that another page describes only a name of its own level is known for one.
           (endpoint.body && (end == std::string_view::npos || endpoint.body->has(name))) ||
           endpoint.path.find("{" + std::string{name} + "}") != std::string::npos;
}

constexpr std::string_view kInside = "the request could not be carried out";

/// 304 where the client has it.
void name_content(net::ServerResponse& response, const net::ServerRequest& request) {
    const std::string name = content_name(response.body);
    const Coding coding = pick_coding(request.header("Accept-Encoding"));
    if (has_etag(request.header("If-None-Match"), name)) {
        response.status = 304;
        response.body.clear();
        response.headers.emplace_back("ETag", etag(name, coding));
        return;
    }
    compress(response, request.header("Accept-Encoding"));
    const bool is_coded =
        std::any_of(response.headers.begin(), response.headers.end(),
                    [](const auto& header) { return header.first == "Content-Encoding"; });
    response.headers.emplace_back("ETag", etag(name, is_coded ? coding : Coding::kNone));
}

/// The same of a text that somebody keeps.
void name_kept(net::ServerResponse& response, const net::ServerRequest& request,
               const std::shared_ptr<const std::string>& text, KeptBodies& kept) {
    const std::string name = kept.name(text);
    Coding coding = pick_coding(request.header("Accept-Encoding"));
    if (has_etag(request.header("If-None-Match"), name)) {
        response.status = 304;
    } else {
        if (text->size() < kWorthIt || !is_compressible(response.type)) coding = Coding::kNone;
        const auto coded = kept.coded(text, coding);
        if (!coded) coding = Coding::kNone;
        response.body = coded ? *coded : *text;
        if (coded) response.headers.emplace_back("Content-Encoding", to_string(coding));
    }
    response.headers.emplace_back("ETag", etag(name, coding));
}

net::ServerResponse write(const Endpoint& endpoint, const net::ServerRequest& request, Data data,
                          KeptBodies&) {
    net::ServerResponse response{.status = data.status, .body = envelope(endpoint, data)};
    if (!data.location.empty()) response.headers.emplace_back("Location", data.location);
    if (!data.cookie.empty()) response.headers.emplace_back("Set-Cookie", data.cookie);
    const bool is_kept = endpoint.cacheable && response.status == 200;
    response.headers.emplace_back("Cache-Control", is_kept ? kAskAgain : kNoStore);
    response.headers.emplace_back("Vary", "Accept, Accept-Encoding, Cookie, Authorization");
    if (is_kept)
        name_content(response, request);
    else
        compress(response, request.header("Accept-Encoding"));
    return response;
}

net::ServerResponse write(const Endpoint& endpoint, const net::ServerRequest& request, File file,
                          KeptBodies& kept) {
    net::ServerResponse response{.type = file.type, .body = std::move(file.body)};
    if (!file.name.empty()) {
        // RFC 6266: a plain name needs no second form; what else a name has becomes "_".
        std::string name = file.name;
        for (char& c : name)
            if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') &&
                c != '.' && c != '-')
                c = '_';
        response.headers.emplace_back("Content-Disposition",
                                      format("attachment; filename=\"{}\"", name));
    }
    const bool is_kept = file.immutable || endpoint.cacheable;
    response.headers.emplace_back("Cache-Control", file.immutable       ? kForGood
                                                   : endpoint.cacheable ? kAskAgain
                                                                        : kNoStore);
    response.headers.emplace_back("Vary", "Accept, Accept-Encoding, Cookie, Authorization");
    if (file.kept && is_kept) {
        name_kept(response, request, file.kept, kept);
        return response;
    }
    if (file.kept) response.body = *file.kept;
    if (is_kept)
        name_content(response, request);
    else
        compress(response, request.header("Accept-Encoding"));
    return response;
}

net::ServerResponse write(const Endpoint&, const net::ServerRequest& request, Stream stream,
                          KeptBodies&) {
    return {.type = "text/event-stream",
            .events = net::EventStream{.hub = std::move(stream.hub),
                                       .topics = std::move(stream.topics),
                                       .last_seen = net::last_event_id(request)}};
}

}  // namespace

std::string envelope(const Endpoint& endpoint, const Data& data) {
    json::object out;
    out["v"] = 1;
    out["kind"] = data.kind.empty() ? endpoint.kind : data.kind;
    json::array warnings;
    for (const std::string& warning : data.warnings) warnings.emplace_back(warning);
    // The large part is not copied into the object.
    std::string head = json::serialize(out);
    head.back() = ',';
    return as_utf8(head + "\"data\":" + json::serialize(data.data) +
                   ",\"warnings\":" + json::serialize(warnings) +
                   ",\"incomplete\":" + (data.incomplete ? "true}" : "false}"));
}

net::ServerResponse problem(unsigned status, std::string_view code, std::string_view detail,
                            std::string_view field) {
    net::ServerResponse response = net::problem(status, code, detail);
    if (!field.empty()) {
        response.body.pop_back();  // The last brace.
        response.body += ",\"field\":" + net::json_quoted(field) + "}";
    }
    return response;
}

std::string told(const Error& error) {
    if (net::problem(error).status >= 500) return std::string{kInside};
    return without_paths(error.message);
}

net::ServerResponse problem_of_request(const Error& error) {
    return problem(net::problem(error).status, to_string(error.code), error.message,
                   pointer_of(error.message));
}

net::ServerResponse problem_of(const Endpoint& endpoint, const Error& error) {
    const unsigned status = net::problem(error).status;
    // Of this machine: for its log, not for who asks.
    if (status == 503)
        return problem(status, to_string(error.code),
                       "this cannot be answered at the moment: the server's log says why, under "
                       "the id of this request");
    if (status < 500 && takes(endpoint, pointer_of(error.message)))
        return problem_of_request(error);
    return problem(status, to_string(error.code), told(error));
}

void compress(net::ServerResponse& response, std::string_view accept_encoding) {
    if (response.body.size() < kWorthIt || !is_compressible(response.type)) return;
    const Coding coding = pick_coding(accept_encoding);
    if (coding == Coding::kNone) return;
    std::string coded = coding == Coding::kZstd ? zstd(response.body) : gzip(response.body);
    if (coded.empty() || coded.size() >= response.body.size()) return;
    response.body = std::move(coded);
    response.headers.emplace_back("Content-Encoding", to_string(coding));
}

net::ServerResponse write_answer(const Endpoint& endpoint, const net::ServerRequest& request,
                                 Answer answer, KeptBodies& kept) {
    return std::visit(
        [&](auto&& it) { return write(endpoint, request, std::forward<decltype(it)>(it), kept); },
        std::move(answer));
}

void add_security_headers(net::ServerResponse& response, bool secure) {
    // A document of a case has its style within, and lives in a sandbox: no script, no origin,
    // framed by the console at most.
    constexpr std::string_view kDocumentPolicy =
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'; sandbox";
    const auto add = [&](std::string_view name, std::string_view value) {
        for (const auto& [have, text] : response.headers)
            if (have == name) return;
        response.headers.emplace_back(name, value);
    };
    add("Content-Security-Policy", is_document(response.type) ? kDocumentPolicy : kConsolePolicy);
    add("Referrer-Policy", "no-referrer");
    add("Cross-Origin-Opener-Policy", "same-origin");
    add("Cross-Origin-Resource-Policy", "same-origin");
    add("Permissions-Policy",
        "publickey-credentials-get=(self), camera=(), microphone=(), geolocation=(), payment=(), "
        "usb=()");
    if (secure) add("Strict-Transport-Security", "max-age=31536000");
}

}  // namespace cordon::server
