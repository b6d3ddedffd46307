// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "segment_format.hpp"

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>

#include "coding.hpp"
#include "crc32c.hpp"

namespace cordon::ledger {
namespace {

constexpr std::size_t kSumAt = kSegmentMagic.size();
constexpr std::size_t kFieldsAt = kSumAt + 4;

/// What a column's size must be, where the counts tell it.
std::optional<uint64_t> expected_size(const SegmentHeader& header, ColumnId id) noexcept {
    const bool utxo = is_utxo(header.chain);
    switch (id) {
        case ColumnId::kBlockNumber: return header.blocks * 8;
        case ColumnId::kBlockTxn: return (header.blocks + 1) * 4;
        case ColumnId::kBlockRow: return (header.blocks + 1) * 8;
        case ColumnId::kBlockBody: return (header.blocks + 1) * 8;
        case ColumnId::kTxnHash: return header.txns * 32;
        case ColumnId::kTxnBody: return header.txns * 4;
        case ColumnId::kOutBegin:
        case ColumnId::kInBegin: return (header.addresses + 1) * 4;
        case ColumnId::kTxnIndex: return slot_count(header.txns) * 4;
        case ColumnId::kAssetBegin: return (header.assets + 1) * 4;
        case ColumnId::kSpendIndex: return utxo ? std::nullopt : std::optional<uint64_t>{0};
        case ColumnId::kBody:
        case ColumnId::kAddressGroup:
        case ColumnId::kAddress:
        case ColumnId::kOut:
        case ColumnId::kIn:
        case ColumnId::kAssetText: return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

Bytes encode(const SegmentHeader& header) {
    Bytes fields;
    put_fixed<uint64_t>(fields, static_cast<uint64_t>(header.chain.family));
    put_fixed(fields, header.chain.reference);
    for (const uint64_t count :
         {header.blocks, header.txns, header.rows, header.addresses, header.assets})
        put_fixed(fields, count);
    for (const SegmentHeader::Column& column : header.columns) {
        put_fixed(fields, column.offset);
        put_fixed(fields, column.size);
        put_fixed(fields, column.sums);
        put_fixed(fields, column.sums_crc);
    }
    put_fixed(fields, header.file_size);
    Bytes out;
    put_bytes(out, kSegmentMagic);
    put_fixed(out, crc32c(fields));
    put_bytes(out, fields);
    CORDON_CHECK(out.size() == kSegmentHeaderSize);
    return out;
}

Result<SegmentHeader> decode_segment_header(ByteView file, const std::string& name) {
    const auto corrupt = [&name](std::size_t offset, const std::string& what) {
        return fail(
            ErrorCode::kCorrupt,
            format("{}: offset {}: header: {}; restore this ledger from a copy or ingest it anew",
                   name, offset, what));
    };
    if (file.size() < kSegmentHeaderSize) return corrupt(file.size(), "the file ends inside it");
    if (!std::equal(kSegmentMagic.begin(), kSegmentMagic.end(), file.begin()))
        return corrupt(0, "expected the first bytes of a ledger segment");
    const ByteView fields = file.subspan(kFieldsAt, kSegmentHeaderSize - kFieldsAt);
    if (const uint32_t sum = load<uint32_t>(file.data() + kSumAt); crc32c(fields) != sum) {
        const auto bit = flipped_bit(fields.size(), sum, crc32c(fields));
        return corrupt(bit ? kFieldsAt + *bit / 8 : kSumAt,
                       bit ? format("bit {} is flipped", *bit % 8) : "checksum does not match");
    }
    Decoder in{fields};
    SegmentHeader header;
    const uint64_t family = in.u64();
    if (family > static_cast<uint64_t>(ChainFamily::kTron))
        return corrupt(kFieldsAt, "unknown chain family");
    header.chain = {static_cast<ChainFamily>(family), in.u64()};
    for (uint64_t* count :
         {&header.blocks, &header.txns, &header.rows, &header.addresses, &header.assets}) {
        *count = in.u64();
        if (*count > file.size() || (count != &header.rows && *count >= UINT32_MAX))
            return corrupt(kFieldsAt + in.offset(), "a count is larger than the file");
    }
    for (std::size_t i = 0; i < kColumnCount; ++i) {
        SegmentHeader::Column& column = header.columns[i];
        column.offset = in.u64();
        column.size = in.u64();
        column.sums = in.u64();
        column.sums_crc = in.u32();
        const std::optional<uint64_t> size = expected_size(header, static_cast<ColumnId>(i));
        const uint64_t sums_size = (column.size / kChunk + (column.size % kChunk != 0 ? 1 : 0)) * 4;
        if (column.size > file.size() || column.offset > file.size() - column.size ||
            sums_size > file.size() || column.sums > file.size() - sums_size ||
            (size && *size != column.size))
            return corrupt(kFieldsAt + in.offset(),
                           format("column {} does not fit", kColumnNames[i]));
    }
    header.file_size = in.u64();
    if (header.file_size != file.size())
        return corrupt(file.size(), format("the file should have {} bytes", header.file_size));
    return header;
}

}  // namespace cordon::ledger
