// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "fido_assert.hpp"

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::wallet {
namespace {

constexpr std::size_t kMaxOutput = 8192;  // Four short lines.

/// A CBOR byte string of definite length and nothing else (RFC 8949 §3.1): libfido2 keeps
/// authenticator data as it came, in CBOR.
Result<Bytes> byte_string(const Bytes& cbor) {
    constexpr uint8_t kByteString = 0x40;
    std::size_t head = 1;
    std::size_t size = cbor.empty() ? 0 : cbor[0] & 0x1fU;
    if (size == 24 && cbor.size() > 1) {
        head = 2;
        size = cbor[1];
    } else if (size == 25 && cbor.size() > 2) {
        head = 3;
        size = static_cast<std::size_t>(cbor[1]) << 8 | cbor[2];
    } else if (size > 23) {
        size = kMaxOutput;
    }
    if (cbor.empty() || (cbor[0] & 0xe0) != kByteString || cbor.size() != head + size)
        return fail(ErrorCode::kMalformed, "line 3: expected a CBOR byte string");
    return Bytes(cbor.begin() + static_cast<std::ptrdiff_t>(head), cbor.end());
}

}  // namespace

Result<SignedStatement> signed_by_fido2_assert(std::string_view text, std::string_view output) {
    CORDON_TRY(parse_statement(text));
    if (output.size() > kMaxOutput)
        return fail(ErrorCode::kLimit, format("more than {} bytes", kMaxOutput));
    std::vector<std::string_view> lines;
    while (!output.empty()) {
        const std::size_t end = output.find('\n');
        if (end == std::string_view::npos)
            return fail(ErrorCode::kTruncated, "the last line does not end");
        lines.push_back(output.substr(0, end));
        output.remove_prefix(end + 1);
    }
    if (lines.size() != 4 && lines.size() != 5)
        return fail(ErrorCode::kMalformed,
                    format("{} lines; fido2-assert -G prints four or five", lines.size()));
    SignedStatement out;
    out.text = text;
    const ByteView bytes{reinterpret_cast<const uint8_t*>(text.data()), text.size()};
    if (lines[0] != to_base64(crypto::sha256(bytes)))
        return fail(ErrorCode::kConflict, "line 1: the hash of another text was signed");
    CORDON_TRY(const Bytes data, parse_base64(lines[2]));
    CORDON_TRY(out.authenticator_data, byte_string(data));
    CORDON_TRY(out.signature, parse_base64(lines[3]));
    return out;
}

}  // namespace cordon::wallet
