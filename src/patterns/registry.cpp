// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "registry.hpp"

#include <array>

#include "bridge.hpp"
#include "counterfeit.hpp"
#include "mixer.hpp"
#include "swap.hpp"

namespace cordon::patterns {
namespace {

const Bridge kBridge;
const Counterfeit kCounterfeit;
const Mixer kMixer;
const Swap kSwap;

const std::array kRecognisers{
    Recogniser{"bridge", "Value that goes over a bridge to another chain", &kBridge},
    Recogniser{"counterfeit", "Counterfeit tokens and copied symbols", &kCounterfeit},
    Recogniser{"mixer", "Deposit into and withdrawal from a mixer pool", &kMixer},
    Recogniser{"swap", "Exchange of one asset for another inside a txn", &kSwap},
};

const std::array<const trace::LinkSource*, kRecognisers.size()> kSources = [] {
    std::array<const trace::LinkSource*, kRecognisers.size()> sources{};
    for (std::size_t i = 0; i < sources.size(); ++i) sources[i] = kRecognisers[i].source;
    return sources;
}();

}  // namespace

std::span<const Recogniser> recognisers() noexcept { return kRecognisers; }
std::span<const trace::LinkSource* const> all() noexcept { return kSources; }

}  // namespace cordon::patterns
