// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The part of ChainView that finds things and puts txns together.
#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>

#include "block_codec.hpp"
#include "chain_view.hpp"

namespace cordon::ledger {
namespace {

using index::Table;

bool same_hash(const uint8_t* at, const Hash256& hash) noexcept {
    return std::memcmp(at, hash.bytes.data(), hash.bytes.size()) == 0;
}

/// Asks every run, the newest first, and takes the first answer. All are brought closer before any
/// is looked at: a miss of one does not wait for that of another.
template <typename Is>
Result<std::optional<uint64_t>> find_in(const ChainView& view, Table table, uint64_t Totals::* what,
                                        uint64_t hash, Is&& is) {
    view.prefetch(table, hash);
    for (const Run& run : view.runs) run.index->prefetch_entries(table, hash);
    for (auto run = view.runs.rbegin(); run != view.runs.rend(); ++run) {
        uint64_t number = 0;
        switch (run->index->find(table, hash, run->end.*what, is, number)) {
            case Probe::kNo: break;
            case Probe::kYes: return number;
            case Probe::kDamaged:
                return run->index->file().corrupt(static_cast<std::size_t>(table));
        }
    }
    return std::optional<uint64_t>{};
}

tl::unexpected<Error> missing(ChainId chain, std::string_view what, uint64_t number) {
    return fail(ErrorCode::kCorrupt,
                format("{} has no {} number {}, which another record names; restore this ledger "
                       "from a copy or ingest it anew",
                       to_string(chain), what, number));
}

template <typename Txn>
Status set_hash(const Segment& segment, uint64_t txn, Txn& out) {
    const uint8_t* at = segment.txn_hash(txn);
    if (at == nullptr) return segment.corrupt(segment::kTxnHash);
    if constexpr (std::is_same_v<Txn, UtxoTxn>)
        std::memcpy(out.txid.bytes.data(), at, 32);
    else
        std::memcpy(out.hash.bytes.data(), at, 32);
    return {};
}

}  // namespace

Result<std::optional<uint64_t>> ChainView::find_txn(const Hash256& hash) const {
    return find_in(*this, Table::kTxns, &Totals::txns, hash_of(hash), [&](uint64_t txn) {
        const Segment& segment = *part_with(&Totals::txns, txn).segment;
        segment.prefetch_txn(txn);  // Who looks for it asks next where it stands.
        const uint8_t* at = segment.txn_hash(txn);
        if (at == nullptr) return Probe::kDamaged;
        return same_hash(at, hash) ? Probe::kYes : Probe::kNo;
    });
}

Result<std::optional<uint32_t>> ChainView::find_address(const Address& address) const {
    const auto found =
        find_in(*this, Table::kAddresses, &Totals::addresses, hash_of(address), [&](uint64_t id) {
            for (const Run& run : runs)  // Who looks for an address asks for its lists next.
                for (const bool receiving : {false, true}) run.index->prefetch_list(receiving, id);
            AddressKind kind{};
            ByteView payload;
            if (!part_with(&Totals::addresses, id).segment->address(id, kind, payload))
                return Probe::kDamaged;
            return kind == address.kind() && std::ranges::equal(payload, address.payload())
                       ? Probe::kYes
                       : Probe::kNo;
        });
    if (!found) return fail(found.error());
    if (!*found) return std::optional<uint32_t>{};
    return std::optional{static_cast<uint32_t>(**found)};
}

Result<std::optional<uint64_t>> ChainView::find_spend(uint64_t row) const {
    return find_in(*this, Table::kSpends, &Totals::inputs, hash_of_row(row), [&](uint64_t input) {
        uint64_t spent = 0;
        if (!part_with(&Totals::inputs, input).segment->spent(input, spent)) return Probe::kDamaged;
        return spent == row + 1 ? Probe::kYes : Probe::kNo;
    });
}

Result<std::optional<uint64_t>> ChainView::find_spend(const OutPoint& point) const {
    return find_in(*this, Table::kSpends, &Totals::inputs, hash_of(point), [&](uint64_t input) {
        const auto foreign = part_with(&Totals::inputs, input).segment->foreign(input);
        if (!foreign) return Probe::kDamaged;
        return *foreign && (*foreign)->point == point ? Probe::kYes : Probe::kNo;
    });
}

bool ChainView::has_foreign() const noexcept {
    return std::any_of(parts.begin(), parts.end(),
                       [](const Part& part) { return part.segment->foreign_count() != 0; });
}

Result<std::optional<uint64_t>> ChainView::find_spender(uint64_t row, bool foreign) const {
    CORDON_TRY(const auto known, find_spend(row));
    if (known || !foreign) return known;
    CORDON_TRY(const OutPoint point, out_point(row));
    return find_spend(point);
}

Result<std::optional<uint64_t>> ChainView::find_row(const OutPoint& point,
                                                    uint64_t* outputs) const {
    CORDON_TRY(const auto txn, find_txn(point.txid));
    if (!txn) return std::optional<uint64_t>{};
    const Segment& segment = *part_with(&Totals::txns, *txn).segment;
    uint64_t first = 0;
    uint64_t last = 0;
    if (!segment.rows_of(*txn, first, last)) return segment.corrupt(segment::kTxnRows);
    if (outputs != nullptr) *outputs = last - first;
    if (point.index >= last - first) return std::optional<uint64_t>{};
    return std::optional{first + point.index};
}

Result<Address> ChainView::address(uint64_t id) const {
    if (id >= end().addresses) return missing(chain, "address", id);
    const Segment& segment = *part_with(&Totals::addresses, id).segment;
    if (const uint8_t* bytes = segment.address_alike(id); bytes != nullptr)
        return Address{segment.alike(), ByteView{bytes, Segment::kAlike}};
    AddressKind kind{};
    ByteView payload;
    if (!segment.address(id, kind, payload) || !is_payload_size(kind, payload.size()))
        return segment.corrupt(segment::kAddress);
    return Address{kind, payload};
}

Result<Asset> ChainView::asset(uint64_t id) const {
    if (id >= end().assets) return missing(chain, "asset", id);
    return part_with(&Totals::assets, id).segment->asset(id);
}

Result<TxnPosition> ChainView::position(uint64_t txn) const {
    const Part& part = part_with(&Totals::txns, txn);
    CORDON_TRY(const uint32_t block, part.segment->block_of(txn));
    CORDON_TRY(const uint64_t first, part.segment->first_txn(block));
    BlockNum number = part.first.number + block;
    // Numbers rise: when there are gaps, there are fewer blocks than the last number tells.
    if (part.last.number - part.first.number >= part.blocks) {
        CORDON_TRY(number, part.segment->number(block));
    }
    return TxnPosition{number, static_cast<uint32_t>(txn - first)};
}

Result<ChainView::Place> ChainView::txn_at(TxnPosition at) const {
    const auto none = [at] {
        return fail(ErrorCode::kNotFound,
                    format("block {} has no txn number {} in this ledger", at.block, at.txn));
    };
    const Part* part = part_of(at.block);
    if (part == nullptr) return none();
    CORDON_TRY(const uint32_t block, part->segment->lower_block(at.block));
    if (block >= part->blocks) return none();
    CORDON_TRY(const BlockNum number, part->segment->number(block));
    CORDON_TRY(const uint64_t first, part->segment->first_txn(block));
    CORDON_TRY(const uint64_t last, part->segment->first_txn(block + 1));
    if (number != at.block || last < first || at.txn >= last - first) return none();
    return Place{part, block, first + at.txn};
}

Result<uint64_t> ChainView::lower_txn(TxnPosition at) const {
    const auto part = std::partition_point(
        parts.begin(), parts.end(), [at](const Part& p) { return p.last.number < at.block; });
    if (part == parts.end()) return end().txns;
    CORDON_TRY(const uint32_t block, part->segment->lower_block(at.block));
    CORDON_TRY(const BlockNum number, part->segment->number(block));
    CORDON_TRY(const uint64_t first, part->segment->first_txn(block));
    if (number != at.block) return first;
    CORDON_TRY(const uint64_t next, part->segment->first_txn(block + 1));
    return std::min(first + at.txn, next);
}

Result<uint64_t> ChainView::first_row(uint64_t txn) const {
    if (txn >= end().txns) return end().rows;
    const Segment& segment = *part_with(&Totals::txns, txn).segment;
    uint64_t first = 0;
    uint64_t last = 0;
    if (!segment.rows_of(txn, first, last)) return segment.corrupt(segment::kTxnRows);
    return first;
}

Result<uint64_t> ChainView::first_input(uint64_t txn) const {
    if (txn >= end().txns) return end().inputs;
    const Segment& segment = *part_with(&Totals::txns, txn).segment;
    uint64_t first = 0;
    uint64_t last = 0;
    if (!segment.inputs_of(txn, first, last)) return segment.corrupt(segment::kTxnInputs);
    return first;
}

Result<uint64_t> ChainView::txn_of_row(uint64_t row) const {
    if (row >= end().rows) return missing(chain, "row", row);
    const Segment& segment = *part_with(&Totals::rows, row).segment;
    uint64_t txn = 0;
    if (!segment.txn_of_row(row, txn)) return segment.corrupt(segment::kTxnRows);
    return txn;
}

Result<uint64_t> ChainView::txn_of_input(uint64_t input) const {
    if (input >= end().inputs) return missing(chain, "input", input);
    const Segment& segment = *part_with(&Totals::inputs, input).segment;
    uint64_t txn = 0;
    if (!segment.txn_of_input(input, txn)) return segment.corrupt(segment::kTxnInputs);
    return txn;
}

Result<TxOut> ChainView::output(uint64_t row) const {
    if (row >= end().rows) return missing(chain, "output", row);
    const Segment& segment = *part_with(&Totals::rows, row).segment;
    uint64_t value = 0;
    uint64_t id = 0;
    if (!segment.row_value(segment::kValue, row, value)) return segment.corrupt(segment::kValue);
    if (!segment.row_value(segment::kTo, row, id)) return segment.corrupt(segment::kTo);
    CORDON_TRY(const Address owner, address(id));
    return TxOut{value, owner};
}

Result<OutPoint> ChainView::out_point(uint64_t row) const {
    CORDON_TRY(const uint64_t txn, txn_of_row(row));
    const Segment& segment = *part_with(&Totals::txns, txn).segment;
    const uint8_t* hash = segment.txn_hash(txn);
    uint64_t first = 0;
    uint64_t last = 0;
    if (hash == nullptr) return segment.corrupt(segment::kTxnHash);
    if (!segment.rows_of(txn, first, last)) return segment.corrupt(segment::kTxnRows);
    OutPoint point;
    std::memcpy(point.txid.bytes.data(), hash, 32);
    point.index = static_cast<uint32_t>(row - first);
    return point;
}

Status ChainView::transfer(const Part& part, uint64_t row, uint64_t place, const Known& known,
                           Transfer& out) const {
    const Segment& segment = *part.segment;
    uint64_t from = 0, to = 0, asset_id = 0, kind = 0, gap = 0;
    const auto take = [&](segment::ColumnId id, uint64_t& value) {
        return segment.row_value(id, row, value);
    };
    if (!take(segment::kFrom, from)) return segment.corrupt(segment::kFrom);
    if (!take(segment::kTo, to)) return segment.corrupt(segment::kTo);
    if (!take(segment::kAsset, asset_id)) return segment.corrupt(segment::kAsset);
    if (!take(segment::kKind, kind) || kind > static_cast<uint64_t>(TransferKind::kFee))
        return segment.corrupt(segment::kKind);
    if (!take(segment::kGap, gap)) return segment.corrupt(segment::kGap);
    ByteView amount;
    std::array<uint64_t, 4> limbs{};
    if (!segment.amount(row, amount) || amount.size() > sizeof limbs)
        return segment.corrupt(segment::kAmount);
    if (!amount.empty()) std::memcpy(limbs.data(), amount.data(), amount.size());
    out.index = static_cast<uint32_t>(gap + place);
    const auto set = [&](uint64_t id, Address& party) -> Status {
        if (id == known.id) {
            party = known.address;
            return {};
        }
        CORDON_TRY(party, address(id));
        return {};
    };
    CORDON_TRY(set(from, out.from));
    CORDON_TRY(set(to, out.to));
    CORDON_TRY(out.asset, asset(asset_id));
    out.amount = Amount::from_limbs(limbs);
    out.kind = static_cast<TransferKind>(kind);
    return {};
}

Result<std::optional<UnixMillis>> ChainView::own_time(uint64_t txn) const {
    const Segment& segment = *part_with(&Totals::txns, txn).segment;
    uint64_t time = 0;
    if (!segment.txn_value(segment::kTxnTime, txn, time)) return segment.corrupt(segment::kTxnTime);
    if (time == 0) return std::optional<UnixMillis>{};
    CORDON_TRY(const uint32_t block, segment.block_of(txn));
    CORDON_TRY(const auto of_block, segment.block_time(block));
    const int64_t base = of_block ? of_block->time_since_epoch().count() : 0;
    return std::optional{UnixMillis{std::chrono::milliseconds{static_cast<int64_t>(
        static_cast<uint64_t>(base) + static_cast<uint64_t>(unzigzag(time - 1)))}}};
}

Status ChainView::read_txn(uint64_t txn, AccountTxn& out) const {
    const Part& part = part_with(&Totals::txns, txn);
    const Segment& segment = *part.segment;
    CORDON_TRY(set_hash(segment, txn, out));
    CORDON_TRY(out.time, own_time(txn));
    uint64_t first = 0;
    uint64_t last = 0;
    if (!segment.rows_of(txn, first, last) || last > part.segment->end().rows)
        return segment.corrupt(segment::kTxnRows);
    out.transfers.resize(static_cast<std::size_t>(last - first));
    for (uint64_t row = first; row < last; ++row) {
        CORDON_TRY(transfer(part, row, row - first, {},
                            out.transfers[static_cast<std::size_t>(row - first)]));
    }
    return {};
}

Status ChainView::read_txn(uint64_t txn, UtxoTxn& out) const {
    const Segment& segment = *part_with(&Totals::txns, txn).segment;
    CORDON_TRY(set_hash(segment, txn, out));
    uint64_t version = 0, locktime = 0, coinbase = 0;
    if (!segment.txn_value(segment::kVersion, txn, version))
        return segment.corrupt(segment::kVersion);
    if (!segment.txn_value(segment::kLocktime, txn, locktime))
        return segment.corrupt(segment::kLocktime);
    if (!segment.txn_value(segment::kCoinbase, txn, coinbase))
        return segment.corrupt(segment::kCoinbase);
    out.version = static_cast<uint32_t>(version);
    out.locktime = static_cast<uint32_t>(locktime);
    out.coinbase = coinbase != 0;
    uint64_t first = 0;
    uint64_t last = 0;
    if (!segment.rows_of(txn, first, last) || last > segment.end().rows)
        return segment.corrupt(segment::kTxnRows);
    out.outputs.resize(static_cast<std::size_t>(last - first));
    for (uint64_t row = first; row < last; ++row) {
        CORDON_TRY(out.outputs[static_cast<std::size_t>(row - first)], output(row));
    }
    if (!segment.inputs_of(txn, first, last) || last > segment.end().inputs)
        return segment.corrupt(segment::kTxnInputs);
    out.inputs.resize(static_cast<std::size_t>(last - first));
    for (uint64_t input = first; input < last; ++input) {
        TxIn& in = out.inputs[static_cast<std::size_t>(input - first)];
        uint64_t row = 0;
        if (!segment.spent(input, row)) return segment.corrupt(segment::kSpent);
        if (row != 0) {
            CORDON_TRY(in.prevout, out_point(row - 1));
            CORDON_TRY(in.spent, output(row - 1));
            continue;
        }
        CORDON_TRY(const auto foreign, segment.foreign(input));
        if (!foreign) return segment.corrupt(segment::kForeignInput);
        in.prevout = foreign->point;
        in.spent.reset();
        if (foreign->address_plus_one != 0) {
            CORDON_TRY(const Address owner, address(foreign->address_plus_one - 1));
            in.spent = TxOut{foreign->value, owner};
        }
    }
    return {};
}

Status ChainView::read_block(const Part& part, uint32_t block, Block& out) const {
    out.chain = chain;
    CORDON_TRY(out.header, part.segment->block_header(block));
    CORDON_TRY(const uint64_t first, part.segment->first_txn(block));
    CORDON_TRY(const uint64_t last, part.segment->first_txn(block + 1));
    if (last < first || last > part.segment->end().txns)
        return part.segment->corrupt(segment::kBlockTxn);
    const auto read = [&](auto& txns) -> Status {
        txns.resize(static_cast<std::size_t>(last - first));
        for (uint64_t txn = first; txn < last; ++txn)
            CORDON_TRY(read_txn(txn, txns[static_cast<std::size_t>(txn - first)]));
        return {};
    };
    if (is_utxo(chain)) {
        out.account_txns.clear();
        return read(out.utxo_txns);
    }
    out.utxo_txns.clear();
    return read(out.account_txns);
}

}  // namespace cordon::ledger
