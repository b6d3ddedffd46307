// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The part of ChainWriter that appends blocks of UTXO chains.
#include <algorithm>
#include <array>
#include <cstring>

#include <cordon/base/format.hpp>

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

bool is_twice(const Hash256& hash) noexcept {
    return std::ranges::any_of(kTwice, [&hash](const auto& twice) {
        return hash.bytes[0] == twice[0] && hash.bytes == twice;
    });
}

// So many look-ups ahead the slots are asked for, then the key that a slot names and where the rows
// of its txn begin, then the row. A miss costs some hundred nanoseconds, a look-up ten.
constexpr std::size_t kSlotAhead = 24;
constexpr std::size_t kKeyAhead = 16;
constexpr std::size_t kBitsAhead = 11;
constexpr std::size_t kRowAhead = 6;
// How many txns before that a block is read: each has its rows in a place of its own.
constexpr std::size_t kTxnAhead = 4;

}  // namespace

bool ChainWriter::stage_utxo(const Block& block) {
    looks_.clear();
    receivers_.clear();
    next_look_ = next_receiver_ = 0;
    const std::span txns{block.utxo_txns};
    std::size_t ahead = 0;
    for (std::size_t i = 0; i < txns.size(); ++i) {
        // Hashed while it is in the caches for being staged: a block is larger than these.
        for (; ahead < txns.size() && (ahead <= i || looks_.size() < next_look_ + kSlotAhead ||
                                       receivers_.size() < next_receiver_ + kSlotAhead);
             ++ahead) {
            if (ahead + kTxnAhead < txns.size()) {
                fetch_all(txns[ahead + kTxnAhead].inputs);
                fetch_all(txns[ahead + kTxnAhead].outputs);
            }
            look_ahead(txns[ahead]);
        }
        if (!stage_txn(txns[i], block.header)) return false;
    }
    return true;
}

void ChainWriter::look_ahead(const UtxoTxn& txn) {
    const uint64_t own = hash_of(txn.txid);
    txns_->prefetch(own);
    looks_.push_back({own, TxnBook::kNone, kNoOutput});
    for (const TxIn& input : txn.inputs) {
        const uint64_t hash = hash_of(input.prevout.txid);
        const uint64_t recent = recent_txn(hash);
        if (recent == TxnBook::kNone) txns_->prefetch(hash);
        looks_.push_back({hash, recent, input.prevout.index});
    }
    for (const TxOut& output : txn.outputs) {
        const uint64_t hash = hash_of(output.address);
        addresses_->prefetch(hash);
        receivers_.push_back({hash, kNoId});
    }
}

uint64_t ChainWriter::recent_txn(uint64_t hash) const noexcept {
    const uint64_t txn = recent_.guess(hash);
    return txn < head_.begin.txns + head_.hash.size() ? txn : TxnBook::kNone;
}

ChainWriter::TxnLook ChainWriter::next_look() {
    const std::size_t at = next_look_++;
    if (at + kKeyAhead < looks_.size()) look_at_slot(looks_[at + kKeyAhead]);
    if (at + kBitsAhead < looks_.size())
        if (const TxnLook& look = looks_[at + kBitsAhead]; look.txn != TxnBook::kNone)
            if (notes_->find(look.txn) == nullptr) stored().prefetch_rows_of(look.txn);
    if (at + kRowAhead < looks_.size())
        if (const TxnLook& look = looks_[at + kRowAhead]; look.txn != TxnBook::kNone) {
            const TxnNotes::Note* const note = notes_->find(look.txn);
            uint64_t first = 0;
            uint64_t end = 0;
            if (rows_of(note, look.txn, first, end) && look.output < end - first) {
                if (note == nullptr || look.output >= note->receivers.size())
                    stored().prefetch_receiver(first + look.output);
                spent_->prefetch(first + look.output);
            }
        }
    return looks_[at];
}

void ChainWriter::look_at_slot(TxnLook& look) const {
    if (look.txn == TxnBook::kNone) {
        // A new txn is not there, as a rule: a closer look has time until it is its turn.
        if (look.output == kNoOutput && txns_->is_complete()) return;
        look.txn = txns_->guess(look.hash);
    }
    if (look.txn == TxnBook::kNone) {
        if (!txns_->is_complete()) sealed_.prefetch(index::Table::kTxns, look.hash);
    } else if (const TxnNotes::Note* const note = notes_->find(look.txn)) {
        fetch(note);
    } else {
        stored().prefetch_txn(look.txn, true);
    }
}

Status ChainWriter::rows_of(const TxnNotes::Note* note, uint64_t txn, uint64_t& first,
                            uint64_t& end) const {
    if (note == nullptr) return stored().rows_of(txn, first, end);
    first = note->first_row;
    end = first + note->outputs;
    return {};
}

bool ChainWriter::next_receiver(const Address& address, uint32_t& id) {
    const std::size_t at = next_receiver_++;
    if (at + kKeyAhead < receivers_.size()) {
        Receiver& receiver = receivers_[at + kKeyAhead];
        receiver.id = addresses_->guess(receiver.hash);
        if (receiver.id != kNoId)
            addresses_->prefetch_key(receiver.id, stored());
        else if (!addresses_->is_complete())
            sealed_.prefetch(index::Table::kAddresses, receiver.hash);
    }
    id = receivers_[at].id;
    return (id != kNoId && addresses_->is(id, address, stored())) ||
           id_of(address, receivers_[at].hash, id);
}

