// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/base/crc32c.hpp>
#include <cordon/ledger/coding.hpp>
#include <cordon/ledger/column_file.hpp>
#include <cordon/ledger/log.hpp>

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
        ledger::put_fixed<uint32_t>(header, crc32c(record));
        Bytes place;
        ledger::put_fixed<uint64_t>(place, at);
        ledger::put_fixed<uint32_t>(header, crc32c(header, crc32c(place)));
        ledger::put_bytes(log, header);
        ledger::put_bytes(log, record);
    }
    return log;
}

/// The footer's own checksum; those of the columns are left alone (the file is told to be trusted).
inline void repair_columns(Bytes& file, const ledger::FileKind& kind) {
    if (file.size() < kind.magic.size() + ledger::footer_size(kind)) return;
    std::copy(kind.magic.begin(), kind.magic.end(), file.begin());
    const uint64_t size = file.size();
    std::memcpy(file.data() + size - 12, &size, 8);
    const std::size_t begin = file.size() - ledger::footer_size(kind);
    const uint32_t sum = crc32c(ByteView{file}.subspan(begin, ledger::footer_size(kind) - 4));
    std::memcpy(file.data() + size - 4, &sum, 4);
}

}  // namespace cordon::fuzz
