// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>

#include "../holdings.hpp"
#include "detectors.hpp"
#include "outflow.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"wallets", "So many wallets of one entity that one stranger gives gas.", 3, 2, 1000},
    {"window", "In seconds.", 600, 10, 86'400},
    {"most_usd", "More than this, in USD, is no gas but a payment.", 200, 0.01, 1e6},
    {"empty", "Without gas is who holds less than this part of what he is given.", 0.1, 0, 10},
};

constexpr Descriptor kDescriptor{.id = "D09",
                                 .name = "gas-funding",
                                 .title = "A stranger gives gas to wallets that hold tokens",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kPreparation,
                                 .needs = kTransfers | kWallets,
                                 .interest = kOurTxns,
                                 .parameters = kParameters};

constexpr uint64_t kSenders = 1U << 16;
constexpr uint64_t kHurried = 1U << 12;
constexpr std::size_t kMostWallets = 64;
constexpr Seconds kTogether{600};  // D02 and D09 are one theft when they come within this time.

struct Funded {
    Address wallet;
    UnixMillis time;
    Hash256 txn;
};
struct Funder {
    std::vector<Funded> wallets;  // One each, in the order of their last gas.
    uint64_t told = 0;
};
Status save_state(StateSink& sink, const Funder& funder) {
    CORDON_TRY(save_state(sink, funder.wallets));
    return save_state(sink, funder.told);
}
Status load_state(StateSource& source, Funder& funder) {
    CORDON_TRY(load_state(source, funder.wallets));
    return load_state(source, funder.told);
}

/// Who and for which entity (its first set).
struct FunderKey {
    PlaceKey sender;
    SetId entity = 0;
    friend auto operator<=>(const FunderKey&, const FunderKey&) = default;
};

}  // namespace
}  // namespace cordon::detect

template <>
struct std::hash<cordon::detect::FunderKey> {
    std::size_t operator()(const cordon::detect::FunderKey& key) const noexcept {
        return key.sender.bits() ^ key.entity;
    }
};

namespace cordon::detect {
namespace {

/// Poloniex, CoinEx: tokens cannot be taken without gas, so the thief brings it.
class GasFunding final : public Detector {
public:
    explicit GasFunding(const WatchConfig& config)
        : wallets_{static_cast<std::size_t>(parameter(kDescriptor, config, "wallets"))},
          window_{static_cast<int64_t>(parameter(kDescriptor, config, "window"))},
          most_{cents_of(parameter(kDescriptor, config, "most_usd"))},
          empty_{parameter(kDescriptor, config, "empty")} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&funders_, &hurried_}; }

    void on_alert(const Alert& alert, const World& world, Findings&) override {
        const SetId set = world.set_of(alert.chain, alert.subject);
        if (alert.detector == "D02" && alert.severity >= Severity::kHigh && set != 0)
            hurried_.at(entity_of(world, set), alert.time) = alert.time;
    }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        if (is_utxo(txn.chain)) return;
        for (const Movement& movement : txn.movements)
            if (is_gas(txn, world, movement)) fund(txn, world, movement, out);
    }

private:
    static SetId entity_of(const World& world, SetId set) {
        SetId id = 1;
        while (world.set(id).entity != world.set(set).entity) ++id;
        return id;
    }

    bool is_gas(const TxnView& txn, const World& world, const Movement& movement) const {
        const Transfer& transfer = *movement.transfer;
        if (movement.to_set == 0 || movement.from_set != 0 || !transfer.asset.is_native() ||
            transfer.amount.is_zero() || movement.usd.value_or(0) > most_)
            return false;
        if (world.is_allowed(movement.to_set, txn.chain, transfer.from, txn.time)) return false;
        const auto gas = world.balance(txn.chain, transfer.to, Asset{});
        if (gas && ratio(*gas, transfer.amount) >= empty_) return false;
        const std::vector<Asset> assets = world.assets_of(txn.chain, transfer.to);
        const bool has_tokens = std::any_of(assets.begin(), assets.end(), [&](const Asset& asset) {
            if (asset.is_native()) return false;
            const auto held = world.balance(txn.chain, transfer.to, asset);
            return held && !held->is_zero();
        });
        if (!has_tokens) return false;
        // A service pays its customers, and ours are among them.
        const auto label = world.label(txn.chain, transfer.from);
        return !label ||
               (label->category != Category::kExchange && label->category != Category::kService);
    }

    void fund(const TxnView& txn, const World& world, const Movement& movement, Findings& out) {
        const Transfer& transfer = *movement.transfer;
        const SetId entity = entity_of(world, movement.to_set);
        Funder& funder = funders_.at({key_of(txn.chain, transfer.from), entity}, txn.time);
        std::erase_if(funder.wallets, [&](const Funded& one) {
            return one.wallet == transfer.to || txn.time - one.time > window_;
        });
        if (funder.wallets.empty()) funder.told = 0;
        if (funder.wallets.size() == kMostWallets) funder.wallets.erase(funder.wallets.begin());
        funder.wallets.push_back({transfer.to, txn.time, txn.hash});
        // Told at first, and when there are twice as many.
        if (funder.wallets.size() < std::max<std::size_t>(wallets_, funder.told * 2)) return;
        funder.told = funder.wallets.size();
        const UnixMillis* hurried = hurried_.find(entity);
        const bool is_theft = hurried && txn.time - *hurried <= kTogether;
        Finding found;
        found.severity = is_theft ? Severity::kCritical : Severity::kHigh;
        found.stage = Stage::kPreparation;
        found.confidence = is_theft ? 0.9 : 0.75;
        found.subject = transfer.from;
        for (const Funded& one : funder.wallets) {
            found.related.push_back(one.wallet);
            found.txns.push_back(one.txn);
        }
        found.key = world.set(entity).entity;
        found.reason = format(
            "{} gave gas to {} wallets of {} within {} seconds, which hold tokens and had none. "
            "It is neither yours nor allowed{}.",
            address_text(txn.chain, transfer.from), funder.wallets.size(), found.key,
            window_.count(), is_theft ? "; a wallet pays faster than ever besides (D02)" : "");
        found.next = "Move the tokens of these wallets now: gas is all that a thief still lacked.";
        found.tags = {world.set(movement.to_set).name};
        out.push_back(std::move(found));
    }

    std::size_t wallets_;
    Seconds window_;
    Cents most_;
    double empty_;
    Keyed<FunderKey, Funder> funders_{kSenders};
    Keyed<SetId, UnixMillis> hurried_{kHurried};
};

}  // namespace

Maker d09() noexcept { return {&kDescriptor, make_detector<GasFunding>}; }

}  // namespace cordon::detect
