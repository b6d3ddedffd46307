// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// How bytes leave: compressed as the client asks, with a name of their content.
namespace cordon::server {

enum class Coding : uint8_t { kNone, kGzip, kZstd };

/// By an Accept-Encoding header (RFC 9110 §12.5.3): zstd before gzip where both are as welcome.
Coding pick_coding(std::string_view accept_encoding);
/// Whether a coding is welcome at all.
bool accepts(std::string_view accept_encoding, std::string_view coding);
/// "gzip", "zstd"; of none: empty.
std::string_view to_string(Coding coding) noexcept;

/// Empty where the library had no memory: the bytes then go as they are.
std::string gzip(std::string_view bytes);
std::string zstd(std::string_view bytes);
/// As it was. REQUIRES: gzip of ours, not of a client. Empty when it is broken.
std::string gunzip(std::string_view bytes);

/// Hex digits that name a content: half of its SHA-256.
std::string content_name(std::string_view bytes);
/// A strong ETag (RFC 9110 §8.8.3): each coding is other bytes, so it has another one.
std::string etag(std::string_view content_name, Coding coding);
/// Whether an If-None-Match header has this content, in whatever coding.
bool has_etag(std::string_view if_none_match, std::string_view content_name);

/// The same text with U+FFFD for bytes that are no UTF-8 (labels and calldata may be anything, and
/// one such byte would make the whole answer no JSON).
std::string as_utf8(std::string text);

}  // namespace cordon::server
