// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include <cordon/base/result.hpp>
#include <cordon/model/block.hpp>

#include "column.hpp"
#include "disk.hpp"

namespace cordon::ledger {

/// An immutable run of blocks, read where it lies: in a mapped file, or in memory (the head).
///
/// Every read is checked for bounds and checksum, so bytes of any content give an Error (kCorrupt
/// with file, offset and column), never a crash or a wrong answer. Thread safety: any number of
/// threads.
class Segment {
public:
    /// Maps a file. `name` is what messages call it.
    static Result<std::shared_ptr<const Segment>> open(const std::string& path,
                                                       const std::string& name);
    /// Takes bytes in memory; `trusted` when SegmentBuilder has just made them.
    static Result<std::shared_ptr<const Segment>> from_bytes(Bytes bytes, const std::string& name,
                                                             bool trusted);

    const SegmentHeader& header() const noexcept { return header_; }
    /// The checksum that stands for the whole file: it covers the header, which covers all others.
    uint32_t identity() const noexcept { return identity_; }

    // By block index, 0 .. header().blocks - 1.
    Result<BlockNum> number(uint32_t block) const;
    Result<uint32_t> first_txn(uint32_t block) const;  ///< Also for block == blocks.
    Result<uint64_t> first_row(uint32_t block) const;  ///< Also for block == blocks.
    Result<BlockHeader> block_header(uint32_t block) const;
    Status read_block(uint32_t block, Block& out) const;
    /// The first block whose number is at least `number`; header().blocks when there is none.
    Result<uint32_t> lower_block(BlockNum number) const;
    /// The block in which a txn stands.
    Result<uint32_t> block_of(uint32_t ordinal) const;

    Status read_txn(uint32_t block, uint32_t ordinal, AccountTxn& out) const;
    Status read_txn(uint32_t block, uint32_t ordinal, UtxoTxn& out) const;
    /// One output, without decoding the rest; `count` is how many there are.
    Result<std::optional<TxOut>> read_output(uint32_t ordinal, uint32_t index,
                                             uint32_t& count) const;

    // Look-ups; `limit` hides the txns from that ordinal on.
    Result<std::optional<uint32_t>> find_txn(const Hash256& hash, uint32_t limit) const;
    struct Spend {
        uint32_t ordinal, input;
    };
    Result<std::optional<Spend>> find_spend(const OutPoint& point, uint32_t limit) const;
    Result<std::optional<uint32_t>> find_address(const Address& address) const;

    /// The txns of an address: entries [begin, end) of a list of rising ordinals.
    struct List {
        uint32_t begin = 0, end = 0;
    };
    Result<List> list(bool receiving, uint32_t address_id, uint32_t limit) const;
    Result<uint32_t> list_entry(bool receiving, uint32_t entry) const;

    /// Every byte against its checksum, gaps against zero.
    Status verify() const;

private:
    Segment() = default;
    static Result<std::shared_ptr<const Segment>> make(std::shared_ptr<Segment> segment,
                                                       ByteView bytes, bool trusted);
    const Column& column(ColumnId id) const noexcept {
        return columns_[static_cast<std::size_t>(id)];
    }
    tl::unexpected<Error> corrupt(ColumnId id, uint64_t offset) const;
    tl::unexpected<Error> damaged(ColumnId id, const Column::Damage& damage) const;
    template <typename T>
    Result<T> value(ColumnId id, uint64_t index) const;
    Result<ByteView> body(uint32_t block) const;
    Result<ByteView> txn_body(uint32_t block, uint32_t ordinal) const;
    Result<Hash256> txn_hash(uint32_t ordinal) const;
    Result<Address> address(uint32_t id) const;
    Result<const std::vector<Asset>*> assets() const;
    template <typename Txn>
    Status read_one(uint32_t block, uint32_t ordinal, Txn& out) const;
    Status take_txn(Decoder& in, uint32_t ordinal, AccountTxn& out) const;
    Status take_txn(Decoder& in, uint32_t ordinal, UtxoTxn& out) const;
    Status load_groups();

    struct Group {  // See ColumnId::kAddressGroup.
        AddressKind kind;
        uint8_t size;
        uint32_t first, count;
        uint64_t offset;
    };

    std::string name_;
    MappedFile file_;
    Bytes memory_;
    ByteView bytes_;  // One of the two above.
    SegmentHeader header_;
    uint32_t identity_ = 0;
    std::array<Column, kColumnCount> columns_;
    std::vector<Group> groups_;
    mutable std::once_flag assets_once_;
    mutable Result<std::vector<Asset>> assets_;  // Parsed on first use.
};

template <typename T>
Result<T> Segment::value(ColumnId id, uint64_t index) const {
    T out;
    if (!column(id).read<T>(index, out)) return corrupt(id, index * sizeof(T));
    return out;
}

}  // namespace cordon::ledger
