// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <cordon/net/http_routes.hpp>

#include "endpoint.hpp"
#include "kept_bodies.hpp"

/// From what a handler gives to bytes and headers.
namespace cordon::server {

/// net::problem with "field", a JSON Pointer, where one is to blame (empty: none).
net::ServerResponse problem(unsigned status, std::string_view code, std::string_view detail,
                            std::string_view field = {});
/// Of an Error that says "/pointer: what": the pointer is the field, where it begins with a name
/// that the endpoint takes; else it could as well be a path of this machine, which is taken out.
/// Of the status that fits its code. What is wrong inside (5xx) is not told.
net::ServerResponse problem_of(const Endpoint& endpoint, const Error& error);
/// The same of what Schema and read_query() say: nothing of it is from this machine.
net::ServerResponse problem_of_request(const Error& error);
/// What may be told of an Error that is part of an answer: as problem_of() tells it.
std::string told(const Error& error);

/// What a page of the console may load: blob: and data: are pictures that it draws and exports
/// itself, and nothing comes from elsewhere.
inline constexpr std::string_view kConsolePolicy =
    "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
    "object-src 'none'; img-src 'self' data: blob:";

/// Envelope, ETag and 304, compression, type and caching.
net::ServerResponse write_answer(const Endpoint& endpoint, const net::ServerRequest& request,
                                 Answer answer, KeptBodies& kept);

/// The body of a Data of that endpoint.
std::string envelope(const Endpoint& endpoint, const Data& data);

/// Compresses a body where the client likes it and it pays.
void compress(net::ServerResponse& response, std::string_view accept_encoding);

/// What every answer has: CSP and the other headers of browsers.
void add_security_headers(net::ServerResponse& response, bool secure);

}  // namespace cordon::server
