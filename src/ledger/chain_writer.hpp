// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <future>

#include "books.hpp"
#include "chain_view.hpp"
#include "head_images.hpp"
#include "log.hpp"
#include "recent_txns.hpp"
#include "txn_notes.hpp"

namespace cordon::ledger {

/// So many runs of one size become one of the next.
inline constexpr std::size_t kFan = 8;

/// When the head is sealed and what is merged. Numbers from docs/decisions/0007.
struct Limits {
    uint64_t seal_rows = 2'000'000;           ///< A head of so many rows, inputs or txns is sealed.
    uint64_t seal_log = uint64_t{112} << 20;  ///< The same by bytes of its log: two make 224 MB.
    uint64_t least_rows = 50'000;             ///< seal() leaves a smaller head in its log.
    uint64_t merged_rows = uint64_t{1} << 30;    ///< No index covers more.
    uint64_t filtered_txns = uint64_t{4} << 20;  ///< First layer of the filter; 16 times anything.
    uint64_t noted_txns = uint64_t{2} << 20;  ///< A power of two: with 64 bytes each, see TxnNotes.
    bool background = true;  ///< Seal and merge on threads of their own; tests do without.
};

/// The writer of one chain. Confined to one thread; it seals and merges on threads of its own,
/// which read only what no longer changes and whose results this thread takes over.
class ChainWriter {
public:
    static Result<std::unique_ptr<ChainWriter>> create(Disk& disk, const std::string& ledger,
                                                       ChainId chain, const Limits& limits);
    static Result<std::unique_ptr<ChainWriter>> open(Disk& disk, const std::string& ledger,
                                                     ChainId chain, const Limits& limits);
    /// Stops merging, waits for sealing.
    ~ChainWriter();
    ChainWriter(const ChainWriter&) = delete;
    ChainWriter& operator=(const ChainWriter&) = delete;

    // As in Writer.
    Result<Writer::Appended> append(std::span<const Block> batch);
    Status rewind(std::optional<BlockNum> last_good);
    std::optional<BlockHeader> tip() const;
    Status seal(const SealHooks& hooks);
    Result<ChainView> snapshot();

private:
    /// A head that is on its way into files.
    struct Sealed {
        Part part;
        Run run;
        ChainState::Segment segment;
        ChainState::Index index;
    };
    struct Sealing {
        std::shared_ptr<Head> head;  // Owners: this, and the thread that writes it.
        HeadImages images;
        std::future<Result<Sealed>> result;  // Invalid after a failure, until it is tried again.
    };
    /// Neighbouring runs that become one.
    struct Merged {
        Run run;
        ChainState::Index index;
    };
    struct Merging {
        std::size_t first, count;  // Runs.
        uint64_t bytes = 0;        // That they have, about as many as what they become.
        std::future<Result<Merged>> result;
    };

    ChainWriter(Disk& disk, std::string directory, ChainId chain, const Limits& limits,
                ChainState state, LogWriter manifest, LogWriter log);

    // chain_append.cpp
    Status stage(std::span<const Block> batch, Writer::Appended& appended);
    /// True when the block is to be stored, false when it is already.
    Result<bool> check_place(const Block& block) const;
    /// Seals the head, or waits until an earlier one is sealed.
    void make_room();
    // These run for every row, where a Result would cost as much as the look-up: false says that
    // refusal_ tells why.
    bool stage_account(const Block& block);
    void look_ahead(const Block& block);
    /// The next of txn_hashes_, after bringing those behind it closer.
    uint64_t next_txn_hash();
    bool stage_txn(const AccountTxn& txn, const BlockHeader& header);
    /// Adds a txn without its rows and inputs. kDuplicate, unless `may_be_old`.
    bool add_txn(const Hash256& hash, uint64_t hash_value, bool may_be_old,
                 const BlockHeader& header);
    bool id_of(const Address& address, uint64_t hash, uint32_t& id);
    bool next_id_of(const Address& address, uint32_t& id);
    bool refuse(Error error);
    uint32_t asset_id(const Asset& asset);
    void stage_amount(const Amount& amount);
    void flush_amounts();
    void add_asset(const Asset& asset);
    Result<std::optional<BlockHeader>> stored_block(BlockNum number) const;
    Status load_books();

    // utxo_append.cpp
    static constexpr uint32_t kNoOutput = UINT32_MAX;
    /// A txn that the block under construction asks for.
    struct TxnLook {
        uint64_t hash;
        uint64_t txn;     ///< What it is likely to be, or TxnBook::kNone.
        uint32_t output;  ///< The one that is spent; kNoOutput where the txn itself is added.
    };
    /// An address that it asks for.
    struct Receiver {
        uint64_t hash;
        uint32_t id;  ///< What it is likely to be, or kNoId.
    };
    bool stage_utxo(const Block& block);
    void look_ahead(const UtxoTxn& txn);
    /// [first, end) of the rows of a txn, from its note if there is one; kCorrupt.
    Status rows_of(const TxnNotes::Note* note, uint64_t txn, uint64_t& first, uint64_t& end) const;
    /// One of the newest, or TxnBook::kNone.
    uint64_t recent_txn(uint64_t hash) const noexcept;
    // The next of looks_ and receivers_, after bringing those behind them closer.
    TxnLook next_look();
    void look_at_slot(TxnLook& look) const;
    bool next_receiver(const Address& address, uint32_t& id);
    bool stage_txn(const UtxoTxn& txn, const BlockHeader& header);
    /// Adds an input, with what it spends where the ledger knows it. kConflict.
    bool stage_input(const TxIn& input);
    bool stage_foreign(const TxIn& input);
    bool refuse_spent();

