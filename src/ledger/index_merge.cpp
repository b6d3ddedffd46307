// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <span>
#include <utility>

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

/// Entries of one table of a source that are visible.
class TableSource {
public:
    TableSource(const IndexSource& source, std::size_t table, uint64_t Totals::* what,
                uint64_t first)
        : index_{*source.index},
          table_{table},
          bits_{index_.bucket_bits(table)},
          visible_{source.end.*what - index_.begin().*what},
          offset_{index_.begin().*what - first} {}

    /// Adds those whose prefix begins with the `bits` bits of `group`, with numbers of the merged
    /// index, by rising bucket. False when the bytes are damaged.
    bool gather(uint64_t group, unsigned bits, std::vector<uint64_t>& out) {
        const unsigned rest = kPrefixBits - bits_;
        const uint64_t first = (group << (kPrefixBits - bits)) >> rest;
        const uint64_t last = (((group + 1) << (kPrefixBits - bits)) - 1) >> rest;
        for (uint64_t bucket = first; bucket <= last; ++bucket) {
            Index::Bucket in;
            if (!index_.find_bucket(table_, bucket, in)) return false;
            entries_.resize(static_cast<std::size_t>(in.end - in.begin));
            if (!index_.file().column(table_).unpack(in.begin, entries_.size(), entries_.data()))
                return false;
            for (const uint64_t entry : entries_) {
                const uint64_t prefix = (bucket << rest) | (entry & packed_mask(rest));
                const uint64_t number = entry >> rest;
                if (number < visible_ && prefix >> (kPrefixBits - bits) == group)
                    out.push_back((prefix << 32) | (number + offset_));
            }
        }
        return true;
    }

private:
    const Index& index_;
    std::size_t table_;
    unsigned bits_;
    uint64_t visible_, offset_;
    std::vector<uint64_t> entries_;
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
        counters[kBucketBits] = merge_table(kTxnTable, &Totals::txns);
        counters[kBucketBits + 1] = merge_table(kAddressTable, &Totals::addresses);
        counters[kBucketBits + 2] = merge_table(kSpendTable, &Totals::inputs);
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

    /// Takes all tables of one kind apart and puts them together, some thousand entries at once.
    unsigned merge_table(std::size_t table, uint64_t Totals::* what) {
        std::vector<TableSource> from;
        for (const IndexSource& source : sources_)
            from.emplace_back(source, table, what, begin_.*what);
        TableWriter to{out_, table, own_.*what, scratch_};
        // First by as many more bits as there are entries; what is left is next to its place.
        constexpr unsigned kDigit = 11;
        const unsigned bits = to.bits() - std::min(to.bits(), 5U);
        const auto digit = [at = 32 + kPrefixBits - bits - kDigit](uint64_t entry) {
            return (entry >> at) & packed_mask(kDigit);
        };
        std::vector<uint64_t> entries, sorted;
        for (uint64_t group = 0; group >> bits == 0 && !stopped(); ++group) {
            entries.clear();
            for (std::size_t i = 0; i < from.size(); ++i)
                if (!from[i].gather(group, bits, entries)) {
                    status_ = sources_[i].index->file().corrupt(table);
                    return 0;
                }
            std::array<uint32_t, std::size_t{1} << kDigit> begins{};
            for (const uint64_t entry : entries) ++begins[digit(entry)];
            for (uint32_t sum = 0; uint32_t& begin : begins) sum += std::exchange(begin, sum);
            sorted.resize(entries.size());
            for (const uint64_t entry : entries) sorted[begins[digit(entry)]++] = entry;
            for (std::size_t i = 1; i < sorted.size(); ++i) {
                const uint64_t entry = sorted[i];
                std::size_t at = i;
                for (; at != 0 && sorted[at - 1] > entry; --at) sorted[at] = sorted[at - 1];
                sorted[at] = entry;
            }
            to.put(sorted);
        }
        if (status_ && to.written() != own_.*what)
            status_ = sources_.front().index->file().corrupt(table);
        return to.finish();
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
        // Once for all: memory comes when it is used, and one that grows is there twice.
        std::size_t most_keys = 0;
        for (const IndexSource& source : sources_)
            most_keys += source.index->file().column(Index::directory(receiving) + 1).count();
        keys.reserve(most_keys);
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
