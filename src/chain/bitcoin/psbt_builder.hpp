// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>
#include <vector>

#include <cordon/base/bytes.hpp>

#include "test_builder.hpp"
#include "wire.hpp"

/// PSBTs for tests, field by field.
namespace cordon::chain::test {

using Rows = std::vector<std::pair<Bytes, Bytes>>;

inline Bytes le32(uint32_t value) {
    Bytes out;
    append_number(out, value);
    return out;
}

/// Amount and script, as a witness UTXO holds them.
inline Bytes output_bytes(uint64_t value, const Bytes& script) {
    Bytes out;
    append_number(out, value);
    append_var_bytes(out, script);
    return out;
}

inline Bytes joined(Bytes head, ByteView tail) {
    append_bytes(head, tail);
    return head;
}

struct PsbtMaps {
    Rows globals;
    std::vector<Rows> inputs, outputs;

    Bytes bytes() const {
        Bytes out{'p', 's', 'b', 't', 0xff};
        const auto map = [&](const Rows& rows) {
            for (const auto& [key, value] : rows) {
                append_var_bytes(out, key);
                append_var_bytes(out, value);
            }
            out.push_back(0);
        };
        map(globals);
        for (const Rows& rows : inputs) map(rows);
        for (const Rows& rows : outputs) map(rows);
        return out;
    }
};

/// Version 0 around a txn; the maps of its inputs and outputs are empty.
inline PsbtMaps psbt_v0(const Bytes& txn, std::size_t inputs, std::size_t outputs) {
    return {{{{0x00}, txn}}, std::vector<Rows>(inputs), std::vector<Rows>(outputs)};
}

/// Version 2 with one input that spends output 0 of the txn of nines, and one output.
inline PsbtMaps psbt_v2(uint64_t amount, const Bytes& script) {
    Bytes value;
    append_number(value, amount);
    return {{{{0xfb}, le32(2)}, {{0x02}, le32(2)}, {{0x04}, {1}}, {{0x05}, {1}}},
            {{{{0x0e}, Bytes(32, 9)}, {{0x0f}, le32(0)}}},
            {{{{0x03}, value}, {{0x04}, script}}}};
}

/// The witness program of 20 times the byte.
inline Bytes p2wpkh_script(uint8_t byte) {
    Bytes out{0, 20};
    out.insert(out.end(), 20, byte);
    return out;
}

}  // namespace cordon::chain::test
