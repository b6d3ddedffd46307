// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/base/bytes.hpp>

/// How Bitcoin writes numbers and byte strings: the other side of Cursor.
namespace cordon::chain {

template <typename T>
void append_number(Bytes& out, T value) {
    for (unsigned i = 0; i < sizeof value; ++i)
        out.push_back(static_cast<uint8_t>(static_cast<uint64_t>(value) >> 8 * i));
}

inline void append_compact_size(Bytes& out, uint64_t value) {
    if (value < 0xfd) return append_number(out, static_cast<uint8_t>(value));
    if (value < 0x10000) {
        out.push_back(0xfd);
        append_number(out, static_cast<uint16_t>(value));
    } else if (value < 0x100000000) {
        out.push_back(0xfe);
        append_number(out, static_cast<uint32_t>(value));
    } else {
        out.push_back(0xff);
        append_number(out, value);
    }
}

inline void append_bytes(Bytes& out, ByteView bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

inline void append_var_bytes(Bytes& out, ByteView bytes) {
    append_compact_size(out, bytes.size());
    append_bytes(out, bytes);
}

}  // namespace cordon::chain
