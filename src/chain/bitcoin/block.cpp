// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "block.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/crypto/merkle.hpp>

#include "../text.hpp"
#include "script.hpp"

namespace cordon::chain {
namespace {

constexpr std::size_t kMinTxn = 10;  // Version, two counts of zero, locktime.
constexpr int32_t kBip34Version = 2;

/// The commitment in a coinbase: the last output that starts OP_RETURN, 36 bytes, aa21a9ed
/// (BIP-141).
std::optional<Hash256> find_commitment(const TxnView& coinbase) noexcept {
    static constexpr std::array<uint8_t, 6> kMark{0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed};
    std::optional<Hash256> found;
    for (const OutputView& output : coinbase.outputs) {
        if (output.script.size() < 38 ||
            !std::equal(kMark.begin(), kMark.end(), output.script.begin()))
            continue;
        found.emplace();
        std::copy_n(output.script.begin() + 6, 32, found->bytes.begin());
    }
    return found;
}

/// Gathers what the commitments cover, while the txns go by.
class Commitments {
public:
    void add(const TxnView& txn, const Hash256& txid, std::size_t index) {
        txids_.push_back(txid);
        has_witness_ |= txn.segwit;
        if (index == 0) {
            commitment_ = find_commitment(txn);
            if (txn.inputs.size() == 1 && txn.inputs[0].item_count == 1) {
                const ByteView item = txn.witness(txn.inputs[0])[0];
                if (item.size() == 32)
                    nonce_.emplace(), std::copy(item.begin(), item.end(), nonce_->bytes.begin());
            }
            wtxids_.emplace_back();  // The coinbase cannot commit to itself: zero (BIP-141).
        } else if (commitment_) {
            wtxids_.push_back(txn.segwit ? wtxid_of(txn) : txid);
        }
    }

    void finish(BlockFacts& facts) {
        const crypto::MerkleRoot root = crypto::merkle_root(std::move(txids_));
        facts.merkle_ok = root.root == facts.header.merkle_root;
        facts.merkle_mutated = root.mutated;
        facts.witness = witness();
    }

private:
    WitnessCommitment witness() {
        if (!has_witness_) return WitnessCommitment::kAbsent;
        if (!commitment_ || !nonce_) return WitnessCommitment::kBad;
        std::array<uint8_t, 64> both;
        const Hash256 root = crypto::merkle_root(std::move(wtxids_)).root;
        std::copy(root.bytes.begin(), root.bytes.end(), both.begin());
        std::copy(nonce_->bytes.begin(), nonce_->bytes.end(), both.begin() + 32);
        return crypto::sha256d(both) == *commitment_ ? WitnessCommitment::kOk
                                                     : WitnessCommitment::kBad;
    }

    std::vector<Hash256> txids_;
    std::vector<Hash256> wtxids_;
    std::optional<Hash256> commitment_;
    std::optional<Hash256> nonce_;
    bool has_witness_ = false;
};

std::size_t compact_size_length(uint64_t value) noexcept {
    return value < 0xfd ? 1 : value < 0x10000 ? 3 : value < 0x100000000 ? 5 : 9;
}

void count_values(const TxnView& txn, BlockFacts& facts) noexcept {
    if (!txn.coinbase()) facts.inputs += txn.inputs.size();
    facts.outputs += txn.outputs.size();
    facts.weight += txn.weight();
    for (const OutputView& output : txn.outputs)
        facts.total_out = output.value > UINT64_MAX - facts.total_out
                              ? UINT64_MAX
                              : facts.total_out + output.value;
}

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
    BlockFacts facts;
    CORDON_TRY(facts.header, parse_header(bytes));
    Cursor cursor{bytes};
    cursor.take(kHeaderSize, "the header");
    facts.bytes = bytes.size();
    facts.txns = cursor.count(kMinTxn, "the txns");
    facts.pow_ok = meets_target(facts.header.hash, facts.header.bits);
    facts.weight = 4 * (kHeaderSize + compact_size_length(facts.txns));
    facts.coinbase_ok = facts.txns > 0;

    Commitments commitments;
    TxnView txn;
    for (std::size_t i = 0; i < facts.txns && cursor.ok(); ++i) {
        if (!read_txn(cursor, txn)) break;
        const Hash256 txid = txid_of(txn);
        commitments.add(txn, txid, i);
        count_values(txn, facts);
        facts.coinbase_ok &= txn.coinbase() == (i == 0);
        if (i == 0 && facts.header.version >= kBip34Version && txn.coinbase())
            facts.coinbase_height = leading_number(txn.inputs[0].script);
        if (visit) CORDON_TRY(visit(txn, txid, i));
    }
    if (!cursor.ok()) return fail(cursor.error());
    if (cursor.left() > 0)
        return fail(ErrorCode::kTrailing,
                    format("offset {}: expected the end of the block, found {} more bytes",
                           cursor.offset(), cursor.left()));
    commitments.finish(facts);
    return facts;
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
    Block& block = out.block;
    block.chain = chain;
    const auto visit = [&block](const TxnView& txn, const Hash256& txid,
                                std::size_t index) -> Status {
        if (Status status = check_txn(txn); !status)
            return fail(
                status.error().in(format("txn {} ({})", index, format_hash(kBitcoin, txid))));
        block.utxo_txns.push_back(to_model(txn, txid));
        return {};
    };
    CORDON_TRY(out.facts, read_block(bytes, visit));
    CORDON_TRY(check_block(out.facts));
    block.header.time = from_unix_seconds(out.facts.header.time);
    block.header.hash = out.facts.header.hash;
    if (out.facts.header.parent != Hash256{}) block.header.parent = out.facts.header.parent;
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
