// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/model/block.hpp>

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

    /// All blocks of [first, last] in chain order, until `visit` returns an Error, which is passed
    /// on. Memory: one block.
    virtual Status scan(ChainId chain, BlockNum first, BlockNum last,
                        const std::function<Status(const Block&)>& visit) const = 0;
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

    /// Moves the head log into sealed form. Called on its own when the head grows; explicit at the
    /// end of an ingest.
    virtual Status seal() = 0;

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

}  // namespace cordon::ledger
