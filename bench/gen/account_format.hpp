// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include <cordon/base/bytes.hpp>

/// The compact file of account blocks, byte by byte; README.md says why it is so.
namespace cordon::gen::format_of {

inline constexpr std::array<uint8_t, 8> kMagic{'c', 'o', 'r', 'd', 'g', 'e', 'n', '1'};
/// In place of the rows until the writer has finished.
inline constexpr uint64_t kUnfinished = ~uint64_t{0};

// Records are written as they lie in memory: little-endian machines only, like the product. No
// member needs padding, so that every byte of a file is a byte of ours.
struct FileHead {
    std::array<uint8_t, 8> magic = kMagic;
    uint32_t family = 0;  // ChainFamily
    uint32_t assets = 0;  // Entries of the table.
    uint64_t reference = 0;
    uint64_t rows = kUnfinished;
    uint64_t blocks = 0;
    uint64_t txns = 0;
    uint64_t table = 0;  // Offset of the assets: the end of the blocks.
    uint64_t zero = 0;
};
struct BlockHead {
    uint64_t number;
    int64_t millis;
    std::array<uint8_t, 32> hash;
    uint32_t txns;  // Their records follow, then those of their transfers.
    uint32_t rows;
};
struct TxnRecord {
    std::array<uint8_t, 32> hash;
    uint32_t rows;
};
struct TransferRecord {
    std::array<uint8_t, 20> from;
    std::array<uint8_t, 20> to;
    std::array<uint8_t, 16> amount;  // Little-endian.
    uint16_t asset;
    uint8_t kind;
    uint8_t zero;
};
struct AssetRecord {
    uint8_t size;
    std::array<char, 71> text;
};
static_assert(sizeof(FileHead) == 64 && sizeof(BlockHead) == 56 && sizeof(TxnRecord) == 36 &&
              sizeof(TransferRecord) == 60 && sizeof(AssetRecord) == 72);

template <typename Record>
ByteView bytes_of(const Record& record) noexcept {
    return {reinterpret_cast<const uint8_t*>(&record), sizeof record};
}

}  // namespace cordon::gen::format_of
