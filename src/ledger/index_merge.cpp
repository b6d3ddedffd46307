// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <span>

#include "index_builder.hpp"
#include "index_table.hpp"

namespace cordon::ledger {
namespace {

using namespace index;

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

/// Walks the addresses of one adjacency by rising id.
class Walk {
public:
    Walk(const IndexSource& source, bool receiving)
        : index_{*source.index},
          first_entry_{index_.first_entry(receiving)},
          low_{index_.low_bits(receiving)},
          end_{!receiving && is_utxo(index_.chain()) ? source.end.inputs : source.end.rows},
          key_count_{index_.file().column(Index::directory(receiving) + 1).count()},
          directory_{index_.file().column(Index::directory(receiving))},
          keys_{index_.file().column(Index::directory(receiving) + 1)},
          list_{index_.file().column(Index::directory(receiving) + 2)} {}

    bool start() { return directory_.read(1, bucket_end_) && next(); }
    /// Above all ids at the end.
    uint64_t id() const noexcept { return id_; }

    /// Visible entries of the present address, as put(numbers of the chain less `offset`, how
    /// many), some at once.
    template <typename Put>
    bool each(uint64_t offset, Put&& put) {
        for (uint64_t at = begin_; at < next_begin_;) {
            std::span numbers = list_.from(at);
            if (numbers.empty()) return false;
            if (numbers.size() > next_begin_ - at)
                numbers = numbers.first(static_cast<std::size_t>(next_begin_ - at));
            at += numbers.size();
            // They rise: when the last one is visible, all are.
            while (!numbers.empty() && numbers.back() + first_entry_ >= end_) {
                numbers = numbers.first(numbers.size() - 1);
                at = next_begin_;
            }
            put(numbers, first_entry_ - offset);
        }
        return true;
    }

    bool next() {
        if (at_ + 1 >= key_count_) {
            id_ = UINT64_MAX;
            return true;
        }
        // Buckets without an address are passed over.
        while (at_ >= bucket_end_)
            if (!directory_.read(++bucket_ + 1, bucket_end_)) return false;
        uint64_t key = 0;
        if (!keys_.read(at_, key)) return false;
        id_ = (bucket_ << low_) | (key & packed_mask(low_));
        begin_ = key >> low_;
        if (!keys_.read(++at_, key)) return false;
        next_begin_ = key >> low_;
        return begin_ <= next_begin_;
    }

private:
    const Index& index_;
    uint64_t first_entry_;
    unsigned low_;
    uint64_t end_, key_count_;
    uint64_t at_ = 0, bucket_ = 0, bucket_end_ = 0;
    uint64_t id_ = 0, begin_ = 0, next_begin_ = 0;
    Pages directory_, keys_, list_;
};

class Merger {
public:
    Merger(const ColumnFileWriter::Sink& sink, std::span<const IndexSource> sources,
           const std::atomic<bool>& cancel)
        : out_{index::kFile, sources.front().index->chain(), sink},
          sources_{sources},
          cancel_{cancel},
          begin_{sources.front().index->begin()},
          own_{sources.back().end - begin_} {}

    Result<uint32_t> run() && {
        std::array<uint64_t, kCounters> counters{};
        put_totals(counters, kFirst, begin_);
        put_totals(counters, kOwn, own_);
        counters[kHomes] = write_table(out_, scratch_, kTxnTable, own_.txns,
                                       [this](auto&& put) { visit_txns(put); });
        counters[kHomes + 1] = write_table(out_, scratch_, kAddressTable, own_.addresses,
                                           [this](auto&& put) { visit_addresses(put); });
        counters[kHomes + 2] = write_table(out_, scratch_, kSpendTable, own_.inputs,
                                           [this](auto&& put) { visit_inputs(put); });
        scratch_.buckets = {};
        const uint64_t low_out = merge(false);
        const uint64_t low_in = merge(true);
        counters[kLowBits] = low_out | (low_in << 8);
        if (!status_) return fail(status_.error());
        return out_.finish(counters);
    }

private:
    bool stopped() {
        if (status_ && cancel_.load(std::memory_order_relaxed))
            status_ = fail(ErrorCode::kCancelled, "merging was stopped");
        return !status_ || out_.failed();
    }

    /// visit(segment, first, end): the visible things of every segment.
    template <typename Visit>
    void each_segment(uint64_t Totals::* what, Visit&& visit) {
        for (const IndexSource& source : sources_)
            for (const auto& segment : source.segments) {
                if (stopped()) return;
                const uint64_t first = segment->begin().*what;
                const uint64_t end = std::min(segment->end().*what, source.end.*what);
                if (first < end) visit(*segment, first, end);
            }
    }

