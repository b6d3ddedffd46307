// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/format.hpp>

#include "../holdings.hpp"
#include "detectors.hpp"
#include "outflow.hpp"
#include "sketch.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"share", "Of what the set holds of the asset, leaving in one txn.", 0.20, 0.001, 1},
    {"window_share", "The same within the window.", 0.35, 0.001, 1},
    {"window", "In seconds.", 600, 60, 86'400},
    {"pre_share", "Within the window: a pre-alert for D04.", 0.05, 0.001, 1},
    {"least_usd", "Outflows that are known to be worth less, in USD, say nothing.", 10'000, 0,
     1e12},
    {"least_set_share",
     "A hot or deposit set must also lose this part of all that it holds on the chain: customers "
     "take much of a small token every day.",
     0.05, 0, 1},
    {"paid_back", "A txn that brings back this part of its value is a trade, not an outflow.", 0.9,
     0.1, 1},
};

constexpr Descriptor kDescriptor{.id = "D01",
                                 .name = "outflow-ratio",
                                 .title = "A large part of a wallet set leaves",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kExploitation,
                                 .needs = kTransfers | kWallets,
                                 .interest = kOurTxns,
                                 .parameters = kParameters};

constexpr uint64_t kAssets = 1U << 16;
constexpr std::size_t kSlots = 10;  // Of the window.

struct Leaving {
    Ring<Amount, kSlots> out;
    int64_t raised = 0, warned = 0;  // The window in which it was told.
};

/// Coincheck, Upbit, DMM, Bybit: whoever has the keys takes most of what is there at once.
class OutflowRatio final : public Detector {
public:
    explicit OutflowRatio(const WatchConfig& config)
        : share_{parameter(kDescriptor, config, "share")},
          window_share_{parameter(kDescriptor, config, "window_share")},
          pre_share_{parameter(kDescriptor, config, "pre_share")},
          least_set_share_{parameter(kDescriptor, config, "least_set_share")},
          paid_back_{parameter(kDescriptor, config, "paid_back")},
          window_{static_cast<int64_t>(parameter(kDescriptor, config, "window"))},
          least_{cents_of(parameter(kDescriptor, config, "least_usd"))} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&leaving_}; }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        for (const Outflow& outflow : outflows(txn, false))
            if (!is_trade(txn, outflow)) look(txn, world, outflow, out);
    }

private:
    bool is_trade(const TxnView& txn, const Outflow& outflow) const {
        if (!outflow.usd) return false;
        Cents back = 0;
        for (const Movement& movement : txn.movements)
            if (movement.to_set == outflow.set && movement.from_set != outflow.set)
                back = plus(back, movement.usd.value_or(0));
        return static_cast<double>(back) >= static_cast<double>(*outflow.usd) * paid_back_;
    }

    void look(const TxnView& txn, const World& world, const Outflow& outflow, Findings& out) {
        const std::optional<Amount> held =
            world.set_balance(outflow.set, txn.chain, outflow.asset());
        if (!held || held->is_zero()) return;
        const int64_t slot = to_unix_seconds(txn.time) * static_cast<int64_t>(kSlots) / window_;
        Leaving& leaving =
            leaving_.at({outflow.set, world.asset_key(txn.chain, outflow.asset())}, txn.time);
        const Amount before = leaving.out.sum(slot);
        leaving.out.add(slot, outflow.amount);
        const double share = ratio(outflow.amount, *held);
        const Amount all = plus(before, outflow.amount);
        // What was there when the window began.
        const double window_share = ratio(all, plus(*held, before));
        const bool at_once = share >= share_;
        const bool in_window =
            window_share >= window_share_ && slot - leaving.raised >= int64_t{kSlots};
        const bool warns = window_share >= pre_share_ && slot - leaving.warned >= int64_t{kSlots};
        // The value of all that the set holds is asked last: it costs most.
        if ((!at_once && !in_window && !warns) || is_small(txn, world, outflow, all)) return;
        if (at_once || in_window) {
            leaving.raised = slot;
            out.push_back(finding(txn, world, outflow, at_once ? share : window_share, at_once));
            return;
        }
        leaving.warned = slot;
        Finding warning = finding(txn, world, outflow, window_share, false);
        warning.severity = Severity::kInfo;
        warning.confidence = 0.2;
        warning.next = "Nothing by itself: several chains at once are a theft (D04).";
        out.push_back(std::move(warning));
    }

    /// What leaves in the window is so little that a theft is no question: a drain in a hundred
    /// txns is not small.
    bool is_small(const TxnView& txn, const World& world, const Outflow& outflow,
                  const Amount& all) const {
        if (!outflow.usd) return false;
        const double usd = static_cast<double>(*outflow.usd) * ratio(all, outflow.amount);
        if (usd < static_cast<double>(least_)) return true;
        const std::string& tier = world.set(outflow.set).tier;
        if (tier != "hot" && tier != "deposit") return false;
        const Cents held = world.set_value(outflow.set, txn.chain, txn.time);
        return usd < static_cast<double>(held) * least_set_share_;
    }

    Finding finding(const TxnView& txn, const World& world, const Outflow& outflow, double share,
                    bool at_once) const {
        const SetInfo& set = world.set(outflow.set);
        Finding found;
        found.severity = Severity::kCritical;
        found.stage = Stage::kExploitation;
        // Nothing leaves a cold wallet unplanned; a hot one pays customers all day.
        found.confidence = set.tier == "cold" ? 0.95 : set.tier == "warm" ? 0.9 : 0.8;
        found.subject = outflow.from();
        found.usd = outflow.usd;
        found.related = outflow.receivers;
        found.key = format("{} {}", set.name, outflow.asset().text());
        found.reason = format(
            "{} of the {} that the {} set {} held leaves {}: {} ({}) to {}{}. Nobody of them is on "
            "its allow-list, and no ticket covers it.",
            percent(share), outflow.asset().is_native() ? "coins" : "tokens", set.tier, set.name,
            at_once ? "in one txn" : format("within {} seconds", window_),
            world.amount_text(txn.chain, outflow.asset(), outflow.amount), usd_text(outflow.usd),
            address_text(txn.chain, outflow.receivers.front()),
            outflow.receivers.size() > 1 ? " and others" : "");
        found.next =
            "Stop withdrawals of this set and move what is left to a wallet with other keys.";
        found.tags = {set.name, set.tier};
        return found;
    }

    double share_, window_share_, pre_share_, least_set_share_, paid_back_;
    int64_t window_;
    Cents least_;
    Keyed<SetKey, Leaving> leaving_{kAssets};
};

}  // namespace

Maker d01() noexcept { return {&kDescriptor, make_detector<OutflowRatio>}; }

}  // namespace cordon::detect
