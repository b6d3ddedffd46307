// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "ingest_line.hpp"

#include <algorithm>
#include <utility>

#include <cordon/base/format.hpp>

#include "table.hpp"

namespace cordon::cli {

void IngestLine::show(const engine::IngestProgress& progress) {
    if (progress.source != source_) {
        source_ = progress.source;
        blocks_before_ += blocks_last_;
        transfers_before_ += transfers_last_;
        bytes_before_ += bytes_last_;
    }
    blocks_last_ = progress.blocks;
    transfers_last_ = progress.transfers;
    bytes_last_ = progress.bytes_read;
    if (!line_.due()) return;
    const double now = line_.seconds();
    blocks_.add(now, blocks_before_ + blocks_last_);
    transfers_.add(now, transfers_before_ + transfers_last_);
    bytes_.add(now, bytes_before_ + bytes_last_);
    line_.show(ingest_text({progress, blocks_.per_second(), transfers_.per_second(),
                            bytes_.per_second(), resident_memory()},
                           terminal_width() - 1));
}

void IngestLine::sealing(double share) {
    if (std::exchange(sealing_, true) && !line_.due()) return;
    if (share == 0)
        line_.show("ingest  all blocks are stored; sealing them");
    else
        line_.show(join_parts({{"ingest", 2},
                               {bar(share, 12), 3},
                               {format("{:.0f} %", share * 100), 0},
                               {"joining indexes", 0},
                               {"all blocks are stored", 1}},
                              terminal_width() - 1));
}

std::string ingest_text(const IngestView& view, std::size_t width) {
    const engine::IngestProgress& at = view.at;
    // Of all sources where their sizes are known, else of the one at hand.
    const bool all = at.all_bytes_total != 0;
    const uint64_t total = all ? at.all_bytes_total : at.bytes_total;
    const uint64_t done = all ? at.all_bytes_read : at.bytes_read;
    std::vector<LinePart> parts{{"ingest", 2}};
    if (total != 0) {
        const double share = static_cast<double>(done) / static_cast<double>(total);
        parts.push_back({bar(share, 12), 5});
        parts.push_back({format("{:.0f} %", std::min(share, 1.0) * 100), 0});
    }
    parts.push_back({format("{} block {}", to_string(at.chain), format_count(at.height)), 0});
    if (total > done && view.bytes_per_second > 0)
        parts.push_back(
            {format_duration(static_cast<double>(total - done) / view.bytes_per_second) + " left",
             0});
    if (view.blocks_per_second > 0)
        parts.push_back({format_rate(view.blocks_per_second) + " blocks/s", 4});
    if (view.transfers_per_second > 0)
        parts.push_back({format_rate(view.transfers_per_second) + " transfers/s", 1});
    if (view.bytes_per_second > 0)
        parts.push_back({format_bytes(static_cast<uint64_t>(view.bytes_per_second)) + "/s", 3});
    parts.push_back({format_bytes(view.memory) + " memory", 6});
    return join_parts(parts, width);
}

}  // namespace cordon::cli
