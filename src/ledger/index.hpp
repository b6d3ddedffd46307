// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "hash_index.hpp"
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

    void prefetch(index::Table table, uint64_t hash) const noexcept {
        const auto i = static_cast<std::size_t>(table);
        file_.column(i).prefetch(home_slot(hash, homes_[i]));
    }
    /// Sets `number` to the highest one below `end` with this hash of which `is(number)` says kYes.
    template <typename Is>
    Probe find(index::Table table, uint64_t hash, uint64_t end, Is&& is, uint64_t& number) const {
        const auto i = static_cast<std::size_t>(table);
        const Column& slots = file_.column(i);
        const uint64_t first = first_of(table);
        Probe found = Probe::kNo;
        for (uint64_t slot = home_slot(hash, homes_[i]); slot < slots.count(); ++slot) {
            uint64_t value = 0;
            if (!slots.read(slot, value)) return Probe::kDamaged;
            if (value == 0) break;
            if ((value & 0xFF) != (hash & 0xFF)) continue;
            const uint64_t candidate = first + (value >> index::kTagBits) - 1;
            if (candidate >= end || (found == Probe::kYes && candidate <= number)) continue;
            const Probe probe = is(candidate);
            if (probe == Probe::kDamaged) return probe;
            if (probe == Probe::kYes) {
                found = probe;
                number = candidate;
            }
        }
        return found;
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
        if (file_.column(directory(receiving)).read(id >> low_bits_[receiving], key))
            file_.column(directory(receiving) + 1).prefetch(key);
    }
    bool entry(bool receiving, uint64_t at, uint64_t& number) const noexcept {
        if (!file_.column(directory(receiving) + 2).read(at, number)) return false;
        number += first_entry(receiving);
        return true;
    }

    static constexpr std::size_t directory(bool receiving) noexcept {
        return receiving ? index::kInDirectory : index::kOutDirectory;
    }
    unsigned low_bits(bool receiving) const noexcept { return low_bits_[receiving]; }
    /// The number from which entries of an adjacency count.
    uint64_t first_entry(bool receiving) const noexcept {
        return !receiving && is_utxo(chain()) ? begin_.inputs : begin_.rows;
    }

private:
    static Result<std::shared_ptr<const Index>> make(Result<ColumnFile> file);
    uint64_t first_of(index::Table table) const noexcept {
        return table == index::Table::kTxns        ? begin_.txns
               : table == index::Table::kAddresses ? begin_.addresses
                                                   : begin_.inputs;
    }

    ColumnFile file_;
    Totals begin_, own_;
    std::array<uint64_t, 3> homes_{};
    std::array<unsigned, 2> low_bits_{};
};

}  // namespace cordon::ledger
