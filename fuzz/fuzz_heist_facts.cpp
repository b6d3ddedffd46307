// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/check.hpp>

#include "../src/heists/facts.hpp"

/// The bytes are a file of a heist's facts, or the one that all share.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    const InputFile file = memory_file("fuzz.yaml", {data, size});
    (void)heists::parse_common(file);
    const auto facts = heists::parse_facts(file);
    if (!facts) return 0;
    CORDON_CHECK(std::any_of(
        facts->steps.begin(), facts->steps.end(),
        [](const heists::Step& step) { return step.theft; }));
    CORDON_CHECK(std::is_sorted(
        facts->steps.begin(), facts->steps.end(),
        [](const heists::Step& a, const heists::Step& b) { return a.at < b.at; }));
    return 0;
}
