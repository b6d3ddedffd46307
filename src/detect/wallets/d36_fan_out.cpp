// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>

#include "detectors.hpp"
#include "outflow.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"outputs", "So many receivers of equal amounts.", 10, 3, 10'000},
    {"equal", "Equal: they differ by at most this part.", 0.01, 0, 0.5},
    {"window", "In seconds.", 3600, 60, 604'800},
    {"hops", "So far from the flagged address taint is followed.", 3, 0, 20},
    {"swapped", "This part of the coins that can be frozen is exchanged.", 0.9, 0.1, 1},
    {"swap_window", "In seconds.", 1800, 60, 604'800},
    {"least_usd", "In USD: less is not followed.", 10'000, 0, 1e9},
};

constexpr Descriptor kDescriptor{.id = "D36",
                                 .name = "fan-out",
                                 .title = "Stolen value is split or exchanged",
                                 .severity = Severity::kMedium,
                                 .stage = Stage::kLaundering,
                                 .needs = kTransfers | kAlerts,
                                 .interest = kAnyTxn,
                                 .parameters = kParameters};

constexpr uint64_t kTainted = 1U << 16;
constexpr std::size_t kMostOutputs = 512;

struct Output {
    UnixMillis time;
    uint64_t asset = 0, to = 0;
    Amount amount;
};
struct Taint {
    UnixMillis since;
    uint32_t hops = 0;
    uint32_t told_split = 0, told_swap = 0;
    UnixMillis got_at;  // When coins that can be frozen came first.
    Cents got = 0;      // Of them.
    Cents exchanged = 0;
    std::vector<Output> outputs;  // The last ones, the latest last.
};
Status save_state(StateSink& sink, const Taint& taint) {
    CORDON_TRY(save_state(sink, taint.since));
    CORDON_TRY(save_state(sink, taint.hops));
    CORDON_TRY(save_state(sink, taint.told_split));
    CORDON_TRY(save_state(sink, taint.told_swap));
    CORDON_TRY(save_state(sink, taint.got_at));
    CORDON_TRY(save_state(sink, taint.got));
    CORDON_TRY(save_state(sink, taint.exchanged));
    return save_state(sink, taint.outputs);
}
Status load_state(StateSource& source, Taint& taint) {
    CORDON_TRY(load_state(source, taint.since));
    CORDON_TRY(load_state(source, taint.hops));
    CORDON_TRY(load_state(source, taint.told_split));
    CORDON_TRY(load_state(source, taint.told_swap));
    CORDON_TRY(load_state(source, taint.got_at));
    CORDON_TRY(load_state(source, taint.got));
    CORDON_TRY(load_state(source, taint.exchanged));
    return load_state(source, taint.outputs);
}

/// Whose issuers can freeze them, and have done so: what a thief gets rid of first.
constexpr std::string_view kFreezable[] = {"USDT", "USDC", "BUSD",  "TUSD",  "USDP",
                                           "PAX",  "GUSD", "PYUSD", "FDUSD", "EURC"};

/// Bybit's 400,000 ETH went on in forty parts of ten thousand each within two hours.
class FanOut final : public Detector {
public:
    explicit FanOut(const WatchConfig& config)
        : outputs_{static_cast<std::size_t>(parameter(kDescriptor, config, "outputs"))},
          equal_{parameter(kDescriptor, config, "equal")},
          window_{static_cast<int64_t>(parameter(kDescriptor, config, "window"))},
          hops_{static_cast<uint32_t>(parameter(kDescriptor, config, "hops"))},
          swapped_{parameter(kDescriptor, config, "swapped")},
          swap_window_{static_cast<int64_t>(parameter(kDescriptor, config, "swap_window"))},
          least_{cents_of(parameter(kDescriptor, config, "least_usd"))} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&tainted_}; }

    void on_alert(const Alert& alert, const World& world, Findings&) override {
        if (alert.severity < Severity::kHigh || alert.stage != Stage::kExploitation) return;
        flag(alert.chain, alert.subject, 0, alert.time, world);
        for (const Address& address : alert.related)
            flag(alert.chain, address, 0, alert.time, world);
    }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        if (tainted_.size() == 0) return;
        for (const Movement& movement : txn.movements) {
            const Transfer& transfer = *movement.transfer;
            if (transfer.amount.is_zero()) continue;
            if (tainted_.find(key_of(txn.chain, transfer.to))) receive(txn, world, movement);
            // A contract that was flagged for its part in a theft serves others as well: only who
            // signs for himself is followed.
            if (tainted_.find(key_of(txn.chain, transfer.from)) &&
                (!txn.activity || txn.activity->from.empty() ||
                 txn.activity->from == transfer.from))
                send(txn, world, movement, out);
        }
    }

