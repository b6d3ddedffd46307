// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "merge_lists.hpp"

#include <algorithm>
#include <utility>

#include "index_table.hpp"

namespace cordon::ledger {
namespace {

/// Numbers of a column that are read in their order, unpacked some hundreds at once.
class Pages {
public:
    explicit Pages(const Column& column) : column_{column} {}

    /// Those from `at` on that are at hand, one at least; none when `at` lies outside or the bytes
    /// are damaged.
    std::span<const uint64_t> from(uint64_t at) noexcept {
        if (at - first_ >= size_) {  // Also when it lies before.
            size_ = 0;
            if (at >= column_.count()) return {};
            const uint64_t size = std::min<uint64_t>(numbers_.size(), column_.count() - at);
            if (!column_.unpack(at, static_cast<std::size_t>(size), numbers_.data())) return {};
            first_ = at;
            size_ = size;
        }
        const auto skip = static_cast<std::size_t>(at - first_);
        return {numbers_.data() + skip, static_cast<std::size_t>(size_) - skip};
    }
    bool read(uint64_t at, uint64_t& number) noexcept {
        const std::span numbers = from(at);
        if (numbers.empty()) return false;
        number = numbers.front();
        return true;
    }

private:
    const Column& column_;
    std::array<uint64_t, 512> numbers_;
    uint64_t first_ = 0, size_ = 0;
};

/// The lists of one adjacency of a source, by rising address.
class Lists {
public:
    /// The visible entries of one address, as they lie in the list column.
    struct Piece {
        uint64_t id = 0, begin = 0, size = 0;
    };

    Lists(const IndexSource& source, bool receiving)
        : first_entry_{source.index->first_entry(receiving)},
          end_{!receiving && is_utxo(source.index->chain()) ? source.end.inputs : source.end.rows},
          whole_{source.end == source.index->end()},
          low_{source.index->low_bits(receiving)},
          key_count_{source.index->key_count(receiving)},
          ids_{source.index->end().addresses},
          entry_count_{source.index->file().column(Index::directory(receiving) + 2).count()},
          directory_{source.index->file().column(Index::directory(receiving))},
          keys_{source.index->file().column(Index::directory(receiving) + 1)},
          list_{source.index->file().column(Index::directory(receiving) + 2)} {}

    bool start() { return find_bucket_end() && (key_count_ == 0 || keys_.read(0, key_)) && next(); }
    /// The present address; above all at the end.
    uint64_t id() const noexcept { return id_; }

    bool piece(Piece& out) noexcept {
        out = {id_, begin_, (key_ >> low_) - begin_};
        if (whole_) return true;
        for (uint64_t number = 0; out.size != 0; --out.size) {  // They rise.
            if (!list_.read(out.begin + out.size - 1, number)) return false;
            if (number + first_entry_ < end_) break;
        }
        return true;
    }

    /// Its entries, as put(numbers of the chain less first_entry()), some at once.
    template <typename Put>
    bool each(const Piece& piece, Put&& put) noexcept {
        for (uint64_t at = piece.begin, left = piece.size; left != 0;) {
            std::span numbers = list_.from(at);
            if (numbers.empty()) return false;
            if (numbers.size() > left) numbers = numbers.first(static_cast<std::size_t>(left));
            at += numbers.size();
            left -= numbers.size();
            put(numbers);
        }
        return true;
    }
    uint64_t first_entry() const noexcept { return first_entry_; }

    bool next() noexcept {
        if (at_ == key_count_) {
            id_ = UINT64_MAX;
            return true;
        }
        // Buckets without an address are passed over.
        while (at_ >= bucket_end_) {
            ++bucket_;
            if (!find_bucket_end()) return false;
        }
        const uint64_t id = (bucket_ << low_) | (key_ & packed_mask(low_));
        if (at_ != 0 && id <= id_) return false;
        id_ = id;
        begin_ = key_ >> low_;
        return keys_.read(++at_, key_) && begin_ <= key_ >> low_ && key_ >> low_ <= entry_count_;
    }

private:
    bool find_bucket_end() noexcept {
        if (!directory_.read(bucket_ + 1, bucket_end_)) return false;
        bucket_end_ += index::even_keys((bucket_ + 1) << low_, key_count_, ids_);
        return true;
    }

