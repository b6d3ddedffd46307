// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/check.hpp>
#include <cordon/chain/block_source.hpp>
#include <cordon/patterns/contract_facts.hpp>

/// The bytes are up to four files, separated by form feeds.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    std::vector<cordon::InputFile> files;
    std::span<const uint8_t> rest{data, size};
    while (!rest.empty() && files.size() < 4) {
        const auto end = std::find(rest.begin(), rest.end(), uint8_t{'\f'}) - rest.begin();
        files.push_back(cordon::memory_file("fuzz", rest.first(static_cast<std::size_t>(end))));
        rest = rest.subspan(std::min(rest.size(), static_cast<std::size_t>(end) + 1));
    }
    auto source = cordon::chain::open_evm_etl(std::move(files), cordon::kEthereum,
                                              &cordon::patterns::contract_facts());
    if (!source) return 0;
    std::optional<cordon::BlockNum> last;
    while (true) {
        const auto block = (*source)->next();
        if (!block || !*block) break;
        CORDON_CHECK(!last || (*block)->header.number > *last);
        last = (*block)->header.number;
        for (const cordon::AccountTxn& txn : (*block)->account_txns)
            for (std::size_t i = 1; i < txn.transfers.size(); ++i)
                CORDON_CHECK(txn.transfers[i - 1].index < txn.transfers[i].index);
    }
    (void)(*source)->warnings();
    return 0;
}
