// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "segment_builder.hpp"

#include <numeric>

#include <cordon/base/format.hpp>

#include "block_codec.hpp"
#include "crc32c.hpp"

namespace cordon::ledger {
namespace {

ByteView view(const Address& address, std::array<uint8_t, 2 + Address::kMaxSize>& buffer) noexcept {
    const ByteView payload = address.payload();
    buffer[0] = static_cast<uint8_t>(address.kind());
    std::copy(payload.begin(), payload.end(), buffer.begin() + 1);
    return {buffer.data(), 1 + payload.size()};
}

ByteView view(const Asset& asset) noexcept {
    return {reinterpret_cast<const uint8_t*>(asset.text().data()), asset.text().size()};
}

/// The order of `values` by value, and for each its rank.
template <typename T>
std::vector<uint32_t> sorted_order(const std::vector<T>& values, std::vector<uint32_t>& rank) {
    std::vector<uint32_t> order(values.size());
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(),
              [&values](uint32_t a, uint32_t b) { return values[a] < values[b]; });
    rank.resize(values.size());
    for (uint32_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
    return order;
}

}  // namespace

uint32_t SegmentBuilder::address_id(const Address& address) {
    std::array<uint8_t, 2 + Address::kMaxSize> buffer;
    const uint64_t hash = hash_bytes(view(address, buffer));
    const uint32_t found =
        address_index_.find(hash, [&](uint32_t id) { return addresses_[id] == address; });
    if (found != FlatIndex::kNone) return found;
    addresses_.push_back(address);
    return address_index_.add(hash);
}

uint32_t SegmentBuilder::asset_id(const Asset& asset) {
    if (!transfers_.empty() && assets_[transfers_.back().asset] == asset)
        return transfers_.back().asset;
    const uint64_t hash = hash_bytes(view(asset));
    const uint32_t found =
        asset_index_.find(hash, [&](uint32_t id) { return assets_[id] == asset; });
    if (found != FlatIndex::kNone) return found;
    assets_.push_back(asset);
    return asset_index_.add(hash);
}

void SegmentBuilder::add(const Block& block) {
    blocks_.push_back({block.header, static_cast<uint32_t>(txns_.size()), rows_});
    if (is_utxo(chain_)) {
        for (const UtxoTxn& txn : block.utxo_txns) add_txn(txn);
    } else {
        for (const AccountTxn& txn : block.account_txns) add_txn(txn);
    }
    // kUnknown and the "+ 1" of the index columns need two values above the last position.
    constexpr std::size_t kMost = UINT32_MAX - 2;
    too_large_ = too_large_ || txns_.size() > kMost || transfers_.size() > kMost ||
                 outputs_.size() > kMost || inputs_.size() > kMost || addresses_.size() > kMost;
}

void SegmentBuilder::add_txn(const AccountTxn& txn) {
    txns_.push_back(
        {txn.hash, own_time(txn), static_cast<uint32_t>(txn.transfers.size()), 0, 0, 0, false});
    rows_ += txn.transfers.size();
    for (const Transfer& transfer : txn.transfers) {
        const uint32_t from = address_id(transfer.from);
        const uint32_t to = address_id(transfer.to);
        transfers_.push_back({transfer.index, from, to, asset_id(transfer.asset), transfer.kind,
                              static_cast<uint8_t>(amount_size(transfer.amount))});
        put_amount(amounts_, transfer.amount);
    }
}

void SegmentBuilder::add_txn(const UtxoTxn& txn) {
    txns_.push_back({txn.txid, std::nullopt, static_cast<uint32_t>(txn.outputs.size()),
                     static_cast<uint32_t>(txn.inputs.size()), txn.version, txn.locktime,
                     txn.coinbase});
    rows_ += txn.outputs.size();
    for (const TxOut& output : txn.outputs)
        outputs_.push_back({output.value, address_id(output.address)});
    for (const TxIn& input : txn.inputs)
        inputs_.push_back({input.prevout, input.spent ? input.spent->value : 0,
                           input.spent ? address_id(input.spent->address) : kUnknown});
}

void SegmentBuilder::sort_addresses() {
    const std::vector<uint32_t> order = sorted_order(addresses_, address_rank_);
    Bytes& groups = column(ColumnId::kAddressGroup);
    Bytes& payloads = column(ColumnId::kAddress);
    const Address* last = nullptr;
    for (uint32_t id = 0; id < order.size(); ++id) {
        const Address& address = addresses_[order[id]];
        const std::size_t size = address.payload().size();
        if (last == nullptr || last->kind() != address.kind() || last->payload().size() != size) {
            groups.push_back(static_cast<uint8_t>(address.kind()));
            groups.push_back(static_cast<uint8_t>(size));
            put_fixed<uint32_t>(groups, id);
            put_fixed<uint64_t>(groups, payloads.size());
        }
        put_bytes(payloads, address.payload());
        last = &address;
    }
}

void SegmentBuilder::sort_assets() {
    const std::vector<uint32_t> order = sorted_order(assets_, asset_rank_);
    Bytes& text = column(ColumnId::kAssetText);
    for (const uint32_t asset : order) {
        put_fixed<uint32_t>(column(ColumnId::kAssetBegin), static_cast<uint32_t>(text.size()));
        put_bytes(text, view(assets_[asset]));
    }
    put_fixed<uint32_t>(column(ColumnId::kAssetBegin), static_cast<uint32_t>(text.size()));
}

void SegmentBuilder::index_txns() {
    const uint64_t slots = slot_count(txns_.size());
    std::vector<uint32_t> table(slots, 0);
    for (uint32_t ordinal = 0; ordinal < txns_.size(); ++ordinal) {
        uint64_t slot = home_slot(hash_bytes(txns_[ordinal].hash), slots);
        while (table[slot] != 0) slot = slot + 1 == slots ? 0 : slot + 1;
        table[slot] = ordinal + 1;
    }
    const auto* bytes = reinterpret_cast<const uint8_t*>(table.data());
    column(ColumnId::kTxnIndex).assign(bytes, bytes + slots * sizeof(uint32_t));
    column(ColumnId::kTxnHash).reserve(txns_.size() * 32);
    for (const TxnRow& txn : txns_) put_bytes(column(ColumnId::kTxnHash), txn.hash);
}

void SegmentBuilder::put_blocks() {
    Bytes& body = column(ColumnId::kBody);
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
        const BlockRow& block = blocks_[i];
        const std::size_t begin = body.size();
        put_fixed<uint64_t>(column(ColumnId::kBlockNumber), block.header.number);
        put_fixed<uint32_t>(column(ColumnId::kBlockTxn), block.first_txn);
        put_fixed<uint64_t>(column(ColumnId::kBlockRow), block.first_row);
        put_fixed<uint64_t>(column(ColumnId::kBlockBody), begin);
        put_header(body, block.header);
        const std::size_t end = i + 1 < blocks_.size() ? blocks_[i + 1].first_txn : txns_.size();
        for (std::size_t ordinal = block.first_txn; ordinal < end; ++ordinal) {
            if (body.size() - begin > UINT32_MAX) too_large_ = true;
            put_fixed<uint32_t>(column(ColumnId::kTxnBody),
                                static_cast<uint32_t>(body.size() - begin));
            if (is_utxo(chain_))
                put_utxo_txn(txns_[ordinal], static_cast<uint32_t>(ordinal), body);
            else
                put_account_txn(txns_[ordinal], body);
        }
    }
    put_fixed<uint32_t>(column(ColumnId::kBlockTxn), static_cast<uint32_t>(txns_.size()));
    put_fixed<uint64_t>(column(ColumnId::kBlockRow), rows_);
    put_fixed<uint64_t>(column(ColumnId::kBlockBody), body.size());
}