    uint64_t first_entry_, end_;
    bool whole_;  // Nothing of it was cut.
    unsigned low_;
    uint64_t key_count_, ids_, entry_count_;
    uint64_t at_ = 0, bucket_ = 0, bucket_end_ = 0;
    uint64_t id_ = 0, begin_ = 0;
    uint64_t key_ = 0;  // Of the address after the present one.
    Pages directory_, keys_, list_;
};

/// Takes the lists of all sources apart by ranges of addresses, and puts those of a range together.
class ListMerger {
public:
    ListMerger(ColumnFileWriter& out, std::span<const IndexSource> sources, bool receiving,
               const Totals& begin, const Totals& own, const std::atomic<bool>& cancel)
        : out_{out},
          sources_{sources},
          receiving_{receiving},
          begin_{begin},
          own_{own},
          cancel_{cancel},
          pieces_(sources.size()),
          next_(sources.size()) {}

    Result<unsigned> run() {
        const bool inputs = !receiving_ && is_utxo(sources_.front().index->chain());
        const uint64_t entries = inputs ? own_.inputs : own_.rows;
        first_entry_ = inputs ? begin_.inputs : begin_.rows;
        out_.begin_packed(Index::directory(receiving_) + 2, 0, entries);
        Bytes known;  // Of each list: the distance of its address to the one before, its size.
        std::size_t most_keys = 0;
        for (const IndexSource& source : sources_) most_keys += source.index->key_count(receiving_);
        known.reserve(most_keys * 2);  // Once for all: memory comes when it is used.
        uint64_t keys = 0, total = 0, last = 0;
        each_range([&] {
            for (std::size_t i = 0; i < kRange; ++i) {
                if (sizes_[i] == 0) continue;
                put_varint(known, first_ + i - std::exchange(last, first_ + i));
                put_varint(known, sizes_[i]);
                total += sizes_[i];
                ++keys;
            }
            put_lists();
            if (most_ >= entries && status_ && total != 0) damaged(0);
        });
        if (!status_) return fail(status_.error());
        const uint64_t ids = begin_.addresses + own_.addresses;
        return write_keys(out_, receiving_, ids, keys, total, [&](auto&& put) {
            Decoder from{known};
            for (uint64_t id = 0, begin = 0; from.left() != 0; begin += from.varint())
                put(id += from.varint(), begin);
        });
    }

private:
    static constexpr std::size_t kRange = 2048;      // Addresses.
    static constexpr std::size_t kEntries = 65'536;  // Put together at once: they fit the caches.

    void damaged(std::size_t source) {
        status_ = sources_[source].index->file().corrupt(Index::directory(receiving_) + 1);
    }

    /// Calls visit() for each range in which there are lists, by rising address: `first_`,
    /// `pieces_` and `sizes_` are those of it.
    template <typename Visit>
    void each_range(Visit&& visit) {
        const uint64_t ids = begin_.addresses + own_.addresses;
        lists_.reserve(sources_.size());
        for (const IndexSource& source : sources_)
            if (!lists_.emplace_back(source, receiving_).start()) return damaged(lists_.size() - 1);
        while (status_ && !out_.failed()) {
            first_ = UINT64_MAX;
            for (const Lists& each : lists_) first_ = std::min(first_, each.id());
            if (first_ == UINT64_MAX) return;
            sizes_.fill(0);
            for (std::size_t i = 0; i < lists_.size(); ++i) {
                Lists& lists = lists_[i];
                pieces_[i].clear();
                for (Lists::Piece piece; lists.id() - first_ < kRange;) {
                    if (!lists.piece(piece) || (piece.size != 0 && piece.id >= ids) ||
                        !lists.next())
                        return damaged(i);
                    if (piece.size == 0) continue;
                    sizes_[static_cast<std::size_t>(piece.id - first_)] += piece.size;
                    pieces_[i].push_back(piece);
                }
            }
            visit();
            if (status_) status_ = go_on(cancel_);
        }
    }

