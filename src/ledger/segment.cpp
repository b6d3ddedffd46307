// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "segment.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>

#include "block_codec.hpp"

namespace cordon::ledger {

using namespace segment;

Result<std::shared_ptr<const Segment>> Segment::open(const std::string& path) {
    return make(ColumnFile::open(path, segment::kFile));
}

Result<std::shared_ptr<const Segment>> Segment::from_bytes(Bytes bytes, const std::string& name,
                                                           bool trusted) {
    return make(ColumnFile::from_bytes(std::move(bytes), name, segment::kFile, trusted));
}

Result<std::shared_ptr<const Segment>> Segment::make(Result<ColumnFile> file) {
    if (!file) return fail(std::move(file).error());
    std::shared_ptr<Segment> made{new Segment};
    made->file_ = std::move(*file);
    const auto& counters = made->file_.footer().counters;
    made->begin_ = take_totals(counters, kFirst);
    made->own_ = take_totals(counters, kOwn);
    const Totals& own = made->own_;
    // Every count once, so that no loop over one of them runs on behind its columns.
    constexpr uint64_t kMost = uint64_t{1} << 40;
    for (const uint64_t count :
         {own.blocks, own.txns, own.rows, own.inputs, own.addresses, own.assets,
          made->begin_.blocks, made->begin_.txns, made->begin_.rows, made->begin_.inputs,
          made->begin_.addresses, made->begin_.assets})
        if (count > kMost) return made->corrupt(kBlockNumber);
    const bool utxo = is_utxo(made->chain());
    const auto counted = [&](segment::ColumnId id, uint64_t count) {
        return made->column(id).count() == count;
    };
    const uint64_t rows_account = utxo ? 0 : own.rows;
    const uint64_t txns_utxo = utxo ? own.txns : 0;
    if (own.blocks == 0 || own.blocks >= UINT32_MAX ||
        made->begin_.addresses + own.addresses >= kNoId || !counted(kBlockNumber, own.blocks) ||
        !counted(kBlockTxn, own.blocks + 1) || !counted(kBlockRow, own.blocks + 1) ||
        !counted(kBlockInput, own.blocks + 1) || !counted(kBlockAddress, own.blocks + 1) ||
        !counted(kBlockAsset, own.blocks + 1) || !counted(kBlockHeaderBegin, own.blocks + 1) ||
        made->column(kTxnHash).size() != own.txns * 32 || !counted(kTxnTime, own.txns) ||
        !counted(kVersion, txns_utxo) || !counted(kLocktime, txns_utxo) ||
        !counted(kCoinbase, txns_utxo) || !counted(kTo, own.rows) ||
        !counted(kFrom, rows_account) || !counted(kAsset, rows_account) ||
        !counted(kKind, rows_account) || !counted(kGap, rows_account) ||
        !counted(kAmountSize, rows_account) || !counted(kValue, utxo ? own.rows : 0) ||
        !counted(kSpent, own.inputs) || !counted(kAddressKind, own.addresses) ||
        !counted(kAddressSize, own.addresses) || !counted(kAssetSize, own.assets))
        return made->corrupt(kBlockNumber);
    made->rows_ = Groups{made->file_, kRowGroups};
    made->inputs_ = Groups{made->file_, kInputGroups};
    made->amounts_ = Texts{made->file_, kAmounts};
    made->addresses_ = Texts{made->file_, kAddresses};
    made->assets_ = Texts{made->file_, kAssets};
    made->row_columns_ = RowColumns{made->file_};
    const Column &kinds = made->column(kAddressKind), &sizes = made->column(kAddressSize);
    if (kinds.width() == 0 && sizes.width() == 0 && sizes.base() == kAlike &&
        kinds.base() <= static_cast<uint64_t>(AddressKind::kScript) &&
        is_payload_size(static_cast<AddressKind>(kinds.base()), kAlike))
        made->alike_ = static_cast<AddressKind>(kinds.base());
    return made;
}

Result<uint64_t> Segment::block_value(segment::ColumnId id, uint64_t block) const {
    uint64_t value = 0;
    if (!column(id).read(block, value)) return corrupt(id);
    return value;
}

Result<BlockNum> Segment::number(uint32_t block) const { return block_value(kBlockNumber, block); }

Result<uint64_t> Segment::first_txn(uint32_t block) const {
    CORDON_TRY(const uint64_t own, block_value(kBlockTxn, block));
    return begin_.txns + own;
}

Result<Totals> Segment::totals(uint32_t block) const {
    Totals own;
    own.blocks = block;
    CORDON_TRY(own.txns, block_value(kBlockTxn, block));
    CORDON_TRY(own.rows, block_value(kBlockRow, block));
    CORDON_TRY(own.inputs, block_value(kBlockInput, block));
    CORDON_TRY(own.addresses, block_value(kBlockAddress, block));
    CORDON_TRY(own.assets, block_value(kBlockAsset, block));
    if (own.txns > own_.txns || own.rows > own_.rows || own.inputs > own_.inputs ||
        own.addresses > own_.addresses || own.assets > own_.assets)
        return corrupt(kBlockTxn);
    return begin_ + own;
}

Result<BlockHeader> Segment::block_header(uint32_t block) const {
    CORDON_TRY(const uint64_t first, block_value(kBlockHeaderBegin, block));
    CORDON_TRY(const uint64_t end, block_value(kBlockHeaderBegin, uint64_t{block} + 1));
    const uint8_t* at = first <= end ? column(kBlockHeader).get(first, end - first) : nullptr;
    if (at == nullptr) return corrupt(kBlockHeader, first);
    Decoder in{{at, static_cast<std::size_t>(end - first)}};
    const BlockHeader header = take_header(in);
    if (!in.ok() || in.left() != 0) return corrupt(kBlockHeader, first);
    return header;
}

Result<std::optional<UnixMillis>> Segment::block_time(uint32_t block) const {
    CORDON_TRY(const uint64_t first, block_value(kBlockHeaderBegin, block));
    CORDON_TRY(const uint64_t end, block_value(kBlockHeaderBegin, uint64_t{block} + 1));
    const uint8_t* at = first <= end ? column(kBlockHeader).get(first, end - first) : nullptr;
    if (at == nullptr) return corrupt(kBlockHeader, first);
    Decoder in{{at, static_cast<std::size_t>(end - first)}};
    const auto time = take_header_time(in);
    if (!in.ok()) return corrupt(kBlockHeader, first);
    return time;
}

Result<uint32_t> Segment::lower_block(BlockNum wanted) const {
    uint32_t low = 0;
    uint32_t high = blocks();
    // Numbers rise by at least one, and on a chain without gaps by one: then it is where it would
    // be, and never behind that place.
    uint64_t first = 0;
    if (high == 0) return 0U;
    if (!column(kBlockNumber).read(0, first)) return corrupt(kBlockNumber);
    if (wanted <= first) return 0U;
    if (wanted - first < high) {
        const auto dense = static_cast<uint32_t>(wanted - first);
        uint64_t at = 0;
        if (!column(kBlockNumber).read(dense, at)) return corrupt(kBlockNumber);
        if (at == wanted) return dense;
        high = dense;
    }
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        uint64_t at = 0;
        if (!column(kBlockNumber).read(middle, at)) return corrupt(kBlockNumber);
        if (at < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

Result<uint32_t> Segment::block_of(uint64_t txn) const {
    // The last block that begins at or before the txn; empty blocks before it begin there too.
    const uint64_t own = txn - begin_.txns;
    const Column& begins = column(kBlockTxn);
    if (own >= own_.txns) return corrupt(kBlockTxn);
    uint32_t low = 0;  // Begins at or before it; `high` behind it.
    uint32_t high = blocks();
    uint64_t at = 0;
    // Blocks of a chain are much alike in size: a step of the average size leads near the right
    // one, and another next to it. Of those around it they are counted that begin at or before the
    // txn: no branch foresees which is the last.
    constexpr uint32_t kNear = 8;
    const double blocks_per_txn = static_cast<double>(high) / static_cast<double>(own_.txns);
    auto guess = static_cast<double>(own) * blocks_per_txn;
    for (int step = 0; step < 3 && high - low >= kNear; ++step) {
        const auto in_reach = [&](double block, uint32_t last) {
            return static_cast<uint32_t>(std::clamp(block, double{0}, static_cast<double>(last)));
        };
        const uint32_t middle = in_reach(guess, blocks() - 1);
        if (!begins.read(middle, at)) return corrupt(kBlockTxn);
        guess = middle + (static_cast<double>(own) - static_cast<double>(at)) * blocks_per_txn;
        const uint32_t from = in_reach(guess - kNear / 2, blocks() - kNear);
        std::array<uint64_t, kNear> near;
        if (!begins.unpack(from, near.size(), near.data())) return corrupt(kBlockTxn);
        uint32_t count = 0;
        for (const uint64_t begin : near) count += begin <= own ? 1 : 0;
        if (count != 0 && (count != kNear || from + kNear == blocks())) return from + count - 1;
        if (count == 0)
            high = std::min(high, from);
        else
            low = std::max(low, from + kNear - 1);
        guess = count == 0 ? from : from + kNear - 1;
    }
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        if (!begins.read(middle, at)) return corrupt(kBlockTxn);
        (at <= own ? low : high) = middle;
    }
    if (low == 0 && (!begins.read(0, at) || at > own)) return corrupt(kBlockTxn);
    return low;
}

void Segment::prefetch_row(uint64_t row) const noexcept {
    const uint64_t own = row - begin_.rows;
    rows_.prefetch_item(own);
    for (const segment::ColumnId id : {kTo, kValue, kFrom, kAsset, kKind, kGap, kAmountSize})
        column(id).prefetch(own);
    amounts_.prefetch(own);
}

Result<uint64_t> Segment::foreign_input(uint64_t index) const {
    uint64_t own = 0;
    if (!column(kForeignInput).read(index, own)) return corrupt(kForeignInput);
    return begin_.inputs + own;
}

Result<std::optional<Segment::Foreign>> Segment::foreign(uint64_t input) const {
    uint64_t low = 0;
    uint64_t high = foreign_count();
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        CORDON_TRY(const uint64_t at, foreign_input(middle));
        if (at < input)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == foreign_count()) return std::optional<Foreign>{};
    CORDON_TRY(const uint64_t at, foreign_input(low));
    if (at != input) return std::optional<Foreign>{};
    const uint8_t* bytes = column(kForeignPoint).get(low * 36, 36);
    if (bytes == nullptr) return corrupt(kForeignPoint, low * 36);
    Foreign found;
    std::memcpy(found.point.txid.bytes.data(), bytes, 32);
    found.point.index = load<uint32_t>(bytes + 32);
    if (!column(kForeignAddress).read(low, found.address_plus_one)) return corrupt(kForeignAddress);
    if (!column(kForeignValue).read(low, found.value)) return corrupt(kForeignValue);
    return found;
}

Result<Asset> Segment::asset(uint64_t id) const {
    ByteView text;
    if (!assets_.read(id - begin_.assets, text)) return corrupt(kAssetText);
    const std::string_view view{reinterpret_cast<const char*>(text.data()), text.size()};
    if (view == Asset{}.text()) return Asset{};
    const Result<Asset> asset = Asset::parse(view);
    if (!asset || asset->text() != view) return corrupt(kAssetText);
    return *asset;
}

}  // namespace cordon::ledger
