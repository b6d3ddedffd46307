// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>

#include "detectors.hpp"
#include "evidence.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"change", "The worth of a share moves by this part or more.", 0.01, 0.001, 10},
    {"window", "Answers further apart than this are not compared between txns, in seconds.", 60, 1,
     86'400},
    {"least_usd", "A priced loss below it is only medium, in USD.", 50'000, 0, 1e12},
};

constexpr Descriptor kDescriptor{.id = "D30",
                                 .name = "share-price-jump",
                                 .title = "The worth of a share jumped",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kExploitation,
                                 .needs = kCalls,
                                 .parameters = kParameters};

/// Contracts whose rates are remembered: all vaults and markets of a chain are some thousands.
constexpr uint64_t kRates = 1U << 16;

/// One question to one contract: of the calldata its digest.
struct RateKey {
    ChainId chain;
    Address contract;
    uint64_t question = 0;
    friend auto operator<=>(const RateKey&, const RateKey&) = default;
};
struct Rate {
    Amount value;
    UnixMillis time;
};

}  // namespace
}  // namespace cordon::detect

template <>
struct std::hash<cordon::detect::RateKey> {
    std::size_t operator()(const cordon::detect::RateKey& key) const noexcept {
        return std::hash<cordon::Address>{}(key.contract) ^ key.question ^
               (std::hash<cordon::ChainId>{}(key.chain) * 3);
    }
};

namespace cordon::detect {
namespace {

/// Shares become worth more by interest and harvests, a little at a time. A jump within a txn is a
/// donation or a rounding, made to be used: so the alert asks who took something.
class SharePrice final : public Detector {
public:
    explicit SharePrice(const WatchConfig& config)
        : change_{parameter(kDescriptor, config, "change")},
          window_{static_cast<int64_t>(parameter(kDescriptor, config, "window"))},
          least_usd_{parameter(kDescriptor, config, "least_usd")} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&rates_}; }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        if (!txn.has_calls || !txn.activity) return;
        within_txn(txn, world, out);
        since_before(txn, world, out);
    }

private:
    void within_txn(const TxnView& txn, const World& world, Findings& out) const {
        const TxnFlow& flow = flow_of(txn);
        const auto jump = std::max_element(
            flow.jumps.begin(), flow.jumps.end(), [](const Jump& a, const Jump& b) {
                return std::pair{a.rate, a.change} < std::pair{b.rate, b.change};
            });
        if (jump == flow.jumps.end() || !jump->rate || jump->change < change_) return;
        const bool watched = world.protocol_of(txn.chain, jump->contract) != nullptr;
        const bool used =
            flow.gained() &&
            std::any_of(flow.dealings.begin(), flow.dealings.end(), [](const Dealing& dealing) {
                return dealing.unpaid() || dealing.borrowed || dealing.round_trip;
            });
        const std::optional<Cents> usd = losses_usd(txn, world, flow);
        Finding finding;
        finding.severity = watched || (used && !flow.loans.empty()) ? Severity::kCritical
                           : used                                   ? Severity::kHigh
                                                                    : Severity::kMedium;
        if (!watched && is_small(usd, least_usd_)) finding.severity = Severity::kMedium;
        finding.stage = Stage::kExploitation;
        finding.confidence = used ? 0.8 : 0.5;
        finding.subject = jump->contract;
        finding.reason =
            format("0x{:08x} of {} answered {} and then {} in one txn ({:.1f} %){}.", jump->view,
                   text_of(txn, jump->contract), jump->before.to_string(), jump->after.to_string(),
                   jump->change * 100, used ? ", and the sender took something for nothing" : "");
        finding.next = "Pause deposits, redemptions and loans against this share.";
        finding.usd = usd;
        finding.related = related_to(flow);
        finding.related.push_back(flow.sender);
        out.push_back(std::move(finding));
    }

    /// Against the last answer, when that is no older than a few blocks.
    void since_before(const TxnView& txn, const World& world, Findings& out) {
        for (const Call& call : txn.activity->calls) {
            if (call.failed || call.kind == CallKind::kDelegateCall || call.output.size() < 32)
                continue;
            if (!rate_views().has(call.input)) continue;
            const Amount value = amount_in(ByteView{call.output}.first(32));
            if (value.is_zero()) continue;
            const std::string_view question{reinterpret_cast<const char*>(call.input.data()),
                                            call.input.size()};
            Rate& rate =
                rates_.at({txn.chain, call.to, std::hash<std::string_view>{}(question)}, txn.time);
            const Rate before = rate;
            rate = {value, txn.time};
            if (before.value.is_zero() || txn.time - before.time > window_) continue;
            const Protocol* protocol = world.protocol_of(txn.chain, call.to);
            const double change =
                ratio(std::max(value, before.value), std::min(value, before.value)) - 1;
            if (!protocol || change < change_) continue;
            out.push_back({.severity = Severity::kHigh,
                           .stage = Stage::kExploitation,
                           .confidence = 0.6,
                           .subject = call.to,
                           .reason = format(
                               "The worth of a share of {} ({}) went from {} to {} ({:.1f} %) "
                               "within {} seconds.",
                               protocol->name, text_of(txn, call.to), before.value.to_string(),
                               value.to_string(), change * 100,
                               std::chrono::duration_cast<Seconds>(txn.time - before.time).count()),
                           .next = "Pause deposits, redemptions and loans against this share.",
                           .key = "before"});
        }
    }

    double change_;
    Seconds window_;
    double least_usd_;
    Keyed<RateKey, Rate> rates_{kRates};
};

}  // namespace

Maker d30() noexcept {
    return {&kDescriptor, [](const WatchConfig& config) -> std::unique_ptr<Detector> {
                return std::make_unique<SharePrice>(config);
            }};
}

}  // namespace cordon::detect
