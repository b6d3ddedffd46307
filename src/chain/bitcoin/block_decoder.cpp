// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "block_decoder.hpp"

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

template <typename PerTxn>
Result<BlockFacts> BlockDecoder::walk(ByteView bytes, PerTxn per_txn) {
    BlockFacts facts;
    CORDON_TRY(facts.header, parse_header(bytes));
    Cursor cursor{bytes};
    cursor.take(kHeaderSize, "the header");
    facts.bytes = bytes.size();
    facts.txns = cursor.count(kMinTxn, "the txns");
    facts.pow_ok = meets_target(facts.header.hash, facts.header.bits);
    facts.weight = 4 * (kHeaderSize + compact_size_length(facts.txns));
    facts.coinbase_ok = facts.txns > 0;

    txids_of_.clear();
    wtxids_of_.clear();
    with_witness_.clear();
    commitment_.reset();
    nonce_.reset();
    for (uint32_t i = 0; i < facts.txns && cursor.ok(); ++i) {
        if (!read_txn(cursor, txn_)) break;
        remember(i);
        count_values(txn_, facts);
        facts.coinbase_ok &= txn_.coinbase() == (i == 0);
        if (i == 0 && facts.header.version >= kBip34Version && txn_.coinbase())
            facts.coinbase_height = leading_number(txn_.inputs[0].script);
        CORDON_TRY(per_txn(i));
    }
    if (!cursor.ok()) return fail(cursor.error());
    if (cursor.left() > 0)
        return fail(ErrorCode::kTrailing,
                    format("offset {}: expected the end of the block, found {} more bytes",
                           cursor.offset(), cursor.left()));
    return facts;
}

void BlockDecoder::remember(uint32_t index) {
    txids_of_.push_back(txid_pieces(txn_));
    if (txn_.segwit) {
        with_witness_.push_back(index);
        wtxids_of_.push_back({{txn_.raw, {}, {}}});
    }
    if (index > 0) return;
    commitment_ = find_commitment(txn_);
    if (txn_.inputs.size() != 1 || txn_.inputs[0].item_count != 1) return;
    const ByteView item = txn_.witness(txn_.inputs[0])[0];
    if (item.size() != 32) return;
    nonce_.emplace();
    std::copy(item.begin(), item.end(), nonce_->bytes.begin());
}

void BlockDecoder::hash(BlockFacts& facts) {
    const std::size_t txns = txids_of_.size();
    const bool witnesses = !with_witness_.empty() && commitment_ && nonce_;
    // All in one go: the more there are, the longer all lanes of hash_many are busy.
    if (witnesses) txids_of_.insert(txids_of_.end(), wtxids_of_.begin(), wtxids_of_.end());
    hashes_.resize(txids_of_.size());
    crypto::sha256d_many(txids_of_, hashes_);
    const auto txids = std::span{hashes_}.first(txns);
    leaves_.assign(txids.begin(), txids.end());
    const crypto::MerkleRoot root = crypto::merkle_root_in_place(leaves_);
    facts.merkle_ok = root.root == facts.header.merkle_root;
    facts.merkle_mutated = root.mutated;
    if (with_witness_.empty()) return;
    facts.witness = WitnessCommitment::kBad;
    if (!witnesses) return;
    leaves_.assign(txids.begin(), txids.end());
    for (std::size_t i = 0; i < with_witness_.size(); ++i)
        leaves_[with_witness_[i]] = hashes_[txns + i];
    leaves_[0] = Hash256{};  // The coinbase cannot commit to itself: zero (BIP-141).
    const std::array<Hash256, 2> both{crypto::merkle_root_in_place(leaves_).root, *nonce_};
    Hash256 commitment;
    crypto::sha256d_pairs(both, {&commitment, 1});
    if (commitment == *commitment_) facts.witness = WitnessCommitment::kOk;
}

Result<BlockFacts> BlockDecoder::read(ByteView bytes, const TxnVisitor& visit) {
    const auto nothing = [](uint32_t) { return Status{}; };
    CORDON_TRY(BlockFacts facts, walk(bytes, nothing));
    hash(facts);
    if (!visit) return facts;
    const auto again = [&](uint32_t index) { return visit(txn_, hashes_[index], index); };
    CORDON_TRY(walk(bytes, again));
    return facts;
}

Result<BlockFacts> BlockDecoder::decode(ByteView bytes, ChainId chain, Block& block) {
    slots_.start();
    const auto add = [&](uint32_t index) -> Status {
        if (Status status = check_txn(txn_); !status)
            return fail(status.error().in(
                format("txn {} ({})", index, format_hash(kBitcoin, txid_of(txn_)))));
        to_model(txn_, slots_.next(block.utxo_txns));
        return {};
    };
    CORDON_TRY(BlockFacts facts, walk(bytes, add));
    slots_.finish(block.utxo_txns);
    hash(facts);
    CORDON_TRY(check_block(facts));
    for (std::size_t i = 0; i < block.utxo_txns.size(); ++i) block.utxo_txns[i].txid = hashes_[i];
    block.chain = chain;
    block.account_txns.clear();
    block.header = {};
    block.header.time = from_unix_seconds(facts.header.time);
    block.header.hash = facts.header.hash;
    if (facts.header.parent != Hash256{}) block.header.parent = facts.header.parent;
    return facts;
}

}  // namespace cordon::chain
