// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/model/block.hpp>

#include "numbered_rows.hpp"
#include "txn_shape.hpp"

/// The transfer graph on disk: blocks go in, the edges of an address and the history of a txn come
/// out. DESIGN: both value models, one writer, many readers, every reader at one consistent height.
namespace cordon::ledger {

/// What one chain of the ledger holds, as a snapshot saw it.
struct ChainSummary {
    ChainId chain;
    BlockHeader first;
    BlockHeader tip;
    uint64_t blocks = 0;
    uint64_t txns = 0;
    uint64_t transfers = 0;  ///< Transfers (account chains) or outputs (UTXO chains).
};

/// A txn and where it stands.
template <typename Txn>
struct Placed {
    TxnPosition at;
    std::optional<UnixMillis> time;  ///< Of its block.
    Txn txn;
};
using PlacedAccountTxn = Placed<AccountTxn>;
using PlacedUtxoTxn = Placed<UtxoTxn>;

enum class Order { kAscending, kDescending };

/// Which side of a transfer an address is on.
enum class Side { kSender, kReceiver, kEither };

/// Walks the txns in which one address takes part, each once, in chain order or against it.
/// Confined to one thread; must not outlive its Reader.
class TxnCursor {
public:
    virtual ~TxnCursor() = default;
    /// The next position, or nothing at the end. An Error is final.
    virtual Result<std::optional<TxnPosition>> next() = 0;
};

/// A transfer of an account chain and where it stands.
struct PlacedTransfer {
    TxnPosition at;
    std::optional<UnixMillis> time;  ///< Of its txn, else of its block.
    Transfer transfer;
};

/// Which transfers of an address are wanted.
struct TransferQuery {
    Side side = Side::kEither;
    Order order = Order::kAscending;
    std::optional<TxnPosition> from;         ///< Where to begin, inclusive.
    std::optional<Asset> asset;              ///< Only of this asset.
    std::optional<UnixMillis> since, until;  ///< Only of blocks with a time in [since, until].
};

/// An output of a UTXO chain, seen from its address.
struct PlacedOutput {
    TxnPosition at;
    uint32_t index = 0;  ///< Place among the outputs of its txn.
    uint64_t value = 0;
    std::optional<TxnPosition> spent_by;
};

/// Walks the transfers or the outputs of one address, page by page: memory does not grow with the
/// degree. Confined to one thread; must not outlive its Reader.
template <typename Row>
class PageCursor {
public:
    virtual ~PageCursor() = default;
    /// Fills `page` from its beginning and returns how many; 0 only at the end. An Error is final.
    virtual Result<std::size_t> next(std::span<Row> page) = 0;
};
using TransferCursor = PageCursor<PlacedTransfer>;
using OutputCursor = PageCursor<PlacedOutput>;

/// What the outputs of an address add up to.
struct Balance {
    uint64_t outputs = 0, unspent = 0;  ///< How many.
    uint64_t received = 0, value = 0;   ///< Satoshi of all outputs and of the unspent ones.
};

/// A field of every transfer or output, for scans over all of a chain.
enum class Field : uint8_t {
    kSender,    ///< Account chains: address id.
    kReceiver,  ///< Address id; of outputs too.
    kAsset,     ///< Account chains: a number for each asset.
    kValue,     ///< UTXO chains: satoshi.
};

/// One consistent height of a ledger. Immutable: any number of threads may read it, and the writer
/// goes on meanwhile.
///
/// Absence is normal and an empty optional or vector; an Error means that the store is damaged or
/// unreadable (kCorrupt names the file and offset, kIo the cause).
class Reader {
public:
    virtual ~Reader() = default;

    /// Every chain, ordered by ChainId.
    virtual std::vector<ChainSummary> chains() const = 0;
    virtual Result<std::optional<BlockHeader>> block(ChainId chain, BlockNum number) const = 0;

