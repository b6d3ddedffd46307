// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "chain_files.hpp"
#include "ledger.hpp"
#include "segment.hpp"

namespace cordon::ledger {

/// The visible part of a segment: its first blocks, all of them unless a rewind has cut it.
struct Part {
    std::shared_ptr<const Segment>
        segment;  // Owners: every snapshot that shows it, and the writer.
    uint32_t blocks = 0;
    uint32_t txns = 0;
    uint64_t rows = 0;
    BlockHeader first, last;
};
/// REQUIRES: 0 < blocks. kCorrupt when the segment has fewer.
Result<Part> make_part(std::shared_ptr<const Segment> segment, uint32_t blocks);

/// One chain at one height: parts in chain order, none empty.
struct ChainView {
    ChainId chain;
    std::vector<Part> parts;

    ChainSummary summary() const;
    /// The part in whose range of numbers `number` lies, if any.
    const Part* part_of(BlockNum number) const noexcept;
    Result<std::optional<BlockHeader>> block(BlockNum number) const;
};

/// Where a txn is, seen from inside.
struct PartTxn {
    const Part* part = nullptr;
    uint32_t ordinal = 0;
};
/// The newest txn with this hash.
Result<std::optional<PartTxn>> find_txn(const ChainView& view, const Hash256& hash);
/// The input that spends `point`.
struct PartSpend {
    const Part* part = nullptr;
    Segment::Spend spend;
};
Result<std::optional<PartSpend>> find_spend(const ChainView& view, const OutPoint& point);
/// kNotFound when there is no such txn.
struct PartPlace {
    const Part* part = nullptr;
    uint32_t block = 0;
    uint32_t ordinal = 0;
};
Result<PartPlace> locate(const ChainView& view, TxnPosition at);
Result<TxnPosition> position(const Part& part, uint32_t ordinal);

/// Opens the segments that a manifest names.
Result<std::vector<Part>> open_parts(const std::string& chain_directory, const ChainState& state);

/// The newest acknowledged state of a chain, for a reader: segments, and the log laid out as one
/// more in memory.
Result<ChainView> load_chain(const std::string& ledger, ChainId chain);

std::unique_ptr<TxnCursor> make_cursor(const ChainView& view, const Address& address, Side side,
                                       Order order, std::optional<TxnPosition> from);
/// A cursor that gives an Error, or nothing at all.
std::unique_ptr<TxnCursor> make_cursor(std::optional<Error> error);

/// The reader over some chains.
std::shared_ptr<const Reader> make_reader(std::vector<ChainView> views);

}  // namespace cordon::ledger