void SegmentBuilder::put_account_txn(const TxnRow& txn, Bytes& out) {
    put_varint(out, uint64_t{txn.rows} * 2 + (txn.time ? 1 : 0));
    if (txn.time) put_varint(out, zigzag(txn.time->time_since_epoch().count()));
    uint32_t next = 0;
    for (uint32_t i = 0; i < txn.rows; ++i) {
        const TransferRow& row = transfers_[next_transfer_++];
        put_varint(out, row.index - next);
        next = row.index + 1;
        put_varint(out, static_cast<unsigned>(row.kind) + 6u * row.amount_size);
        put_varint(out, address_rank_[row.from]);
        put_varint(out, address_rank_[row.to]);
        put_varint(out, asset_rank_[row.asset]);
        put_bytes(out, ByteView{amounts_}.subspan(next_amount_, row.amount_size));
        next_amount_ += row.amount_size;
    }
}

void SegmentBuilder::put_utxo_txn(const TxnRow& txn, uint32_t ordinal, Bytes& out) {
    put_varint(out, txn.rows);
    for (uint32_t i = 0; i < txn.rows; ++i) {
        const OutputRow& row = outputs_[next_output_++];
        put_varint(out, row.value);
        put_varint(out, address_rank_[row.address]);
    }
    out.push_back(txn.coinbase ? 1 : 0);
    put_varint(out, txn.version);
    put_varint(out, txn.locktime);
    put_varint(out, txn.inputs);
    for (uint32_t i = 0; i < txn.inputs; ++i) {
        const InputRow& row = inputs_[next_input_++];
        const uint32_t earlier = find_earlier(row.prevout.txid, ordinal);
        const bool known = row.address != kUnknown;
        put_varint(
            out, uint64_t{row.prevout.index} * 4 + (known ? 2 : 0) + (earlier != kUnknown ? 1 : 0));
        if (earlier != kUnknown)
            put_varint(out, ordinal - earlier);
        else
            put_bytes(out, row.prevout.txid);
        if (!known) continue;
        put_varint(out, row.value);
        put_varint(out, address_rank_[row.address]);
    }
}

