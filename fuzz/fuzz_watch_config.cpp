// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include <cordon/base/check.hpp>
#include <cordon/detect/config_file.hpp>
#include <cordon/detect/world.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    const auto config =
        cordon::detect::parse_watch_config(cordon::memory_file("fuzz", {data, size}));
    if (!config) {
        CORDON_CHECK(!config.error().message.empty());
        return 0;
    }
    // Whatever is taken can be watched by.
    const cordon::detect::Knowledge nothing;
    const cordon::detect::World world{*config, nothing, 64};
    for (const cordon::WalletAddress& wallet : config->wallets)
        CORDON_CHECK(world.set_of(wallet.chain, wallet.address) != 0);
    for (const cordon::detect::ChangeTicket& ticket : config->tickets)
        CORDON_CHECK(ticket.from < ticket.until);
    return 0;
}