    /// O(1) expected, by full hash.
    virtual Result<std::optional<TxnPosition>> find_txn(ChainId chain,
                                                        const Hash256& hash) const = 0;

    // Account chains. kInvalidParam on a UTXO chain.

    /// REQUIRES: a position that this reader returned.
    virtual Result<PlacedAccountTxn> account_txn(ChainId chain, TxnPosition at) const = 0;
    /// Txns in which `address` is on `side` of a transfer, starting at `from` (inclusive; the first
    /// or last txn of the chain when absent). Cost: O(log n) to place, then O(1) a step; memory
    /// does not grow with the degree.
    virtual std::unique_ptr<TxnCursor> account_txns_of(ChainId chain, const Address& address,
                                                       Side side, Order order,
                                                       std::optional<TxnPosition> from) const = 0;

    /// The rows of a chain in numbers; null for a chain that is not here, and for a UTXO chain.
    /// Must not outlive its Reader.
    virtual std::unique_ptr<NumberedRows> numbered(ChainId chain) const = 0;

    // UTXO chains. kInvalidParam on an account chain.

    /// Inputs carry `spent` wherever the ledger or the source knows the output.
    virtual Result<PlacedUtxoTxn> utxo_txn(ChainId chain, TxnPosition at) const = 0;
    /// The txn that spends an output, and the place of the input; nothing while it is unspent or
    /// unknown.
    struct Spender {
        TxnPosition at;
        uint32_t input = 0;
    };
    virtual Result<std::optional<Spender>> spender(ChainId chain, const OutPoint& output) const = 0;
    /// Txns with an output to (kReceiver), or an input known to spend from (kSender), `address`.
    virtual std::unique_ptr<TxnCursor> utxo_txns_of(ChainId chain, const Address& address,
                                                    Side side, Order order,
                                                    std::optional<TxnPosition> from) const = 0;

    // Both: pages and scans.

    virtual std::unique_ptr<TransferCursor> transfers_of(ChainId chain, const Address& address,
                                                         const TransferQuery& query) const = 0;
    /// The outputs of an address in chain order, or against it, from `from` on (inclusive).
    virtual std::unique_ptr<OutputCursor> outputs_of(ChainId chain, const Address& address,
                                                     Order order,
                                                     std::optional<TxnPosition> from) const = 0;
    /// Cost: one step an output of the address.
    virtual Result<Balance> balance(ChainId chain, const Address& address) const = 0;

    /// Addresses of a chain have dense ids, 0, 1, 2, ..., in the order in which they appear. An id
    /// belongs to this snapshot: a rewind gives the ids above the cut to others.
    virtual uint32_t address_count(ChainId chain) const = 0;
    virtual Result<std::optional<uint32_t>> address_id(ChainId chain,
                                                       const Address& address) const = 0;
    /// REQUIRES: id < address_count().
    virtual Result<Address> address(ChainId chain, uint32_t id) const = 0;

    /// A field of all rows in chain order, in pages of some thousand, until `visit` returns an
    /// Error, which is passed on. Rows are numbered from 0. The page is valid during the call.
    virtual Status scan_field(
        ChainId chain, Field field,
        const std::function<Status(uint64_t first_row, std::span<const uint64_t> page)>& visit)
        const = 0;
    /// The shapes of all txns from `from` on that have at least two known inputs, in chain order.
    /// Without `with_outputs` receivers and values stay empty, which is twice as fast.
    virtual Status scan_shapes(ChainId chain, TxnPosition from, bool with_outputs,
                               const std::function<Status(const TxnShape&)>& visit) const = 0;

