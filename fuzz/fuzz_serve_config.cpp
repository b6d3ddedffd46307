// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include <cordon/base/check.hpp>

#include "../src/engine/serve_config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    const auto config = engine::parse_serve_config(memory_file("fuzz", {data, size}));
    if (!config) {
        CORDON_CHECK(!config.error().message.empty());
        return 0;
    }
    CORDON_CHECK(!config->data.empty() && !config->ledger.empty());
    CORDON_CHECK(config->certificate.empty() == config->key.empty());
    const bool loopback = config->address == "127.0.0.1" || config->address == "::1";
    CORDON_CHECK(loopback || !config->certificate.empty());
    return 0;
}
