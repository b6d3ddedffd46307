// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The part of ChainWriter that checks blocks and appends them.
#include <array>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "chain_writer.hpp"

namespace cordon::ledger {
namespace {

// Consensus rule of Bitcoin (MAX_MONEY, "bad-txns-txouttotal-toolarge"): 21 million coins.
constexpr uint64_t kMaxMoney = 21'000'000ULL * 100'000'000ULL;

/// The coinbases that exist twice, because BIP-30 came after them: d5d27987...8599 (blocks 91812
/// and 91842) and e3bf3d07...b468 (91722 and 91880). Bytes as hashed; the later one shadows.
constexpr std::array<std::array<uint8_t, 32>, 2> kTwice{{
    {0x99, 0x85, 0xd8, 0x29, 0x54, 0xe1, 0x0f, 0x22, 0x33, 0xa0, 0x89,
     0x05, 0xdc, 0x7b, 0x49, 0x0e, 0xb4, 0x44, 0x66, 0x0c, 0x87, 0x59,
     0xe3, 0x24, 0xc7, 0xdf, 0xa3, 0xd2, 0x87, 0x79, 0xd2, 0xd5},
    {0x68, 0xb4, 0x5f, 0x58, 0xb6, 0x74, 0xe9, 0x4e, 0xb8, 0x81, 0xcd,
     0x67, 0xb0, 0x4c, 0x2c, 0xba, 0x07, 0xfe, 0x55, 0x52, 0xdb, 0xf1,
     0xd5, 0x38, 0x56, 0x37, 0xb0, 0xd4, 0x07, 0x3d, 0xbf, 0xe3},
}};

/// Hashes in messages as UTXO chains show them, reversed.
std::string show(ChainId chain, const Hash256& hash) {
    std::array<uint8_t, 32> bytes = hash.bytes;
    if (is_utxo(chain)) std::reverse(bytes.begin(), bytes.end());
    return chain.family == ChainFamily::kEvm ? to_hex0x(bytes) : to_hex(bytes);
}

}  // namespace

Result<Writer::Appended> ChainWriter::append(std::span<const Block> batch) {
    CORDON_TRY(check_usable());
    Writer::Appended appended;
    const std::size_t before = head_.blocks().size();
    head_.begin_batch();
    Status status = stage(batch, appended);
    if (status && appended.blocks != 0) status = log_.append(head_.end_batch());
    if (!status || appended.blocks == 0) {
        head_.truncate(before);
        head_.drop_frame();
        if (!status) return fail(status.error());
        return appended;
    }
    if (head_.rows() >= limits_.seal_rows + seal_delay_ ||
        head_.weight() >= limits_.seal_weight + seal_delay_ * 100) {
        // The batch is safe in the log whatever comes of this; a seal that fails (a full disk) is
        // tried again later, and seal() says why.
        if (seal())
            seal_delay_ = 0;
        else
            seal_delay_ += limits_.seal_rows / 4 + 1;
    }
    return appended;
}

Status ChainWriter::stage(std::span<const Block> batch, Writer::Appended& appended) {
    const ChainId chain = sealed_.chain;
    const Block* last = nullptr;
    for (const Block& block : batch) {
        const BlockNum number = block.header.number;
        if (block.chain != chain)
            return fail(ErrorCode::kInvalidParam, format("a batch for {} holds a block of {}",
                                                         to_string(chain), to_string(block.chain)));
        if (is_utxo(chain) ? !block.account_txns.empty() : !block.utxo_txns.empty())
            return fail(ErrorCode::kInvalidParam,
                        format("{} block {} holds txns of the other value model", to_string(chain),
                               number));
        if (last != nullptr && number <= last->header.number)
            return fail(ErrorCode::kOrder,
                        format("{} block {} comes after block {} in one batch: numbers must rise",
                               to_string(chain), number, last->header.number));
        last = &block;
        CORDON_TRY(const bool is_new, check_place(block));
        if (!is_new) {
            ++appended.skipped;
            continue;
        }
        ++appended.blocks;
        head_.begin_block(block.header, block.account_txns.size() + block.utxo_txns.size());
        for (const AccountTxn& txn : block.account_txns) CORDON_TRY(stage_txn(txn, number));
        for (const UtxoTxn& txn : block.utxo_txns) CORDON_TRY(stage_txn(txn, number));
        head_.end_block();
        if (head_.blocks().back().at + kMaxRecord < head_.log_size())
            return fail(ErrorCode::kLimit, format("{} block {} takes more than {} MB",
                                                  to_string(chain), number, kMaxRecord >> 20));
    }
    return {};
}

Result<bool> ChainWriter::check_place(const Block& block) const {
    const std::string name = to_string(block.chain);
    const BlockHeader& header = block.header;
    const std::optional<BlockHeader> top = tip();
    if (top && header.number <= top->number) {
        CORDON_TRY(const auto stored, stored_block(header.number));
        if (stored && stored->hash == header.hash) return false;
        if (stored)
            return fail(ErrorCode::kConflict,
                        format("{} block {} has hash {} here and {} in the ledger: rewind to "
                               "before it, or leave it out",
                               name, header.number, show(block.chain, header.hash),
                               show(block.chain, stored->hash)));
        return fail(ErrorCode::kConflict, format("{} block {} is not in the ledger, which is at {} "
                                                 "already: blocks go in by rising number; ingest "
                                                 "the files together, or rewind first",
                                                 name, header.number, top->number));
    }
    if (header.parent && header.number != 0) {
        // Only the tip can be the block before a new one.
        if (top && top->number == header.number - 1 && top->hash != *header.parent)
            return fail(ErrorCode::kConflict,
                        format("{} block {} says that its parent is {}, but block {} of the ledger "
                               "is {}: a reorg; rewind to "
                               "the common block first",
                               name, header.number, show(block.chain, *header.parent), top->number,
                               show(block.chain, top->hash)));
    }
    if (!is_utxo(block.chain) && top && top->time && header.time && *header.time < *top->time)
        return fail(
            ErrorCode::kOrder,
            format("{} block {} has time {}, before that of block {}, {}", name, header.number,
                   format_rfc3339(*header.time), top->number, format_rfc3339(*top->time)));
    return true;
}

Result<std::optional<BlockHeader>> ChainWriter::stored_block(BlockNum number) const {
    const auto& blocks = head_.blocks();
    if (blocks.empty() || number < blocks.front().header.number) return sealed_.block(number);
    const auto it = std::lower_bound(
        blocks.begin(), blocks.end(), number,
        [](const Head::BlockEntry& entry, BlockNum n) { return entry.header.number < n; });
    if (it == blocks.end() || it->header.number != number) return std::optional<BlockHeader>{};
    return it->header;
}

Status ChainWriter::check_new(const Hash256& hash, bool coinbase, BlockNum number) const {
    if (coinbase && (hash.bytes == kTwice[0] || hash.bytes == kTwice[1])) return {};
    bool known = head_.has_txn(hash);
    if (!known) {
        CORDON_TRY(const auto found, find_txn(sealed_, hash));
        known = found.has_value();
    }
    if (!known) return {};
    return fail(ErrorCode::kDuplicate,
                format("{} txn {} of block {} is in the ledger already", to_string(sealed_.chain),
                       show(sealed_.chain, hash), number));
}

Status ChainWriter::stage_txn(const AccountTxn& txn, BlockNum number) {
    CORDON_TRY(check_new(txn.hash, false, number));
    for (std::size_t i = 1; i < txn.transfers.size(); ++i)
        if (txn.transfers[i].index <= txn.transfers[i - 1].index)
            return fail(ErrorCode::kOrder,
                        format("{} txn {} of block {}: index {} comes after index {}: indices must "
                               "rise inside a txn",
                               to_string(sealed_.chain), show(sealed_.chain, txn.hash), number,
                               txn.transfers[i].index, txn.transfers[i - 1].index));
    head_.add(txn);
    return {};
}

Status ChainWriter::stage_txn(const UtxoTxn& txn, BlockNum number) {
    CORDON_TRY(check_new(txn.txid, txn.coinbase, number));
    uint64_t sum = 0;
    for (const TxOut& output : txn.outputs) {
        if (output.value > kMaxMoney || sum + output.value > kMaxMoney)
            return fail(ErrorCode::kOverflow,
                        format("{} txn {} of block {} pays out more than 21 million coins",
                               to_string(sealed_.chain), show(sealed_.chain, txn.txid), number));
        sum += output.value;
    }
    UtxoTxn resolved = txn;
    for (std::size_t i = 0; i < resolved.inputs.size(); ++i) {
        const Status status = resolve(resolved.inputs[i]);
        if (!status)
            return fail(status.error().in(
                format("{} txn {} of block {}, input {} ({}:{})", to_string(sealed_.chain),
                       show(sealed_.chain, txn.txid), number, i,
                       show(sealed_.chain, resolved.inputs[i].prevout.txid),
                       resolved.inputs[i].prevout.index)));
        // Before the next input is looked at: one txn could spend the same output twice
        // (CVE-2018-17144).
        head_.add_spend(resolved.inputs[i].prevout);
    }
    head_.add(resolved);
    return {};
}

Status ChainWriter::resolve(TxIn& input) const {
    bool spent = head_.has_spend(input.prevout);
    if (!spent) {
        CORDON_TRY(const auto found, find_spend(sealed_, input.prevout));
        spent = found.has_value();
    }
    if (spent) return fail(ErrorCode::kConflict, "this output is spent already");

    uint32_t count = 0;
    std::optional<TxOut> output = head_.output(input.prevout, count);
    if (count == 0 && !output && !head_.has_txn(input.prevout.txid)) {
        CORDON_TRY(const auto found, find_txn(sealed_, input.prevout.txid));
        if (!found) return {};  // An extract: whatever the source says stands.
        CORDON_TRY(output,
                   found->part->segment->read_output(found->ordinal, input.prevout.index, count));
    }
    if (!output)
        return fail(ErrorCode::kConflict, format("the txn it spends has only {} outputs", count));
    if (input.spent && *input.spent != *output)
        return fail(
            ErrorCode::kConflict,
            format("the source says that it spends {} satoshi, or of another address, than the "
                   "ledger, which has {}",
                   input.spent->value, output->value));
    input.spent = output;
    return {};
}

}  // namespace cordon::ledger