private:
    void flag(ChainId chain, const Address& address, uint32_t hops, UnixMillis time,
              const World& world) {
        if (address.empty() || address.is_zero() || world.is_tracked(chain, address)) return;
        const PlaceKey key = key_of(chain, address);
        const Taint* known = tainted_.find(key);
        if (known && known->hops <= hops) return;
        // What others put their money into is mixed there: it ends the trail.
        if (const auto label = world.label(chain, address);
            label && label->category != Category::kTheft && label->category != Category::kScam &&
            label->category != Category::kSanctioned && label->category != Category::kUser)
            return;
        Taint& taint = tainted_.at(key, time);
        if (!known) taint.since = time;
        taint.hops = hops;
    }

    static bool is_freezable(const TxnView& txn, const World& world, const Asset& asset) {
        if (asset.is_native()) return false;
        const auto info = world.knowledge().asset(txn.chain, asset);
        return info && info->status != AssetStatus::kCounterfeit &&
               std::find(std::begin(kFreezable), std::end(kFreezable), info->symbol) !=
                   std::end(kFreezable);
    }

    void receive(const TxnView& txn, const World& world, const Movement& movement) {
        if (!movement.usd || !is_freezable(txn, world, movement.transfer->asset)) return;
        Taint& taint = tainted_.at(key_of(txn.chain, movement.transfer->to), txn.time);
        if (taint.got == 0) taint.got_at = txn.time;
        taint.got = plus(taint.got, *movement.usd);
    }

    void send(const TxnView& txn, const World& world, const Movement& movement, Findings& out) {
        const Transfer& transfer = *movement.transfer;
        const PlaceKey key = key_of(txn.chain, transfer.from);
        const bool is_much = !movement.usd || *movement.usd >= least_;
        const uint32_t hops = tainted_.find(key)->hops;
        const bool brings_back =
            std::any_of(txn.movements.begin(), txn.movements.end(), [&](const Movement& back) {
                return back.transfer->to == transfer.from &&
                       back.transfer->asset != transfer.asset && !back.transfer->amount.is_zero();
            });
        if (brings_back) {
            exchange(txn, world, movement, key, out);
            return;  // Given to a market, not to somebody.
        }
        if (is_much && hops < hops_) flag(txn.chain, transfer.to, hops + 1, txn.time, world);
        if (is_much) split(txn, world, movement, key, out);
    }

    void split(const TxnView& txn, const World& world, const Movement& movement,
               const PlaceKey& key, Findings& out) {
        const Transfer& transfer = *movement.transfer;
        Taint& taint = tainted_.at(key, txn.time);
        std::erase_if(taint.outputs,
                      [&](const Output& one) { return txn.time - one.time > window_; });
        if (taint.outputs.empty()) taint.told_split = 0;
        if (taint.outputs.size() == kMostOutputs) taint.outputs.erase(taint.outputs.begin());
        const uint64_t asset = world.asset_key(txn.chain, transfer.asset).bits();
        taint.outputs.push_back(
            {txn.time, asset, key_of(txn.chain, transfer.to).bits(), transfer.amount});
        if (taint.outputs.size() < outputs_) return;
        std::vector<uint64_t> receivers;
        for (const Output& one : taint.outputs) {
            const Amount& low = std::min(one.amount, transfer.amount);
            const Amount& high = std::max(one.amount, transfer.amount);
            if (one.asset == asset && ratio(high - low, high) <= equal_)
                receivers.push_back(one.to);
        }
        std::sort(receivers.begin(), receivers.end());
        receivers.erase(std::unique(receivers.begin(), receivers.end()), receivers.end());
        // Told at first, and whenever there are twice as many.
        if (receivers.size() < std::max<std::size_t>(outputs_, std::size_t{taint.told_split} * 2))
            return;
        taint.told_split = static_cast<uint32_t>(receivers.size());
        Finding found = finding(txn, transfer, taint);
        if (movement.usd)
            found.usd = plus(Cents{0},
                             static_cast<Cents>(std::min(static_cast<double>(*movement.usd) *
                                                             static_cast<double>(receivers.size()),
                                                         9e18)));
        found.key = "split";
        found.reason = format(
            "{}, {} steps from a theft that was told, pays {} receivers {} each within {} seconds.",
            address_text(txn.chain, transfer.from), taint.hops, receivers.size(),
            world.amount_text(txn.chain, transfer.asset, transfer.amount), window_.count());
        out.push_back(std::move(found));
    }

    void exchange(const TxnView& txn, const World& world, const Movement& movement,
                  const PlaceKey& key, Findings& out) {
        const Transfer& transfer = *movement.transfer;
        if (!movement.usd || !is_freezable(txn, world, transfer.asset)) return;
        Taint& taint = tainted_.at(key, txn.time);
        taint.exchanged = plus(taint.exchanged, *movement.usd);
        if (taint.told_swap != 0 || taint.got < least_ || txn.time - taint.got_at > swap_window_ ||
            static_cast<double>(taint.exchanged) < static_cast<double>(taint.got) * swapped_)
            return;
        taint.told_swap = 1;
        Finding found = finding(txn, transfer, taint);
        found.usd = taint.exchanged;
        found.key = "swap";
        found.reason = format(
            "{}, {} steps from a theft that was told, has exchanged {} of coins that can be frozen "
            "within {} seconds of getting them: nearly all of them.",
            address_text(txn.chain, transfer.from), taint.hops, format_usd(taint.exchanged),
            std::chrono::duration_cast<Seconds>(txn.time - taint.got_at).count());
        out.push_back(std::move(found));
    }

    static Finding finding(const TxnView& txn, const Transfer& transfer, const Taint& taint) {
        Finding found;
        found.severity = Severity::kMedium;
        found.stage = Stage::kLaundering;
        found.confidence = taint.hops == 0 ? 0.9 : 0.7;
        found.subject = transfer.from;
        found.related = {transfer.to};
        found.next = format(
            "Add it to the case, and tell exchanges and issuers on {} the addresses at once.",
            to_string(txn.chain));
        return found;
    }

    std::size_t outputs_;
    double equal_;
    Seconds window_;
    uint32_t hops_;
    double swapped_;
    Seconds swap_window_;
    Cents least_;
    Keyed<PlaceKey, Taint> tainted_{kTainted};
};

}  // namespace

Maker d36() noexcept { return {&kDescriptor, make_detector<FanOut>}; }

}  // namespace cordon::detect
