// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <span>
#include <utility>

#include "index_table.hpp"
#include "merge_lists.hpp"

namespace cordon::ledger {
namespace {

using namespace index;

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
            std::size_t kept = out.size();
            const auto size = static_cast<std::size_t>(in.end - in.begin);
            out.resize(kept + size);
            if (!index_.file().column(table_).unpack(in.begin, size, out.data() + kept))
                return false;
            for (std::size_t i = kept; i < out.size(); ++i) {
                const uint64_t prefix = (bucket << rest) | (out[i] & packed_mask(rest));
                const uint64_t number = out[i] >> rest;
                out[kept] = (prefix << 32) | (number + offset_);
                kept += number < visible_ && prefix >> (kPrefixBits - bits) == group ? 1 : 0;
            }
            out.resize(kept);
        }
        return true;
    }

private:
    const Index& index_;
    std::size_t table_;
    unsigned bits_;
    uint64_t visible_, offset_;
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
        if (!status_) return fail(status_.error());
        CORDON_TRY(const uint64_t low_out,
                   merge_lists(out_, sources_, false, begin_, own_, cancel_));
        CORDON_TRY(const uint64_t low_in, merge_lists(out_, sources_, true, begin_, own_, cancel_));
        counters[kLowBits] = low_out | (low_in << 8);
        return out_.finish(counters);
    }

private:
    bool stopped() {
        if (status_) status_ = go_on(cancel_);
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
