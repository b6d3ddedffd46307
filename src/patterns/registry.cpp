// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "registry.hpp"

#include <array>

#include "address_poisoning.hpp"
#include "bridge.hpp"
#include "coinjoin.hpp"
#include "counterfeit.hpp"
#include "deposit_address.hpp"
#include "mixer.hpp"
#include "swap.hpp"

namespace cordon::patterns {
namespace {

const AddressPoisoning kAddressPoisoning;
const Bridge kBridge;
const CoinJoin kCoinJoin;
const Counterfeit kCounterfeit;
const DepositAddress kDepositAddress;
const Mixer kMixer;
const Swap kSwap;

const std::array kRecognisers{
    Recogniser{"address-poisoning", "Bait from look-alike addresses", &kAddressPoisoning},
    Recogniser{"bridge", "Value that goes over a bridge to another chain", &kBridge},
    Recogniser{"coinjoin", "Joint txns of strangers", &kCoinJoin},
    Recogniser{"consolidation", "Many addresses of one owner gathered into one", nullptr},
    Recogniser{"counterfeit", "Counterfeit tokens and copied symbols", &kCounterfeit},
    Recogniser{"deposit-address", "Deposit addresses of services, by their sweeps",
               &kDepositAddress},
    Recogniser{"dusting", "Dust to many, and dust from many", nullptr},
    Recogniser{"fan-out", "One address that splits its money among fresh ones", nullptr},
    Recogniser{"layering", "Parts of a split that come together again", nullptr},
    Recogniser{"look-alikes", "Addresses with the same ends", nullptr},
    Recogniser{"mixer", "Deposit into and withdrawal from a mixer pool", &kMixer},
    Recogniser{"payout-batch", "One address that pays many at one time", nullptr},
    Recogniser{"peel-chain", "Chain of fresh addresses that pass most on", nullptr},
    Recogniser{"swap", "Exchange of one asset for another inside a txn", &kSwap},
};

const std::vector<const trace::LinkSource*> kSources = [] {
    std::vector<const trace::LinkSource*> sources;
    for (const Recogniser& each : kRecognisers)
        if (each.source != nullptr) sources.push_back(each.source);
    return sources;
}();

}  // namespace

std::span<const Recogniser> recognisers() noexcept { return kRecognisers; }
std::span<const trace::LinkSource* const> all() noexcept { return kSources; }

}  // namespace cordon::patterns
