// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Arbitrary bytes as a segment and its index whose checksums were believed: every question ends in
// an answer or kCorrupt.
#include "ledger_ask.hpp"
#include "ledger_repair.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    if (size < 4) return 0;
    // u32 size of the segment, segment, index.
    const ByteView rest{data + 4, size - 4};
    const std::size_t cut = std::min<std::size_t>(ledger::load<uint32_t>(data), rest.size());
    Bytes segment_bytes{rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(cut)};
    Bytes index_bytes{rest.begin() + static_cast<std::ptrdiff_t>(cut), rest.end()};
    fuzz::expect_clean(ledger::Segment::from_bytes(segment_bytes, "raw", false));
    fuzz::expect_clean(ledger::Index::from_bytes(index_bytes, "raw", false));
    fuzz::repair_columns(segment_bytes, ledger::segment::kFile);
    fuzz::repair_columns(index_bytes, ledger::index::kFile);
    auto segment = ledger::Segment::from_bytes(std::move(segment_bytes), "fuzz", true);
    auto index = ledger::Index::from_bytes(std::move(index_bytes), "fuzz", true);
    if (!segment || !index) return 0;
    const ChainId chain = (*segment)->chain();
    auto part = ledger::make_part(*segment, (*segment)->blocks());
    if (!part) return 0;
    ledger::ChainView view{chain, {}, {}};
    view.runs.push_back({*index, part->end});
    view.parts.push_back(std::move(*part));
    if (!ledger::check_view(view)) return 0;
    fuzz::ask(*ledger::make_reader({std::move(view)}), chain);
    return 0;
}
