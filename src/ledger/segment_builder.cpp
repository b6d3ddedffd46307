// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "segment_builder.hpp"

#include <array>
#include <cstring>
#include <span>

#include "block_codec.hpp"

namespace cordon::ledger {
namespace {

using namespace segment;

template <typename T>
std::span<const T> slice(const std::vector<T>& all, uint64_t first, uint64_t end) noexcept {
    return std::span{all}.subspan(first, end - first);
}

/// Writes one segment. `from_` and `to_` are where it begins and ends in the head's columns.
class Layout {
public:
    Layout(const ColumnFileWriter::Sink& sink, const Head& head, std::size_t first, std::size_t end)
        : out_{segment::kFile, head.chain, sink},
          head_{head},
          first_{first},
          end_{end},
          before_{head.at(first)},
          after_{head.at(end)},
          from_{before_ - head.begin},
          to_{after_ - head.begin} {}

    Result<uint32_t> write() && {
        put_blocks();
        put_txns();
        if (is_utxo(head_.chain)) {
            put_outputs();
            put_inputs();
        } else {
            put_transfers();
        }
        put_addresses();
        put_assets();
        std::array<uint64_t, kCounters> counters{};
        put_totals(counters, kFirst, before_);
        put_totals(counters, kOwn, after_ - before_);
        return out_.finish(counters);
    }

private:
    template <typename Number>
    void put_block_column(std::size_t column, std::size_t end, Number&& number) {
        if (first_ == end_) return;
        const uint64_t base = number(first_);
        out_.begin_packed(column, base, number(end - 1) - base);
        for (std::size_t i = first_; i < end; ++i) out_.put(number(i));
    }

    void put_blocks() {
        put_block_column(kBlockNumber, end_,
                         [this](std::size_t i) { return head_.blocks[i].header.number; });
        const auto totals = [this](std::size_t column, uint64_t Totals::* field) {
            put_block_column(column, end_ + 1, [this, field](std::size_t i) {
                return head_.at(i).*field - before_.*field;
            });
        };
        totals(kBlockTxn, &Totals::txns);
        totals(kBlockRow, &Totals::rows);
        totals(kBlockInput, &Totals::inputs);
        totals(kBlockAddress, &Totals::addresses);
        totals(kBlockAsset, &Totals::assets);
        Bytes headers;
        std::vector<uint64_t> begins{0};
        for (std::size_t i = first_; i < end_; ++i) {
            put_header(headers, head_.blocks[i].header);
            begins.push_back(headers.size());
        }
        out_.put_packed(kBlockHeaderBegin, begins);
        out_.begin_bytes(kBlockHeader);
        out_.put(headers);
    }

    void put_txns() {
        out_.begin_bytes(kTxnHash);
        const auto hashes = slice(head_.hash, from_.txns, to_.txns);
        out_.put({reinterpret_cast<const uint8_t*>(hashes.data()), hashes.size_bytes()});
        out_.put_packed(kTxnTime, slice(head_.time, from_.txns, to_.txns));
        put_groups(kRowGroups, head_.row_begin, to_.rows);
        if (!is_utxo(head_.chain)) return;
        put_groups(kInputGroups, head_.input_begin, to_.inputs);
        out_.put_packed(kVersion, slice(head_.version, from_.txns, to_.txns));
        out_.put_packed(kLocktime, slice(head_.locktime, from_.txns, to_.txns));
        out_.put_packed(kCoinbase, slice(head_.coinbase, from_.txns, to_.txns));
    }

    void put_groups(const GroupColumns& columns, const std::vector<uint32_t>& begins,
                    uint64_t last) {
        GroupsBuilder groups;
        for (uint64_t txn = from_.txns; txn < to_.txns; ++txn)
            groups.add((txn + 1 < to_.txns ? begins[txn + 1] : last) - begins[txn]);
        groups.write(out_, columns);
    }

    void put_transfers() {
        out_.put_packed(kFrom, slice(head_.from, from_.rows, to_.rows));
        out_.put_packed(kTo, slice(head_.to, from_.rows, to_.rows));
        out_.put_packed(kAsset, slice(head_.asset, from_.rows, to_.rows));
        out_.put_packed(kKind, slice(head_.kind, from_.rows, to_.rows));
        out_.put_packed(kGap, slice(head_.gap, from_.rows, to_.rows));
        write_texts(out_, kAmounts, slice(head_.amount_size, from_.rows, to_.rows),
                    slice(head_.amount, head_.amount_at(first_), head_.amount_at(end_)));
    }

    void put_outputs() {
        out_.put_packed(kTo, slice(head_.to, from_.rows, to_.rows));
        out_.put_packed(kValue, slice(head_.value, from_.rows, to_.rows));
    }

    void put_inputs() {
        out_.put_packed(kSpent, slice(head_.spent, from_.inputs, to_.inputs));
        const auto foreign = slice(head_.foreign, head_.foreign_at(first_), head_.foreign_at(end_));
        if (foreign.empty()) return;
        std::vector<uint64_t> inputs, addresses, values;
        Bytes points;
        for (const Head::Foreign& entry : foreign) {
            inputs.push_back(entry.input - before_.inputs);
            put_bytes(points, entry.point.txid);
            put_fixed(points, entry.point.index);
            addresses.push_back(entry.address == kNoId ? 0 : uint64_t{entry.address} + 1);
            values.push_back(entry.value);
        }
        out_.put_packed(kForeignInput, inputs);
        out_.begin_bytes(kForeignPoint);
        out_.put(points);
        out_.put_packed(kForeignAddress, addresses);
        out_.put_packed(kForeignValue, values);
    }

    void put_addresses() {
        const auto addresses = slice(head_.addresses, from_.addresses, to_.addresses);
        std::vector<uint8_t> kinds, sizes;
        kinds.reserve(addresses.size());
        sizes.reserve(addresses.size());
        for (const Address& address : addresses) {
            kinds.push_back(static_cast<uint8_t>(address.kind()));
            sizes.push_back(static_cast<uint8_t>(address.payload().size()));
        }
        out_.put_packed(kAddressKind, kinds);
        begin_texts(out_, kAddresses, sizes);
        // Some at once: all of them would be some 30 MB of fresh memory, and each alone a call.
        std::array<uint8_t, 4096> some;
        std::size_t size = 0;
        for (const Address& address : addresses) {
            if (size + Address::kMaxSize > some.size()) {
                out_.put(ByteView{some}.first(size));
                size = 0;
            }
            // A copy of a size that the compiler knows; what is too much is written over.
            std::memcpy(some.data() + size, address.payload().data(), Address::kMaxSize);
            size += address.payload().size();
        }
        out_.put(ByteView{some}.first(size));
    }

    void put_assets() {
        std::vector<uint8_t> sizes;
        Bytes bytes;
        for (const Asset& asset : slice(head_.assets, from_.assets, to_.assets)) {
            const std::string_view text = asset.text();
            sizes.push_back(static_cast<uint8_t>(text.size()));
            bytes.insert(bytes.end(), text.begin(), text.end());
        }
        write_texts(out_, kAssets, sizes, bytes);
    }

    ColumnFileWriter out_;
    const Head& head_;
    std::size_t first_, end_;
    Totals before_, after_, from_, to_;
};

}  // namespace

Result<uint32_t> write_segment(const ColumnFileWriter::Sink& sink, const Head& head,
                               std::size_t first, std::size_t end) {
    return Layout{sink, head, first, end}.write();
}

}  // namespace cordon::ledger
