// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "chain_view.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>

#include "head_log.hpp"
#include "segment_builder.hpp"

namespace cordon::ledger {

Result<Part> make_part(std::shared_ptr<const Segment> segment, uint32_t blocks) {
    if (blocks > segment->header().blocks)
        return fail(ErrorCode::kCorrupt,
                    format("the manifest asks for {} blocks of a segment that has {}", blocks,
                           segment->header().blocks));
    Part part;
    part.blocks = blocks;
    CORDON_TRY(part.txns, segment->first_txn(blocks));
    CORDON_TRY(part.rows, segment->first_row(blocks));
    CORDON_TRY(part.first, segment->block_header(0));
    CORDON_TRY(part.last, segment->block_header(blocks - 1));
    part.segment = std::move(segment);
    return part;
}

ChainSummary ChainView::summary() const {
    ChainSummary summary{chain, parts.front().first, parts.back().last, 0, 0, 0};
    for (const Part& part : parts) {
        summary.blocks += part.blocks;
        summary.txns += part.txns;
        summary.transfers += part.rows;
    }
    return summary;
}

const Part* ChainView::part_of(BlockNum number) const noexcept {
    const auto after =
        std::upper_bound(parts.begin(), parts.end(), number,
                         [](BlockNum n, const Part& part) { return n < part.first.number; });
    if (after == parts.begin()) return nullptr;
    const Part& part = *std::prev(after);
    return number <= part.last.number ? &part : nullptr;
}

Result<std::optional<BlockHeader>> ChainView::block(BlockNum number) const {
    const Part* part = part_of(number);
    if (part == nullptr) return std::optional<BlockHeader>{};
    CORDON_TRY(const uint32_t index, part->segment->lower_block(number));
    CORDON_TRY(const BlockHeader header, part->segment->block_header(index));
    return header.number == number ? std::optional{header} : std::nullopt;
}

Result<std::optional<PartTxn>> find_txn(const ChainView& view, const Hash256& hash) {
    for (auto part = view.parts.rbegin(); part != view.parts.rend(); ++part) {
        CORDON_TRY(const auto ordinal, part->segment->find_txn(hash, part->txns));
        if (ordinal) return PartTxn{&*part, *ordinal};
    }
    return std::optional<PartTxn>{};
}

Result<std::optional<PartSpend>> find_spend(const ChainView& view, const OutPoint& point) {
    for (auto part = view.parts.rbegin(); part != view.parts.rend(); ++part) {
        CORDON_TRY(const auto spend, part->segment->find_spend(point, part->txns));
        if (spend) return PartSpend{&*part, *spend};
    }
    return std::optional<PartSpend>{};
}

Result<PartPlace> locate(const ChainView& view, TxnPosition at) {
    const auto missing = [at] {
        return fail(ErrorCode::kNotFound,
                    format("block {} has no txn number {} in this ledger", at.block, at.txn));
    };
    const Part* part = view.part_of(at.block);
    if (part == nullptr) return missing();
    CORDON_TRY(const uint32_t block, part->segment->lower_block(at.block));
    CORDON_TRY(const BlockNum number, part->segment->number(block));
    CORDON_TRY(const uint32_t first, part->segment->first_txn(block));
    CORDON_TRY(const uint32_t end, part->segment->first_txn(block + 1));
    if (number != at.block || end < first || at.txn >= end - first) return missing();
    return PartPlace{part, block, first + at.txn};
}

Result<TxnPosition> position(const Part& part, uint32_t ordinal) {
    CORDON_TRY(const uint32_t block, part.segment->block_of(ordinal));
    CORDON_TRY(const BlockNum number, part.segment->number(block));
    CORDON_TRY(const uint32_t first, part.segment->first_txn(block));
    return TxnPosition{number, ordinal - first};
}

Result<std::vector<Part>> open_parts(const std::string& directory, const ChainState& state) {
    std::vector<Part> parts;
    for (const ChainState::Entry& entry : state.segments) {
        const std::string path = segment_path(directory, entry.id);
        CORDON_TRY(auto segment, Segment::open(path, path));
        if (segment->identity() != entry.identity || entry.blocks == 0)
            return fail(
                ErrorCode::kCorrupt,
                format("{}: is not the file that the manifest names; restore this ledger from "
                       "a copy or ingest it anew",
                       path));
        CORDON_TRY(Part part, make_part(std::move(segment), entry.blocks));
        if (!parts.empty() && part.first.number <= parts.back().last.number)
            return fail(ErrorCode::kCorrupt,
                        format("{}: begins before the segment in front of it ends", path));
        parts.push_back(std::move(part));
    }
    return parts;
}

namespace {

Status add_head(const std::string& path, ChainView& view) {
    CORDON_TRY(const Bytes bytes, read_file(path, true));
    CORDON_TRY(const LogContent content, read_log(bytes, path));
    CORDON_TRY(const std::vector<LoggedBlock> blocks, replay(content, path));
    if (blocks.empty()) return {};
    if (!view.parts.empty() && blocks.front().number <= view.parts.back().last.number)
        return fail(ErrorCode::kCorrupt, format("{}: begins before the last segment ends", path));
    SegmentBuilder builder{view.chain};
    Block block;
    for (const LoggedBlock& logged : blocks) {
        CORDON_TRY(decode_block(logged, view.chain, path, block));
        builder.add(block);
    }
    CORDON_TRY(Bytes image, std::move(builder).finish());
    CORDON_TRY(auto segment, Segment::from_bytes(std::move(image), path, true));
    CORDON_TRY(Part part, make_part(std::move(segment), static_cast<uint32_t>(blocks.size())));
    view.parts.push_back(std::move(part));
    return {};
}

}  // namespace

Result<ChainView> load_chain(const std::string& ledger, ChainId chain) {
    const std::string directory = chain_directory(ledger, chain);
    std::optional<ChainState> last;
    while (true) {
        CORDON_TRY(const Manifest manifest, read_manifest(directory));
        ChainView view{chain, {}};
        const Status status = [&]() -> Status {
            CORDON_TRY(view.parts, open_parts(directory, manifest.state));
            return add_head(log_path(directory, manifest.state.log), view);
        }();
        if (status) return view;
        if (status.error().code != ErrorCode::kNotFound) return fail(status.error());
        // The writer may have moved on and removed a file in between: then the manifest names
        // others by now.
        if (last == manifest.state)
            return fail(
                ErrorCode::kCorrupt,
                format("{}; the manifest names this file; restore this ledger from a copy or "
                       "ingest it anew",
                       status.error().message));
        last = manifest.state;
    }
}

}  // namespace cordon::ledger
