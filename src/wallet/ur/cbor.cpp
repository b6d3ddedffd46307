// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "cbor.hpp"

#include <cordon/base/format.hpp>

namespace cordon::wallet {
namespace {

constexpr unsigned kTypeShift = 5;
constexpr uint8_t kInline = 24;  // Smaller numbers are in the head itself (RFC 8949 §3).

}  // namespace

void append_cbor_head(Bytes& out, CborType type, uint64_t value) {
    const auto major = static_cast<uint8_t>(static_cast<unsigned>(type) << kTypeShift);
    if (value < kInline) return out.push_back(static_cast<uint8_t>(major | value));
    unsigned log = 0;  // Of the width in bytes.
    while (log < 3 && value >> (8U << log) != 0) ++log;
    out.push_back(static_cast<uint8_t>(major | (kInline + log)));
    for (unsigned i = 1U << log; i-- > 0;) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

void append_cbor_bytes(Bytes& out, ByteView content) {
    append_cbor_head(out, CborType::kBytes, content.size());
    out.insert(out.end(), content.begin(), content.end());
}

Result<uint64_t> CborReader::head(CborType type) {
    if (rest_.empty()) return fail(ErrorCode::kTruncated, "CBOR ends where a head should be");
    const uint8_t first = rest_[0];
    const uint8_t info = first & ((1U << kTypeShift) - 1);
    if (first >> kTypeShift != static_cast<unsigned>(type))
        return fail(ErrorCode::kMalformed, format("CBOR of major type {}, expected {}",
                                                  first >> kTypeShift, static_cast<int>(type)));
    rest_ = rest_.subspan(1);
    if (info < kInline) return info;
    const unsigned log = info - kInline;
    if (log > 3) return fail(ErrorCode::kMalformed, "CBOR without a definite length");
    const std::size_t width = std::size_t{1} << log;
    if (rest_.size() < width) return fail(ErrorCode::kTruncated, "CBOR ends within a head");
    uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) value = value << 8 | rest_[i];
    rest_ = rest_.subspan(width);
    if (log == 0 ? value < kInline : value >> (4 * width) == 0)
        return fail(ErrorCode::kMalformed, "a CBOR head that is longer than it needs to be");
    return value;
}

Result<ByteView> CborReader::byte_string() {
    CORDON_TRY(const uint64_t size, head(CborType::kBytes));
    if (size > rest_.size()) return fail(ErrorCode::kTruncated, "CBOR ends within a byte string");
    const ByteView out = rest_.first(static_cast<std::size_t>(size));
    rest_ = rest_.subspan(out.size());
    return out;
}

Status CborReader::end() const {
    if (!rest_.empty())
        return fail(ErrorCode::kTrailing, format("{} bytes after the CBOR", rest_.size()));
    return {};
}

}  // namespace cordon::wallet