bool ChainWriter::stage_txn(const UtxoTxn& txn, const BlockHeader& header) {
    const uint64_t hash = next_look().hash;
    const uint64_t number = head_.begin.txns + head_.hash.size();
    if (!add_txn(txn.txid, hash, txn.coinbase && is_twice(txn.txid), header)) return false;
    recent_.add(hash, number);
    head_.time.push_back(0);
    head_.version.push_back(txn.version);
    head_.locktime.push_back(txn.locktime);
    head_.coinbase.push_back(txn.coinbase ? 1 : 0);
    for (std::size_t i = 0; i < txn.inputs.size(); ++i)
        if (!stage_input(txn.inputs[i]))
            return refuse(refusal_->in(format(
                "{} txn {} of block {}, input {} ({}:{})", to_string(sealed_.chain),
                show(sealed_.chain, txn.txid), header.number, i,
                show(sealed_.chain, txn.inputs[i].prevout.txid), txn.inputs[i].prevout.index)));
    uint64_t sum = 0;
    for (const TxOut& output : txn.outputs) {
        if (output.value > kMaxMoney || sum + output.value > kMaxMoney)
            return refuse(
                {ErrorCode::kOverflow,
                 format("{} txn {} of block {} pays out more than 21 million coins",
                        to_string(sealed_.chain), show(sealed_.chain, txn.txid), header.number)});
        sum += output.value;
        uint32_t to = kNoId;
        if (!next_receiver(output.address, to)) return false;
        head_.to.push_back(to);
        head_.value.push_back(output.value);
    }
    const std::span receivers = std::span{head_.to}.last(txn.outputs.size());
    notes_->add(number, txn.txid, head_.begin.rows + head_.to.size() - receivers.size(), receivers);
    return true;
}

bool ChainWriter::stage_input(const TxIn& input) {
    const OutPoint& point = input.prevout;
    const TxnLook look = next_look();
    // Those just before came after its slot was looked at.
    uint64_t txn = look.txn != TxnBook::kNone ? look.txn : recent_txn(look.hash);
    const TxnNotes::Note* note = txn != TxnBook::kNone ? notes_->find(txn) : nullptr;
    // Of the two coinbases of BIP-30 that a guess may be, the newest is wanted.
    if (txn == TxnBook::kNone || is_twice(point.txid) ||
        !(note != nullptr ? same(note->hash, point.txid) : stored().is_txn(txn, point.txid))) {
        const Result<uint64_t> found = txns_->find(point.txid, look.hash, stored());
        if (!found) return refuse(found.error());
        txn = *found;
        note = txn != TxnBook::kNone ? notes_->find(txn) : nullptr;
    }
    // A txn cannot spend its own outputs.
    if (txn + 1 == head_.begin.txns + head_.hash.size()) txn = TxnBook::kNone;
    if (txn == TxnBook::kNone) return stage_foreign(input);
    if (spent_->has_foreign()) {
        const Result<bool> spent = spent_->is_spent(point, stored());
        if (!spent) return refuse(spent.error());
        if (*spent) return refuse_spent();
    }
    uint64_t first = 0;
    uint64_t end = 0;
    if (const Status found = rows_of(note, txn, first, end); !found) return refuse(found.error());
    if (point.index >= end - first)
        return refuse(
            {ErrorCode::kConflict, format("the txn it spends has only {} outputs", end - first)});
    const uint64_t row = first + point.index;
    if (spent_->is_spent(row)) return refuse_spent();
    uint32_t sender = kNoId;
    if (note != nullptr && point.index < note->receivers.size())
        sender = note->receivers[point.index];
    else if (const Status found = stored().receiver(row, sender); !found)
        return refuse(found.error());
    if (input.spent) {
        uint64_t value = 0;
        if (const Status found = stored().value(row, value); !found) return refuse(found.error());
        if (input.spent->value != value || !stored().is_address(sender, input.spent->address))
            return refuse({ErrorCode::kConflict,
                           format("the source says that it spends {} satoshi, or of another "
                                  "address, than the ledger, which has {}",
                                  input.spent->value, value)});
    }
    head_.spent.push_back(row + 1);
    head_.sender.push_back(sender);
    spent_->set(row);
    return true;
}

bool ChainWriter::stage_foreign(const TxIn& input) {
    // An extract: whatever the source says stands.
    const Result<bool> spent = spent_->is_spent(input.prevout, stored());
    if (!spent) return refuse(spent.error());
    if (*spent) return refuse_spent();
    uint32_t sender = kNoId;
    if (input.spent && !id_of(input.spent->address, hash_of(input.spent->address), sender))
        return false;
    head_.foreign.push_back({head_.begin.inputs + head_.spent.size(), input.prevout, sender,
                             input.spent ? input.spent->value : 0});
    head_.spent.push_back(0);
    head_.sender.push_back(sender);
    spent_->set(input.prevout);
    return true;
}

bool ChainWriter::refuse_spent() {
    return refuse({ErrorCode::kConflict, "this output is spent already"});
}

}  // namespace cordon::ledger
