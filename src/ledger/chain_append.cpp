// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The part of ChainWriter that checks blocks and appends them.
#include <array>
#include <bit>
#include <cstring>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "block_codec.hpp"
#include "chain_writer.hpp"
#include "head_log.hpp"

namespace cordon::ledger {
namespace {

// So many of the newest blocks stay in the log when a head is sealed: deeper reorgs are rare (and
// cost a cut in a segment). Six confirmations; two epochs of Ethereum.
constexpr std::size_t kFinalUtxo = 6;
constexpr std::size_t kFinalAccount = 64;

// So many old txns are brought into a larger layer of the filter of txns for each that is appended:
// all of them before a third of it is full.
constexpr uint64_t kGathered = 4;

}  // namespace

std::string show(ChainId chain, const Hash256& hash) {
    std::array<uint8_t, 32> bytes = hash.bytes;
    if (is_utxo(chain)) std::reverse(bytes.begin(), bytes.end());
    return chain.family == ChainFamily::kEvm ? to_hex0x(bytes) : to_hex(bytes);
}

Result<Writer::Appended> ChainWriter::append(std::span<const Block> batch) {
    CORDON_TRY(check_usable());
    CORDON_TRY(collect(Wait::kForNothing));
    CORDON_TRY(load_books());
    if (head_.hash.capacity() == 0) head_.reserve(limits_.seal_rows);
    Writer::Appended appended;
    const std::size_t before = head_.blocks.size();
    const std::size_t txns = head_.hash.size();
    Status status = stage(batch, appended);
    if (status && appended.blocks != 0) {
        frame_.resize(kFrameHeader);
        put_batch(frame_, head_, before);
        status = log_.append(frame_);
    }
    if (!status) {
        CORDON_TRY(truncate_head(before));
        return fail(status.error());
    }
    txns_->gather(sealed_, kGathered * (head_.hash.size() - txns));
    if (is_head_full() && !(sealing_ && sealing_->result.valid() && !is_head_overfull()))
        make_room();
    else if (is_head_full_soon())
        txns_->prepare_seal();
    return appended;
}

void ChainWriter::make_room() {
    // The batch is safe in the log whatever comes of this: a seal that fails (a full disk) is tried
    // again later, and seal() says why.
    if (sealing_) {
        // The sealing thread has fallen behind, or failed: the head would outgrow its bounds.
        static_cast<void>(collect(Wait::kForSealing));
        if (sealing_) return;
    }
    // The newest blocks stay: a reorg of them then only cuts the log.
    const std::size_t keep = is_utxo(sealed_.chain) ? kFinalUtxo : kFinalAccount;
    std::size_t blocks = head_.blocks.size() > keep ? head_.blocks.size() - keep : 0;
    if (blocks == 0 || (head_.end() - head_.at(blocks)).rows > limits_.seal_rows / 4)
        blocks = head_.blocks.size();
    if (!start_sealing(blocks)) seal_delay_ += limits_.seal_rows / 4 + 1;
    static_cast<void>(collect(Wait::kForNothing));
}

Status ChainWriter::load_books() {
    if (!addresses_ || !txns_) {
        addresses_.emplace(sealed_.parts.empty(), directory_);
        txns_.emplace(sealed_.end().txns, is_utxo(sealed_.chain), limits_.filtered_txns,
                      directory_);
        notes_.reset();
        if (is_utxo(sealed_.chain)) notes_.emplace(limits_.noted_txns, directory_);
        assets_.clear();
        asset_index_.clear();
        for (uint64_t id = 0; id < sealed_.end().assets; ++id) {
            CORDON_TRY(const Asset asset, sealed_.asset(id));
            add_asset(asset);
        }
        for (const Head* head : {stored().sealing, stored().head}) {
            if (head == nullptr) continue;
            for (std::size_t i = 0; i < head->addresses.size(); ++i)
                addresses_->add(head->addresses[i], hash_of(head->addresses[i]),
                                static_cast<uint32_t>(head->begin.addresses + i));
            for (std::size_t i = 0; i < head->hash.size(); ++i)
                txns_->add(hash_of(head->hash[i]), head->begin.txns + i);
            for (std::size_t i = 0; notes_ && i < head->hash.size(); ++i) {
                const uint64_t txn = head->begin.txns + i;
                uint64_t first = 0;
                uint64_t end = 0;
                CORDON_TRY(stored().rows_of(txn, first, end));
                notes_->add(txn, head->hash[i], first,
                            std::span{head->to}.subspan(first - head->begin.rows, end - first));
            }
            for (const Asset& asset : head->assets) add_asset(asset);
        }
    }
    if (!spent_ && is_utxo(sealed_.chain)) {
        CORDON_TRY(spent_, SpentBook::load(sealed_));
        for (const Head* head : {stored().sealing, stored().head}) {
            if (head == nullptr) continue;
            for (const uint64_t row : head->spent)
                if (row != 0) spent_->set(row - 1);
            for (const Head::Foreign& entry : head->foreign) spent_->set(entry.point);
        }
    }
    addresses_->shrink(stored());
    return {};
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
        head_.begin_block(block.header);
        if (is_utxo(chain) ? !stage_utxo(block) : !stage_account(block)) return fail(*refusal_);
        const Totals end = head_.end();
        // Numbers within a head have 32 bits, and two values above the last mean something.
        constexpr uint64_t kMost = UINT32_MAX - 2;
        if (end.addresses > kMost || end.assets > kMost || size_of_head() > kMost)
            return fail(ErrorCode::kLimit,
                        format("{} block {} is one too many: a chain has at most {} addresses",
                               to_string(chain), number, kMost));
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
    for (const Head* head : {stored().head, stored().sealing}) {
        if (head == nullptr || head->empty() || number < head->blocks.front().header.number)
            continue;
        const std::size_t at = head->lower_block(number);
        if (at == head->blocks.size() || head->blocks[at].header.number != number)
            return std::optional<BlockHeader>{};
        return head->blocks[at].header;
    }
    return sealed_.block(number);
}

// How many look-ups ahead a slot is fetched, then the key that it names. A miss costs some hundred
// nanoseconds, a look-up ten.
constexpr std::size_t kSlotAhead = 24;
constexpr std::size_t kKeyAhead = 16;
// How many txns ahead a block is read: each has its rows in a place of its own.
constexpr std::size_t kTxnAhead = 6;

void ChainWriter::look_ahead(const Block& block) {
    next_address_ = next_txn_ = 0;
    const std::span account{block.account_txns};
    std::size_t transfers = 0;
    for (const AccountTxn& txn : account) transfers += txn.transfers.size();
    txn_hashes_.resize(account.size());
    address_hashes_.resize(2 * transfers);
    uint64_t* next = address_hashes_.data();
    for (std::size_t i = 0; i < account.size(); ++i) {
        if (i + kTxnAhead < account.size()) fetch_all(account[i + kTxnAhead].transfers);
        txn_hashes_[i] = hash_of(account[i].hash);
        for (const Transfer& transfer : account[i].transfers) {
            *next++ = hash_of(transfer.from);
            *next++ = hash_of(transfer.to);
        }
    }
    address_guesses_.assign(address_hashes_.size(), kNoId);
    for (std::size_t i = 0; i < std::min(kSlotAhead, address_hashes_.size()); ++i)
        addresses_->prefetch(address_hashes_[i]);
    for (std::size_t i = 0; i < std::min(kSlotAhead, txn_hashes_.size()); ++i)
        txns_->prefetch(txn_hashes_[i]);
}

uint64_t ChainWriter::next_txn_hash() {
    const std::size_t at = next_txn_++;
    if (at + kSlotAhead < txn_hashes_.size()) txns_->prefetch(txn_hashes_[at + kSlotAhead]);
    // There is no answer, as a rule: a txn is new.
    if (!txns_->is_complete() && at + kKeyAhead < txn_hashes_.size()) {
        const uint64_t hash = txn_hashes_[at + kKeyAhead];
        if (const uint64_t guess = txns_->guess(hash); guess != TxnBook::kNone)
            stored().prefetch_txn(guess, false);
        else
            sealed_.prefetch(index::Table::kTxns, hash);
    }
    return txn_hashes_[at];
}

bool ChainWriter::next_id_of(const Address& address, uint32_t& id) {
    const std::size_t at = next_address_++;
    if (at + kSlotAhead < address_hashes_.size())
        addresses_->prefetch(address_hashes_[at + kSlotAhead]);
    if (at + kKeyAhead < address_hashes_.size()) {
        const uint64_t hash = address_hashes_[at + kKeyAhead];
        const uint32_t guess = addresses_->guess(hash);
        address_guesses_[at + kKeyAhead] = guess;
        if (guess != kNoId)
            addresses_->prefetch_key(guess, stored());
        else if (!addresses_->is_complete())
            sealed_.prefetch(index::Table::kAddresses, hash);
    }
    id = address_guesses_[at];
    return (id != kNoId && addresses_->is(id, address, stored())) ||
           id_of(address, address_hashes_[at], id);
}

bool ChainWriter::id_of(const Address& address, uint64_t hash, uint32_t& id) {
    const Result<uint32_t> known = addresses_->find(address, hash, stored());
    if (!known) return refuse(known.error());
    id = *known;
    if (id != kNoId) return true;
    const uint64_t fresh = head_.begin.addresses + head_.addresses.size();
    if (fresh >= kNoId)
        return refuse({ErrorCode::kLimit, format("{} has more than {} addresses",
                                                 to_string(sealed_.chain), kNoId - 1)});
    id = static_cast<uint32_t>(fresh);
    head_.addresses.push_back(address);
    addresses_->add(address, hash, id);
    return true;
}

void ChainWriter::add_asset(const Asset& asset) {
    if (asset.is_native()) native_ = static_cast<uint32_t>(assets_.size());
    asset_index_.add(hash_of(asset), static_cast<uint32_t>(assets_.size()));
    assets_.push_back(asset);
}

uint32_t ChainWriter::asset_id(const Asset& asset) {
    if (asset.is_native() && native_ < assets_.size() && assets_[native_].is_native())
        return native_;  // Half of all rows.
    const uint32_t known =
        asset_index_.find(hash_of(asset), [&](uint32_t id) { return assets_[id] == asset; });
    if (known != HashIndex::kNone) return known;
    add_asset(asset);
    head_.assets.push_back(asset);
    return static_cast<uint32_t>(assets_.size() - 1);
}

bool ChainWriter::add_txn(const Hash256& hash, uint64_t hash_value, bool may_be_old,
                          const BlockHeader& header) {
    if (!txns_->is_new(hash_value)) {
        const Result<uint64_t> known = txns_->find(hash, hash_value, stored());
        if (!known) return refuse(known.error());
        if (*known != TxnBook::kNone && !may_be_old)
            return refuse(
                {ErrorCode::kDuplicate,
                 format("{} txn {} of block {} is in the ledger "
                        "already",
                        to_string(sealed_.chain), show(sealed_.chain, hash), header.number)});
    }
    txns_->add(hash_value, head_.begin.txns + head_.hash.size());
    head_.hash.push_back(hash);
    head_.row_begin.push_back(static_cast<uint32_t>(head_.to.size()));
    head_.input_begin.push_back(static_cast<uint32_t>(head_.spent.size()));
    return true;
}

bool ChainWriter::stage_account(const Block& block) {
    amounts_size_ = 0;  // Of a block that was refused.
    look_ahead(block);
    for (const AccountTxn& txn : block.account_txns)
        if (!stage_txn(txn, block.header)) return false;
    flush_amounts();
    return true;
}

bool ChainWriter::stage_txn(const AccountTxn& txn, const BlockHeader& header) {
    if (!add_txn(txn.hash, next_txn_hash(), false, header)) return false;
    uint64_t time = 0;
    if (txn.time) {
        const int64_t base = header.time ? header.time->time_since_epoch().count() : 0;
        time = 1 + zigzag(static_cast<int64_t>(
                       static_cast<uint64_t>(txn.time->time_since_epoch().count()) -
                       static_cast<uint64_t>(base)));
        if (time == 0)
            return refuse(
                {ErrorCode::kOverflow,
                 format("{} txn {} of block {} has a time that is too far from that of "
                        "its block",
                        to_string(sealed_.chain), show(sealed_.chain, txn.hash), header.number)});
    }
    head_.time.push_back(time);
    const Transfer* last = nullptr;
    for (const Transfer& transfer : txn.transfers) {
        if (last != nullptr && transfer.index <= last->index)
            return refuse({ErrorCode::kOrder,
                           format("{} txn {} of block {}: index {} comes after index {}: indices "
                                  "must rise inside a txn",
                                  to_string(sealed_.chain), show(sealed_.chain, txn.hash),
                                  header.number, transfer.index, last->index)});
        uint32_t from = kNoId;
        uint32_t to = kNoId;
        if (!next_id_of(transfer.from, from) || !next_id_of(transfer.to, to)) return false;
        head_.from.push_back(from);
        head_.to.push_back(to);
        const bool repeats = last != nullptr &&
                             std::memcmp(&transfer.asset, &last->asset, sizeof transfer.asset) == 0;
        head_.asset.push_back(repeats ? head_.asset.back() : asset_id(transfer.asset));
        head_.kind.push_back(static_cast<uint8_t>(transfer.kind));
        head_.gap.push_back(transfer.index -
                            static_cast<uint32_t>(&transfer - txn.transfers.data()));
        stage_amount(transfer.amount);
        last = &transfer;
    }
    return true;
}

void ChainWriter::stage_amount(const Amount& amount) {
    const std::array<uint64_t, 4>& limbs = amount.limbs();
    if (amounts_size_ + sizeof limbs > amounts_.size()) flush_amounts();
    std::memcpy(amounts_.data() + amounts_size_, limbs.data(), sizeof limbs);
    const auto bits =
        amount.fits_u64() ? static_cast<unsigned>(std::bit_width(limbs[0])) : amount.bit_width();
    head_.amount_size.push_back(static_cast<uint8_t>((bits + 7) / 8));
    amounts_size_ += head_.amount_size.back();
}

void ChainWriter::flush_amounts() {
    put_bytes(head_.amount, ByteView{amounts_}.first(amounts_size_));
    amounts_size_ = 0;
}

bool ChainWriter::refuse(Error error) {
    refusal_ = std::move(error);
    return false;
}

}  // namespace cordon::ledger
