// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "chain_view.hpp"
#include "hash_index.hpp"
#include "head.hpp"

/// What the writer of a chain remembers so that append() need not ask the files about each thing.
/// All of it is a cache of what files and heads say. Confined to one thread.
namespace cordon::ledger {

/// As ==, which is a call.
inline bool same(const Hash256& a, const Hash256& b) noexcept {
    uint64_t differs = 0;
    for (std::size_t i = 0; i < a.bytes.size(); i += 8)
        differs |= load<uint64_t>(a.bytes.data() + i) ^ load<uint64_t>(b.bytes.data() + i);
    return differs == 0;
}

/// Everything that is stored, as the writer sees it: sealed, being sealed, and new.
struct Stored {
    const ChainView* sealed = nullptr;
    const Head* sealing = nullptr;  ///< Null when nothing is being sealed.
    const Head* head = nullptr;

    /// The head that has the thing `number`, or null when it is sealed.
    const Head* head_with(uint64_t Totals::* what, uint64_t number) const noexcept {
        if (number >= head->begin.*what) return head;
        if (sealing != nullptr && number >= sealing->begin.*what) return sealing;
        return nullptr;
    }
    bool is_txn(uint64_t txn, const Hash256& hash) const noexcept;
    bool is_address(uint64_t id, const Address& address) const noexcept;
    void prefetch_address(uint64_t id) const noexcept;
    /// Hash of a txn; with `rows` what rows_of() reads first.
    void prefetch_txn(uint64_t txn, bool rows) const noexcept;
    /// What rows_of() reads next, once that is near.
    void prefetch_rows_of(uint64_t txn) const noexcept;
    void prefetch_receiver(uint64_t row) const noexcept;
    /// [first, end) of the rows of a txn; kCorrupt.
    Status rows_of(uint64_t txn, uint64_t& first, uint64_t& end) const;
    /// Address id of an output; kCorrupt.
    Status receiver(uint64_t row, uint32_t& id) const;
    /// Of an output; kCorrupt.
    Status value(uint64_t row, uint64_t& value) const;
    Result<Address> address(uint64_t id) const;
};

/// The beginnings of the addresses 0, 1, ...: kind, size and 22 bytes, so all of nearly every
/// address. A look is one miss of the cache, wherever the address is stored. Memory comes as it is
/// used. Confined to one thread.
class AddressKeys {
public:
    /// They lie in `directory`, see Words.
    explicit AddressKeys(std::string directory) : memory_{std::move(directory)} {}

    std::size_t size() const noexcept { return size_; }
    /// Takes the next one.
    void add(const Address& address) {
        if (size_ / kPiece == pieces_.size()) {
            pieces_.push_back(memory_.take(kPieceWords));
            pieces_.back().settle();
        }
        if (size_ % kPiece == kPiece / 2 && size_ / kPiece + 1 == pieces_.size())
            memory_.prepare(kPieceWords);
        std::memcpy(at(size_++), &address, kWords * sizeof(uint64_t));
    }
    void truncate(std::size_t size) noexcept { size_ = std::min(size_, size); }
    /// Gives the memory back.
    void clear() noexcept {
        pieces_.clear();
        size_ = 0;
    }
    void prefetch(std::size_t id) const noexcept {
        fetch(at(id));
        fetch(at(id) + kWords - 1);  // Some lie in two lines.
    }
    /// REQUIRES: id < size(). True when all that is kept is the same.
    bool begins(std::size_t id, const Address& address) const noexcept {
        return std::memcmp(at(id), &address, kWords * sizeof(uint64_t)) == 0;
    }
    static bool is_whole(const Address& address) noexcept {
        return address.payload().size() <= kWords * sizeof(uint64_t) - 2;
    }

private:
    static constexpr std::size_t kWords = 3;  // An address.
    static constexpr std::size_t kPiece = std::size_t{1} << 18, kPieceWords = kPiece * kWords;
    static_assert(std::has_unique_object_representations_v<Address> &&
                  sizeof(Address) >= kWords * sizeof(uint64_t));

    const uint64_t* at(std::size_t id) const noexcept {
        return pieces_[id / kPiece].data() + id % kPiece * kWords;
    }
    uint64_t* at(std::size_t id) noexcept {
        return pieces_[id / kPiece].data() + id % kPiece * kWords;
    }

    std::vector<Words> pieces_;  // Of 6 MB.
    WordsMaker memory_;
    std::size_t size_ = 0;
};

/// Address -> id.
class AddressBook {
public:
    /// As many as fit some 1.2 GB; more are asked of the files.
    static constexpr std::size_t kMost = std::size_t{32} << 20;

    /// `complete`: nothing is sealed yet, so what is not noted does not exist. It lies in
    /// `directory`, see Words.
    AddressBook(bool complete, const std::string& directory)
        : index_{directory}, keys_{directory}, complete_{complete} {}

