// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The part of Segment that turns bodies into txns and blocks.
#include "segment.hpp"

#include "block_codec.hpp"

namespace cordon::ledger {

Result<ByteView> Segment::body(uint32_t block) const {
    CORDON_TRY(const uint64_t begin, value<uint64_t>(ColumnId::kBlockBody, block));
    CORDON_TRY(const uint64_t end, value<uint64_t>(ColumnId::kBlockBody, uint64_t{block} + 1));
    const uint8_t* at = begin <= end ? column(ColumnId::kBody).get(begin, end - begin) : nullptr;
    if (at == nullptr) return corrupt(ColumnId::kBody, begin);
    return ByteView{at, static_cast<std::size_t>(end - begin)};
}

Result<BlockHeader> Segment::block_header(uint32_t block) const {
    // Only the header is touched, not the pages of a large block behind it.
    constexpr uint64_t kMaxHeader = 10 + 1 + 10 + 32 + 32;
    CORDON_TRY(const uint64_t begin, value<uint64_t>(ColumnId::kBlockBody, block));
    CORDON_TRY(const uint64_t end, value<uint64_t>(ColumnId::kBlockBody, uint64_t{block} + 1));
    const uint64_t size = begin <= end ? std::min(kMaxHeader, end - begin) : 0;
    const uint8_t* at = column(ColumnId::kBody).get(begin, size);
    if (at == nullptr) return corrupt(ColumnId::kBody, begin);
    Decoder in{{at, static_cast<std::size_t>(size)}};
    const BlockHeader header = take_header(in);
    if (!in.ok()) return corrupt(ColumnId::kBody, begin);
    return header;
}

Result<Hash256> Segment::txn_hash(uint32_t ordinal) const {
    const uint8_t* at = column(ColumnId::kTxnHash).get(uint64_t{ordinal} * 32, 32);
    if (at == nullptr) return corrupt(ColumnId::kTxnHash, uint64_t{ordinal} * 32);
    Hash256 hash;
    std::memcpy(hash.bytes.data(), at, 32);
    return hash;
}

Result<Address> Segment::address(uint32_t id) const {
    const auto group = std::find_if(groups_.begin(), groups_.end(),
                                    [id](const Group& g) { return id - g.first < g.count; });
    if (group == groups_.end()) return corrupt(ColumnId::kBody, 0);
    const uint64_t offset = group->offset + uint64_t{id - group->first} * group->size;
    const uint8_t* at = column(ColumnId::kAddress).get(offset, group->size);
    if (at == nullptr) return corrupt(ColumnId::kAddress, offset);
    return Address{group->kind, {at, group->size}};
}

Result<const std::vector<Asset>*> Segment::assets() const {
    std::call_once(assets_once_, [this] {
        assets_ = [this]() -> Result<std::vector<Asset>> {
            std::vector<Asset> assets;
            assets.reserve(header_.assets);
            for (uint64_t i = 0; i < header_.assets; ++i) {
                CORDON_TRY(const uint32_t begin, value<uint32_t>(ColumnId::kAssetBegin, i));
                CORDON_TRY(const uint32_t end, value<uint32_t>(ColumnId::kAssetBegin, i + 1));
                const uint8_t* at =
                    begin <= end ? column(ColumnId::kAssetText).get(begin, end - begin) : nullptr;
                if (at == nullptr) return corrupt(ColumnId::kAssetText, begin);
                const auto asset = Asset::parse({reinterpret_cast<const char*>(at), end - begin});
                if (!asset) return corrupt(ColumnId::kAssetText, begin);
                assets.push_back(*asset);
            }
            return assets;
        }();
    });
    if (!assets_) return fail(assets_.error());
    return &*assets_;
}

Result<ByteView> Segment::txn_body(uint32_t block, uint32_t ordinal) const {
    CORDON_TRY(const uint64_t begin, value<uint64_t>(ColumnId::kBlockBody, block));
    CORDON_TRY(const uint64_t block_end,
               value<uint64_t>(ColumnId::kBlockBody, uint64_t{block} + 1));
    CORDON_TRY(const uint32_t next_block, first_txn(block + 1));
    CORDON_TRY(const uint32_t from, value<uint32_t>(ColumnId::kTxnBody, ordinal));
    uint64_t end = block_end;
    if (ordinal + 1 < next_block) {
        CORDON_TRY(const uint32_t next, value<uint32_t>(ColumnId::kTxnBody, uint64_t{ordinal} + 1));
        end = begin + next;
    }
    const uint8_t* at = begin + from <= end
                            ? column(ColumnId::kBody).get(begin + from, end - begin - from)
                            : nullptr;
    if (at == nullptr) return corrupt(ColumnId::kBody, begin + from);
    return ByteView{at, static_cast<std::size_t>(end - begin - from)};
}

template <typename Txn>
Status Segment::read_one(uint32_t block, uint32_t ordinal, Txn& out) const {
    CORDON_TRY(const ByteView bytes, txn_body(block, ordinal));
    Decoder in{bytes};
    CORDON_TRY(take_txn(in, ordinal, out));
    if (in.left() != 0) return corrupt(ColumnId::kTxnBody, uint64_t{ordinal} * 4);
    return {};
}

Status Segment::read_txn(uint32_t block, uint32_t ordinal, AccountTxn& out) const {
    return read_one(block, ordinal, out);
}
Status Segment::read_txn(uint32_t block, uint32_t ordinal, UtxoTxn& out) const {
    return read_one(block, ordinal, out);
}

Status Segment::read_block(uint32_t block, Block& out) const {
    CORDON_TRY(const ByteView bytes, body(block));
    CORDON_TRY(const uint32_t begin, first_txn(block));
    CORDON_TRY(const uint32_t end, first_txn(block + 1));
    Decoder in{bytes};
    out.chain = header_.chain;
    out.header = take_header(in);
    if (!in.ok() || begin > end || end - begin > in.left()) return corrupt(ColumnId::kBody, 0);
    const bool utxo = is_utxo(header_.chain);
    out.utxo_txns.resize(utxo ? end - begin : 0);
    out.account_txns.resize(utxo ? 0 : end - begin);
    for (uint32_t ordinal = begin; ordinal < end; ++ordinal) {
        if (utxo)
            CORDON_TRY(take_txn(in, ordinal, out.utxo_txns[ordinal - begin]));
        else
            CORDON_TRY(take_txn(in, ordinal, out.account_txns[ordinal - begin]));
    }
    if (in.left() != 0) return corrupt(ColumnId::kBlockBody, uint64_t{block} * 8);
    return {};
}

Status Segment::take_txn(Decoder& in, uint32_t ordinal, AccountTxn& out) const {
    CORDON_TRY(out.hash, txn_hash(ordinal));
    CORDON_TRY(const std::vector<Asset>* assets, this->assets());
    const uint64_t size_and_time = in.varint();
    if (size_and_time / 2 > in.left() / 5) in.fail();
    std::optional<UnixMillis> time;
    if ((size_and_time & 1) != 0)
        time = UnixMillis{std::chrono::milliseconds{unzigzag(in.varint())}};
    set_own_time(out, time);
    out.transfers.resize(in.ok() ? size_and_time / 2 : 0);
    uint64_t next = 0;
    for (Transfer& transfer : out.transfers) {
        next += in.varint32();
        transfer.index = static_cast<uint32_t>(next++);
        const uint32_t kind_and_size = in.varint32();
        const uint32_t from = in.varint32();
        const uint32_t to = in.varint32();
        const uint32_t asset = in.varint32();
        if (!in.ok() || asset >= assets->size() || next > uint64_t{UINT32_MAX} + 1)
            return corrupt(ColumnId::kBody, 0);
        transfer.kind = static_cast<TransferKind>(kind_and_size % 6);
        CORDON_TRY(transfer.from, address(from));
        CORDON_TRY(transfer.to, address(to));
        transfer.asset = (*assets)[asset];
        transfer.amount = take_amount(in, kind_and_size / 6);
    }
    if (!in.ok()) return corrupt(ColumnId::kBody, 0);
    return {};
}

Status Segment::take_txn(Decoder& in, uint32_t ordinal, UtxoTxn& out) const {
    CORDON_TRY(out.txid, txn_hash(ordinal));
    out.outputs.resize(in.count(2));
    for (TxOut& output : out.outputs) {
        output.value = in.varint();
        const uint32_t id = in.varint32();
        if (!in.ok()) return corrupt(ColumnId::kBody, 0);
        CORDON_TRY(output.address, address(id));
    }
    out.coinbase = in.u8() == 1;
    out.version = in.varint32();
    out.locktime = in.varint32();
    out.inputs.resize(in.count(2));
    for (TxIn& input : out.inputs) {
        const uint64_t index = in.varint();
        input.prevout.index = static_cast<uint32_t>(index / 4);
        if ((index & 1) != 0) {
            const uint64_t back = in.varint();
            if (!in.ok() || back == 0 || back > ordinal) return corrupt(ColumnId::kBody, 0);
            CORDON_TRY(input.prevout.txid, txn_hash(static_cast<uint32_t>(ordinal - back)));
        } else {
            input.prevout.txid = in.hash();
        }
        input.spent.reset();
        if ((index & 2) != 0) {
            const uint64_t value = in.varint();
            const uint32_t id = in.varint32();
            if (!in.ok()) return corrupt(ColumnId::kBody, 0);
            CORDON_TRY(const Address from, address(id));
            input.spent = TxOut{value, from};
        }
    }
    if (!in.ok()) return corrupt(ColumnId::kBody, 0);
    return {};
}

Result<std::optional<TxOut>> Segment::read_output(uint32_t ordinal, uint32_t index,
                                                  uint32_t& count) const {
    CORDON_TRY(const uint32_t block, block_of(ordinal));
    CORDON_TRY(const ByteView bytes, txn_body(block, ordinal));
    Decoder in{bytes};
    count = static_cast<uint32_t>(in.count(2));
    if (in.ok() && index >= count) return std::optional<TxOut>{};
    for (uint32_t i = 0; i < index; ++i) in.varint(), in.varint();
    const uint64_t value = in.varint();
    const uint32_t id = in.varint32();
    if (!in.ok()) return corrupt(ColumnId::kBody, 0);
    CORDON_TRY(const Address to, address(id));
    return TxOut{value, to};
}

}  // namespace cordon::ledger
