// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "detector.hpp"

namespace cordon::detect {

/// The watch about itself: what it is not told it cannot see, and a thief can bring that about
/// (a node cut off, a fork shown to one endpoint). One alert for each trouble that the feed tells.
class FeedHealth final : public Detector {
public:
    static const Descriptor kDescriptor;
    static std::unique_ptr<Detector> make(const WatchConfig&);

    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    void on_status(const FeedStatus& status, const World& world, Findings& findings) override;
    std::vector<Table*> tables() override { return {&open_}; }

private:
    static constexpr uint64_t kChains = 64;  // More than anybody watches at once.
    /// Troubles that end with a "caught up": the one with which a feed begins ends none.
    Keyed<ChainId, uint32_t> open_{kChains};
};

}  // namespace cordon::detect
