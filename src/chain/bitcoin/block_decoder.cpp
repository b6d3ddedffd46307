// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "block_decoder.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/crypto/merkle.hpp>

#include "../text.hpp"
#include "plain_txn.hpp"
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

/// Asks for the lines that most lists fit in; nothing need be there.
void fetch(const void* list) noexcept {
    constexpr std::size_t kLine = 64;
    constexpr std::size_t kLines = 3;
    const auto begin = reinterpret_cast<std::uintptr_t>(list);
    for (std::size_t i = 0; i < kLines; ++i)
        __builtin_prefetch(reinterpret_cast<const void*>(begin + i * kLine), 1);
}

void add_up(uint64_t& sum, uint64_t value) noexcept {
    sum = value > UINT64_MAX - sum ? UINT64_MAX : sum + value;
}

}  // namespace

template <typename TakeTxn>
Result<BlockFacts> BlockDecoder::walk(ByteView bytes, TakeTxn take_txn) {
    BlockFacts facts;
    CORDON_TRY(facts.header, parse_header(bytes));
    Cursor cursor{bytes};
    cursor.take(kHeaderSize, "the header");
    facts.bytes = bytes.size();
    facts.txns = cursor.count(kMinTxn, "the txns");
    facts.pow_ok = meets_target(facts.header.hash, facts.header.bits);
    facts.weight = 4 * (kHeaderSize + compact_size_length(facts.txns));
    facts.coinbase_ok = facts.txns > 0;

    messages_.clear();
    places_.clear();
    any_witness_ = false;
    commitment_.reset();
    nonce_.reset();
    for (uint32_t i = 0; i < facts.txns && cursor.ok(); ++i) CORDON_TRY(take_txn(cursor, facts, i));
    if (!cursor.ok()) return fail(cursor.error());
    if (cursor.left() > 0)
        return fail(ErrorCode::kTrailing,
                    format("offset {}: expected the end of the block, found {} more bytes",
                           cursor.offset(), cursor.left()));
    return facts;
}

/// Takes the next txn apart into txn_. False where it cannot be read.
bool BlockDecoder::view_txn(Cursor& cursor, BlockFacts& facts, uint32_t index) {
    if (!read_txn(cursor, txn_)) return false;
    if (index == 0) view_first(facts);
    facts.coinbase_ok &= txn_.coinbase() == (index == 0);
    if (!txn_.coinbase()) facts.inputs += txn_.inputs.size();
    facts.outputs += txn_.outputs.size();
    for (const OutputView& output : txn_.outputs) add_up(facts.total_out, output.value);
    facts.weight += txn_.weight();
    remember(txn_.raw, txn_.body, txn_.segwit);
    return true;
}

void BlockDecoder::view_first(BlockFacts& facts) {
    if (facts.header.version >= kBip34Version && txn_.coinbase())
        facts.coinbase_height = leading_number(txn_.inputs[0].script);
    commitment_ = find_commitment(txn_);
    if (txn_.inputs.size() != 1 || txn_.inputs[0].item_count != 1) return;
    const ByteView item = txn_.witness(txn_.inputs[0])[0];
    if (item.size() != 32) return;
    nonce_.emplace();
    std::copy(item.begin(), item.end(), nonce_->bytes.begin());
}

void BlockDecoder::remember(ByteView raw, ByteView body, bool segwit) {
    const auto next = static_cast<uint32_t>(messages_.size());
    places_.push_back({next, next});
    if (!segwit) {
        messages_.push_back({{raw, {}, {}}});
        return;
    }
    messages_.push_back({{raw.first(4), body, raw.last(4)}});
    any_witness_ = true;
    if (!commitment_ || !nonce_) return;
    messages_.push_back({{raw, {}, {}}});
    ++places_.back().wtxid;
}

void BlockDecoder::hash(BlockFacts& facts) {
    hashes_.resize(messages_.size());
    // All in one go: the more there are, the longer all lanes of hash_many are busy.
    crypto::sha256d_many(messages_, hashes_);
    leaves_.clear();
    for (const Place& place : places_) leaves_.push_back(hashes_[place.txid]);
    const crypto::MerkleRoot root = crypto::merkle_root_in_place(leaves_);
    facts.merkle_ok = root.root == facts.header.merkle_root;
    facts.merkle_mutated = root.mutated;
    if (!any_witness_) return;
    facts.witness = WitnessCommitment::kBad;
    if (!commitment_ || !nonce_) return;
    leaves_.clear();
    for (const Place& place : places_) leaves_.push_back(hashes_[place.wtxid]);
    leaves_[0] = Hash256{};  // The coinbase cannot commit to itself: zero (BIP-141).
    const std::array<Hash256, 2> both{crypto::merkle_root_in_place(leaves_).root, *nonce_};
    Hash256 commitment;
    crypto::sha256d_pairs(both, {&commitment, 1});
    if (commitment == *commitment_) facts.witness = WitnessCommitment::kOk;
}

Result<BlockFacts> BlockDecoder::read(ByteView bytes, const TxnVisitor& visit) {
    const auto look = [&](Cursor& cursor, BlockFacts& facts, uint32_t index) -> Status {
        view_txn(cursor, facts, index);
        return {};
    };
    CORDON_TRY(BlockFacts facts, walk(bytes, look));
    hash(facts);
    if (!visit) return facts;
    Cursor cursor{bytes};
    cursor.take(kHeaderSize, "the header");
    cursor.compact_size("the txns");
    for (uint32_t i = 0; i < facts.txns; ++i) {
        read_txn(cursor, txn_);
        CORDON_TRY(visit(txn_, hashes_[places_[i].txid], i));
    }
    return facts;
}

Result<BlockFacts> BlockDecoder::decode(ByteView bytes, ChainId chain, Block& block) {
    slots_.start();
    const auto add = [&](Cursor& cursor, BlockFacts& facts, uint32_t index) -> Status {
        if (const UtxoTxn* const soon = slots_.soon(block.utxo_txns)) {
            fetch(soon->inputs.data());
            fetch(soon->outputs.data());
        }
        UtxoTxn& txn = slots_.next(block.utxo_txns);
        const auto plain = index > 0 ? read_plain_txn(cursor.rest(), txn) : std::nullopt;
        if (plain) {
            cursor.take(plain->raw.size(), "a txn");
            facts.inputs += txn.inputs.size();
            facts.outputs += txn.outputs.size();
            facts.weight += 3 * (plain->body.size() + 8) + plain->raw.size();
            add_up(facts.total_out, plain->total_out);
            remember(plain->raw, plain->body, plain->segwit);
            return {};
        }
        if (!view_txn(cursor, facts, index)) return {};
        if (Status status = check_txn(txn_); !status)
            return fail(status.error().in(
                format("txn {} ({})", index, format_hash(kBitcoin, txid_of(txn_)))));
        to_model(txn_, txn);
        return {};
    };
    CORDON_TRY(BlockFacts facts, walk(bytes, add));
    slots_.finish(block.utxo_txns);
    hash(facts);
    CORDON_TRY(check_block(facts));
    for (std::size_t i = 0; i < block.utxo_txns.size(); ++i)
        block.utxo_txns[i].txid = hashes_[places_[i].txid];
    block.chain = chain;
    block.account_txns.clear();
    block.header = {};
    block.header.time = from_unix_seconds(facts.header.time);
    block.header.hash = facts.header.hash;
    if (facts.header.parent != Hash256{}) block.header.parent = facts.header.parent;
    return facts;
}

}  // namespace cordon::chain