    template <typename Put>
    void visit_txns(Put&& put) {
        constexpr uint64_t kPage = 1024;
        each_segment(&Totals::txns, [&](const Segment& segment, uint64_t first, uint64_t end) {
            const uint64_t base = segment.begin().txns;
            for (uint64_t txn = first; txn < end; txn += kPage) {
                const uint64_t n = std::min(kPage, end - txn);
                const uint8_t* at =
                    segment.column(segment::kTxnHash).get((txn - base) * 32, n * 32);
                if (at == nullptr) {
                    status_ = segment.corrupt(segment::kTxnHash, (txn - base) * 32);
                    return;
                }
                for (uint64_t i = 0; i < n; ++i)
                    put(hash_bytes({at + i * 32, 32}), txn + i - begin_.txns);
            }
        });
    }

    template <typename Put>
    void visit_addresses(Put&& put) {
        each_segment(&Totals::addresses, [&](const Segment& segment, uint64_t first, uint64_t end) {
            AddressKind kind{};
            ByteView payload;
            for (uint64_t id = first; id < end; ++id) {
                if (!segment.address(id, kind, payload)) {
                    status_ = segment.corrupt(segment::kAddress);
                    return;
                }
                put(hash_of(kind, payload), id - begin_.addresses);
            }
        });
    }

    template <typename Put>
    void visit_inputs(Put&& put) {
        each_segment(&Totals::inputs, [&](const Segment& segment, uint64_t first, uint64_t end) {
            for (uint64_t input = first; input < end; ++input) {
                uint64_t row = 0;
                if (!segment.spent(input, row)) {
                    status_ = segment.corrupt(segment::kSpent);
                    return;
                }
                if (row != 0) {
                    put(hash_of_row(row - 1), input - begin_.inputs);
                    continue;
                }
                const auto foreign = segment.foreign(input);
                if (!foreign || !*foreign) {
                    status_ =
                        foreign ? segment.corrupt(segment::kForeignInput) : fail(foreign.error());
                    return;
                }
                put(hash_of((*foreign)->point), input - begin_.inputs);
            }
        });
    }

    /// Calls visit(id, walk) by rising id, and for one id by rising source.
    template <typename Visit>
    void walk(bool receiving, Visit&& visit) {
        std::vector<Walk> walks;
        walks.reserve(sources_.size());
        for (const IndexSource& source : sources_)
            if (!walks.emplace_back(source, receiving).start()) return damaged(receiving, source);
        for (uint64_t steps = 0;; ++steps) {
            if (steps % 65'536 == 0 && stopped()) return;
            uint64_t least = UINT64_MAX;
            for (const Walk& each : walks) least = std::min(least, each.id());
            if (least == UINT64_MAX) return;
            for (std::size_t i = 0; i < walks.size(); ++i)
                if (walks[i].id() == least && !(visit(least, walks[i]) && walks[i].next()))
                    return damaged(receiving, sources_[i]);
        }
    }

    void damaged(bool receiving, const IndexSource& source) {
        status_ = source.index->file().corrupt(Index::directory(receiving) + 1);
    }

    unsigned merge(bool receiving) {
        const bool inputs = !receiving && is_utxo(sources_.front().index->chain());
        const uint64_t first = inputs ? begin_.inputs : begin_.rows;
        // Eight bytes an address. An index has less than 2^32 entries.
        std::vector<uint64_t>& keys = scratch_.first;  // Id, and where its list begins.
        keys.clear();
        uint64_t total = 0, last = UINT64_MAX, most = 0;
        const uint64_t ids = begin_.addresses + own_.addresses;
        const uint64_t entries = inputs ? own_.inputs : own_.rows;
        out_.begin_packed(Index::directory(receiving) + 2, 0, entries);
        walk(receiving, [&](uint64_t id, Walk& list) {
            bool known = true;
            const bool good =
                list.each(first, [&](std::span<const uint64_t> numbers, uint64_t offset) {
                    if (numbers.empty()) return;
                    known = id < ids;
                    if (!known) return;
                    if (id != last) keys.push_back((last = id) << 32 | total);
                    for (const uint64_t number : numbers) most = std::max(most, number + offset);
                    known = most < entries;
                    if (!known) return;
                    out_.put_each(numbers, offset);
                    total += numbers.size();
                });
            return good && known;
        });
        return write_keys(out_, receiving, ids, keys.size(), total, [&keys](auto&& put) {
            for (const uint64_t key : keys) put(key >> 32, key & UINT32_MAX);
        });
    }

    ColumnFileWriter out_;
    std::span<const IndexSource> sources_;
    const std::atomic<bool>& cancel_;
    Totals begin_, own_;
    IndexScratch scratch_;
    Status status_;
};

}  // namespace

Result<uint32_t> merge_indexes(const ColumnFileWriter::Sink& sink,
                               std::span<const IndexSource> sources,
                               const std::atomic<bool>& cancel) {
    return Merger{sink, sources, cancel}.run();
}

}  // namespace cordon::ledger
