// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// A PSBT that is taken is written again byte for byte; judging and explaining it always ends.
#include <cordon/chain/bitcoin/psbt.hpp>
#include <cordon/explain/btc.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    const auto psbt = chain::parse_psbt({data, size});
    if (!psbt) return 0;
    Bytes again;
    chain::append_psbt(again, *psbt);
    if (!std::equal(again.begin(), again.end(), data, data + size)) __builtin_trap();
    if (const auto txn = chain::extract_txn(*psbt); txn && !psbt->inputs.empty())
        if (!chain::parse_txn(*txn)) __builtin_trap();
    const auto told =
        explain::explain_psbt({reinterpret_cast<const char*>(data), size}, explain::Context{});
    if (!told || told->size() != 1 || told->front().summary.empty()) __builtin_trap();
    return 0;
}
