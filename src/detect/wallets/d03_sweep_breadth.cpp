// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>

#include "detectors.hpp"
#include "outflow.hpp"
#include "sketch.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"assets", "Different assets that one wallet sends in the window, at least.", 8, 2, 1000},
    {"factor", "And so many times what 99 % of its windows of 30 days have.", 5, 1, 100},
    {"receivers", "That few receivers take most of them.", 3, 1, 100},
    {"concentration", "Most: this part of the assets.", 0.6, 0.1, 1},
    {"window", "In seconds, from the first payment on.", 300, 10, 86'400},
};

constexpr Descriptor kDescriptor{.id = "D03",
                                 .name = "sweep-breadth",
                                 .title = "One wallet sends many assets at once",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kExploitation,
                                 .needs = kTransfers | kWallets,
                                 .interest = kOurTxns,
                                 .parameters = kParameters};

constexpr uint64_t kWallets = 1U << 17;
constexpr std::size_t kMostPairs = 512;  // Of receiver and asset in a window.
constexpr int64_t kHalfWindow = int64_t{15} * 86'400;

struct Pair {
    uint64_t receiver = 0, asset = 0;
    friend auto operator<=>(const Pair&, const Pair&) = default;
};

struct Breadth {
    int64_t begun = 0, halved = 0;  // Unix seconds.
    uint32_t told = 0;              // Assets when it was told last.
    std::vector<Pair> pairs;        // Sorted.
    DdSketch windows;               // Assets of earlier windows.
};

Status save_state(StateSink& sink, const Breadth& breadth) {
    CORDON_TRY(save_state(sink, breadth.begun));
    CORDON_TRY(save_state(sink, breadth.halved));
    CORDON_TRY(save_state(sink, breadth.told));
    CORDON_TRY(save_state(sink, breadth.pairs));
    return save_state(sink, breadth.windows);
}
Status load_state(StateSource& source, Breadth& breadth) {
    CORDON_TRY(load_state(source, breadth.begun));
    CORDON_TRY(load_state(source, breadth.halved));
    CORDON_TRY(load_state(source, breadth.told));
    CORDON_TRY(load_state(source, breadth.pairs));
    return load_state(source, breadth.windows);
}

/// Poloniex, KuCoin, WazirX: customers ask for one token each; a thief takes them all.
class SweepBreadth final : public Detector {
public:
    explicit SweepBreadth(const WatchConfig& config)
        : assets_{parameter(kDescriptor, config, "assets")},
          factor_{parameter(kDescriptor, config, "factor")},
          receivers_{static_cast<std::size_t>(parameter(kDescriptor, config, "receivers"))},
          concentration_{parameter(kDescriptor, config, "concentration")},
          window_{static_cast<int64_t>(parameter(kDescriptor, config, "window"))} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&breadths_}; }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        const Movement* last = nullptr;
        for (const Movement& movement : txn.movements) {
            if (!movement.is_outflow() || !is_real(txn, world, movement)) continue;
            if (last && last->transfer->from != movement.transfer->from)
                judge(txn, world, *last, out);
            learn(txn, world, movement);
            last = &movement;
        }
        if (last) judge(txn, world, *last, out);
    }

