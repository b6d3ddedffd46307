// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>

/// The file `head`: entries that are durable and not yet in full tiles, in groups with a checksum
/// each (docs/formats/tlog.md).
namespace cordon::tlog {

struct Head {
    std::string origin;
    uint64_t base = 0;  ///< Index of its first entry.
    std::vector<std::string> entries;
    uint64_t size = 0;  ///< Bytes that hold whole groups: the rest was never acknowledged.
};

Bytes head_begin(std::string_view origin, uint64_t base);
Bytes head_group(std::span<const std::string> entries);
/// kCorrupt with NAME and offset: damage that no torn write explains.
Result<Head> parse_head(std::string_view name, ByteView bytes);

/// Entries as a bundle of tlog-tiles: two big-endian bytes of length before each.
Bytes format_bundle(std::span<const std::string> entries);
/// kCorrupt with the offset.
Result<std::vector<std::string>> parse_bundle(std::string_view name, ByteView bytes);

}  // namespace cordon::tlog
