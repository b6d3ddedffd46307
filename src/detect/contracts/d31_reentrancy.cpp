// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>

#include "detectors.hpp"
#include "evidence.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"least_usd", "A priced loss below it is only medium, in USD.", 50'000, 0, 1e12},
};

constexpr Descriptor kDescriptor{
    .id = "D31",
    .name = "reentrancy",
    .title = "A contract entered again before it was done, and drained",
    .severity = Severity::kHigh,
    .stage = Stage::kExploitation,
    .needs = kCalls,
    .parameters = kParameters};

/// Entered again from the sender's code, and ends poorer for nothing. 46 % of attacks enter a
/// contract again, and so does every router: only the loss makes it an alert.
class Reentrancy final : public Detector {
public:
    explicit Reentrancy(const WatchConfig& config)
        : least_usd_{parameter(kDescriptor, config, "least_usd")} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        if (!txn.has_calls) return;
        const TxnFlow& flow = flow_of(txn);
        if (flow.reentries.empty() || !flow.gained()) return;
        for (const Reentry& reentry : flow.reentries) {
            const auto dealing =
                std::find_if(flow.dealings.begin(), flow.dealings.end(), [&](const Dealing& each) {
                    return each.with == reentry.contract && each.unpaid();
                });
            if (dealing == flow.dealings.end()) continue;
            const Loss loss = loss_of(txn, world, *dealing);
            Finding finding;
            // What is made to be entered again (flash and swap callbacks) may end a harvest so.
            finding.severity = reentry.designed || is_small(loss.usd, least_usd_)
                                   ? Severity::kMedium
                                   : Severity::kHigh;
            finding.stage = Stage::kExploitation;
            finding.confidence = reentry.designed ? 0.5 : 0.8;
            finding.subject = flow.sender;
            finding.reason = format(
                "{} was called again (0x{:08x} within 0x{:08x}) from the sender's code "
                "before its call had ended, and lost {} for nothing.",
                text_of(txn, reentry.contract), reentry.inner, reentry.outer, loss.text);
            finding.next = "Pause the contract and every copy of its code.";
            finding.usd = loss.usd;
            finding.related = related_to(flow);
            out.push_back(std::move(finding));
            if (!reentry.designed) return;
        }
    }

private:
    double least_usd_;
};

}  // namespace

Maker d31() noexcept {
    return {&kDescriptor, [](const WatchConfig& config) -> std::unique_ptr<Detector> {
                return std::make_unique<Reentrancy>(config);
            }};
}

}  // namespace cordon::detect
