// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "head.hpp"

#include <algorithm>
#include <cstring>

#include <cordon/base/crc32c.hpp>
#include <cordon/base/format.hpp>

namespace cordon::tlog {
namespace {

constexpr std::string_view kMagic = "cordon tlog head 1\n";
constexpr std::size_t kGroupHeader = 8;  // Length, CRC-32C of length and body.

void put32(Bytes& out, uint32_t value) {
    for (int i = 0; i < 4; ++i) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}
void put64(Bytes& out, uint64_t value) {
    for (int i = 0; i < 8; ++i) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}
uint32_t get32(ByteView bytes) noexcept {
    return bytes[0] | static_cast<uint32_t>(bytes[1]) << 8 | static_cast<uint32_t>(bytes[2]) << 16 |
           static_cast<uint32_t>(bytes[3]) << 24;
}

void append_bundle(Bytes& out, std::span<const std::string> entries) {
    std::size_t size = out.size();
    for (const std::string& entry : entries) size += 2 + entry.size();
    out.reserve(size);
    for (const std::string& entry : entries) {
        out.push_back(static_cast<uint8_t>(entry.size() >> 8));
        out.push_back(static_cast<uint8_t>(entry.size()));
        out.insert(out.end(), entry.begin(), entry.end());
    }
}

uint32_t group_checksum(ByteView length, ByteView body) noexcept {
    return crc32c(body, crc32c(length));
}

/// The body of a whole group at the beginning of `bytes`, or nothing.
std::optional<ByteView> group_at(ByteView bytes) noexcept {
    if (bytes.size() < kGroupHeader) return std::nullopt;
    const uint32_t size = get32(bytes);
    if (size > bytes.size() - kGroupHeader) return std::nullopt;
    const ByteView body = bytes.subspan(kGroupHeader, size);
    if (group_checksum(bytes.first(4), body) != get32(bytes.subspan(4))) return std::nullopt;
    return body;
}

/// A write that was torn leaves the beginning of a group, or zeros where bytes never came. Damage
/// leaves a group of the right length that is wrong in one bit, or whole groups behind it.
bool is_damaged(ByteView rest) {
    if (rest.size() < kGroupHeader) return false;
    const uint32_t size = get32(rest);
    if (size <= rest.size() - kGroupHeader) {
        const ByteView body = rest.subspan(kGroupHeader, size);
        if (group_at(rest.subspan(kGroupHeader + size))) return true;
        Bytes covered{rest.begin(), rest.begin() + 4};
        covered.insert(covered.end(), body.begin(), body.end());
        const uint32_t stored = get32(rest.subspan(4));
        return flipped_bit(covered.size(), stored, crc32c(covered)).has_value();
    }
    return false;
}

}  // namespace

Bytes head_begin(std::string_view origin, uint64_t base) {
    Bytes out{kMagic.begin(), kMagic.end()};
    put64(out, base);
    put32(out, static_cast<uint32_t>(origin.size()));
    out.insert(out.end(), origin.begin(), origin.end());
    put32(out, crc32c(out));
    return out;
}

Bytes head_group(std::span<const std::string> entries) {
    Bytes out(kGroupHeader);
    append_bundle(out, entries);
    const ByteView body = ByteView{out}.subspan(kGroupHeader);
    Bytes header;
    put32(header, static_cast<uint32_t>(body.size()));
    put32(header, group_checksum(header, body));
    std::copy(header.begin(), header.end(), out.begin());
    return out;
}

Result<Head> parse_head(std::string_view name, ByteView bytes) {
    const auto damaged = [&](std::size_t offset, std::string_view what) {
        return fail(ErrorCode::kCorrupt,
                    format("{}: offset {}: {}; take this file from a backup or a witness", name,
                           offset, what));
    };
    const std::size_t fixed = kMagic.size() + 12;
    if (bytes.size() < fixed || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0)
        return damaged(0, "not the beginning of a head");
    Head head;
    for (std::size_t i = 8; i-- > 0;) head.base = head.base << 8 | bytes[kMagic.size() + i];
    const uint32_t origin_size = get32(bytes.subspan(kMagic.size() + 8));
    if (origin_size > bytes.size() - fixed || bytes.size() - fixed - origin_size < 4)
        return damaged(kMagic.size() + 8, "the name of the log does not fit");
    const std::size_t begin = fixed + origin_size;
    if (get32(bytes.subspan(begin)) != crc32c(bytes.first(begin)))
        return damaged(0, "the checksum of its beginning is wrong");
    head.origin.assign(bytes.begin() + static_cast<std::ptrdiff_t>(fixed),
                       bytes.begin() + static_cast<std::ptrdiff_t>(begin));
    std::size_t at = begin + 4;
    while (const std::optional<ByteView> body = group_at(bytes.subspan(at))) {
        CORDON_TRY(std::vector<std::string> entries, parse_bundle(name, *body));
        head.entries.insert(head.entries.end(), std::make_move_iterator(entries.begin()),
                            std::make_move_iterator(entries.end()));
        at += kGroupHeader + body->size();
    }
    if (is_damaged(bytes.subspan(at))) return damaged(at, "a group of entries was changed");
    head.size = at;
    return head;
}

Bytes format_bundle(std::span<const std::string> entries) {
    Bytes out;
    append_bundle(out, entries);
    return out;
}

Result<std::vector<std::string>> parse_bundle(std::string_view name, ByteView bytes) {
    std::vector<std::string> entries;
    std::size_t at = 0;
    while (at < bytes.size()) {
        const std::size_t left = bytes.size() - at;
        const std::size_t size = left < 2 ? 0 : std::size_t{bytes[at]} << 8 | bytes[at + 1];
        if (left < 2 || size > left - 2)
            return fail(ErrorCode::kCorrupt,
                        format("{}: offset {}: an entry does not fit its bundle", name, at));
        const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at + 2);
        entries.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(size));
        at += 2 + size;
    }
    return entries;
}

}  // namespace cordon::tlog
