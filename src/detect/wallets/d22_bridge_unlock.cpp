// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>

#include "detectors.hpp"
#include "outflow.hpp"
#include "sketch.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"share", "Of what lies in the bridge, unlocked in one txn.", 0.05, 0.001, 1},
    {"window_share", "The same within the window.", 0.10, 0.001, 1},
    {"window", "In seconds.", 600, 60, 86'400},
};

constexpr Descriptor kDescriptor{.id = "D22",
                                 .name = "bridge-unlock",
                                 .title = "A large part of a bridge is unlocked",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kExploitation,
                                 .needs = kTransfers | kWallets,
                                 .interest = kGuardedTxns,
                                 .parameters = kParameters};

constexpr uint64_t kBridges = 1U << 12;
constexpr std::size_t kSlots = 10;
constexpr Seconds kTogether{3600};  // D21 and D22 are one theft when they come within this time.

struct Unlocks {
    Ring<Cents, kSlots> usd;
    int64_t raised = 0;
    UnixMillis broken;  // When D21 saw that the two sides do not agree.
};

/// Ronin, Harmony, HECO: the keys of a bridge open all of it, and nobody withdraws all of it.
class BridgeUnlock final : public Detector {
public:
    explicit BridgeUnlock(const WatchConfig& config)
        : share_{parameter(kDescriptor, config, "share")},
          window_share_{parameter(kDescriptor, config, "window_share")},
          window_{static_cast<int64_t>(parameter(kDescriptor, config, "window"))} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&unlocks_}; }

    void on_alert(const Alert& alert, const World& world, Findings&) override {
        if (alert.detector != "D21") return;
        if (const auto* bridge = world.bridge_of(alert.chain, alert.subject))
            unlocks_.at(number_of(world, *bridge), alert.time).broken = alert.time;
    }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        std::vector<const WatchedBridge*> done;
        for (const Movement& movement : txn.movements) {
            if (!movement.guarded) continue;
            const auto* bridge = world.bridge_of(txn.chain, movement.transfer->from);
            if (!bridge || std::find(done.begin(), done.end(), bridge) != done.end()) continue;
            done.push_back(bridge);
            look(txn, world, *bridge, out);
        }
    }

private:
    static uint32_t number_of(const World& world, const WatchedBridge& bridge) {
        return static_cast<uint32_t>(&bridge - world.config().bridges.data());
    }

    /// What lies in it, over all its contracts; as configured where balances do not tell.
    static Cents value_of(const World& world, const WatchedBridge& bridge, UnixMillis time) {
        Cents sum = 0;
        for (const Place& place : bridge.contracts)
            for (const Asset& asset : world.assets_of(place.chain, place.address)) {
                const auto held = world.balance(place.chain, place.address, asset);
                const auto usd = held ? world.usd(place.chain, asset, *held, time) : std::nullopt;
                if (usd) sum = plus(sum, *usd);
            }
        return std::max(sum, bridge.value.value_or(0));
    }

    void look(const TxnView& txn, const World& world, const WatchedBridge& bridge, Findings& out) {
        Cents usd = 0;
        double unpriced = 0;  // The largest part of an asset without a price.
        const Movement* most = nullptr;
        std::vector<Address> receivers;
        for (const Movement& movement : txn.movements) {
            const Transfer& transfer = *movement.transfer;
            if (world.bridge_of(txn.chain, transfer.from) != &bridge ||
                world.bridge_of(txn.chain, transfer.to) == &bridge || transfer.amount.is_zero())
                continue;
            if (movement.usd) {
                usd = plus(usd, *movement.usd);
            } else if (const auto held = world.balance(txn.chain, transfer.from, transfer.asset)) {
                unpriced = std::max(unpriced, ratio(transfer.amount, *held));
            }
            if (!most || movement.usd.value_or(0) > most->usd.value_or(0)) most = &movement;
            if (receivers.size() < Outflow::kReceivers) receivers.push_back(transfer.to);
        }
        if (!most) return;
        const int64_t slot = to_unix_seconds(txn.time) * static_cast<int64_t>(kSlots) / window_;
        Unlocks& unlocks = unlocks_.at(number_of(world, bridge), txn.time);
        const Cents before = unlocks.usd.sum(slot);
        unlocks.usd.add(slot, usd);
        const Cents locked = value_of(world, bridge, txn.time);
        const auto part = [](Cents a, Cents b) {
            return b > 0 ? static_cast<double>(a) / static_cast<double>(b) : 0.0;
        };
        const double share = std::max(part(usd, locked), unpriced);
        const double window_share = part(plus(usd, before), plus(locked, before));
        const bool at_once = share >= share_;
        if (!at_once && (window_share < window_share_ || slot - unlocks.raised < int64_t{kSlots}))
            return;
        unlocks.raised = slot;
        const bool broken = txn.time - unlocks.broken <= kTogether;
        Finding found;
        found.severity = broken ? Severity::kCritical : Severity::kHigh;
        found.stage = Stage::kExploitation;
        found.confidence = broken ? 0.95 : 0.75;
        found.subject = most->transfer->from;
        if (usd > 0) found.usd = usd;
        std::sort(receivers.begin(), receivers.end());
        receivers.erase(std::unique(receivers.begin(), receivers.end()), receivers.end());
        found.related = receivers;
        found.key = bridge.name;
        found.reason =
            format("The bridge {} unlocks {} of what lies in it {}: {} to {}, {} in all{}.",
                   bridge.name, percent(at_once ? share : window_share),
                   at_once ? "in one txn" : format("within {} seconds", window_),
                   world.amount_text(txn.chain, most->transfer->asset, most->transfer->amount),
                   address_text(txn.chain, most->transfer->to), usd_text(found.usd),
                   broken ? "; its two sides do not agree besides (D21)" : "");
        found.next = "Look for the deposit on the other side; pause the bridge if there is none.";
        found.tags = {bridge.name};
        out.push_back(std::move(found));
    }

    double share_, window_share_;
    int64_t window_;
    Keyed<uint32_t, Unlocks> unlocks_{kBridges};
};

}  // namespace

Maker d22() noexcept { return {&kDescriptor, make_detector<BridgeUnlock>}; }

}  // namespace cordon::detect
