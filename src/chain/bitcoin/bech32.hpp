// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>

/// Bech32 (BIP-173), bech32m (BIP-350) and the segwit addresses made of them.
namespace cordon::chain {

enum class Bech32Kind : uint8_t { kBech32, kBech32m };

struct Bech32 {
    Bech32Kind kind{};
    std::string prefix;  ///< The human-readable part, in lower case.
    Bytes values;        ///< Five bits each, without the checksum.
};

/// REQUIRES: every value below 32, a prefix of 1..83 printable lower-case characters.
std::string format_bech32(const Bech32& data);
/// At most 90 characters, all of one case. kMalformed (with the offset), kTruncated, kLimit,
/// kChecksum.
Result<Bech32> parse_bech32(std::string_view text);

/// A witness program as an output script carries it (BIP-141).
struct WitnessProgram {
    uint8_t version = 0;  ///< 0..16.
    Bytes program;        ///< 2..40 bytes; 20 or 32 for version 0.
};

/// REQUIRES: a valid program.
std::string format_segwit(std::string_view prefix, const WitnessProgram& program);

struct SegwitAddress {
    std::string prefix;
    WitnessProgram program;
};
/// As parse_bech32, and kMalformed when the version, the length or the padding is not one of a
/// witness program, or when version 0 comes as bech32m or a higher one as bech32 (BIP-350: the old
/// checksum misses inserted characters).
Result<SegwitAddress> parse_segwit(std::string_view text);

}  // namespace cordon::chain
