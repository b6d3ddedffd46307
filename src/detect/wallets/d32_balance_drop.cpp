// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include <cordon/base/format.hpp>

#include "detectors.hpp"
#include "outflow.hpp"
#include "sketch.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"share", "Of what the protocol holds, lost in one txn.", 0.20, 0.001, 1},
    {"window_share", "The same within the window.", 0.40, 0.001, 1},
    {"window", "In seconds.", 3600, 60, 604'800},
    {"least_usd", "Losses that are known to be worth less, in USD, say nothing.", 10'000, 0, 1e12},
};

constexpr Descriptor kDescriptor{.id = "D32",
                                 .name = "balance-drop",
                                 .title = "A protocol loses a large part of what it holds",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kExploitation,
                                 .needs = kTransfers | kWallets,
                                 .interest = kGuardedTxns,
                                 .parameters = kParameters};

constexpr uint64_t kProtocols = 1U << 12;
constexpr std::size_t kSlots = 12;

struct Losses {
    Ring<Cents, kSlots> out, in;
    int64_t raised = 0;
};

/// Cetus, Balancer, Radiant: however it was done, what was there is gone.
class BalanceDrop final : public Detector {
public:
    explicit BalanceDrop(const WatchConfig& config)
        : share_{parameter(kDescriptor, config, "share")},
          window_share_{parameter(kDescriptor, config, "window_share")},
          window_{static_cast<int64_t>(parameter(kDescriptor, config, "window"))},
          least_{cents_of(parameter(kDescriptor, config, "least_usd"))} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&losses_}; }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        std::vector<const Protocol*> done;
        for (const Movement& movement : txn.movements) {
            if (!movement.guarded) continue;
            for (const Address* end : {&movement.transfer->from, &movement.transfer->to}) {
                const Protocol* protocol = world.protocol_of(txn.chain, *end);
                if (!protocol || std::find(done.begin(), done.end(), protocol) != done.end())
                    continue;
                done.push_back(protocol);
                look(txn, world, *protocol, out);
            }
        }
    }

private:
    static Cents value_of(const World& world, const Protocol& protocol, UnixMillis time) {
        Cents sum = 0;
        for (const Place& place : protocol.contracts)
            for (const Asset& asset : world.assets_of(place.chain, place.address)) {
                const auto held = world.balance(place.chain, place.address, asset);
                const auto usd = held ? world.usd(place.chain, asset, *held, time) : std::nullopt;
                if (usd) sum = plus(sum, *usd);
            }
        return std::max(sum, protocol.value.value_or(0));
    }

    void look(const TxnView& txn, const World& world, const Protocol& protocol, Findings& out) {
        Cents lost = 0, gained = 0;
        bool trades = false;  // Takes in what has no price but was held: what for is not known.
        double unpriced = 0;  // The largest part lost of an asset without a price.
        const Movement* most = nullptr;
        std::vector<Address> receivers;
        for (const Movement& movement : txn.movements) {
            const Transfer& transfer = *movement.transfer;
            const bool from = world.protocol_of(txn.chain, transfer.from) == &protocol;
            const bool to = world.protocol_of(txn.chain, transfer.to) == &protocol;
            if (from == to || transfer.amount.is_zero()) continue;
            const Address& ours = from ? transfer.from : transfer.to;
            const auto held = world.balance(txn.chain, ours, transfer.asset);
            if (to) {
                gained = plus(gained, movement.usd.value_or(0));
                trades |= !movement.usd && held && !held->is_zero();
                continue;
            }
            if (movement.usd)
                lost = plus(lost, *movement.usd);
            else if (held)
                unpriced = std::max(unpriced, ratio(transfer.amount, *held));
            if (!most || movement.usd.value_or(0) > most->usd.value_or(0)) most = &movement;
            if (receivers.size() < Outflow::kReceivers &&
                std::find(receivers.begin(), receivers.end(), transfer.to) == receivers.end())
                receivers.push_back(transfer.to);
        }
        const auto number = static_cast<uint32_t>(&protocol - world.config().protocols.data());
        const int64_t slot = to_unix_seconds(txn.time) * static_cast<int64_t>(kSlots) / window_;
        Losses& losses = losses_.at(number, txn.time);
        losses.out.add(slot, lost);
        losses.in.add(slot, gained);
        if (!most || trades) return;
        const Cents held = value_of(world, protocol, txn.time);
        const Cents net = lost - std::min(lost, gained);
        const Cents all =
            losses.out.sum(slot) - std::min(losses.out.sum(slot), losses.in.sum(slot));
        const auto part = [](Cents a, Cents b) {
            return b > 0 ? static_cast<double>(a) / static_cast<double>(b) : 0.0;
        };
        // Without a price a gift in return cannot be told from a trade: only what comes for
        // nothing counts.
        const double share = std::max(part(net, held), gained == 0 ? unpriced : 0);
        const double window_share = part(all, plus(held, all - net));
        const bool at_once = share >= share_;
        if (!at_once && (window_share < window_share_ || slot - losses.raised < int64_t{kSlots}))
            return;
        if (unpriced == 0 && (at_once ? net : all) < least_) return;
        losses.raised = slot;
        Finding found;
        found.severity = Severity::kCritical;
        found.stage = Stage::kExploitation;
        found.confidence = 0.85;
        found.subject = most->transfer->from;
        if (net > 0) found.usd = net;
        found.related = receivers;
        found.key = protocol.name;
        found.reason =
            format("{} loses {} of what it holds {}: {} to {}, {} in all after what came back.",
                   protocol.name, percent(at_once ? share : window_share),
                   at_once ? "in one txn" : format("within {} seconds", window_),
                   world.amount_text(txn.chain, most->transfer->asset, most->transfer->amount),
                   address_text(txn.chain, most->transfer->to), usd_text(found.usd));
        found.next = "Pause the protocol if you can: the same call takes the rest.";
        found.tags = {protocol.name};
        out.push_back(std::move(found));
    }

    double share_, window_share_;
    int64_t window_;
    Cents least_;
    Keyed<uint32_t, Losses> losses_{kProtocols};
};

}  // namespace

Maker d32() noexcept { return {&kDescriptor, make_detector<BalanceDrop>}; }

}  // namespace cordon::detect
