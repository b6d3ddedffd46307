// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include <cordon/base/check.hpp>

#include "../src/engine/sink_config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    // Neither files nor the environment: what an input names is not there to be read.
    const engine::SecretReader secrets = [](std::string_view kind,
                                            const std::string&) -> Result<std::string> {
        if (kind == "file") return fail(ErrorCode::kNotFound, "not there");
        return std::string{"https://sink.example/secret"};
    };
    const auto sinks = engine::parse_sinks(memory_file("fuzz", {data, size}), secrets);
    if (!sinks) {
        CORDON_CHECK(!sinks.error().message.empty());
        return 0;
    }
    for (const engine::SinkSettings& sink : *sinks) {
        CORDON_CHECK(!sink.name.empty());
        CORDON_CHECK(sink.timeout.count() >= 1 && sink.timeout.count() <= 600);
        CORDON_CHECK(sink.type != engine::SinkType::kCommand || !sink.argv.empty());
    }
    return 0;
}
