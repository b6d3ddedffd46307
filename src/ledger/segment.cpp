// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "segment.hpp"

#include <cordon/base/format.hpp>

#include "flat_index.hpp"

namespace cordon::ledger {

tl::unexpected<Error> Segment::corrupt(ColumnId id, uint64_t offset) const {
    const auto index = static_cast<std::size_t>(id);
    if (const auto damage = column(id).find_damage()) return damaged(id, *damage);
    return fail(ErrorCode::kCorrupt,
                format("{}: offset {}: column {} does not decode; restore this ledger from a copy "
                       "or ingest it anew",
                       name_, header_.columns[index].offset + offset, kColumnNames[index]));
}

tl::unexpected<Error> Segment::damaged(ColumnId id, const Column::Damage& damage) const {
    return fail(
        ErrorCode::kCorrupt,
        format("{}: offset {}: {}column {}: {}; restore this ledger from a copy or ingest it anew",
               name_, damage.offset, damage.in_sums ? "checksums of " : "",
               kColumnNames[static_cast<std::size_t>(id)],
               damage.bit ? format("bit {} is flipped", *damage.bit)
                          : format("the checksum of the page from here ({} bytes) does not match",
                                   kChunk)));
}

Result<std::shared_ptr<const Segment>> Segment::open(const std::string& path,
                                                     const std::string& name) {
    std::shared_ptr<Segment> segment{new Segment};
    segment->name_ = name;
    CORDON_TRY(segment->file_, MappedFile::open(path));
    const ByteView bytes = segment->file_.bytes();
    return make(std::move(segment), bytes, false);
}

Result<std::shared_ptr<const Segment>> Segment::from_bytes(Bytes bytes, const std::string& name,
                                                           bool trusted) {
    std::shared_ptr<Segment> segment{new Segment};
    segment->name_ = name;
    segment->memory_ = std::move(bytes);
    const ByteView view = segment->memory_;
    return make(std::move(segment), view, trusted);
}

Result<std::shared_ptr<const Segment>> Segment::make(std::shared_ptr<Segment> segment,
                                                     ByteView bytes, bool trusted) {
    segment->bytes_ = bytes;
    CORDON_TRY(segment->header_, decode_segment_header(bytes, segment->name_));
    segment->identity_ = load<uint32_t>(bytes.data() + kSegmentMagic.size());
    for (std::size_t i = 0; i < kColumnCount; ++i)
        segment->columns_[i] = Column{bytes, segment->header_.columns[i], trusted};
    CORDON_TRY(segment->load_groups());
    return segment;
}

Status Segment::load_groups() {
    const Column& column = this->column(ColumnId::kAddressGroup);
    const uint8_t* at = column.get(0, column.size());
    if (at == nullptr || column.size() % kGroupSize != 0)
        return corrupt(ColumnId::kAddressGroup, 0);
    uint64_t offset = 0;
    for (uint64_t i = 0; i < column.size(); i += kGroupSize) {
        Group group{static_cast<AddressKind>(at[i]), at[i + 1], load<uint32_t>(at + i + 2), 0,
                    load<uint64_t>(at + i + 6)};
        const uint64_t next = i + kGroupSize < column.size()
                                  ? load<uint32_t>(at + i + kGroupSize + 2)
                                  : header_.addresses;
        if (at[i] > static_cast<uint8_t>(AddressKind::kScript) || group.size > Address::kMaxSize ||
            next <= group.first || next > header_.addresses || group.offset != offset ||
            (i == 0 && group.first != 0))
            return corrupt(ColumnId::kAddressGroup, i);
        group.count = static_cast<uint32_t>(next - group.first);
        offset += uint64_t{group.count} * group.size;
        groups_.push_back(group);
    }
    if (offset != this->column(ColumnId::kAddress).size() ||
        (groups_.empty() && header_.addresses != 0))
        return corrupt(ColumnId::kAddressGroup, column.size());
    return {};
}

Result<BlockNum> Segment::number(uint32_t block) const {
    return value<uint64_t>(ColumnId::kBlockNumber, block);
}
Result<uint32_t> Segment::first_txn(uint32_t block) const {
    return value<uint32_t>(ColumnId::kBlockTxn, block);
}
Result<uint64_t> Segment::first_row(uint32_t block) const {
    return value<uint64_t>(ColumnId::kBlockRow, block);
}

Result<uint32_t> Segment::lower_block(BlockNum wanted) const {
    uint32_t low = 0;
    auto high = static_cast<uint32_t>(header_.blocks);
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        CORDON_TRY(const BlockNum at, number(middle));
        if (at < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

Result<uint32_t> Segment::block_of(uint32_t ordinal) const {
    // The last block that begins at or before the txn; empty blocks before it begin there too.
    uint32_t low = 0;
    auto high = static_cast<uint32_t>(header_.blocks);
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        CORDON_TRY(const uint32_t first, first_txn(middle));
        if (first <= ordinal)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0) return corrupt(ColumnId::kBlockTxn, 0);
    return low - 1;
}

Result<std::optional<uint32_t>> Segment::find_txn(const Hash256& hash, uint32_t limit) const {
    const uint64_t slots = slot_count(header_.txns);
    uint64_t slot = home_slot(hash_bytes(hash), slots);
    std::optional<uint32_t> found;
    for (uint64_t steps = 0; steps < slots; ++steps, slot = slot + 1 == slots ? 0 : slot + 1) {
        CORDON_TRY(const uint32_t entry, value<uint32_t>(ColumnId::kTxnIndex, slot));
        if (entry == 0) return found;
        if (entry - 1 >= limit || (found && entry - 1 < *found)) continue;
        CORDON_TRY(const Hash256 candidate, txn_hash(entry - 1));
        if (candidate == hash) found = entry - 1;
    }
    return corrupt(ColumnId::kTxnIndex, 0);
}

Result<std::optional<Segment::Spend>> Segment::find_spend(const OutPoint& point,
                                                          uint32_t limit) const {
    const uint64_t slots = column(ColumnId::kSpendIndex).size() / 8;
    if (slots == 0) return corrupt(ColumnId::kSpendIndex, 0);
    const uint64_t hash = hash_outpoint(point);
    uint64_t slot = home_slot(hash, slots);
    UtxoTxn txn;
    for (uint64_t steps = 0; steps < slots; ++steps, slot = slot + 1 == slots ? 0 : slot + 1) {
        CORDON_TRY(const uint64_t entry, value<uint64_t>(ColumnId::kSpendIndex, slot));
        const auto ordinal = static_cast<uint32_t>(entry >> 32);
        if (ordinal == 0) return std::optional<Spend>{};
        if (static_cast<uint32_t>(entry) != static_cast<uint32_t>(hash) || ordinal - 1 >= limit)
            continue;
        CORDON_TRY(const uint32_t block, block_of(ordinal - 1));
        CORDON_TRY(read_txn(block, ordinal - 1, txn));
        for (uint32_t input = 0; input < txn.inputs.size(); ++input)
            if (txn.inputs[input].prevout == point) return Spend{ordinal - 1, input};
    }
    return corrupt(ColumnId::kSpendIndex, 0);
}

Result<std::optional<uint32_t>> Segment::find_address(const Address& address) const {
    const ByteView payload = address.payload();
    for (const Group& group : groups_) {
        if (group.kind != address.kind() || group.size != payload.size()) continue;
        uint32_t low = 0;
        uint32_t high = group.count;
        while (low < high) {
            const uint32_t middle = low + (high - low) / 2;
            const uint64_t offset = group.offset + uint64_t{middle} * group.size;
            const uint8_t* at = column(ColumnId::kAddress).get(offset, group.size);
            if (at == nullptr) return corrupt(ColumnId::kAddress, offset);
            const int order = group.size == 0 ? 0 : std::memcmp(at, payload.data(), group.size);
            if (order == 0) return group.first + middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle;
        }
        break;
    }
    return std::optional<uint32_t>{};
}

Result<Segment::List> Segment::list(bool receiving, uint32_t address_id, uint32_t limit) const {
    const ColumnId begins = receiving ? ColumnId::kInBegin : ColumnId::kOutBegin;
    List list;
    CORDON_TRY(list.begin, value<uint32_t>(begins, address_id));
    CORDON_TRY(list.end, value<uint32_t>(begins, uint64_t{address_id} + 1));
    if (list.begin > list.end) return corrupt(begins, uint64_t{address_id} * 4);
    // Cut to the visible txns.
    while (limit < header_.txns && list.begin < list.end) {
        uint32_t low = list.begin;
        uint32_t high = list.end;
        while (low < high) {
            const uint32_t middle = low + (high - low) / 2;
            CORDON_TRY(const uint32_t ordinal, list_entry(receiving, middle));
            if (ordinal < limit)
                low = middle + 1;
            else
                high = middle;
        }
        list.end = low;
        break;
    }
    return list;
}

Result<uint32_t> Segment::list_entry(bool receiving, uint32_t entry) const {
    return value<uint32_t>(receiving ? ColumnId::kIn : ColumnId::kOut, entry);
}

Status Segment::verify() const {
    std::vector<std::pair<uint64_t, uint64_t>> used{{0, kSegmentHeaderSize}};
    for (std::size_t i = 0; i < kColumnCount; ++i) {
        const SegmentHeader::Column& info = header_.columns[i];
        used.emplace_back(info.offset, info.offset + info.size);
        used.emplace_back(info.sums, info.sums + (info.size + kChunk - 1) / kChunk * 4);
        if (const auto damage = columns_[i].find_damage())
            return damaged(static_cast<ColumnId>(i), *damage);
    }
    std::sort(used.begin(), used.end());
    uint64_t at = 0;
    for (const auto& [begin, end] : used) {
        for (; at < begin; ++at)
            if (bytes_[at] != 0)
                return fail(ErrorCode::kCorrupt,
                            format("{}: offset {}: a gap between columns is not zero", name_, at));
        at = std::max(at, end);
    }
    return {};
}

}  // namespace cordon::ledger
