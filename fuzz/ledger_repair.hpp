// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/ledger/coding.hpp>
#include <cordon/ledger/crc32c.hpp>
#include <cordon/ledger/log.hpp>
#include <cordon/ledger/segment_format.hpp>

/// Makes the checksums of mutated ledger files right again, so that fuzzing reaches what is behind
/// them.
namespace cordon::fuzz {

/// `records` is a row of u16 size and record; the result is a log of them.
inline Bytes repair_log(ByteView records) {
    Bytes log{ledger::kLogMagic.begin(), ledger::kLogMagic.end()};
    ledger::Decoder in{records};
    while (in.left() >= 2) {
        const std::size_t size = std::min<std::size_t>(in.u8() + 256u * in.u8(), in.left());
        const ByteView record = in.bytes(size);
        const uint64_t at = log.size();
        Bytes header;
        ledger::put_fixed<uint32_t>(header, 0x524E4443);
        ledger::put_fixed<uint32_t>(header, static_cast<uint32_t>(size));
        ledger::put_fixed<uint32_t>(header, ledger::crc32c(record));
        Bytes place;
        ledger::put_fixed<uint64_t>(place, at);
        ledger::put_fixed<uint32_t>(header, ledger::crc32c(header, ledger::crc32c(place)));
        ledger::put_bytes(log, header);
        ledger::put_bytes(log, record);
    }
    return log;
}

/// The header's own checksum; those of the columns are left alone (Segment is told to trust them).
inline void repair_segment(Bytes& file) {
    if (file.size() < ledger::kSegmentHeaderSize) return;
    std::copy(ledger::kSegmentMagic.begin(), ledger::kSegmentMagic.end(), file.begin());
    const uint64_t size = file.size();
    std::memcpy(file.data() + ledger::kSegmentHeaderSize - 8, &size, 8);
    const uint32_t sum =
        ledger::crc32c(ByteView{file}.subspan(12, ledger::kSegmentHeaderSize - 12));
    std::memcpy(file.data() + 8, &sum, 4);
}

}  // namespace cordon::fuzz