    bool is_complete() const noexcept { return complete_; }
    void prefetch(uint64_t hash) const noexcept { index_.prefetch(hash); }
    /// What is likely to be the answer of find_noted, without looking at it; kNoId for none.
    uint32_t guess(uint64_t hash) const noexcept { return index_.guess(hash); }
    /// Brings near what is() looks at.
    void prefetch_key(uint32_t id, const Stored& stored) const noexcept {
        if (id < keys_.size())
            keys_.prefetch(id);
        else
            stored.prefetch_address(id);
    }
    bool is(uint32_t id, const Address& address, const Stored& stored) const noexcept {
        return id < keys_.size() ? keys_.begins(id, address) && (AddressKeys::is_whole(address) ||
                                                                 stored.is_address(id, address))
                                 : stored.is_address(id, address);
    }
    /// kNoId when it is not noted. `hash` is hash_of(address).
    uint32_t find_noted(const Address& address, uint64_t hash,
                        const Stored& stored) const noexcept {
        return index_.find(hash, [&](uint32_t id) { return is(id, address, stored); });
    }
    /// The same, and asks the files; kNoId when there is no such address.
    Result<uint32_t> find(const Address& address, uint64_t hash, const Stored& stored);
    void add(const Address& address, uint64_t hash, uint32_t id) {
        index_.add(hash, id);
        if (complete_ && id == keys_.size()) keys_.add(address);
    }
    /// REQUIRES: what was added after it has been, or will be, removed before the next add().
    void remove(uint64_t hash, uint32_t id) {
        index_.remove(hash, id);
        keys_.truncate(id);
    }
    /// Forgets what the files know when there is too much of it.
    void shrink(const Stored& stored);

private:
    HashIndex index_;
    AddressKeys keys_;  // Of a complete book.
    bool complete_;
};

/// Txn hash -> number, newest first.
///
/// A UTXO chain asks what old txns were: the last ten or twenty million are remembered. An account
/// chain only asks whether a txn is new: those of the heads are remembered, and of all others
/// whether there can be such a txn at all.
class TxnBook {
public:
    static constexpr std::size_t kHalf = std::size_t{10} << 20;
    /// Txns from `first` on will be added; when that is 0, what is not noted does not exist.
    /// `filtered`: of an account chain, what the first layer of its filter takes; of 80 times as
    /// many all are told from others by it, of more the files are asked. It lies in `directory`,
    /// see Words.
    TxnBook(uint64_t first, bool utxo, std::size_t filtered, const std::string& directory)
        : utxo_{utxo}, old_{directory}, young_{directory}, old_first_{first}, young_first_{first} {
        if (first == 0 && !utxo) seen_.emplace(filtered, directory);
    }

    /// True when what is not found never needs the files, or nearly never.
    bool is_complete() const noexcept { return old_first_ == 0 || seen_; }
    void prefetch(uint64_t hash) const noexcept {
        young_.prefetch(hash);
        if (seen_)
            seen_->prefetch(hash);
        else
            old_.prefetch(hash);
    }
    static constexpr uint64_t kNone = UINT64_MAX;
    /// What is likely to be an answer of find_noted, without looking at it; kNone for none.
    uint64_t guess(uint64_t hash) const noexcept;
    /// The newest; kNone when it is not noted. `hash_value` is hash_of(hash).
    uint64_t find_noted(const Hash256& hash, uint64_t hash_value,
                        const Stored& stored) const noexcept;
    /// True when there is no such txn for sure.
    bool is_new(uint64_t hash_value) const noexcept { return seen_ && !seen_->has(hash_value); }
    /// The same as find_noted, and asks the files; kNone when there is no such txn.
    Result<uint64_t> find(const Hash256& hash, uint64_t hash_value, const Stored& stored) const;
    /// REQUIRES: txns are added in order.
    void add(uint64_t hash_value, uint64_t txn);
    /// Brings at most `count` of what is sealed from smaller layers of the filter into the
    /// largest, when that has to be: a look is at fewer layers then.
    void gather(const ChainView& sealed, uint64_t count);
    void remove(uint64_t hash_value, uint64_t txn);
    /// A head will be sealed soon: seal() will find its memory made.
    void prepare_seal() {
        if (!utxo_) old_.prepare_like(young_);
    }
    /// A head is being sealed, and only one: of an account chain, `rest` stays and begins at
    /// `first`.
    void seal(uint64_t first, std::span<const Hash256> rest);

private:
    /// Forgets the older half, whose memory is used again; `first` is the next txn.
    void begin_half(uint64_t first);

    bool utxo_;
    HashIndex old_, young_;  // Entries count from the firsts.
    uint64_t old_first_, young_first_;
    std::optional<SeenFilter> seen_;  // Has every txn of the chain, if it is there.
    uint64_t gathered_ = 0;           // Those before are in its largest layer, and
    uint64_t gather_end_ = 0;         // those from here on were added to it.
};

/// Which outputs are spent. A bit an output, for those that the ledger has; memory: that, and what
/// heads say of the others.
class SpentBook {
public:
    /// Reads every input that is sealed, some nanoseconds each. kCorrupt.
    static Result<SpentBook> load(const ChainView& sealed);

    bool is_spent(uint64_t row) const noexcept {
        return row / 64 < bits_.size() && (bits_[row / 64] >> (row % 64) & 1) != 0;
    }
    void prefetch(uint64_t row) const noexcept {
        if (row / 64 < bits_.size()) fetch(&bits_[row / 64]);
    }
    void set(uint64_t row) {
        if (row / 64 >= bits_.size()) bits_.resize(row / 64 + 1, 0);
        bits_[row / 64] |= uint64_t{1} << (row % 64);
    }
    void clear(uint64_t row) noexcept {
        if (row / 64 < bits_.size()) bits_[row / 64] &= ~(uint64_t{1} << (row % 64));
    }

    /// The same for outputs that the ledger does not have; asks the files too.
    Result<bool> is_spent(const OutPoint& point, const Stored& stored) const;
    void set(const OutPoint& point) {
        has_foreign_ = true;
        foreign_.insert(point);
    }
    void clear(const OutPoint& point) { foreign_.erase(point); }
    void forget_foreign() noexcept { foreign_.clear(); }
    /// False when no input anywhere spends what the ledger does not have.
    bool has_foreign() const noexcept { return has_foreign_; }

private:
    std::vector<uint64_t> bits_;
    std::unordered_set<OutPoint> foreign_;  // Of what is not sealed.
    bool has_foreign_ = false;
};

}  // namespace cordon::ledger
