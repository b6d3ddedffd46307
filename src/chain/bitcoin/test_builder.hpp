// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/base/byte_source.hpp>
#include <cordon/crypto/merkle.hpp>

#include "block.hpp"

/// Small regtest chains for tests and benchmarks: real proof of work (two tries a block), real
/// merkle roots.
namespace cordon::chain::test {

/// An outpoint of the txid that is this byte 32 times.
inline OutPoint point(uint8_t byte, uint32_t index) {
    OutPoint out;
    out.txid.bytes.fill(byte);
    out.index = index;
    return out;
}

inline void put(Bytes& out, uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) out.push_back(static_cast<uint8_t>(value >> 8 * i));
}
inline void put(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }
inline void put_size(Bytes& out, uint64_t value) {
    if (value < 0xfd) return put(out, value, 1);
    put(out, value < 0x10000 ? 0xfd : 0xfe, 1);
    put(out, value, value < 0x10000 ? 2 : 4);
}

/// OP_DUP OP_HASH160 <20 times the byte> OP_EQUALVERIFY OP_CHECKSIG.
inline Bytes p2pkh_script(uint8_t byte) {
    Bytes out{0x76, 0xa9, 20};
    out.insert(out.end(), 20, byte);
    out.insert(out.end(), {0x88, 0xac});
    return out;
}

inline Bytes simple_txn(const std::vector<OutPoint>& spends,
                        const std::vector<std::pair<uint64_t, Bytes>>& outputs,
                        const Bytes& coinbase_script = {}) {
    Bytes out;
    put(out, 2, 4);
    put_size(out, spends.empty() ? 1 : spends.size());
    for (const OutPoint& point : spends) {
        put(out, point.txid);
        put(out, point.index, 4);
        put_size(out, 0);
        put(out, 0xffffffff, 4);
    }
    if (spends.empty()) {
        put(out, Hash256{});
        put(out, 0xffffffff, 4);
        put_size(out, coinbase_script.size());
        put(out, coinbase_script);
        put(out, 0xffffffff, 4);
    }
    put_size(out, outputs.size());
    for (const auto& [value, script] : outputs) {
        put(out, value, 8);
        put_size(out, script.size());
        put(out, script);
    }
    put(out, 0, 4);
    return out;
}

/// A push of the height, and a byte that makes coinbases differ.
inline Bytes height_script(uint32_t height, uint8_t salt = 0) {
    Bytes digits;
    for (uint32_t rest = height; rest > 0; rest >>= 8) digits.push_back(static_cast<uint8_t>(rest));
    if (!digits.empty() && (digits.back() & 0x80) != 0) digits.push_back(0);
    Bytes out;
    if (height == 0) {
        out.push_back(0);
    } else if (height <= 16) {
        out.push_back(static_cast<uint8_t>(0x50 + height));
    } else {
        out.push_back(static_cast<uint8_t>(digits.size()));
        put(out, digits);
    }
    out.insert(out.end(), {1, salt});
    return out;
}

/// The header and body of a block with these txns; the nonce is searched until the target of `bits`
/// is met.
inline Bytes make_block(const Hash256& parent, uint32_t time, const std::vector<Bytes>& txns,
                        uint32_t version = 4, uint32_t bits = 0x207fffff) {
    std::vector<Hash256> txids;
    for (const Bytes& txn : txns) txids.push_back(txid_of(parse_txn(txn).value()));
    Bytes out;
    put(out, version, 4);
    put(out, parent);
    put(out, crypto::merkle_root(txids).root);
    put(out, time, 4);
    put(out, bits, 4);
    put(out, 0, 4);
    for (uint32_t nonce = 0; !meets_target(parse_header(out)->hash, bits); ++nonce) {
        out.resize(kHeaderSize - 4);
        put(out, nonce, 4);
    }
    put_size(out, txns.size());
    for (const Bytes& txn : txns) put(out, txn);
    return out;
}

/// A block of one coinbase.
inline Bytes empty_block(const Hash256& parent, uint32_t height, uint8_t salt = 0,
                         uint32_t version = 4) {
    return make_block(
        parent, 1'600'000'000 + height * 600,
        {simple_txn({}, {{50 * kCoin, p2pkh_script(1)}}, height_script(height, salt))}, version);
}

inline Hash256 hash_of(const Bytes& block) { return parse_header(block)->hash; }

/// In front of a block in a blk file.
inline void put_frame(Bytes& out, const Bytes& block, uint32_t magic = 0xdab5bffa) {
    put(out, magic, 4);
    put(out, block.size(), 4);
    put(out, block);
}

}  // namespace cordon::chain::test
