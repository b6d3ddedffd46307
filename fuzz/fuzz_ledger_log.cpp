// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Arbitrary bytes as a head log: a clean Error, or blocks that lay out and give a clean answer to
// every question, and that are the same after another round through the log.
#include <cordon/base/check.hpp>
#include <cordon/ledger/head_images.hpp>
#include <cordon/ledger/head_log.hpp>

#include "ledger_ask.hpp"
#include "ledger_repair.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    if (size == 0) return 0;
    const ChainId chain = data[0] % 2 == 0 ? kEthereum : kBitcoin;
    const Bytes bytes{data + 1, data + size};
    static_cast<void>(ledger::read_log(bytes, "raw"));
    // Most mutations only break a checksum: repair them, so that the decoder behind is reached.
    const auto read = ledger::read_head(fuzz::repair_log(bytes), "fuzz", chain, {}, std::nullopt);
    if (!read || read->head.empty()) return 0;
    ledger::ChainView view{chain, {}, {}};
    ledger::HeadImages images;
    const Status shown = images.show(read->head, view);
    CORDON_CHECK(shown.has_value());
    fuzz::ask(*ledger::make_reader({view}), chain);

    Bytes record;
    ledger::put_batch(record, read->head, 0);
    Bytes framed{static_cast<uint8_t>(record.size()), static_cast<uint8_t>(record.size() >> 8)};
    if (record.size() > UINT16_MAX) return 0;
    ledger::put_bytes(framed, record);
    const auto again =
        ledger::read_head(fuzz::repair_log(framed), "again", chain, {}, std::nullopt);
    CORDON_CHECK(again.has_value() && again->head.end() == read->head.end());
    return 0;
}
