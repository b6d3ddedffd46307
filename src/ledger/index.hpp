// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "index_format.hpp"

namespace cordon::ledger {

/// What a look at a key says.
enum class Probe { kNo, kYes, kDamaged };

/// Finds things in some neighbouring segments, read where it lies. Numbers are those of the chain.
/// Thread safety: immutable.
class Index {
public:
    static Result<std::shared_ptr<const Index>> open(const std::string& path);
    static Result<std::shared_ptr<const Index>> from_bytes(Bytes bytes, const std::string& name,
                                                           bool trusted);

    const ColumnFile& file() const noexcept { return file_; }
    ChainId chain() const noexcept { return file_.footer().chain; }
    const Totals& begin() const noexcept { return begin_; }
    Totals end() const noexcept { return begin_ + own_; }

    /// Brings near what says where the entries of a hash are, and something on their page or on
    /// one next to it: where that lies takes as long to find out as the directory to read.
    void prefetch(index::Table table, uint64_t hash) const noexcept {
        const auto i = static_cast<std::size_t>(table);
        file_.column(index::table_directory(i)).prefetch(bucket_of(i, hash));
        file_.column(i).prefetch(
            index::even_begin(index::prefix_of(hash), file_.column(i).count(), index::kPrefixBits));
    }
    /// Once that is near: brings the entries near.
    void prefetch_entries(index::Table table, uint64_t hash) const noexcept {
        const auto i = static_cast<std::size_t>(table);
        Bucket bucket;
        if (find_bucket(i, bucket_of(i, hash), bucket))
            for (const uint64_t at : {expected(i, hash, bucket) - kNear,  // It may wrap around.
                                      expected(i, hash, bucket) + kNear})
                file_.column(i).prefetch(at);
    }
    /// Sets `number` to the highest one below `end` with this hash of which `is(number)` says kYes.
    template <typename Is>
    Probe find(index::Table table, uint64_t hash, uint64_t end, Is&& is, uint64_t& number) const {
        const auto i = static_cast<std::size_t>(table);
        const Column& entries = file_.column(i);
        const uint64_t mask = packed_mask(rest_bits(i));
        const uint64_t wanted = index::prefix_of(hash) & mask;
        Bucket bucket;
        if (!find_bucket(i, bucket_of(i, hash), bucket)) return Probe::kDamaged;
        // To the first entry whose prefix is above; from there down, the highest number comes
        // first. Mostly it is one of those around where it is expected: they are counted, since no
        // branch foresees which.
        uint64_t at = expected(i, hash, bucket);
        uint64_t entry = 0;
        if (bucket.end - bucket.begin >= 2 * kNear) {
            std::array<uint64_t, 2 * kNear> near;
            at = std::clamp(at, bucket.begin + kNear, bucket.end - kNear) - kNear;
            if (!entries.unpack(at, near.size(), near.data())) return Probe::kDamaged;
            for (const uint64_t one : near) at += (one & mask) <= wanted;
        }
        while (at < bucket.end) {
            if (!entries.read(at, entry)) return Probe::kDamaged;
            if ((entry & mask) > wanted) break;
            ++at;
        }
        while (at > bucket.begin) {
            if (!entries.read(--at, entry)) return Probe::kDamaged;
            if ((entry & mask) > wanted) continue;
            if ((entry & mask) < wanted) break;
            const uint64_t candidate = first_of(table) + (entry >> rest_bits(i));
            if (candidate >= end) continue;
            if (const Probe probe = is(candidate); probe != Probe::kNo) {
                number = candidate;
                return probe;
            }
        }
        return Probe::kNo;
    }