    // chain_writer.cpp
    Status check_usable() const;
    Stored stored() const noexcept {
        return {&sealed_, sealing_ ? sealing_->head.get() : nullptr, &head_};
    }
    /// Takes the head back to its first `blocks`, and the books with it.
    Status truncate_head(std::size_t blocks);
    Status rewind_sealed(BlockNum first_bad);
    /// Frees what the head and the sealed inputs from `first_input` on spend.
    void free_spent(uint64_t first_input);
    /// One manifest record; `next` becomes the state.
    Status commit(ChainState next);

    // chain_seal.cpp
    uint64_t size_of_head() const noexcept;
    bool is_head_full_soon() const noexcept;
    bool is_head_full() const noexcept;
    bool is_head_overfull() const noexcept;
    /// Hands the first `blocks` blocks of the head over to be sealed; the rest begins a new log.
    Status start_sealing(std::size_t blocks);
    void launch_sealing();
    /// Begins to merge what is worth it, if anything is; `join`: at the end of an ingest.
    void launch_merging(bool join);
    /// Takes over what the other threads have finished, or one of them will have. Merges what is
    /// worth it, all of it when they are waited for, none while sealing is.
    enum class Wait { kForNothing, kForSealing, kForMerging };
    Status collect(Wait wait, const SealHooks& hooks = {});
    /// Waits for what is being merged. False when it has been cancelled before.
    bool wait_for_merging(const SealHooks& hooks);
    Status take_sealed(Result<Sealed> sealed);
    Status take_merged(Result<Merged> merged);
    void stop_merging();
    /// Removes files that no state names, and gives up the maps of runs that are no more, on
    /// another thread: it takes tens of milliseconds.
    void clean_up(std::vector<std::string> files, std::vector<Run> runs);

    Disk& disk_;
    std::string directory_;
    Limits limits_;
    ChainState state_;
    LogWriter manifest_;
    LogWriter log_;
    ChainView sealed_;
    IndexScratch scratch_;  // Of the thread that seals, while there is one.
    std::optional<Sealing> sealing_;
    std::optional<Merging> merging_;
    std::atomic<bool> cancel_merging_ = false;
    std::atomic<uint64_t> merged_bytes_ = 0;  // Of the index that is being written.
    bool merge_failed_ = false;
    uint64_t unjoined_ = 0;  // Rows, inputs or txns that were sealed since runs were joined.
    std::future<void> cleaning_;
    Head head_;
    Head spare_;  // What it holds is of no use, its memory is: the next head takes it.
    HeadImages images_;
    Bytes frame_;              // Of the last record; its memory is used again.
    uint64_t seal_delay_ = 0;  // Rows to wait after a seal that failed.

    std::optional<AddressBook> addresses_;
    std::optional<TxnBook> txns_;
    std::optional<TxnNotes> notes_;  // Of a UTXO chain.
    std::optional<SpentBook> spent_;
    std::vector<Asset> assets_;
    HashIndex asset_index_;
    uint32_t native_ = 0;  // Where the native asset stands in assets_, if it does.

    // Hashes of what the block under construction asks for, in that order, and how far it is.
    std::vector<uint64_t> address_hashes_, txn_hashes_;
    std::vector<uint32_t> address_guesses_;  // What a look at the slots has found, ahead of time.
    std::size_t next_address_ = 0, next_txn_ = 0;
    // The same of a UTXO chain, for the txns that come next.
    std::vector<TxnLook> looks_;
    std::vector<Receiver> receivers_;
    std::size_t next_look_ = 0, next_receiver_ = 0;
    RecentTxns recent_;
    // The end of the amounts of the block under construction: a few bytes each, and put into the
    // head many at once.
    std::array<uint8_t, 4096> amounts_;
    std::size_t amounts_size_ = 0;
    std::optional<Error> refusal_;
};

/// Brings near what a txn holds, but for the end of a long one.
template <typename T>
void fetch_all(const std::vector<T>& things) noexcept {
    constexpr std::size_t kLine = 64, kMost = 1024;
    const auto* at = reinterpret_cast<const uint8_t*>(things.data());
    for (std::size_t i = 0; i < std::min(things.size() * sizeof(T), kMost); i += kLine)
        fetch(at + i);
}

/// A hash in messages: UTXO chains show theirs reversed.
std::string show(ChainId chain, const Hash256& hash);

}  // namespace cordon::ledger
