// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "registry.hpp"

#include <array>

#include "coinjoin.hpp"
#include "counterfeit.hpp"
#include "swap.hpp"

namespace cordon::patterns {
namespace {

const CoinJoin kCoinJoin;
const Counterfeit kCounterfeit;
const Swap kSwap;

const std::array kRecognisers{
    Recogniser{"coinjoin", "Joint txns of strangers", &kCoinJoin},
    Recogniser{"counterfeit", "Counterfeit tokens and copied symbols", &kCounterfeit},
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
