// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "chain_view.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>

#include "head_log.hpp"
#include "segment_builder.hpp"

namespace cordon::ledger {
namespace {

constexpr std::string_view kNextStep = "restore this ledger from a copy or ingest it anew";

}  // namespace

Result<Part> make_part(std::shared_ptr<const Segment> segment, uint32_t blocks) {
    if (blocks > segment->blocks())
        return fail(ErrorCode::kCorrupt,
                    format("{}: the manifest asks for {} blocks of {}; {}", segment->file().name(),
                           blocks, segment->blocks(), kNextStep));
    Part part;
    part.blocks = blocks;
    CORDON_TRY(part.end, segment->totals(blocks));
    CORDON_TRY(part.first, segment->block_header(0));
    CORDON_TRY(part.last, segment->block_header(blocks - 1));
    part.segment = std::move(segment);
    return part;
}

ChainSummary ChainView::summary() const {
    const Totals all = end();
    return {chain, parts.front().first, parts.back().last, all.blocks, all.txns, all.rows};
}

const Part* ChainView::part_of(BlockNum number) const noexcept {
    const auto after =
        std::upper_bound(parts.begin(), parts.end(), number,
                         [](BlockNum n, const Part& part) { return n < part.first.number; });
    if (after == parts.begin()) return nullptr;
    const Part& part = *std::prev(after);
    return number <= part.last.number ? &part : nullptr;
}

const Part& ChainView::part_with(uint64_t Totals::* what, uint64_t number) const noexcept {
    // All parts but the last are much alike in size: it is mostly where it would be if they were
    // the same.
    const auto behind = [&](std::size_t part) { return number >= parts[part].end.*what; };
    const std::size_t last = parts.size() - 1;
    const uint64_t before_last = last == 0 ? 0 : parts[last - 1].end.*what;
    const std::size_t guess =
        number >= before_last ? last : static_cast<std::size_t>(number * last / before_last);
    if (guess == last || (!behind(guess) && (guess == 0 || behind(guess - 1)))) return parts[guess];
    return *std::upper_bound(parts.begin(), parts.end(), number,
                             [what](uint64_t n, const Part& part) { return n < part.end.*what; });
}

void ChainView::prefetch_row(uint64_t row) const noexcept {
    part_with(&Totals::rows, row).segment->prefetch_row(row);
}

void ChainView::prefetch_input(uint64_t input) const noexcept {
    const Segment& segment = *part_with(&Totals::inputs, input).segment;
    segment.column(segment::kSpent).prefetch(input - segment.begin().inputs);
}

void ChainView::prefetch_address(uint64_t id) const noexcept {
    const Segment& segment = *part_with(&Totals::addresses, id).segment;
    segment.addresses().prefetch(id - segment.begin().addresses);
}

Result<std::optional<BlockHeader>> ChainView::block(BlockNum number) const {
    const Part* part = part_of(number);
    if (part == nullptr) return std::optional<BlockHeader>{};
    CORDON_TRY(const uint32_t index, part->segment->lower_block(number));
    CORDON_TRY(const BlockHeader header, part->segment->block_header(index));
    return header.number == number ? std::optional{header} : std::nullopt;
}

Status check_view(const ChainView& view) {
    const auto corrupt = [](const ColumnFile& file, std::string_view what) {
        return fail(ErrorCode::kCorrupt, format("{}: {}; {}", file.name(), what, kNextStep));
    };
    Totals at;
    const Part* before = nullptr;
    for (const Part& part : view.parts) {
        if (part.segment->chain() != view.chain)
            return corrupt(part.segment->file(), "is of another chain");
        if (part.begin() != at || (before != nullptr && part.first.number <= before->last.number))
            return corrupt(part.segment->file(),
                           "does not begin where the segment in front of it ends");
        at = part.end;
        before = &part;
    }
    at = {};
    for (const Run& run : view.runs) {
        if (run.index->chain() != view.chain || run.begin() != at)
            return corrupt(run.index->file(), "does not begin where the index in front of it ends");
        const Totals end = run.index->end();
        if (end.txns < run.end.txns || end.rows < run.end.rows || end.inputs < run.end.inputs ||
            end.addresses < run.end.addresses)
            return corrupt(run.index->file(), "ends before the segments that it covers");
        at = run.end;
    }
    if (at != view.end())
        return fail(ErrorCode::kCorrupt, format("the indexes of {} do not cover its segments; {}",
                                                to_string(view.chain), kNextStep));
    return {};
}

Result<ChainView> open_view(const std::string& directory, ChainId chain, const ChainState& state) {
    ChainView view{chain, {}, {}};
    const auto not_named = [](const std::string& path) {
        return fail(ErrorCode::kCorrupt,
                    format("{}: is not the file that the manifest names; {}", path, kNextStep));
    };
    for (const ChainState::Segment& entry : state.segments) {
        const std::string path = segment_path(directory, entry.id);
        CORDON_TRY(auto segment, Segment::open(path));
        if (segment->file().identity() != entry.identity || entry.blocks == 0)
            return not_named(path);
        CORDON_TRY(Part part, make_part(std::move(segment), entry.blocks));
        view.parts.push_back(std::move(part));
    }
    std::size_t covered = 0;
    for (const ChainState::Index& entry : state.indexes) {
        const std::string path = index_path(directory, entry.id);
        CORDON_TRY(auto index, Index::open(path));
        if (index->file().identity() != entry.identity || entry.segments == 0)
            return not_named(path);
        covered += entry.segments;
        view.runs.push_back({std::move(index), view.parts[covered - 1].end});
    }
    CORDON_TRY(check_view(view));
    return view;
}

Result<Image> make_image(const Head& head, std::size_t first, std::size_t end) {
    Bytes segment_bytes, index_bytes;
    CORDON_TRY(write_segment(memory_sink(segment_bytes), head, first, end));
    IndexScratch scratch;
    CORDON_TRY(write_index(memory_sink(index_bytes), head, first, end, scratch));
    CORDON_TRY(auto segment, Segment::from_bytes(std::move(segment_bytes), "head", true));
    CORDON_TRY(auto index, Index::from_bytes(std::move(index_bytes), "index of head", true));
    Image image;
    CORDON_TRY(image.part, make_part(std::move(segment), static_cast<uint32_t>(end - first)));
    image.run = {std::move(index), image.part.end};
    return image;
}

Result<ChainView> load_chain(const std::string& ledger, ChainId chain) {
    const std::string directory = chain_directory(ledger, chain);
    std::optional<ChainState> last;
    while (true) {
        CORDON_TRY(const Manifest manifest, read_manifest(directory));
        const Result<ChainView> view = [&]() -> Result<ChainView> {
            CORDON_TRY(ChainView made, open_view(directory, chain, manifest.state));
            for (const ChainState::Log& log : manifest.state.logs) {
                const std::string path = log_path(directory, log.id);
                CORDON_TRY(const Bytes bytes, read_file(path, true));
                const auto* tip = made.parts.empty() ? nullptr : &made.parts.back().last;
                CORDON_TRY(HeadLog recovered,
                           read_head(bytes, path, chain, made.end(),
                                     tip == nullptr ? std::nullopt : std::optional{tip->number}));
                Head& head = recovered.head;
                head.truncate(
                    static_cast<std::size_t>(std::min<uint64_t>(log.blocks, head.blocks.size())));
                if (head.empty()) continue;
                CORDON_TRY(Image image, make_image(head, 0, head.blocks.size()));
                made.parts.push_back(std::move(image.part));
                made.runs.push_back(std::move(image.run));
            }
            return made;
        }();
        if (view || view.error().code != ErrorCode::kNotFound) return view;
        // The writer may have moved on and removed a file in between: then the manifest names
        // others by now.
        if (last == manifest.state)
            return fail(ErrorCode::kCorrupt, format("{}; the manifest names this file; {}",
                                                    view.error().message, kNextStep));
        last = manifest.state;
    }
}

}  // namespace cordon::ledger