uint32_t SegmentBuilder::find_earlier(const Hash256& txid, uint32_t ordinal) const {
    // The newest copy before the spender: the one that BIP-30 leaves spendable.
    const ByteView table = columns_[static_cast<std::size_t>(ColumnId::kTxnIndex)];
    const uint64_t slots = table.size() / sizeof(uint32_t);
    uint32_t found = kUnknown;
    for (uint64_t slot = home_slot(hash_bytes(txid), slots);;
         slot = slot + 1 == slots ? 0 : slot + 1) {
        const uint32_t entry = load<uint32_t>(table.data() + slot * sizeof(uint32_t));
        if (entry == 0) return found;
        if (entry - 1 < ordinal && txns_[entry - 1].hash == txid &&
            (found == kUnknown || entry - 1 > found))
            found = entry - 1;
    }
}

void SegmentBuilder::put_adjacency(bool receiving) {
    // Two passes over the rows: count, then fill. Ordinals come in rising order, so an address that
    // is met twice in one txn is recognised by its last entry.
    std::vector<uint32_t> begin(addresses_.size() + 1, 0);
    std::vector<uint32_t> last(addresses_.size(), kUnknown);
    const auto each = [&](auto&& visit) {
        std::fill(last.begin(), last.end(), kUnknown);
        std::size_t transfer = 0, output = 0, input = 0;
        const auto touch = [&](uint32_t appearance, uint32_t ordinal) {
            const uint32_t id = address_rank_[appearance];
            if (last[id] == ordinal) return;
            last[id] = ordinal;
            visit(id, ordinal);
        };
        for (uint32_t ordinal = 0; ordinal < txns_.size(); ++ordinal) {
            const TxnRow& txn = txns_[ordinal];
            if (!is_utxo(chain_)) {
                for (uint32_t i = 0; i < txn.rows; ++i, ++transfer)
                    touch(receiving ? transfers_[transfer].to : transfers_[transfer].from, ordinal);
                continue;
            }
            if (receiving)
                for (uint32_t i = 0; i < txn.rows; ++i) touch(outputs_[output++].address, ordinal);
            else
                for (uint32_t i = 0; i < txn.inputs; ++i, ++input)
                    if (inputs_[input].address != kUnknown) touch(inputs_[input].address, ordinal);
        }
    };
    each([&](uint32_t id, uint32_t) { ++begin[id + 1]; });
    std::partial_sum(begin.begin(), begin.end(), begin.begin());
    std::vector<uint32_t> list(begin.back());
    std::vector<uint32_t> next{begin};
    each([&](uint32_t id, uint32_t ordinal) { list[next[id]++] = ordinal; });

    const auto put = [this](ColumnId id, const std::vector<uint32_t>& values) {
        const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
        column(id).assign(bytes, bytes + values.size() * sizeof(uint32_t));
    };
    put(receiving ? ColumnId::kInBegin : ColumnId::kOutBegin, begin);
    put(receiving ? ColumnId::kIn : ColumnId::kOut, list);
}