    /// Writes the lists of the range, one after the other.
    void put_lists() {
        std::ranges::fill(next_, std::size_t{0});
        for (std::size_t begin = 0, end = 0; begin < kRange && status_; begin = end) {
            // As many addresses as have few entries together, or one that has many.
            uint64_t total = 0;
            for (; end < kRange && (end == begin || total + sizes_[end] <= kEntries); ++end)
                total += sizes_[end];
            if (total > kEntries)
                put_long(end);
            else
                put_short(begin, end, static_cast<std::size_t>(total));
        }
    }

    /// Calls put(numbers, offset) with the entries of all lists below `end` that are not yet
    /// written, source by source; and before each, open(address in the range).
    template <typename Open, typename Put>
    void take(std::size_t end, Open&& open, Put&& put) {
        for (std::size_t i = 0; i < lists_.size(); ++i) {
            const uint64_t offset = lists_[i].first_entry() - first_entry_;
            std::size_t& at = next_[i];
            for (; at < pieces_[i].size() && pieces_[i][at].id - first_ < end; ++at) {
                open(static_cast<std::size_t>(pieces_[i][at].id - first_));
                if (!lists_[i].each(pieces_[i][at], [&](std::span<const uint64_t> numbers) {
                        put(numbers, offset);
                    }))
                    return damaged(i);
            }
        }
    }

    void put_long(std::size_t end) {
        take(
            end, [](std::size_t) {},
            [&](std::span<const uint64_t> numbers, uint64_t offset) {
                for (const uint64_t number : numbers) most_ = std::max(most_, number + offset);
                out_.put_each(numbers, offset);
            });
    }

    void put_short(std::size_t begin, std::size_t end, std::size_t total) {
        std::size_t place = 0;
        for (std::size_t i = begin; i < end; ++i) {
            places_[i] = place;
            place += static_cast<std::size_t>(sizes_[i]);
        }
        std::size_t* to = nullptr;
        take(
            end, [&](std::size_t address) { to = &places_[address]; },
            [&](std::span<const uint64_t> numbers, uint64_t offset) {
                uint64_t* at = &entries_[*to];
                for (const uint64_t number : numbers) *at++ = number + offset;
                *to += numbers.size();
            });
        const std::span sorted = std::span{entries_}.first(total);
        for (const uint64_t number : sorted) most_ = std::max(most_, number);
        out_.put_each(sorted);
    }

    ColumnFileWriter& out_;
    std::span<const IndexSource> sources_;
    bool receiving_;
    Totals begin_, own_;
    const std::atomic<bool>& cancel_;
    Status status_;
    uint64_t first_entry_ = 0, most_ = 0;
    // Of the range: where it begins, what each source has of it, how many entries the lists have
    // in all, and which piece of a source comes next.
    std::vector<Lists> lists_;
    uint64_t first_ = 0;
    std::vector<std::vector<Lists::Piece>> pieces_;
    std::array<uint64_t, kRange> sizes_{};
    std::vector<std::size_t> next_;
    std::array<std::size_t, kRange> places_{};
    std::array<uint64_t, kEntries> entries_{};
};

}  // namespace

Status go_on(const std::atomic<bool>& cancel) {
    if (cancel.load(std::memory_order_relaxed))
        return fail(ErrorCode::kCancelled, "merging was stopped");
    return {};
}

Result<unsigned> merge_lists(ColumnFileWriter& out, std::span<const IndexSource> sources,
                             bool receiving, const Totals& begin, const Totals& own,
                             const std::atomic<bool>& cancel) {
    return std::make_unique<ListMerger>(out, sources, receiving, begin, own, cancel)->run();
}

}  // namespace cordon::ledger
