// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "chain_writer.hpp"

#include <cordon/base/format.hpp>

#include "head_log.hpp"

namespace cordon::ledger {

ChainWriter::ChainWriter(Disk& disk, std::string directory, ChainId chain, const Limits& limits,
                         ChainState state, LogWriter manifest, LogWriter log)
    : disk_{disk},
      directory_{std::move(directory)},
      limits_{limits},
      state_{std::move(state)},
      manifest_{std::move(manifest)},
      log_{std::move(log)},
      sealed_{chain, {}, {}},
      head_{chain},
      spare_{chain} {}

ChainWriter::~ChainWriter() {
    cancel_merging_ = true;
    merging_.reset();  // Futures wait in their destructors.
    sealing_.reset();
}

Result<std::unique_ptr<ChainWriter>> ChainWriter::create(Disk& disk, const std::string& ledger,
                                                         ChainId chain, const Limits& limits) {
    const Result<ChainId> parsed = parse_chain(to_string(chain));
    if (!parsed || *parsed != chain)
        return fail(ErrorCode::kInvalidParam,
                    format("a chain with reference {} has no name", chain.reference));
    std::string directory = chain_directory(ledger, chain);
    CORDON_TRY(disk.make_directory(directory));
    const ChainState state{{}, {}, {{1}}, 2};
    CORDON_TRY(LogWriter log, LogWriter::create(disk, log_path(directory, 1)));
    // The manifest makes the chain exist, so it comes last and at once.
    const std::string draft = manifest_path(directory) + ".tmp";
    CORDON_TRY(LogWriter manifest, LogWriter::create(disk, draft));
    Bytes frame(kFrameHeader);
    put_state(frame, state);
    CORDON_TRY(manifest.append(frame));
    CORDON_TRY(disk.rename(draft, manifest_path(directory)));
    CORDON_TRY(disk.sync_directory(directory));
    CORDON_TRY(disk.sync_directory(chains_directory(ledger)));
    CORDON_TRY(disk.sync_directory(ledger));
    return std::unique_ptr<ChainWriter>{new ChainWriter{
        disk, std::move(directory), chain, limits, state, std::move(manifest), std::move(log)}};
}

Result<std::unique_ptr<ChainWriter>> ChainWriter::open(Disk& disk, const std::string& ledger,
                                                       ChainId chain, const Limits& limits) {
    std::string directory = chain_directory(ledger, chain);
    CORDON_TRY(Manifest found, read_manifest(directory));
    // A process that was killed may have made the chain without the last sync of create().
    for (const std::string& made : {directory, chains_directory(ledger), ledger})
        CORDON_TRY(disk.sync_directory(made));
    remove_strays(disk, directory, found.state);
    CORDON_TRY(ChainView sealed, open_view(directory, chain, found.state));
    std::optional<BlockNum> tip;
    if (!sealed.parts.empty()) tip = sealed.parts.back().last.number;
    std::vector<HeadLog> logs;
    Totals at = sealed.end();
    for (const ChainState::Log& log : found.state.logs) {
        const std::string path = log_path(directory, log.id);
        CORDON_TRY(const Bytes bytes, read_file(path));
        CORDON_TRY(HeadLog read, read_head(bytes, path, chain, at, tip));
        read.head.truncate(
            static_cast<std::size_t>(std::min<uint64_t>(log.blocks, read.head.blocks.size())));
        at = read.head.end();
        if (!read.head.empty()) tip = read.head.blocks.back().header.number;
        logs.push_back(std::move(read));
    }
    if (logs.size() > 2)
        return fail(ErrorCode::kCorrupt,
                    format("{}: names {} logs, expected at most two; restore this ledger from a "
                           "copy or ingest it anew",
                           manifest_path(directory), logs.size()));
    const std::string path = log_path(directory, found.state.logs.back().id);
    CORDON_TRY(LogWriter log, LogWriter::resume(disk, path, logs.back().end));
    CORDON_TRY(LogWriter manifest, LogWriter::resume(disk, manifest_path(directory), found.end));
    std::unique_ptr<ChainWriter> writer{new ChainWriter{disk, std::move(directory), chain, limits,
                                                        std::move(found.state), std::move(manifest),
                                                        std::move(log)}};
    writer->sealed_ = std::move(sealed);
    writer->head_ = std::move(logs.back().head);
    if (logs.size() == 2) {
        writer->sealing_.emplace();
        writer->sealing_->head = std::make_shared<Head>(std::move(logs.front().head));
        writer->launch_sealing();
        if (!limits.background) static_cast<void>(writer->collect(Wait::kForSealing));
    }
    return writer;
}

std::optional<BlockHeader> ChainWriter::tip() const {
    if (!head_.empty()) return head_.blocks.back().header;
    if (sealing_ && !sealing_->head->empty()) return sealing_->head->blocks.back().header;
    if (!sealed_.parts.empty()) return sealed_.parts.back().last;
    return std::nullopt;
}

Status ChainWriter::check_usable() const {
    if (!manifest_.broken()) return {};
    return fail(ErrorCode::kIo,
                format("{}: an earlier write failed and could not be undone; open the ledger anew",
                       directory_));
}

Status ChainWriter::rewind(std::optional<BlockNum> last_good) {
    CORDON_TRY(check_usable());
    const std::optional<BlockHeader> top = tip();
    if (!top || (last_good && top->number <= *last_good)) return {};
    const BlockNum first_bad = last_good ? *last_good + 1 : 0;
    const auto before_head = [&]() -> std::optional<BlockNum> {
        if (sealing_ && !sealing_->head->empty())
            return sealing_->head->blocks.back().header.number;
        if (!sealed_.parts.empty()) return sealed_.parts.back().last.number;
        return std::nullopt;
    }();
    if (before_head && *before_head >= first_bad) {
        // What is on its way into a file has to arrive before it can be cut.
        CORDON_TRY(collect(Wait::kForSealing));
        return rewind_sealed(first_bad);
    }
    Bytes frame(kFrameHeader);
    put_rewind(frame, first_bad);
    CORDON_TRY(log_.append(frame));
    return truncate_head(head_.lower_block(first_bad));
}

Status ChainWriter::truncate_head(std::size_t blocks) {
    if (blocks >= head_.blocks.size()) return {};
    const Totals left = head_.at(blocks) - head_.begin;
    if (txns_)
        for (std::size_t i = left.txns; i < head_.hash.size(); ++i)
            txns_->remove(hash_of(head_.hash[i]), head_.begin.txns + i);
    if (notes_) notes_->truncate(head_.begin.txns + left.txns);
    if (addresses_)
        for (std::size_t i = left.addresses; i < head_.addresses.size(); ++i)
            addresses_->remove(hash_of(head_.addresses[i]),
                               static_cast<uint32_t>(head_.begin.addresses + i));
    for (std::size_t i = head_.assets.size(); i-- > left.assets;) {
        const auto id = static_cast<uint32_t>(head_.begin.assets + i);
        if (id >= assets_.size()) continue;
        asset_index_.remove(hash_of(assets_[id]), id);
        assets_.pop_back();
    }
    if (spent_) {
        for (std::size_t i = left.inputs; i < head_.spent.size(); ++i)
            if (head_.spent[i] != 0) spent_->clear(head_.spent[i] - 1);
        for (std::size_t i = head_.foreign_at(blocks); i < head_.foreign.size(); ++i)
            spent_->clear(head_.foreign[i].point);
    }
    head_.truncate(blocks);
    return images_.truncate(blocks);
}

Status ChainWriter::rewind_sealed(BlockNum first_bad) {
    // Whole segments go, and one may stay in part; its file, and the indexes, are as they were.
    stop_merging();
    ChainState next = state_;
    ChainView view = sealed_;
    while (!view.parts.empty() && view.parts.back().first.number >= first_bad) {
        view.parts.pop_back();
        next.segments.pop_back();
        if (--next.indexes.back().segments == 0) {
            next.indexes.pop_back();
            view.runs.pop_back();
        }
    }
    if (!view.parts.empty()) {
        Part& last = view.parts.back();
        CORDON_TRY(const uint32_t blocks, last.segment->lower_block(first_bad));
        next.segments.back().blocks = std::min(blocks, last.blocks);
        CORDON_TRY(last, make_part(last.segment, next.segments.back().blocks));
        view.runs.back().end = last.end;
    }
    const Totals end = view.end();
    next.logs = {{next.next_id++}};
    const std::string path = log_path(directory_, next.logs.front().id);
    Result<LogWriter> log = LogWriter::create(disk_, path);
    Status status = log ? disk_.sync_directory(directory_) : fail(log.error());
    if (status) status = commit(std::move(next));
    if (!status) {
        // Without knowing what the manifest says, no file may go.
        if (!manifest_.broken()) static_cast<void>(disk_.remove(path));
        return status;
    }
    free_spent(end.inputs);
    log_ = std::move(*log);
    head_ = Head{sealed_.chain, end};
    images_.clear();
    sealed_ = std::move(view);
    addresses_.reset();
    txns_.reset();
    notes_.reset();
    assets_.clear();
    asset_index_.clear();
    remove_strays(disk_, directory_, state_);
    return {};
}

void ChainWriter::free_spent(uint64_t first_input) {
    if (!spent_) return;
    for (const uint64_t row : head_.spent)
        if (row != 0) spent_->clear(row - 1);
    spent_->forget_foreign();  // The files know what is left.
    for (uint64_t input = first_input; input < sealed_.end().inputs; ++input) {
        uint64_t row = 0;
        if (!sealed_.part_with(&Totals::inputs, input).segment->spent(input, row))
            return spent_.reset();  // To be read anew, which then says what is damaged.
        if (row != 0) spent_->clear(row - 1);
    }
}

Status ChainWriter::commit(ChainState next) {
    Bytes frame(kFrameHeader);
    put_state(frame, next);
    CORDON_TRY(manifest_.append(frame));
    state_ = std::move(next);
    return {};
}

Result<ChainView> ChainWriter::snapshot() {
    CORDON_TRY(check_usable());
    CORDON_TRY(collect(Wait::kForNothing));
    ChainView view = sealed_;
    if (sealing_) CORDON_TRY(sealing_->images.show(*sealing_->head, view));
    CORDON_TRY(images_.show(head_, view));
    return view;
}

}  // namespace cordon::ledger
