// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Arbitrary bytes as a head log: a clean Error, or blocks that lay out and read back as they were
// decoded.
#include <cordon/base/check.hpp>
#include <cordon/ledger/head_log.hpp>
#include <cordon/ledger/segment.hpp>
#include <cordon/ledger/segment_builder.hpp>

#include "ledger_repair.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    if (size == 0) return 0;
    const ChainId chain = data[0] % 2 == 0 ? kEthereum : kBitcoin;
    Bytes bytes{data + 1, data + size};
    static_cast<void>(ledger::read_log(bytes, "raw"));
    // Most mutations only break a checksum: repair them, so that the decoder behind is reached.
    const Bytes log = fuzz::repair_log(bytes);
    const auto content = ledger::read_log(log, "fuzz");
    if (!content) return 0;
    const auto blocks = ledger::replay(*content, "fuzz");
    if (!blocks) return 0;
    ledger::SegmentBuilder builder{chain};
    std::vector<Block> decoded;
    for (const ledger::LoggedBlock& logged : *blocks) {
        Block block;
        if (!ledger::decode_block(logged, chain, "fuzz", block)) return 0;
        builder.add(block);
        decoded.push_back(std::move(block));
    }
    auto image = std::move(builder).finish();
    CORDON_CHECK(image.has_value());
    const auto segment = ledger::Segment::from_bytes(std::move(*image), "fuzz", false);
    CORDON_CHECK(segment.has_value());
    for (uint32_t i = 0; i < decoded.size(); ++i) {
        Block again;
        CORDON_CHECK((*segment)->read_block(i, again).has_value());
        CORDON_CHECK(again == decoded[i]);
    }
    return 0;
}
