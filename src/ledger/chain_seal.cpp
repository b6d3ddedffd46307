// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The part of ChainWriter that turns heads into files and merges indexes.
#include <iterator>

#include <cordon/base/format.hpp>

#include "chain_writer.hpp"
#include "head_log.hpp"
#include "segment_builder.hpp"

namespace cordon::ledger {
namespace {

/// Size classes, each kFan times the one below.
unsigned size_class(uint64_t rows, uint64_t least) noexcept {
    return static_cast<unsigned>(std::bit_width(rows / least)) / 3;
}

/// seal() joins the newest runs when they have at most so many times what was sealed since it last
/// did: so a join writes at most as much of what was there before as of what is new.
constexpr uint64_t kJoin = 2;
/// So few runs are left as they are.
constexpr std::size_t kFewRuns = 2;

uint64_t size_of(const Totals& totals) noexcept {
    return std::max({totals.txns, totals.rows, totals.inputs});
}

uint64_t size_of(const Run& run) noexcept { return size_of(run.end - run.begin()); }

/// Neighbouring runs that are worth merging: [first, first + count), count 0 when there are none.
struct Plan {
    std::size_t first = 0, count = 0;
};
Plan plan_merge(const std::vector<Run>& runs, const Limits& limits) {
    for (std::size_t first = 0; first < runs.size();) {
        const auto level = [&](std::size_t i) {
            return size_class(size_of(runs[i]), std::max<uint64_t>(limits.seal_rows, 1));
        };
        std::size_t end = first;
        uint64_t sum = 0;
        while (end < runs.size() && end - first < kFan && level(end) == level(first))
            sum += size_of(runs[end++]);
        if (end - first == kFan && sum <= limits.merged_rows) return {first, kFan};
        first = end;
    }
    return {};
}

/// The longest end of the runs that has at most `most` rows, inputs or txns.
Plan plan_join(const std::vector<Run>& runs, uint64_t most) {
    std::size_t first = runs.size();
    for (uint64_t sum = 0; first != 0; --first) {
        sum += size_of(runs[first - 1]);
        if (sum > most) break;
    }
    const std::size_t count = runs.size() - first;
    return count > kFewRuns ? Plan{first, count} : Plan{};
}

}  // namespace

uint64_t ChainWriter::size_of_head() const noexcept { return size_of(head_.end() - head_.begin); }

bool ChainWriter::is_head_overfull() const noexcept {
    return size_of_head() >= 2 * (limits_.seal_rows + seal_delay_) ||
           log_.end() >= 2 * (limits_.seal_log + seal_delay_ * 64);
}

bool ChainWriter::is_head_full_soon() const noexcept {
    return size_of_head() >= limits_.seal_rows / 8 * 7 || log_.end() >= limits_.seal_log / 8 * 7;
}

bool ChainWriter::is_head_full() const noexcept {
    return size_of_head() >= limits_.seal_rows + seal_delay_ ||
           log_.end() >= limits_.seal_log + seal_delay_ * 64;
}

Status ChainWriter::start_sealing(std::size_t blocks) {
    const uint64_t id = state_.next_id++;
    const std::string path = log_path(directory_, id);
    Head& rest = spare_;
    rest.assign_tail(head_, blocks);
    Result<LogWriter> log = LogWriter::create(disk_, path);
    const Status status = [&]() -> Status {
        if (!log) return fail(log.error());
        if (!rest.empty()) {
            frame_.resize(kFrameHeader);
            put_batch(frame_, rest, 0);
            CORDON_TRY(log->append(frame_));
        }
        CORDON_TRY(disk_.sync_directory(directory_));
        ChainState next = state_;
        next.logs.back().blocks = blocks;
        next.logs.push_back({id});
        return commit(std::move(next));
    }();
    if (!status) {
        // Without knowing what the manifest says, no file may go.
        if (!manifest_.broken()) static_cast<void>(disk_.remove(path));
        return status;
    }
    sealing_.emplace();
    sealing_->images = std::move(images_);
    images_.clear();
    static_cast<void>(sealing_->images.truncate(blocks));
    head_.truncate(blocks);
    sealing_->head = std::make_shared<Head>(std::move(head_));
    head_ = std::exchange(spare_, Head{head_.chain});
    if (txns_) txns_->seal(head_.begin.txns, head_.hash);
    head_.reserve_like(*sealing_->head);
    log_ = std::move(*log);
    launch_sealing();
    return {};
}

void ChainWriter::launch_sealing() {
    const uint64_t segment_id = state_.next_id++;
    const uint64_t index_id = state_.next_id++;
    const auto write = [&disk = disk_, &scratch = scratch_, directory = directory_,
                        head = std::shared_ptr<const Head>{sealing_->head}, segment_id,
                        index_id]() -> Result<Sealed> {
        Sealed out;
        const std::size_t end = head->blocks.size();
        const std::string path = segment_path(directory, segment_id);
        const std::string index = index_path(directory, index_id);
        out.segment = {segment_id, static_cast<uint32_t>(end), 0};
        out.index = {index_id, 1, 0};
        CORDON_TRY(out.segment.identity,
                   write_columns(disk, path, [&](const ColumnFileWriter::Sink& sink) {
                       return write_segment(sink, *head, 0, end);
                   }));
        CORDON_TRY(out.index.identity,
                   write_columns(disk, index, [&](const ColumnFileWriter::Sink& sink) {
                       return write_index(sink, *head, 0, end, scratch);
                   }));
        CORDON_TRY(disk.sync_directory(directory));
        CORDON_TRY(auto segment, Segment::open(path));
        CORDON_TRY(out.part, make_part(std::move(segment), out.segment.blocks));
        CORDON_TRY(out.run.index, Index::open(index));
        out.run.end = out.part.end;
        return out;
    };
    sealing_->result =
        std::async(limits_.background ? std::launch::async : std::launch::deferred, write);
}

Status ChainWriter::take_sealed(Result<Sealed> sealed) {
    const uint64_t old_log = state_.logs.front().id;
    Status status = sealed ? Status{} : fail(sealed.error());
    if (status) {
        ChainState next = state_;
        next.segments.push_back(sealed->segment);
        next.indexes.push_back(sealed->index);
        next.logs.erase(next.logs.begin());
        status = commit(std::move(next));
    }
    if (!status) {
        // What is logged is safe; it is tried again later, and seal() says why it fails. A file of
        // the merging thread is no stray.
        if (!manifest_.broken() && !merging_) remove_strays(disk_, directory_, state_);
        seal_delay_ += limits_.seal_rows / 4 + 1;
        return status;
    }
    seal_delay_ = 0;
    merge_failed_ = false;
    sealed_.parts.push_back(std::move(sealed->part));
    sealed_.runs.push_back(std::move(sealed->run));
    unjoined_ += size_of(sealed_.runs.back());
    spare_ = std::move(*sealing_->head);  // The thread that read it has ended.
    sealing_.reset();
    clean_up({log_path(directory_, old_log)}, {});
    if (spent_) {
        spent_->forget_foreign();
        for (const Head::Foreign& entry : head_.foreign) spent_->set(entry.point);
    }
    return {};
}

void ChainWriter::launch_merging(bool join) {
    Plan plan;
    if (join) {
        plan = plan_join(sealed_.runs, std::min(kJoin * unjoined_, limits_.merged_rows));
        if (plan.count != 0) unjoined_ = 0;
    }
    if (plan.count == 0) plan = plan_merge(sealed_.runs, limits_);
    if (plan.count == 0) return;
    merging_.emplace();
    merging_->first = plan.first;
    merging_->count = plan.count;
    std::vector<IndexSource> sources;
    ChainState::Index merged{state_.next_id++, 0, 0};
    for (std::size_t i = plan.first; i < plan.first + plan.count; ++i) {
        sources.push_back({sealed_.runs[i].index, sealed_.runs[i].end});
        merged.segments += state_.indexes[i].segments;
        merging_->bytes += sealed_.runs[i].index->file().size();
    }
    merged_bytes_ = 0;
    const auto write = [&disk = disk_, &cancel = cancel_merging_, &bytes = merged_bytes_,
                        directory = directory_, merged,
                        sources = std::move(sources)]() -> Result<Merged> {
        Merged out{{nullptr, sources.back().end}, merged};
        const std::string path = index_path(directory, merged.id);
        CORDON_TRY(out.index.identity,
                   write_columns(disk, path, [&](const ColumnFileWriter::Sink& sink) {
                       return merge_indexes(
                           [&](ByteView piece) {
                               bytes += piece.size();
                               return sink(piece);
                           },
                           sources, cancel);
                   }));
        CORDON_TRY(disk.sync_directory(directory));
        CORDON_TRY(out.run.index, Index::open(path));
        return out;
    };
    merging_->result =
        std::async(limits_.background ? std::launch::async : std::launch::deferred, write);
}

Status ChainWriter::take_merged(Result<Merged> merged) {
    const Merging plan = std::move(*merging_);
    merging_.reset();
    Status status = merged ? Status{} : fail(merged.error());
    std::vector<std::string> files;  // That nobody names any more.
    if (status) {
        for (std::size_t i = plan.first; i < plan.first + plan.count; ++i)
            files.push_back(index_path(directory_, state_.indexes[i].id));
        const auto at = [&plan](auto& all) {
            return all.begin() + static_cast<std::ptrdiff_t>(plan.first);
        };
        const auto count = static_cast<std::ptrdiff_t>(plan.count);
        ChainState next = state_;
        next.indexes.insert(next.indexes.erase(at(next.indexes), at(next.indexes) + count),
                            merged->index);
        status = commit(std::move(next));
        if (status) {
            const auto begin = at(sealed_.runs);
            std::vector<Run> runs{std::move_iterator{begin}, std::move_iterator{begin + count}};
            sealed_.runs.insert(sealed_.runs.erase(begin, begin + count), std::move(merged->run));
            clean_up(std::move(files), std::move(runs));
        }
    }
    return status;
}

void ChainWriter::clean_up(std::vector<std::string> files, std::vector<Run> runs) {
    // One after the other, and the earlier one is not waited for here.
    auto clean = [&disk = disk_, files = std::move(files), runs = std::move(runs),
                  before = std::move(cleaning_)]() mutable {
        before = {};
        runs.clear();
        for (const std::string& file : files) static_cast<void>(disk.remove(file));
    };
    if (!limits_.background) return clean();
    cleaning_ = std::async(std::launch::async, std::move(clean));
}

void ChainWriter::stop_merging() {
    if (!merging_) return;
    cancel_merging_ = true;
    static_cast<void>(merging_->result.get());
    cancel_merging_ = false;
    merging_.reset();
}

bool ChainWriter::wait_for_merging(const SealHooks& hooks) {
    constexpr std::chrono::milliseconds kBetween{100};
    while (merging_->result.wait_for(kBetween) == std::future_status::timeout) {
        if (hooks.is_cancelled()) return false;
        if (hooks.merging)
            hooks.merging(std::min(
                1.0, static_cast<double>(merged_bytes_) / static_cast<double>(merging_->bytes)));
    }
    return true;
}

Status ChainWriter::collect(Wait wait, const SealHooks& hooks) {
    const auto ready = [this](auto& future, bool wait_for_it) {
        return future.valid() &&
               (wait_for_it || !limits_.background ||
                future.wait_for(std::chrono::seconds{0}) == std::future_status::ready);
    };
    const bool seals = wait == Wait::kForSealing, merges = wait == Wait::kForMerging;
    if (sealing_ && seals && !sealing_->result.valid()) launch_sealing();
    if (sealing_ && ready(sealing_->result, seals)) {
        const Status status = take_sealed(sealing_->result.get());
        if (seals) CORDON_TRY(status);
    }
    if (seals) return {};
    if (merges) merge_failed_ = false;
    while (!manifest_.broken()) {
        if (hooks.is_cancelled()) {
            stop_merging();
            if (!sealing_) remove_strays(disk_, directory_, state_);  // It may have just ended.
            break;
        }
        if (!merging_ && !merge_failed_) launch_merging(merges);
        if (!merging_) break;
        if (merges && !wait_for_merging(hooks)) continue;
        if (!ready(merging_->result, merges)) break;
        const Status status = take_merged(merging_->result.get());
        // Nothing is lost but speed: it is tried again after the next seal.
        merge_failed_ = !status;
        if (merges) CORDON_TRY(status);
    }
    return {};
}

Status ChainWriter::seal(const SealHooks& hooks) {
    CORDON_TRY(check_usable());
    CORDON_TRY(collect(Wait::kForSealing));
    if (size_of_head() >= limits_.least_rows && !head_.empty()) {
        CORDON_TRY(start_sealing(head_.blocks.size()));
        CORDON_TRY(collect(Wait::kForSealing));
    }
    CORDON_TRY(collect(Wait::kForMerging, hooks));
    spare_ = Head{sealed_.chain};
    scratch_ = IndexScratch{};
    if (cleaning_.valid()) cleaning_.wait();
    return {};
}

}  // namespace cordon::ledger
