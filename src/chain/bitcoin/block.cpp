// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "block.hpp"

#include <cordon/base/format.hpp>

#include "../text.hpp"
#include "block_decoder.hpp"
#include "script.hpp"

namespace cordon::chain {
namespace {

constexpr int32_t kBip34Version = 2;

}  // namespace

std::string_view to_string(WitnessCommitment value) noexcept {
    switch (value) {
        case WitnessCommitment::kOk: return "ok";
        case WitnessCommitment::kAbsent: return "absent";
        case WitnessCommitment::kBad: return "bad";
    }
    return "bad";
}

Result<BlockFacts> read_block(ByteView bytes, const TxnVisitor& visit) {
    return BlockDecoder{}.read(bytes, visit);
}

Status check_block(const BlockFacts& facts) {
    const std::string hash = format_hash(kBitcoin, facts.header.hash);
    if (!facts.coinbase_ok)
        return fail(ErrorCode::kMalformed,
                    format("block {}: expected one coinbase, as the first txn", hash));
    if (!facts.pow_ok)
        return fail(ErrorCode::kChecksum, format("block {}: the hash does not meet the target "
                                                 "(bits {:08x}): a byte of the header is wrong",
                                                 hash, facts.header.bits));
    if (!facts.merkle_ok)
        return fail(
            ErrorCode::kChecksum,
            format("block {}: the txns do not give the merkle root of the header: a byte is wrong",
                   hash));
    if (facts.merkle_mutated)
        return fail(
            ErrorCode::kChecksum,
            format(
                "block {}: txns are repeated at its end under the same merkle root (CVE-2012-2459)",
                hash));
    if (facts.witness == WitnessCommitment::kBad)
        return fail(
            ErrorCode::kChecksum,
            format("block {}: the witnesses do not give the commitment in its coinbase (BIP-141)",
                   hash));
    if (facts.weight > kMaxBlockWeight)
        return fail(ErrorCode::kLimit,
                    format("block {}: weight {}; at most {}", hash, facts.weight, kMaxBlockWeight));
    return {};
}

Result<DecodedBlock> parse_block(ByteView bytes, ChainId chain) {
    DecodedBlock out;
    CORDON_TRY(out.facts, BlockDecoder{}.decode(bytes, chain, out.block));
    return out;
}

std::optional<uint64_t> coinbase_height(ByteView first_bytes) noexcept {
    Cursor cursor{first_bytes};
    const auto version = static_cast<int32_t>(cursor.u32("version"));
    cursor.take(kHeaderSize - 4, "header");
    cursor.compact_size("txns");
    cursor.u32("version");
    if (cursor.peek(0) == 0) cursor.take(2, "marker and flag");
    const bool one_input = cursor.u8("inputs") == 1;
    cursor.take(36, "prevout");
    const ByteView script = cursor.var_bytes("script");
    if (!cursor.ok() || !one_input || version < kBip34Version) return std::nullopt;
    return leading_number(script);
}

}  // namespace cordon::chain
