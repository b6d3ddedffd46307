// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include <cordon/net/http_routes.hpp>

namespace cordon::server {

/// A file of the console, as it was built into the program.
struct ConsoleFile {
    std::string_view path;  ///< "/assets/index-1a2b3c4d.js".
    std::string_view gzip;  ///< Its bytes, compressed.
    std::string_view name;  ///< content_name() of its bytes as they were.
};

/// By path. Empty: built without the console.
std::span<const ConsoleFile> console_files() noexcept;

/// The file of a path, index.html for the addresses that the console draws itself, 404 for what
/// looks like a file and is none. With its own caching, ETag, type and policy.
net::ServerResponse console_answer(std::span<const ConsoleFile> files,
                                   const net::ServerRequest& request);

}  // namespace cordon::server
