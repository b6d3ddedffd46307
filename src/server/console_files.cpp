// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "console_files.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "answer.hpp"
#include "encoding.hpp"

namespace cordon::server {
namespace {

constexpr std::string_view kIndex = "/index.html";

std::string_view type_of(std::string_view path) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kTypes{{
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".json", "application/json"},
        {".webmanifest", "application/manifest+json"},
        {".woff2", "font/woff2"},
        {".txt", "text/plain; charset=utf-8"},
    }};
    for (const auto& [end, type] : kTypes)
        if (path.ends_with(end)) return type;
    return "application/octet-stream";
}

/// Vite's "assets/NAME-HASH.js": another content has another name.
bool is_hashed(std::string_view path) {
    constexpr std::size_t kHash = 8;  // Characters that Vite puts there at least.
    if (!path.starts_with("/assets/")) return false;
    const std::size_t dash = path.rfind('-');
    const std::size_t dot = path.rfind('.');
    return dash != std::string_view::npos && dot != std::string_view::npos && dash < dot &&
           dot - dash > kHash;
}

bool looks_like_file(std::string_view path) {
    return path.substr(path.rfind('/') + 1).find('.') != std::string_view::npos ||
           path.starts_with("/assets/");
}

constexpr std::string_view kWithoutConsole =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Cordon</title>"
    "<h1>Cordon was built without its console</h1>"
    "<p>The API answers: <a href=\"/api/openapi.json\">/api/openapi.json</a>.</p>"
    "<p>To have the console, install Node.js 18 or newer with npm and build again:</p>"
    "<pre>cmake --preset release\ncmake --build --preset release</pre></html>\n";

}  // namespace

net::ServerResponse console_answer(std::span<const ConsoleFile> files,
                                   const net::ServerRequest& request) {
    std::string_view path = request.path;
    if (files.empty()) {
        if (looks_like_file(path) && path != kIndex)
            return problem(404, "not-found", "nothing has this path");
        return {.type = "text/html; charset=utf-8", .body = std::string{kWithoutConsole}};
    }
    const auto find = [&](std::string_view wanted) {
        return std::find_if(files.begin(), files.end(),
                            [&](const ConsoleFile& file) { return file.path == wanted; });
    };
    auto file = find(path);
    if (file == files.end() && !looks_like_file(path)) file = find(path = kIndex);
    if (file == files.end()) return problem(404, "not-found", "nothing has this path");

    net::ServerResponse response{.type = std::string{type_of(path)}};
    response.headers = {
        // index.html names the others by their hashes: it alone is asked for again.
        {"Cache-Control", is_hashed(path) ? "public, max-age=31536000, immutable" : "no-cache"},
        {"Vary", "Accept-Encoding"},
        {"Content-Security-Policy", std::string{kConsolePolicy}}};
    const bool as_gzip = accepts(request.header("Accept-Encoding"), "gzip");
    response.headers.emplace_back("ETag",
                                  etag(file->name, as_gzip ? Coding::kGzip : Coding::kNone));
    if (has_etag(request.header("If-None-Match"), file->name)) {
        response.status = 304;
        return response;
    }
    if (as_gzip) {
        response.headers.emplace_back("Content-Encoding", "gzip");
        response.body = file->gzip;
    } else {
        response.body = gunzip(file->gzip);
    }
    return response;
}

}  // namespace cordon::server
