// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "books.hpp"

#include <algorithm>
#include <array>

namespace cordon::ledger {
bool Stored::is_txn(uint64_t txn, const Hash256& hash) const noexcept {
    if (const Head* has = head_with(&Totals::txns, txn))
        return same(has->hash[txn - has->begin.txns], hash);
    const uint8_t* at = sealed->part_with(&Totals::txns, txn).segment->txn_hash(txn);
    return at != nullptr && std::memcmp(at, hash.bytes.data(), 32) == 0;
}

bool Stored::is_address(uint64_t id, const Address& address) const noexcept {
    if (const Head* has = head_with(&Totals::addresses, id))
        return std::memcmp(&has->addresses[id - has->begin.addresses], &address,
                           sizeof address) == 0;  // It has no padding, and its tail is zero.
    AddressKind kind{};
    ByteView payload;
    return sealed->part_with(&Totals::addresses, id).segment->address(id, kind, payload) &&
           kind == address.kind() && payload.size() == address.payload().size() &&
           std::memcmp(payload.data(), address.payload().data(), payload.size()) == 0;
}

void Stored::prefetch_address(uint64_t id) const noexcept {
    if (const Head* has = head_with(&Totals::addresses, id)) {
        fetch(&has->addresses[id - has->begin.addresses]);
        return;
    }
    const Segment& segment = *sealed->part_with(&Totals::addresses, id).segment;
    segment.addresses().prefetch(id - segment.begin().addresses);
}

void Stored::prefetch_txn(uint64_t txn, bool rows) const noexcept {
    if (const Head* has = head_with(&Totals::txns, txn)) {
        const uint64_t own = txn - has->begin.txns;
        fetch(&has->hash[own]);
        fetch(&has->hash[own].bytes.back());  // Half of them lie in two lines.
        if (rows) fetch(&has->row_begin[own]);
        return;
    }
    const Segment& segment = *sealed->part_with(&Totals::txns, txn).segment;
    const uint64_t own = txn - segment.begin().txns;
    segment.column(segment::kTxnHash).prefetch_byte(own * 32);
    if (rows) segment.rows().prefetch_group(own);
}

void Stored::prefetch_rows_of(uint64_t txn) const noexcept {
    if (head_with(&Totals::txns, txn) != nullptr) return;
    const Segment& segment = *sealed->part_with(&Totals::txns, txn).segment;
    segment.rows().prefetch_bits(txn - segment.begin().txns);
}

void Stored::prefetch_receiver(uint64_t row) const noexcept {
    if (const Head* has = head_with(&Totals::rows, row)) {
        const uint64_t own = row - has->begin.rows;
        if (own < has->to.size()) fetch(&has->to[own]);
        return;
    }
    const Segment& segment = *sealed->part_with(&Totals::rows, row).segment;
    segment.column(segment::kTo).prefetch(row - segment.begin().rows);
}

Status Stored::rows_of(uint64_t txn, uint64_t& first, uint64_t& end) const {
    if (const Head* has = head_with(&Totals::txns, txn)) {
        const uint64_t own = txn - has->begin.txns;
        first = has->begin.rows + has->row_begin[own];
        end = own + 1 < has->row_begin.size() ? has->begin.rows + has->row_begin[own + 1]
                                              : has->end().rows;
        return {};
    }
    const Segment& segment = *sealed->part_with(&Totals::txns, txn).segment;
    if (!segment.rows_of(txn, first, end)) return segment.corrupt(segment::kTxnRows);
    return {};
}

Status Stored::receiver(uint64_t row, uint32_t& id) const {
    if (const Head* has = head_with(&Totals::rows, row)) {
        id = has->to[row - has->begin.rows];
        return {};
    }
    const Segment& segment = *sealed->part_with(&Totals::rows, row).segment;
    uint64_t wide = 0;
    if (!segment.row_value(segment::kTo, row, wide) || wide >= kNoId)
        return segment.corrupt(segment::kTo);
    id = static_cast<uint32_t>(wide);
    return {};
}

Status Stored::value(uint64_t row, uint64_t& value) const {
    if (const Head* has = head_with(&Totals::rows, row)) {
        value = has->value[row - has->begin.rows];
        return {};
    }
    const Segment& segment = *sealed->part_with(&Totals::rows, row).segment;
    if (!segment.row_value(segment::kValue, row, value)) return segment.corrupt(segment::kValue);
    return {};
}

Result<Address> Stored::address(uint64_t id) const {
    if (const Head* has = head_with(&Totals::addresses, id))
        return has->addresses[id - has->begin.addresses];
    return sealed->address(id);
}

Result<uint32_t> AddressBook::find(const Address& address, uint64_t hash, const Stored& stored) {
    const uint32_t known = find_noted(address, hash, stored);
    if (known != kNoId || complete_) return known;
    CORDON_TRY(const auto found, stored.sealed->find_address(address));
    if (!found) return kNoId;
    add(address, hash, *found);
    return *found;
}

void AddressBook::shrink(const Stored& stored) {
    if (index_.size() < kMost) return;
    index_.clear();
    complete_ = false;
    keys_.clear();
    for (const Head* head : {stored.sealing, stored.head})
        if (head != nullptr)
            for (std::size_t i = 0; i < head->addresses.size(); ++i)
                add(head->addresses[i], hash_of(head->addresses[i]),
                    static_cast<uint32_t>(head->begin.addresses + i));
}

uint64_t TxnBook::guess(uint64_t hash) const noexcept {
    if (const uint32_t entry = young_.guess(hash); entry != HashIndex::kNone)
        return young_first_ + entry;
    if (const uint32_t entry = old_.guess(hash); entry != HashIndex::kNone)
        return old_first_ + entry;
    return kNone;
}

uint64_t TxnBook::find_noted(const Hash256& hash, uint64_t hash_value,
                             const Stored& stored) const noexcept {
    // The newest of several: the one that BIP-30 leaves spendable.
    uint64_t newest = kNone;
    const auto look = [&](const HashIndex& index, uint64_t first) {
        index.find(hash_value, [&](uint32_t entry) {
            if ((newest == kNone || first + entry > newest) && stored.is_txn(first + entry, hash))
                newest = first + entry;
            return false;
        });
    };
    look(young_, young_first_);
    if (newest == kNone) look(old_, old_first_);
    return newest;
}

Result<uint64_t> TxnBook::find(const Hash256& hash, uint64_t hash_value,
                               const Stored& stored) const {
    if (is_new(hash_value)) return kNone;
    const uint64_t noted = find_noted(hash, hash_value, stored);
    if (noted != kNone || old_first_ == 0) return noted;
    CORDON_TRY(const auto found, stored.sealed->find_txn(hash));
    return found.value_or(kNone);
}

void TxnBook::add(uint64_t hash_value, uint64_t txn) {
    if (utxo_ && young_.size() >= kHalf) begin_half(txn);
    // A rewind has emptied it when what comes now belongs before it.
    young_first_ = std::min(young_first_, txn);
    young_.add(hash_value, static_cast<uint32_t>(txn - young_first_));
    if (!seen_) return;
    if (seen_->add(hash_value)) {
        gathered_ = 0;
        gather_end_ = txn;
    }
    if (txn >= seen_->most()) seen_.reset();
}

void TxnBook::gather(const ChainView& sealed, uint64_t count) {
    if (!seen_ || gathered_ == gather_end_) return;
    std::array<uint64_t, 64> hashes;
    for (const uint64_t end = std::min({gathered_ + count, gather_end_, sealed.end().txns});
         gathered_ < end;) {
        const Part& part = sealed.part_with(&Totals::txns, gathered_);
        const auto n = static_cast<std::size_t>(
            std::min<uint64_t>(hashes.size(), std::min(end, part.end.txns) - gathered_));
        const uint8_t* const at = part.segment->txn_hash(gathered_, n);
        if (at == nullptr) return seen_.reset();  // The files will say what is damaged.
        for (std::size_t i = 0; i < n; ++i)
            hashes[i] = hash_bytes({at + sizeof(Hash256) * i, sizeof(Hash256)});
        seen_->bring(std::span{hashes}.first(n));
        gathered_ += n;
    }
    if (gathered_ == gather_end_) seen_->drop_older();
}

void TxnBook::seal(uint64_t first, std::span<const Hash256> rest) {
    if (utxo_) return;
    for (std::size_t i = 0; i < rest.size(); ++i) remove(hash_of(rest[i]), first + i);
    begin_half(first);
    for (std::size_t i = 0; i < rest.size(); ++i)
        young_.add(hash_of(rest[i]), static_cast<uint32_t>(i));
}

void TxnBook::begin_half(uint64_t first) {
    std::swap(old_, young_);
    young_.wipe();
    young_.reserve_like(old_);
    old_first_ = young_first_;
    young_first_ = first;
}

void TxnBook::remove(uint64_t hash_value, uint64_t txn) {
    if (txn >= young_first_)
        young_.remove(hash_value, static_cast<uint32_t>(txn - young_first_));
    else if (txn >= old_first_)
        old_.remove(hash_value, static_cast<uint32_t>(txn - old_first_));
}

Result<SpentBook> SpentBook::load(const ChainView& sealed) {
    SpentBook book;
    book.bits_.assign(static_cast<std::size_t>(sealed.end().rows / 64 + 1), 0);
    std::array<uint64_t, 4096> page;
    for (const Part& part : sealed.parts) {
        const Column& spent = part.segment->column(segment::kSpent);
        const uint64_t count = part.end.inputs - part.begin().inputs;
        book.has_foreign_ = book.has_foreign_ || part.segment->foreign_count() != 0;
        for (uint64_t at = 0; at < count; at += page.size()) {
            const auto n = static_cast<std::size_t>(std::min<uint64_t>(page.size(), count - at));
            if (!spent.unpack(at, n, page.data())) return part.segment->corrupt(segment::kSpent);
            for (std::size_t i = 0; i < n; ++i) {
                if (page[i] > sealed.end().rows) return part.segment->corrupt(segment::kSpent);
                if (page[i] != 0) book.set(page[i] - 1);
            }
        }
    }
    return book;
}

Result<bool> SpentBook::is_spent(const OutPoint& point, const Stored& stored) const {
    if (foreign_.contains(point)) return true;
    CORDON_TRY(const auto input, stored.sealed->find_spend(point));
    return input.has_value();
}

}  // namespace cordon::ledger