    /// The entries of a table that have one bucket: [begin, end).
    struct Bucket {
        uint64_t begin = 0, end = 0;
    };
    unsigned bucket_bits(std::size_t table) const noexcept { return bucket_bits_[table]; }
    /// False when the bytes are damaged. REQUIRES: bucket < 2^bucket_bits(table).
    bool find_bucket(std::size_t table, uint64_t bucket, Bucket& out) const noexcept {
        const Column& directory = file_.column(index::table_directory(table));
        const uint64_t entries = file_.column(table).count();
        const unsigned bits = bucket_bits_[table];
        if (!directory.read(bucket, out.begin)) return false;
        out.begin += index::even_begin(bucket, entries, bits);
        out.end = entries;
        if (++bucket >> bits == 0) {
            if (!directory.read(bucket, out.end)) return false;
            out.end += index::even_begin(bucket, entries, bits);
        }
        return out.begin <= out.end && out.end <= entries;
    }

    /// Where the list of an address lies in an adjacency, and its entries.
    struct List {
        uint64_t begin = 0, end = 0;
    };
    /// False when the bytes are damaged; an empty list when the address has none.
    bool list(bool receiving, uint64_t id, List& list) const noexcept;
    void prefetch_list(bool receiving, uint64_t id) const noexcept {
        file_.column(directory(receiving)).prefetch(id >> low_bits_[receiving]);
    }
    /// Once that is near: brings the list's key near.
    void prefetch_key(bool receiving, uint64_t id) const noexcept {
        uint64_t key = 0;
        if (keys_below(receiving, id >> low_bits_[receiving], key))
            file_.column(directory(receiving) + 1).prefetch(key);
    }
    bool entry(bool receiving, uint64_t at, uint64_t& number) const noexcept {
        if (!file_.column(directory(receiving) + 2).read(at, number)) return false;
        number += first_entry(receiving);
        return true;
    }

    /// What entry() reads, for who reads many: to each is added first_entry().
    const Column& entries(bool receiving) const noexcept {
        return file_.column(directory(receiving) + 2);
    }

    static constexpr std::size_t directory(bool receiving) noexcept {
        return receiving ? index::kInDirectory : index::kOutDirectory;
    }
    unsigned low_bits(bool receiving) const noexcept { return low_bits_[receiving]; }
    /// Addresses that have a list in an adjacency.
    uint64_t key_count(bool receiving) const noexcept {
        const uint64_t count = file_.column(directory(receiving) + 1).count();
        return count == 0 ? 0 : count - 1;
    }
    /// How many of them have high bits below `high`. False when the bytes are damaged.
    bool keys_below(bool receiving, uint64_t high, uint64_t& count) const noexcept {
        if (!file_.column(directory(receiving)).read(high, count)) return false;
        count +=
            index::even_keys(high << low_bits_[receiving], key_count(receiving), end().addresses);
        return true;
    }
    /// The number from which entries of an adjacency count.
    uint64_t first_entry(bool receiving) const noexcept {
        return !receiving && is_utxo(chain()) ? begin_.inputs : begin_.rows;
    }

private:
    static Result<std::shared_ptr<const Index>> make(Result<ColumnFile> file);
    // So near where they are expected are nineteen entries of twenty.
    static constexpr uint64_t kNear = 6;

    unsigned rest_bits(std::size_t table) const noexcept {
        return index::kPrefixBits - bucket_bits_[table];
    }
    uint64_t bucket_of(std::size_t table, uint64_t hash) const noexcept {
        return index::prefix_of(hash) >> rest_bits(table);
    }
    /// Where in its bucket a hash would be if those of the bucket were spread evenly.
    uint64_t expected(std::size_t table, uint64_t hash, const Bucket& in) const noexcept {
        const unsigned rest = rest_bits(table);
        const uint64_t wanted = index::prefix_of(hash) & packed_mask(rest);
        return in.begin + ((wanted * (in.end - in.begin)) >> rest);
    }
    uint64_t first_of(index::Table table) const noexcept {
        return table == index::Table::kTxns        ? begin_.txns
               : table == index::Table::kAddresses ? begin_.addresses
                                                   : begin_.inputs;
    }

    ColumnFile file_;
    Totals begin_, own_;
    std::array<unsigned, 3> bucket_bits_{};
    std::array<unsigned, 2> low_bits_{};
};

}  // namespace cordon::ledger