private:
    /// A worthless token can say that anybody sent it.
    static bool is_real(const TxnView& txn, const World& world, const Movement& movement) {
        const Transfer& transfer = *movement.transfer;
        if (transfer.amount.is_zero()) return false;
        if (movement.usd) return true;
        const auto held = world.balance(txn.chain, transfer.from, transfer.asset);
        return held && *held >= transfer.amount;
    }

    void learn(const TxnView& txn, const World& world, const Movement& movement) {
        const int64_t now = to_unix_seconds(txn.time);
        Breadth& breadth = breadths_.at(key_of(txn.chain, movement.transfer->from), txn.time);
        if (now - breadth.begun >= window_) {
            if (!breadth.pairs.empty()) {
                // Of an outlier no more than the limit: a theft must not become usual.
                const double most = std::max(assets_, limit(breadth));
                breadth.windows.add(std::min(assets_in(breadth), static_cast<uint64_t>(most)));
            }
            if (now - breadth.halved >= kHalfWindow) {
                if (breadth.halved != 0) breadth.windows.halve();
                breadth.halved = now;
            }
            breadth.pairs.clear();
            breadth.told = 0;
            breadth.begun = now;
        }
        const Pair pair{key_of(txn.chain, movement.transfer->to).bits(),
                        world.asset_key(txn.chain, movement.transfer->asset).bits()};
        const auto at = std::lower_bound(breadth.pairs.begin(), breadth.pairs.end(), pair);
        if ((at == breadth.pairs.end() || *at != pair) && breadth.pairs.size() < kMostPairs)
            breadth.pairs.insert(at, pair);
    }

    static uint64_t assets_in(const Breadth& breadth) {
        std::vector<uint64_t> assets;
        for (const Pair& pair : breadth.pairs) assets.push_back(pair.asset);
        std::sort(assets.begin(), assets.end());
        return static_cast<uint64_t>(std::unique(assets.begin(), assets.end()) - assets.begin());
    }
    double limit(const Breadth& breadth) const {
        constexpr double kQuantile = 0.99;
        return std::max(assets_,
                        factor_ * static_cast<double>(breadth.windows.quantile(kQuantile)));
    }

    void judge(const TxnView& txn, const World& world, const Movement& movement, Findings& out) {
        const PlaceKey key = key_of(txn.chain, movement.transfer->from);
        const Breadth& breadth = *breadths_.find(key);
        if (static_cast<double>(breadth.pairs.size()) < assets_) return;
        const uint64_t assets = assets_in(breadth);
        // Again only when it has become twice as bad.
        if (static_cast<double>(assets) < limit(breadth) || assets < uint64_t{breadth.told} * 2)
            return;
        // The receivers who take most; pairs are sorted by receiver.
        std::vector<std::size_t> counts;
        for (std::size_t i = 0; i < breadth.pairs.size(); ++i) {
            if (i == 0 || breadth.pairs[i].receiver != breadth.pairs[i - 1].receiver)
                counts.push_back(0);
            ++counts.back();
        }
        std::sort(counts.begin(), counts.end(), std::greater<>{});
        std::size_t most = 0;
        for (std::size_t i = 0; i < std::min(receivers_, counts.size()); ++i) most += counts[i];
        if (static_cast<double>(most) < concentration_ * static_cast<double>(breadth.pairs.size()))
            return;
        breadths_.at(key, txn.time).told = static_cast<uint32_t>(assets);
        const SetInfo& set = world.set(movement.from_set);
        Finding found;
        found.severity = Severity::kCritical;
        found.stage = Stage::kExploitation;
        found.confidence = 0.9;
        found.subject = movement.transfer->from;
        found.related = {movement.transfer->to};
        found.reason = format(
            "A wallet of the set {} sent {} different assets within {} seconds, {} of them to at "
            "most {} receivers, the last to {}; 99 % of such windows have {} or fewer.",
            set.name, assets, window_,
            percent(static_cast<double>(most) / static_cast<double>(breadth.pairs.size())),
            receivers_, address_text(txn.chain, movement.transfer->to),
            breadth.windows.quantile(0.99));
        found.next = "Stop this wallet and move what it still holds to a wallet with other keys.";
        found.tags = {set.name, set.tier};
        for (const Outflow& outflow : outflows(txn, false))
            if (outflow.usd) found.usd = plus(found.usd.value_or(0), *outflow.usd);
        out.push_back(std::move(found));
    }

    double assets_, factor_;
    std::size_t receivers_;
    double concentration_;
    int64_t window_;
    Keyed<PlaceKey, Breadth> breadths_{kWallets};
};

}  // namespace

Maker d03() noexcept { return {&kDescriptor, make_detector<SweepBreadth>}; }

}  // namespace cordon::detect
