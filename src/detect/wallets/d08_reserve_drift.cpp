// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>

#include "../holdings.hpp"
#include "detectors.hpp"
#include "outflow.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"short", "Holdings below liabilities by this part of them.", 0.001, 0, 1},
    {"least_fall",
     "A fall says nothing while the surplus is below its level by less: what is forgiven of "
     "a shortfall.",
     0.001, 0, 1},
    {"h", "The CUSUM of the fall in sigmas: 5 comes by chance once in 465 days.", 5, 2, 100},
    {"warm_up", "Days to learn from before a fall is judged.", 7, 2, 365},
    {"least_sigma",
     "The ratio differs from day to day by so much at least: books close later "
     "than blocks.",
     0.0005, 1e-6, 0.1},
};

constexpr Descriptor kDescriptor{.id = "D08",
                                 .name = "reserve-drift",
                                 .title = "Less is held than is owed, or ever less",
                                 .severity = Severity::kHigh,
                                 .stage = Stage::kExploitation,
                                 .needs = kTransfers | kWallets | kLiabilities,
                                 .interest = 0,
                                 .parameters = kParameters};

constexpr uint64_t kBooks = 1U << 14;       // Entities times assets.
constexpr int64_t kOne = int64_t{1} << 32;  // Ratios and sigmas are integers of 2^-32.
__extension__ using Wide = __int128;

struct Drift {
    int64_t day = 0;
    int64_t days = 0;
    Amount held, owed;             // That day.
    int64_t level = 0;             // Of the surplus, as a part of what was owed when it changed.
    int64_t mean = 0, spread = 0;  // The spread is the mean distance, outliers cut at three.
    int64_t cusum = 0;             // In sigmas.
    int64_t told = 0;              // The day.
};

/// Mt. Gox lost for three years what nobody added up.
class ReserveDrift final : public Detector {
public:
    explicit ReserveDrift(const WatchConfig& config)
        : short_{fixed(parameter(kDescriptor, config, "short"))},
          least_fall_{fixed(parameter(kDescriptor, config, "least_fall"))},
          h_{fixed(parameter(kDescriptor, config, "h"))},
          warm_up_{static_cast<int64_t>(parameter(kDescriptor, config, "warm_up"))},
          least_{fixed(parameter(kDescriptor, config, "least_sigma"))} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&drifts_}; }

    void on_liabilities(const Liabilities& owed, const World& world, Findings& out) override {
        if (owed.total.is_zero()) return;
        std::optional<Amount> held;
        Address first;
        SetId any = 0;
        for (SetId id = 1; id <= world.sets(); ++id) {
            if (world.set(id).entity != owed.entity) continue;
            if (any == 0) any = id;
            const auto one = world.set_balance(id, owed.chain, owed.asset);
            if (!one) continue;
            held = plus(held.value_or(Amount{}), *one);
            for (const Place& place : world.set(id).addresses)
                if (place.chain == owed.chain && first.empty()) first = place.address;
        }
        if (!held) return;  // Not known is not nothing.
        // Twice what is owed is as good as more.
        const Amount most = plus(owed.total, owed.total);
        const auto held_ratio = static_cast<int64_t>(
            mul_div(std::min(*held, most), Amount{static_cast<uint64_t>(kOne)}, owed.total)
                .low_u64());
        Drift& drift = drifts_.at({any, world.asset_key(owed.chain, owed.asset)}, owed.time);
        constexpr int64_t kDay = 86'400;
        const int64_t day = to_unix_seconds(owed.time) / kDay;
        if (day > drift.day) {
            // What customers bring is held and owed alike: it thins the ratio out, and nothing is
            // missing. So the ratio is followed by the surplus alone.
            drift.level = drift.days == 0 ? held_ratio : drift.level + change(drift, *held, owed);
            drift.held = *held;
            drift.owed = owed.total;
            learn(drift, drift.level, day);
        }
        const bool is_short = held_ratio < kOne - short_;
        const bool falls =
            drift.days > warm_up_ && drift.cusum > h_ && drift.mean - drift.level >= least_fall_;
        if ((!is_short && !falls) || drift.told == day) return;
        drift.told = day;
        Finding found;
        found.severity = Severity::kHigh;
        found.stage = Stage::kExploitation;
        found.confidence = is_short ? 0.9 : 0.7;
        found.subject = first;
        const Amount gap = owed.total > *held ? owed.total - *held : Amount{};
        if (!gap.is_zero()) found.usd = world.usd(owed.chain, owed.asset, gap, owed.time);
        found.key = format("{} {} {}", owed.entity, owed.asset.text(), day);
        const std::string holds =
            format("{} holds {} on {} and owes {}: {}", owed.entity,
                   world.amount_text(owed.chain, owed.asset, *held), to_string(owed.chain),
                   world.amount_text(owed.chain, owed.asset, owed.total),
                   percent(static_cast<double>(held_ratio) / static_cast<double>(kOne)));
        found.reason =
            is_short
                ? holds + "."
                : format("{}, and the surplus falls: {:.1f} sigmas below its level of {} days.",
                         holds, static_cast<double>(drift.cusum) / static_cast<double>(kOne),
                         drift.days);
        found.next = "Compare the books with the wallets, address by address, today.";
        found.tags = {owed.entity};
        out.push_back(std::move(found));
    }

private:
    static int64_t fixed(double value) noexcept {
        return static_cast<int64_t>(value * static_cast<double>(kOne));
    }

    /// Of held less owed since the last day, as a part of what is owed; at most twice of it.
    static int64_t change(const Drift& drift, const Amount& held, const Liabilities& owed) {
        const Amount more = plus(held, drift.owed);
        const Amount less = plus(drift.held, owed.total);
        const Amount distance =
            std::min(more > less ? more - less : less - more, plus(owed.total, owed.total));
        const auto part = static_cast<int64_t>(
            mul_div(distance, Amount{static_cast<uint64_t>(kOne)}, owed.total).low_u64());
        return more > less ? part : -part;
    }

    /// Once a day: by what it fell below its level, and what that teaches.
    void learn(Drift& drift, int64_t level, int64_t day) const {
        if (drift.days == 0) drift.mean = level;
        // The mean distance of a normal spread is 0.8 sigma.
        const int64_t sigma = std::max(least_, drift.spread * 5 / 4);
        const int64_t below = drift.mean - level;
        if (drift.days >= warm_up_)
            drift.cusum = std::max<int64_t>(
                0, drift.cusum + static_cast<int64_t>(Wide{below} * kOne / sigma) - kOne / 2);
        // A plain average at first, then a half-life of 30 days (ln 2 / 30 = 1/43). While it falls
        // nothing is learned: a slow bleed must not become the level.
        if (drift.cusum == 0 || drift.days < warm_up_) {
            const int64_t weight = std::min<int64_t>(drift.days + 1, 43);
            drift.mean -= below / weight;
            const int64_t distance = std::min(std::abs(below), 3 * sigma);
            drift.spread += (distance - drift.spread) / weight;
        }
        ++drift.days;
        drift.day = day;
    }

    int64_t short_, least_fall_, h_, warm_up_, least_;
    Keyed<SetKey, Drift> drifts_{kBooks};
};

}  // namespace

Maker d08() noexcept { return {&kDescriptor, make_detector<ReserveDrift>}; }

}  // namespace cordon::detect
