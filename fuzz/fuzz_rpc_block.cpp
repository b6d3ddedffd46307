// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <cordon/base/check.hpp>
#include <cordon/chain/event_source.hpp>
#include <cordon/chain/evm/rpc.hpp>

/// The bytes are up to four answers about one block, separated by form feeds: block, receipts,
/// calls, changes.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    std::array<std::string_view, 4> texts;
    std::string_view rest{reinterpret_cast<const char*>(data), size};
    for (std::string_view& text : texts) {
        text = rest.substr(0, rest.find('\f'));
        rest.remove_prefix(std::min(rest.size(), text.size() + 1));
    }
    (void)chain::evm::parse_rpc_header(texts[0]);
    (void)chain::evm::parse_rpc_txn(kEthereum, texts[0], UnixMillis{});
    for (const ChainId chain : {kEthereum, kTronMainnet}) {
        const auto seen =
            chain::evm::parse_rpc_block(chain, {texts[0], texts[1], texts[2], texts[3]});
        if (!seen) continue;
        for (const AccountTxn& txn : seen->block.account_txns)
            for (std::size_t i = 1; i < txn.transfers.size(); ++i)
                CORDON_CHECK(txn.transfers[i - 1].index < txn.transfers[i].index);
        // All that a node says can be written, and is read again the same.
        const std::string line = chain::format_event(*seen);
        auto source = chain::open_events(
            memory_file("fuzz", {reinterpret_cast<const uint8_t*>(line.data()), line.size()}));
        FeedEvent event;
        CORDON_CHECK(source && (*source)->read(event).value_or(false));
        CORDON_CHECK(event == FeedEvent{*seen});
    }
    return 0;
}
