// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/format.hpp>

#include "detectors.hpp"
#include "outflow.hpp"
#include "sketch.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"h", "The CUSUM in sigmas. With buckets of ten seconds 5 would be passed every 78 minutes.", 8,
     3, 100},
    {"factor", "So many times the quantile of what the wallet pays in a bucket.", 4, 1, 1000},
    {"quantile", "The share of buckets of the last 30 days that are below.", 0.999, 0.5, 1},
    {"warm_up", "Buckets with payments that must have been seen before.", 30, 1, 100'000},
    {"least_usd", "In a bucket, in USD: less says nothing.", 10'000, 0, 1e12},
};

constexpr Descriptor kDescriptor{.id = "D02",
                                 .name = "hot-wallet-velocity",
                                 .title = "A wallet pays faster than ever",
                                 .severity = Severity::kHigh,
                                 .stage = Stage::kExploitation,
                                 .needs = kTransfers | kWallets | kPrices,
                                 .interest = kOurTxns,
                                 .parameters = kParameters};

constexpr uint64_t kWallets = 1U << 17;
constexpr uint64_t kCents = 100;                       // Of a dollar.
constexpr int64_t kHalfWindow = int64_t{15} * 86'400;  // Of the 30 days that are remembered.

struct Pace {
    LevelShift level;
    DdSketch buckets;
    int64_t halved = 0;  // Unix seconds.
    int64_t told = 0;    // The bucket that was told last.
};

Status save_state(StateSink& sink, const Pace& pace) {
    CORDON_TRY(save_state(sink, pace.level));
    CORDON_TRY(save_state(sink, pace.buckets));
    CORDON_TRY(save_state(sink, pace.halved));
    return save_state(sink, pace.told);
}
Status load_state(StateSource& source, Pace& pace) {
    CORDON_TRY(load_state(source, pace.level));
    CORDON_TRY(load_state(source, pace.buckets));
    CORDON_TRY(load_state(source, pace.halved));
    return load_state(source, pace.told);
}

/// KuCoin, CoinEx, Stake: a thief with the keys of a hot wallet pays himself as fast as he can.
class Velocity final : public Detector {
public:
    explicit Velocity(const WatchConfig& config)
        : h_{static_cast<int64_t>(parameter(kDescriptor, config, "h") * kOneQ16)},
          factor_{parameter(kDescriptor, config, "factor")},
          quantile_{parameter(kDescriptor, config, "quantile")},
          warm_up_{static_cast<uint32_t>(parameter(kDescriptor, config, "warm_up"))},
          least_{cents_of(parameter(kDescriptor, config, "least_usd"))} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&paces_}; }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        for (std::size_t i = 0; i < txn.movements.size(); ++i) {
            const Movement& movement = txn.movements[i];
            if (!movement.is_outflow() || !movement.usd) continue;
            const Pace& pace = learn(txn, movement);
            const Address& from = movement.transfer->from;
            // Judged once a txn, with all that the wallet pays in it.
            const bool is_last = std::none_of(
                txn.movements.begin() + static_cast<std::ptrdiff_t>(i) + 1, txn.movements.end(),
                [&](const Movement& later) {
                    return later.is_outflow() && later.usd && later.transfer->from == from;
                });
            if (is_last) judge(txn, world, movement, pace, out);
        }
    }

private:
    const Pace& learn(const TxnView& txn, const Movement& movement) {
        const int64_t now = to_unix_seconds(txn.time);
        Pace& pace = paces_.at(key_of(txn.chain, movement.transfer->from), txn.time);
        if (pace.level.ends_bucket(txn.time) && pace.level.current() > 0) {
            if (now - pace.halved >= kHalfWindow) {
                if (pace.halved != 0) pace.buckets.halve();
                pace.halved = now;
            }
            // Of an outlier no more is learned than twice what is known: the first bucket of a
            // theft must not make the second one look usual.
            const uint64_t sum = pace.level.current();
            const uint64_t most =
                pace.buckets.count() >= warm_up_ ? pace.buckets.quantile(quantile_) * 2 : sum;
            pace.buckets.add(std::min(sum, most));
        }
        // Whole dollars: of cents the logarithm puts a silent bucket far from any other, and the
        // spread between them hides a theft.
        pace.level.add(txn.time, static_cast<uint64_t>(*movement.usd) / kCents);
        return pace;
    }

    void judge(const TxnView& txn, const World& world, const Movement& movement, const Pace& pace,
               Findings& out) {
        constexpr uint64_t kMost = std::numeric_limits<Cents>::max() / kCents;
        const auto sum = static_cast<Cents>(std::min(pace.level.current(), kMost) * kCents);
        if (pace.level.active() < warm_up_ || sum < least_) return;
        const double usual =
            static_cast<double>(pace.buckets.quantile(quantile_)) * static_cast<double>(kCents);
        const int64_t cusum = pace.level.cusum_q16();
        const bool is_high = cusum > h_ && static_cast<double>(sum) > usual * factor_;
        // Half of both: a pre-alert, for D04 to count chains.
        const bool is_raised = cusum * 2 > h_ && static_cast<double>(sum) * 2 > usual * factor_;
        if (!is_raised) return;
        constexpr int64_t kQuiet = 600;  // Seconds between two pre-alerts of a wallet.
        const int64_t now = to_unix_seconds(txn.time);
        if (!is_high && now - pace.told < kQuiet) return;
        paces_.at(key_of(txn.chain, movement.transfer->from), txn.time).told = now;
        const SetInfo& set = world.set(movement.from_set);
        Finding found;
        found.severity = is_high ? Severity::kHigh : Severity::kInfo;
        found.stage = Stage::kExploitation;
        found.confidence = is_high ? 0.8 : 0.2;
        found.subject = movement.transfer->from;
        found.usd = sum;
        for (const Outflow& outflow : outflows(txn, false))
            found.related.insert(found.related.end(), outflow.receivers.begin(),
                                 outflow.receivers.end());
        std::sort(found.related.begin(), found.related.end());
        found.related.erase(std::unique(found.related.begin(), found.related.end()),
                            found.related.end());
        found.reason = format(
            "The wallet of the set {} paid {} in ten seconds; {} of its buckets stay below {}. Its "
            "pace is {:.1f} sigmas above its level at this hour.",
            set.name, format_usd(sum), percent(quantile_), format_usd(static_cast<Cents>(usual)),
            static_cast<double>(cusum) / kOneQ16);
        found.next = is_high ? "Hold this wallet's withdrawals until somebody knows why it pays."
                             : "Nothing by itself: several chains at once are a theft (D04).";
        found.tags = {set.name, set.tier};
        out.push_back(std::move(found));
    }

    int64_t h_;
    double factor_, quantile_;
    uint32_t warm_up_;
    Cents least_;
    Keyed<PlaceKey, Pace> paces_{kWallets};
};

}  // namespace

Maker d02() noexcept { return {&kDescriptor, make_detector<Velocity>}; }

}  // namespace cordon::detect
