// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>

/// Bytes as words of four letters with a checksum (BCR-2020-012): in QR codes by the first and last
/// letter of each, on paper in full.
namespace cordon::wallet {

enum class WordStyle : uint8_t {
    kWords,    ///< "able acid": a blank between them.
    kUri,      ///< "able-acid".
    kMinimal,  ///< "aead".
};

/// CRC-32 (ISO-HDLC), as words, parts and messages of a UR carry it, big-endian.
uint32_t crc32(ByteView bytes) noexcept;

/// The bytes, then four words of their CRC-32.
std::string to_bytewords(ByteView bytes, WordStyle style);

/// The inverse; capital letters are as good. kMalformed: a word that is none (its place is named,
/// not the word: it may be of a secret); kTruncated: no more than a checksum; kChecksum. The caller
/// wipes what is secret.
Result<Bytes> parse_bytewords(std::string_view text, WordStyle style);

}  // namespace cordon::wallet
