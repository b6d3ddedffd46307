// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/check.hpp>

#include "../src/engine/log_proof.hpp"

/// A proof that somebody hands over as evidence.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    const auto proof = engine::parse_proof({reinterpret_cast<const char*>(data), size});
    if (!proof) return 0;
    const auto held = engine::check_proof(*proof);
    CORDON_CHECK(!held || proof->index < held->size);
    // What was understood is written and understood as the same again.
    const std::string written = engine::proof_text(*proof);
    const auto again = engine::parse_proof(written);
    CORDON_CHECK(again&& engine::proof_text(*again) == written);
    return 0;
}
