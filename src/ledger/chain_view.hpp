// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "chain_files.hpp"
#include "index.hpp"
#include "index_builder.hpp"
#include "ledger.hpp"
#include "segment.hpp"

namespace cordon::ledger {

/// The visible part of a segment: its first blocks, all of them unless a rewind has cut it.
struct Part {
    std::shared_ptr<const Segment>
        segment;  // Owners: every snapshot that shows it, and the writer.
    uint32_t blocks = 0;
    Totals end;  ///< Of the chain, behind its last visible block.
    BlockHeader first, last;
    const Totals& begin() const noexcept { return segment->begin(); }
};
/// REQUIRES: 0 < blocks. kCorrupt when the segment has fewer.
Result<Part> make_part(std::shared_ptr<const Segment> segment, uint32_t blocks);

/// An index over neighbouring parts.
struct Run {
    std::shared_ptr<const Index> index;  // Owners: as of a Part.
    Totals end;                          ///< Behind the last part that it covers.
    const Totals& begin() const noexcept { return index->begin(); }
};

/// One chain at one height: parts in chain order, none empty, and the runs that cover them.
///
/// Immutable; any number of threads.
struct ChainView {
    ChainId chain;
    std::vector<Part> parts;
    std::vector<Run> runs;

    Totals end() const noexcept { return parts.empty() ? Totals{} : parts.back().end; }
    ChainSummary summary() const;
    /// The part in whose range of block numbers `number` lies, if any.
    const Part* part_of(BlockNum number) const noexcept;
    /// The part that has the thing `number` of a kind. REQUIRES: number < end().*what.
    const Part& part_with(uint64_t Totals::* what, uint64_t number) const noexcept;
    Result<std::optional<BlockHeader>> block(BlockNum number) const;
    // These bring near what is read of a row, an input or an address. REQUIRES: as part_with().
    void prefetch_row(uint64_t row) const noexcept;
    void prefetch_input(uint64_t input) const noexcept;
    void prefetch_address(uint64_t id) const noexcept;

    // Look-ups by key; nothing when there is no such thing.

    /// Brings near what a look-up asks first. `hash` is hash_of() of its key.
    void prefetch(index::Table table, uint64_t hash) const noexcept {
        for (const Run& run : runs) run.index->prefetch(table, hash);
    }

    /// The newest txn with this hash.
    Result<std::optional<uint64_t>> find_txn(const Hash256& hash) const;
    Result<std::optional<uint32_t>> find_address(const Address& address) const;
    /// The input that spends a row, or an output that the ledger does not have.
    Result<std::optional<uint64_t>> find_spend(uint64_t row) const;
    Result<std::optional<uint64_t>> find_spend(const OutPoint& point) const;
    /// Whether any input spends what the ledger did not have when it came.
    bool has_foreign() const noexcept;
    /// The input that spends a row, also when that came before the row's txn. `foreign` is
    /// has_foreign().
    Result<std::optional<uint64_t>> find_spender(uint64_t row, bool foreign) const;
    /// The row of an output; nothing when its txn is not here. `outputs`, when not null, is set to
    /// how many the txn has: the row is one of them or nothing.
    Result<std::optional<uint64_t>> find_row(const OutPoint& point, uint64_t* outputs) const;

    // By number; kCorrupt, or kNotFound for what is not here.
    Result<Address> address(uint64_t id) const;
    Result<Asset> asset(uint64_t id) const;
    Result<TxnPosition> position(uint64_t txn) const;
    struct Place {
        const Part* part = nullptr;
        uint32_t block = 0;  // Of the part.
        uint64_t txn = 0;
    };
    Result<Place> txn_at(TxnPosition at) const;
    /// The first txn at `at` or behind it; end().txns when there is none.
    Result<uint64_t> lower_txn(TxnPosition at) const;
    /// The first row or input of a txn, or of what follows when it is end().txns.
    Result<uint64_t> first_row(uint64_t txn) const;
    Result<uint64_t> first_input(uint64_t txn) const;
    Result<uint64_t> txn_of_row(uint64_t row) const;
    Result<uint64_t> txn_of_input(uint64_t input) const;
    Result<TxOut> output(uint64_t row) const;
    Result<OutPoint> out_point(uint64_t row) const;
    /// An address whose id the caller knows: it is not read again.
    struct Known {
        uint32_t id = kNoId;
        Address address;
    };
    Status transfer(const Part& part, uint64_t row, uint64_t place, const Known& known,
                    Transfer& out) const;
    /// A txn's own time, where it has one besides that of its block.
    Result<std::optional<UnixMillis>> own_time(uint64_t txn) const;
    Status read_txn(uint64_t txn, AccountTxn& out) const;
    Status read_txn(uint64_t txn, UtxoTxn& out) const;
    Status read_block(const Part& part, uint32_t block, Block& out) const;
};

/// Checks that parts and runs follow each other without a gap; kCorrupt names the file.
Status check_view(const ChainView& view);

/// Opens the files that a manifest names.
Result<ChainView> open_view(const std::string& chain_directory, ChainId chain,
                            const ChainState& state);

/// Blocks of a head as a part and a run in memory.
struct Image {
    Part part;
    Run run;
};
Result<Image> make_image(const Head& head, std::size_t first, std::size_t end);

/// The newest acknowledged state of a chain, for a reader: files, and the logs laid out in memory.
Result<ChainView> load_chain(const std::string& ledger, ChainId chain);

std::unique_ptr<TxnCursor> make_txn_cursor(const ChainView& view, const Address& address, Side side,
                                           Order order, std::optional<TxnPosition> from);
std::unique_ptr<TransferCursor> make_transfer_cursor(const ChainView& view, const Address& address,
                                                     const TransferQuery& query);
std::unique_ptr<OutputCursor> make_output_cursor(const ChainView& view, const Address& address,
                                                 Order order, std::optional<TxnPosition> from);
std::unique_ptr<NumberedRows> make_numbered_rows(const ChainView& view);
Result<Balance> balance_of(const ChainView& view, const Address& address);

/// The reader over some chains.
std::shared_ptr<const Reader> make_reader(std::vector<ChainView> views);

}  // namespace cordon::ledger
