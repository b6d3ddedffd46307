// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/check.hpp>
#include <cordon/chain/canonical.hpp>

/// All four side files; the header decides which of them the bytes can be.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    const InputFile file = memory_file("fuzz", {data, size});
    const auto label = [](Label row) -> Status {
        CORDON_CHECK(row.confidence >= 0 && row.confidence <= 1 && !row.text.empty() &&
                     !row.address.empty());
        return {};
    };
    const auto price = [](Price row) -> Status {
        CORDON_CHECK(row.usd >= 0);
        return {};
    };
    (void)chain::read_labels(file, label);
    (void)chain::read_assets(file, [](AssetInfo) -> Status { return {}; });
    (void)chain::read_prices(file, price);
    (void)chain::read_wallets(file, [](WalletAddress) -> Status { return {}; });
    return 0;
}
