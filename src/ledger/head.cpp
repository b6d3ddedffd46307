// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "head.hpp"

#include "block_codec.hpp"
#include "segment_builder.hpp"

namespace cordon::ledger {

Status Head::recover(Bytes bytes, const std::string& name) {
    bytes_ = std::move(bytes);
    CORDON_TRY(const LogContent content, read_log(bytes_, name));
    CORDON_TRY(const std::vector<LoggedBlock> logged, replay(content, name));
    Block block;
    for (const LoggedBlock& entry : logged) {
        CORDON_TRY(decode_block(entry, chain_, name, block));
        BlockEntry& added = blocks_.emplace_back();
        added.header = block.header;
        added.at = static_cast<uint64_t>(entry.bytes.data() - bytes_.data());
        added.size = static_cast<uint32_t>(entry.bytes.size());
        added.first_txn = static_cast<uint32_t>(txn_hashes_.size());
        added.first_spend = static_cast<uint32_t>(spends_.size());
        added.first_row = rows_;
        Decoder places{entry.bytes};
        take_header(places);
        places.varint();
        TxnDecoder decoder;
        const auto note = [&](const Hash256& hash, std::size_t rows) {
            txn_index_.add(hash_bytes(hash));
            txn_hashes_.push_back(hash);
            txn_at_.push_back(added.at + places.offset());
            rows_ += rows;
        };
        for (AccountTxn& txn : block.account_txns) {
            note(txn.hash, txn.transfers.size());
            decoder.take(places, txn);
        }
        for (UtxoTxn& txn : block.utxo_txns) {
            note(txn.txid, txn.outputs.size());
            TxnDecoder::take(places, txn);
            for (const TxIn& input : txn.inputs) add_spend(input.prevout);
        }
    }
    bytes_.resize(content.end);
    return {};
}

uint64_t Head::weight() const noexcept {
    return bytes_.size() + blocks_.size() * sizeof(BlockEntry) + txn_hashes_.size() * 80 +
           spends_.size() * 60;
}

void Head::begin_batch() {
    frame_ = bytes_.size();
    bytes_.resize(frame_ + kFrameHeader);
    bytes_.push_back(static_cast<uint8_t>(RecordType::kAppend));
    put_fixed<uint32_t>(bytes_,
                        static_cast<uint32_t>(blocks_.size()));  // end_batch writes the count.
}

void Head::begin_block(const BlockHeader& header, std::size_t txns) {
    put_fixed<uint32_t>(bytes_, 0);  // end_block writes the size.
    BlockEntry& entry = blocks_.emplace_back();
    entry.header = header;
    entry.at = bytes_.size();
    entry.first_txn = static_cast<uint32_t>(txn_hashes_.size());
    entry.first_spend = static_cast<uint32_t>(spends_.size());
    entry.first_row = rows_;
    put_header(bytes_, header);
    put_varint(bytes_, txns);
}

void Head::add(const AccountTxn& txn) {
    txn_index_.add(hash_bytes(txn.hash));
    txn_hashes_.push_back(txn.hash);
    txn_at_.push_back(bytes_.size());
    rows_ += txn.transfers.size();
    put_txn(bytes_, txn);
}

void Head::add(const UtxoTxn& txn) {
    txn_index_.add(hash_bytes(txn.txid));
    txn_hashes_.push_back(txn.txid);
    txn_at_.push_back(bytes_.size());
    rows_ += txn.outputs.size();
    put_txn(bytes_, txn);
}

void Head::add_spend(const OutPoint& point) {
    spend_index_.add(hash_outpoint(point));
    spends_.push_back(point);
}

void Head::end_block() {
    BlockEntry& entry = blocks_.back();
    entry.size = static_cast<uint32_t>(bytes_.size() - entry.at);
    std::memcpy(bytes_.data() + entry.at - sizeof(uint32_t), &entry.size, sizeof(uint32_t));
}

std::span<uint8_t> Head::end_batch() {
    uint8_t* const count = bytes_.data() + frame_ + kFrameHeader + 1;
    const auto added = static_cast<uint32_t>(blocks_.size()) - load<uint32_t>(count);
    std::memcpy(count, &added, sizeof added);
    return std::span{bytes_}.subspan(frame_);
}

std::span<uint8_t> Head::rewind_record(BlockNum first_bad) {
    frame_ = bytes_.size();
    bytes_.resize(frame_ + kFrameHeader);
    bytes_.push_back(static_cast<uint8_t>(RecordType::kRewind));
    put_varint(bytes_, first_bad);
    return std::span{bytes_}.subspan(frame_);
}

void Head::truncate(std::size_t blocks) {
    if (blocks >= blocks_.size()) return;
    const BlockEntry& first = blocks_[blocks];
    rows_ = first.first_row;
    txn_hashes_.resize(first.first_txn);
    txn_at_.resize(first.first_txn);
    txn_index_.truncate(first.first_txn);
    spends_.resize(first.first_spend);
    spend_index_.truncate(first.first_spend);
    blocks_.resize(blocks);
    while (!images_.empty() && images_.back().first >= blocks) images_.pop_back();
    if (!images_.empty()) images_.back().end = std::min(images_.back().end, blocks);
}

uint32_t Head::find(const Hash256& hash) const {
    return txn_index_.find(hash_bytes(hash),
                           [&](uint32_t entry) { return txn_hashes_[entry] == hash; });
}

bool Head::has_spend(const OutPoint& point) const {
    return spend_index_.find(hash_outpoint(point), [&](uint32_t entry) {
        return spends_[entry] == point;
    }) != FlatIndex::kNone;
}

std::optional<TxOut> Head::output(const OutPoint& point, uint32_t& count) const {
    count = 0;
    const uint32_t entry = find(point.txid);
    if (entry == FlatIndex::kNone) return std::nullopt;
    Decoder in{ByteView{bytes_}.subspan(txn_at_[entry])};
    return take_output(in, point.index, count);
}

Result<std::vector<Part>> Head::images() {
    std::size_t first = images_.empty() ? 0 : images_.back().end;
    const auto rows_from = [this](std::size_t block) {
        return block == blocks_.size() ? 0
                                       : rows_ - blocks_[block].first_row + blocks_.size() - block;
    };
    while (first < blocks_.size() && !images_.empty() &&
           rows_from(images_.back().first) - rows_from(first) <= 2 * rows_from(first)) {
        first = images_.back().first;
        images_.pop_back();
    }
    if (first < blocks_.size()) {
        SegmentBuilder builder{chain_};
        CORDON_TRY(decode(first, [&builder](const Block& block) { builder.add(block); }));
        CORDON_TRY(Bytes bytes, std::move(builder).finish());
        CORDON_TRY(auto segment, Segment::from_bytes(std::move(bytes), "head", true));
        images_.push_back({first, blocks_.size(), std::move(segment)});
    }
    std::vector<Part> parts;
    for (const Image& image : images_) {
        CORDON_TRY(Part part,
                   make_part(image.segment, static_cast<uint32_t>(image.end - image.first)));
        parts.push_back(std::move(part));
    }
    return parts;
}

}  // namespace cordon::ledger