    /// All blocks of [first, last] in chain order, until `visit` returns an Error, which is passed
    /// on. Memory: one block.
    virtual Status scan(ChainId chain, BlockNum first, BlockNum last,
                        const std::function<Status(const Block&)>& visit) const = 0;
};

/// What seal() tells while it merges, and how it is told to leave that.
struct SealHooks {
    /// Some ten times a second, by the thread that called: how much of the index at hand is
    /// written, 0 to 1.
    std::function<void(double)> merging;
    /// Once it is true nothing more is merged: all is stored and sealed, look-ups ask more indexes.
    const std::atomic<bool>* cancel = nullptr;
    bool is_cancelled() const noexcept { return cancel != nullptr && *cancel; }
};

/// The only writer of a ledger directory.
class Writer {
public:
    virtual ~Writer() = default;

    /// Adds blocks of one chain. When it returns success the whole batch survives kill -9 and power
    /// loss; on an Error none of it is ever visible; when the process dies inside, all of it or
    /// none.
    ///
    /// Block numbers must rise by at least one over the tip (extracts have gaps). A block at or
    /// below the tip is skipped when its header.hash equals the stored one, so a repeated ingest
    /// changes nothing; otherwise kConflict. kConflict also when header.parent is set, the block
    /// before it (number - 1) is stored, and the hashes differ. kOrder when the batch itself is not
    /// in order, when time falls on an account chain, or when indices do not rise inside a txn.
    /// kDuplicate when a txn hash exists already (but for the two coinbase pairs of BIP-30).
    /// kConflict when an output would be spent twice. kOverflow when an output sum exceeds the
    /// asset's range.
    struct Appended {
        uint64_t blocks = 0;   ///< Newly stored.
        uint64_t skipped = 0;  ///< Known already, byte for byte.
    };
    virtual Result<Appended> append(std::span<const Block> batch) = 0;

    /// Forgets every block above `last_good`, or the whole chain when there is none; durable when
    /// it returns. Time is proportional to what is forgotten.
    virtual Status rewind(ChainId chain, std::optional<BlockNum> last_good) = 0;

    /// The tip of a chain as this writer sees it.
    virtual std::optional<BlockHeader> tip(ChainId chain) const = 0;

    /// Moves the head log into sealed form and waits until it is, and until merging has nothing
    /// left to do. Both go on in the background whenever the head has grown; explicit at the end of
    /// an ingest.
    virtual Status seal(const SealHooks& hooks) = 0;
    Status seal() { return seal(SealHooks{}); }

    /// A snapshot of what is acknowledged now.
    virtual Result<std::shared_ptr<const Reader>> snapshot() const = 0;
};

struct Options {
    bool create = true;  ///< open_writer makes the directory when it does not exist.
};

/// Opens for writing, recovering from a crash if needed. kLocked when another process writes (the
/// message names its pid); kCorrupt when the store fails its checksums; kPermission, kNoSpace, kIo.
Result<std::unique_ptr<Writer>> open_writer(const std::string& directory,
                                            const Options& options = {});

/// Opens the newest acknowledged state for reading; never blocks a writer. kNotFound when there is
/// no ledger.
Result<std::shared_ptr<const Reader>> open_reader(const std::string& directory);

/// Re-reads every stored byte against its checksum. kCorrupt names file, offset and column.
Status verify(const std::string& directory);

/// Copies what is acknowledged now into a new ledger at `target`, while a writer may go on: hard
/// links to what never changes (copies across file systems), a copy of the head. kConflict when
/// `target` exists and is not empty.
Status copy_snapshot(const std::string& directory, const std::string& target);

/// What the files of a chain hold, for people who size disks.
struct ChainFiles {
    ChainId chain;
    uint64_t segments = 0, indexes = 0;        ///< Files.
    uint64_t head_blocks = 0, head_bytes = 0;  ///< Not yet sealed.
    uint64_t bytes = 0;                        ///< All files of the chain.
    struct Part {
        std::string name;  ///< Of a column or index, the same in all files.
        uint64_t bytes = 0;
    };
    std::vector<Part> parts;  ///< Largest first.
};
Result<std::vector<ChainFiles>> chain_files(const std::string& directory);

}  // namespace cordon::ledger
