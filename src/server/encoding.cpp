// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "encoding.hpp"

#include <zlib.h>
#include <zstd.h>
#include <charconv>

#include <cordon/base/hex.hpp>
#include <cordon/base/unicode.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::server {
namespace {

constexpr int kGzipBits = 15 + 16;  // zlib's way to say: the largest window, and gzip's frame.

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

/// What is before the next `sign`, without blanks around it; `text` becomes what is behind.
std::string_view next_part(std::string_view& text, char sign) {
    const std::size_t end = std::min(text.find(sign), text.size());
    const std::string_view part = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

/// The weight of one coding in the header, 0..1; below 0: it is not named.
double weight_of(std::string_view header, std::string_view coding) {
    double weight = -1;
    while (!header.empty()) {
        std::string_view item = next_part(header, ',');
        if (next_part(item, ';') != coding) continue;
        weight = 1;
        while (!item.empty()) {
            const std::string_view parameter = next_part(item, ';');
            if (!parameter.starts_with("q=")) continue;
            const std::string_view digits = parameter.substr(2);
            double q = 0;
            const auto [end, error] =
                std::from_chars(digits.data(), digits.data() + digits.size(), q);
            weight = error == std::errc{} && q >= 0 && q <= 1 ? q : 0;
        }
    }
    return weight;
}

double weight(std::string_view header, std::string_view coding) {
    const double named = weight_of(header, coding);
    return named >= 0 ? named : weight_of(header, "*");
}

}  // namespace

bool accepts(std::string_view accept_encoding, std::string_view coding) {
    return weight(accept_encoding, coding) > 0;
}

Coding pick_coding(std::string_view accept_encoding) {
    const double as_zstd = weight(accept_encoding, "zstd");
    const double as_gzip = weight(accept_encoding, "gzip");
    if (as_zstd > 0 && as_zstd >= as_gzip) return Coding::kZstd;
    return as_gzip > 0 ? Coding::kGzip : Coding::kNone;
}

std::string_view to_string(Coding coding) noexcept {
    switch (coding) {
        case Coding::kNone: return "";
        case Coding::kGzip: return "gzip";
        case Coding::kZstd: return "zstd";
    }
    return "";
}

std::string gzip(std::string_view bytes) {
    constexpr int kLevel = 5;   // Of JSON nearly what 6 saves, for two thirds of its time.
    constexpr int kMemory = 8;  // zlib's default.
    z_stream stream{};
    if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipBits, kMemory, Z_DEFAULT_STRATEGY) != Z_OK)
        return {};
    std::string out(deflateBound(&stream, bytes.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const bool fits = bytes.size() == stream.avail_in && deflate(&stream, Z_FINISH) == Z_STREAM_END;
    out.resize(fits ? stream.total_out : 0);
    deflateEnd(&stream);
    return out;
}

std::string gunzip(std::string_view bytes) {
    z_stream stream{};
    if (inflateInit2(&stream, kGzipBits) != Z_OK) return {};
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    std::string out;
    int state = Z_OK;
    while (state == Z_OK) {
        char part[16 * 1024];
        stream.next_out = reinterpret_cast<Bytef*>(part);
        stream.avail_out = sizeof part;
        state = inflate(&stream, Z_NO_FLUSH);
        out.append(part, sizeof part - stream.avail_out);
    }
    inflateEnd(&stream);
    return state == Z_STREAM_END ? out : std::string{};
}

std::string zstd(std::string_view bytes) {
    constexpr int kLevel = 3;  // zstd's default.
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    const std::size_t size =
        ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), kLevel);
    out.resize(ZSTD_isError(size) != 0U ? 0 : size);
    return out;
}

std::string content_name(std::string_view bytes) {
    const Hash256 hash =
        crypto::sha256({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
    return to_hex(ByteView{hash}.first(ByteView{hash}.size() / 2));
}

std::string etag(std::string_view content_name, Coding coding) {
    std::string out = "\"";
    out += content_name;
    if (coding != Coding::kNone) (out += '-') += to_string(coding);
    return out + "\"";
}

bool has_etag(std::string_view if_none_match, std::string_view content_name) {
    while (!if_none_match.empty()) {
        std::string_view tag = next_part(if_none_match, ',');
        if (tag == "*") return true;
        if (tag.starts_with("W/")) tag.remove_prefix(2);  // RFC 9110 §13.1.2: compared weakly.
        if (!tag.starts_with('"') || !tag.ends_with('"') || tag.size() < 2) continue;
        tag = tag.substr(1, tag.size() - 2);
        if (tag.substr(0, std::min(tag.find('-'), tag.size())) == content_name) return true;
    }
    return false;
}

std::string as_utf8(std::string text) {
    std::size_t at = 0;
    const auto skip = [&] {  // Over what is well formed.
        while (at < text.size()) {
            const std::size_t size = static_cast<unsigned char>(text[at]) < 0x80
                                         ? 1
                                         : utf8_length(std::string_view{text}.substr(at));
            if (size == 0) return;
            at += size;
        }
    };
    skip();
    if (at == text.size()) return text;
    std::string out = text.substr(0, at);
    while (at < text.size()) {
        out += "\xef\xbf\xbd";
        const std::size_t from = ++at;
        skip();
        out.append(text, from, at - from);
    }
    return out;
}

}  // namespace cordon::server