void SegmentBuilder::put_spends() {
    const uint64_t slots = slot_count(inputs_.size());
    Bytes& table = column(ColumnId::kSpendIndex);
    table.assign(slots * 8, 0);
    std::size_t input = 0;
    for (uint32_t ordinal = 0; ordinal < txns_.size(); ++ordinal) {
        for (uint32_t i = 0; i < txns_[ordinal].inputs; ++i, ++input) {
            const uint64_t hash = hash_outpoint(inputs_[input].prevout);
            uint64_t slot = home_slot(hash, slots);
            while (load<uint32_t>(table.data() + slot * 8 + 4) != 0)
                slot = slot + 1 == slots ? 0 : slot + 1;
            const uint32_t tag = static_cast<uint32_t>(hash);
            const uint32_t entry = ordinal + 1;
            std::memcpy(table.data() + slot * 8, &tag, 4);
            std::memcpy(table.data() + slot * 8 + 4, &entry, 4);
        }
    }
}

Bytes SegmentBuilder::assemble() {
    SegmentHeader header{
        chain_, blocks_.size(), txns_.size(), rows_, addresses_.size(), assets_.size(), {}, 0};
    Bytes file;
    std::size_t total = kSegmentHeaderSize;
    for (const Bytes& bytes : columns_)
        total += bytes.size() + bytes.size() / 1000 + 2 * kAlignment;
    file.reserve(total);
    file.resize(kSegmentHeaderSize);
    const auto align = [&file] {
        file.resize((file.size() + kAlignment - 1) / kAlignment * kAlignment);
    };
    for (std::size_t i = 0; i < kColumnCount; ++i) {
        align();
        header.columns[i].offset = file.size();
        header.columns[i].size = columns_[i].size();
        put_bytes(file, columns_[i]);
        Bytes{}.swap(columns_[i]);
    }
    for (SegmentHeader::Column& info : header.columns) {
        info.sums = file.size();
        for (uint64_t at = 0; at < info.size; at += kChunk)
            put_fixed(file, crc32c(ByteView{file}.subspan(
                                info.offset + at, std::min<uint64_t>(kChunk, info.size - at))));
        info.sums_crc = crc32c(ByteView{file}.subspan(info.sums));
    }
    header.file_size = file.size();
    const Bytes head = encode(header);
    std::copy(head.begin(), head.end(), file.begin());
    return file;
}

Result<Bytes> SegmentBuilder::finish() && {
    sort_addresses();
    sort_assets();
    index_txns();
    put_blocks();
    put_adjacency(false);
    put_adjacency(true);
    if (is_utxo(chain_)) put_spends();
    if (too_large_)
        return fail(ErrorCode::kLimit,
                    format("a segment of {} txns is more than this version takes", txns_.size()));
    return assemble();
}

}  // namespace cordon::ledger
