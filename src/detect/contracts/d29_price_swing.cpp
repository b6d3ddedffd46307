// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>

#include "detectors.hpp"
#include "evidence.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"change", "A price seen in the txn moves by this share or more.", 0.2, 0.01, 10},
    {"least_usd", "A priced loss below it is only medium, in USD.", 50'000, 0, 1e12},
};

constexpr Descriptor kDescriptor{.id = "D29",
                                 .name = "price-swing",
                                 .title = "A price moved and used within one txn",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kExploitation,
                                 .needs = kCalls,
                                 .parameters = kParameters};

/// The sender trades in a pool, deals with somebody else at the price that it made, and trades
/// back; or the same question for a price gets answers that far apart, and something was taken.
class PriceSwing final : public Detector {
public:
    explicit PriceSwing(const WatchConfig& config)
        : change_{parameter(kDescriptor, config, "change")},
          least_usd_{parameter(kDescriptor, config, "least_usd")} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        if (!txn.has_calls) return;
        const TxnFlow& flow = flow_of(txn);
        std::vector<std::string> reasons;
        for (const Swing& swing : flow.swings) {
            if (!swing.profit && !flow.gained()) continue;
            reasons.push_back(
                format("the sender traded at {}, {}and traded back at the same pool{}",
                       text_of(txn, swing.pool), swing.profit ? "" : "dealt elsewhere, ",
                       swing.profit ? " and got more than it had paid" : ""));
            break;
        }
        const bool takes =
            flow.gained() && (flow.has_unpaid(true) ||
                              std::any_of(flow.dealings.begin(), flow.dealings.end(),
                                          [](const Dealing& dealing) { return dealing.borrowed; }));
        for (const Jump& jump : flow.jumps) {
            if (jump.rate || jump.change < change_ || !takes) continue;
            reasons.push_back(format("the price that {} tells moved by {:.0f} %",
                                     text_of(txn, jump.contract), jump.change * 100));
            break;
        }
        if (reasons.empty()) return;
        const std::optional<Cents> usd = losses_usd(txn, world, flow);
        Finding finding;
        finding.severity = flow.loans.empty() ? Severity::kHigh : Severity::kCritical;
        if (is_small(usd, least_usd_)) finding.severity = Severity::kMedium;
        finding.stage = Stage::kExploitation;
        finding.confidence = reasons.size() > 1 ? 0.9 : 0.7;
        finding.subject = flow.sender;
        finding.reason = "In one txn " + join(reasons) + ".";
        finding.next = "Pause borrowing and minting against this price; check who else reads it.";
        finding.usd = usd;
        finding.related = related_to(flow);
        out.push_back(std::move(finding));
    }

private:
    double change_, least_usd_;
};

}  // namespace

Maker d29() noexcept {
    return {&kDescriptor, [](const WatchConfig& config) -> std::unique_ptr<Detector> {
                return std::make_unique<PriceSwing>(config);
            }};
}

}  // namespace cordon::detect
