// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "chain_writer.hpp"

#include <cordon/base/format.hpp>

#include "segment_builder.hpp"

namespace cordon::ledger {

Result<std::unique_ptr<ChainWriter>> ChainWriter::create(Disk& disk, const std::string& ledger,
                                                         ChainId chain, const Limits& limits) {
    const Result<ChainId> parsed = parse_chain(to_string(chain));
    if (!parsed || *parsed != chain)
        return fail(ErrorCode::kInvalidParam,
                    format("a chain with reference {} has no name", chain.reference));
    std::string directory = chain_directory(ledger, chain);
    CORDON_TRY(disk.make_directory(directory));
    const ChainState state{{}, 1, 2};
    CORDON_TRY(LogWriter log, LogWriter::create(disk, log_path(directory, state.log)));
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
    CORDON_TRY(std::vector<Part> parts, open_parts(directory, found.state));
    const std::string path = log_path(directory, found.state.log);
    CORDON_TRY(Bytes bytes, read_file(path));
    Head head{chain};
    CORDON_TRY(head.recover(std::move(bytes), path));
    if (!parts.empty() && !head.blocks().empty() &&
        head.blocks().front().header.number <= parts.back().last.number)
        return fail(ErrorCode::kCorrupt, format("{}: begins before the last segment ends", path));
    CORDON_TRY(LogWriter log, LogWriter::resume(disk, path, head.log_size()));
    CORDON_TRY(LogWriter manifest, LogWriter::resume(disk, manifest_path(directory), found.end));
    std::unique_ptr<ChainWriter> writer{new ChainWriter{disk, std::move(directory), chain, limits,
                                                        std::move(found.state), std::move(manifest),
                                                        std::move(log)}};
    writer->sealed_.parts = std::move(parts);
    writer->head_ = std::move(head);
    return writer;
}

std::optional<BlockHeader> ChainWriter::tip() const {
    if (!head_.blocks().empty()) return head_.blocks().back().header;
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
    if (sealed_.parts.empty() || sealed_.parts.back().last.number < first_bad) {
        const std::span<uint8_t> record = head_.rewind_record(first_bad);
        if (Status status = log_.append(record); !status) {
            head_.drop_frame();
            return status;
        }
        std::size_t keep = head_.blocks().size();
        while (keep > 0 && head_.blocks()[keep - 1].header.number >= first_bad) --keep;
        head_.truncate(keep);
        return {};
    }
    // Into sealed blocks: whole segments go, and one may stay in part; its file is as it was.
    ChainState next = state_;
    std::vector<Part> parts = sealed_.parts;
    while (!parts.empty() && parts.back().first.number >= first_bad) {
        parts.pop_back();
        next.segments.pop_back();
    }
    if (!parts.empty()) {
        CORDON_TRY(const uint32_t blocks, parts.back().segment->lower_block(first_bad));
        next.segments.back().blocks = std::min(blocks, parts.back().blocks);
        CORDON_TRY(parts.back(), make_part(parts.back().segment, next.segments.back().blocks));
    }
    return commit(std::move(next), std::move(parts));
}

Status ChainWriter::seal() {
    CORDON_TRY(check_usable());
    if (head_.blocks().empty() && head_.log_size() == kLogMagic.size()) return {};
    ChainState next = state_;
    std::vector<Part> parts = sealed_.parts;
    if (head_.blocks().empty())
        return commit(std::move(next), std::move(parts));  // A log of rewinds only.

    // Small neighbours go in with it, so that frequent small ingests do not leave many small
    // segments.
    uint64_t rows = head_.rows();
    while (!parts.empty() && parts.back().rows <= 2 * rows &&
           rows + parts.back().rows <= limits_.merged_rows) {
        rows += parts.back().rows;
        parts.pop_back();
        next.segments.pop_back();
    }
    SegmentBuilder builder{sealed_.chain};
    Block block;
    for (std::size_t i = parts.size(); i < sealed_.parts.size(); ++i)
        for (uint32_t index = 0; index < sealed_.parts[i].blocks; ++index) {
            CORDON_TRY(sealed_.parts[i].segment->read_block(index, block));
            builder.add(block);
        }
    CORDON_TRY(head_.decode(0, [&builder](const Block& decoded) { builder.add(decoded); }));
    CORDON_TRY(Bytes bytes, std::move(builder).finish());

    const uint64_t id = next.next_id++;
    const std::string path = segment_path(directory_, id);
    CORDON_TRY(write_file(disk_, path, bytes));
    Bytes{}.swap(bytes);
    const Status status = [&]() -> Status {
        CORDON_TRY(auto segment, Segment::open(path, path));
        const auto blocks = static_cast<uint32_t>(segment->header().blocks);
        next.segments.push_back({id, blocks, segment->identity()});
        CORDON_TRY(Part part, make_part(std::move(segment), blocks));
        parts.push_back(std::move(part));
        return commit(std::move(next), std::move(parts));
    }();
    if (!status && !manifest_.broken()) static_cast<void>(disk_.remove(path));
    return status;
}

Status ChainWriter::commit(ChainState next, std::vector<Part> parts) {
    next.log = next.next_id++;
    const std::string path = log_path(directory_, next.log);
    Result<LogWriter> log = LogWriter::create(disk_, path);
    Status status = log ? Status{} : fail(log.error());
    if (status) status = disk_.sync_directory(directory_);
    if (status) {
        Bytes frame(kFrameHeader);
        put_state(frame, next);
        status = manifest_.append(frame);
    }
    if (!status) {
        // Without knowing what the manifest says, no file may go.
        if (!manifest_.broken()) static_cast<void>(disk_.remove(path));
        return status;
    }
    log_ = std::move(*log);
    head_ = Head{sealed_.chain};
    sealed_.parts = std::move(parts);
    state_ = std::move(next);
    remove_strays(disk_, directory_, state_);
    return {};
}

Result<ChainView> ChainWriter::snapshot() {
    CORDON_TRY(check_usable());
    ChainView view = sealed_;
    CORDON_TRY(std::vector<Part> images, head_.images());
    for (Part& part : images) view.parts.push_back(std::move(part));
    return view;
}

}  // namespace cordon::ledger
