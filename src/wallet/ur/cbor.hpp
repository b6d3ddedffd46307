// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>

/// The little of CBOR (RFC 8949) that a UR needs, in its deterministic form (§4.2): the shortest
/// head, definite lengths.
namespace cordon::wallet {

enum class CborType : uint8_t { kUnsigned = 0, kBytes = 2, kArray = 4, kTag = 6 };

void append_cbor_head(Bytes& out, CborType type, uint64_t value);
void append_cbor_bytes(Bytes& out, ByteView content);

/// Reads from the front of `bytes`. Every failure is kMalformed or kTruncated.
class CborReader {
public:
    explicit CborReader(ByteView bytes) noexcept : rest_{bytes} {}

    /// The number, length, count or tag of a head of this type. kMalformed: another type, or not
    /// the shortest form.
    Result<uint64_t> head(CborType type);
    /// lifetime: of the bytes read.
    Result<ByteView> byte_string();
    /// kTrailing.
    Status end() const;

private:
    ByteView rest_;
};

}  // namespace cordon::wallet
