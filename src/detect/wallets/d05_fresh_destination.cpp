// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>

#include "detectors.hpp"
#include "outflow.hpp"
#include "sketch.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"age", "A destination that was first seen less than so many seconds ago is fresh.", 3600, 0,
     31'536'000},
    {"usd", "In USD: what a customer rarely takes to a new address.", 250'000, 0, 1e12},
    {"quantile", "And not less than this quantile of what the wallet pays.", 0.999, 0.5, 1},
    {"share", "Without a price: this part of what the set holds of it.", 0.10, 0.001, 1},
};

constexpr Descriptor kDescriptor{.id = "D05",
                                 .name = "fresh-destination",
                                 .title = "Much is paid to an address that nobody knows",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kExploitation,
                                 .needs = kTransfers | kWallets,
                                 .interest = kOurTxns,
                                 .parameters = kParameters};

constexpr uint64_t kWallets = 1U << 17;
constexpr uint64_t kQueued = 1U << 18;
constexpr int64_t kHalfWindow = int64_t{15} * 86'400;  // Of the 30 days that are remembered.
// A payment is expected while its request is younger than this: exchanges pay within a day.
constexpr Seconds kQueuedFor{86'400};
// D02 and D05 are one theft when they come within this time.
constexpr Seconds kTogether{600};

struct Payments {
    DdSketch sizes;
    int64_t halved = 0;
    UnixMillis hurried;  // When D02 was raised for the wallet last.
};
Status save_state(StateSink& sink, const Payments& payments) {
    CORDON_TRY(save_state(sink, payments.sizes));
    CORDON_TRY(save_state(sink, payments.halved));
    return save_state(sink, payments.hurried);
}
Status load_state(StateSource& source, Payments& payments) {
    CORDON_TRY(load_state(source, payments.sizes));
    CORDON_TRY(load_state(source, payments.halved));
    return load_state(source, payments.hurried);
}

/// Every theft of an exchange goes to addresses that were made for it.
class FreshDestination final : public Detector {
public:
    explicit FreshDestination(const WatchConfig& config)
        : age_{static_cast<int64_t>(parameter(kDescriptor, config, "age"))},
          least_{cents_of(parameter(kDescriptor, config, "usd"))},
          quantile_{parameter(kDescriptor, config, "quantile")},
          share_{parameter(kDescriptor, config, "share")} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&payments_, &queued_}; }

    void on_withdrawal(const WithdrawalRequest& request, const World&, Findings&) override {
        const PlaceKey key = key_of(request.chain, request.to);
        if (request.cancelled)
            queued_.erase(key);
        else
            queued_.at(key, request.time) = request.time;
    }

    void on_alert(const Alert& alert, const World& world, Findings&) override {
        if (alert.detector == "D02" && alert.severity >= Severity::kHigh &&
            world.set_of(alert.chain, alert.subject) != 0)
            payments_.at(key_of(alert.chain, alert.subject), alert.time).hurried = alert.time;
    }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        for (const Outflow& outflow : outflows(txn, true)) look(txn, world, outflow, out);
    }

private:
    void look(const TxnView& txn, const World& world, const Outflow& outflow, Findings& out) {
        const PlaceKey wallet = key_of(txn.chain, outflow.from());
        Payments& payments = payments_.at(wallet, txn.time);
        const auto usual = static_cast<Cents>(payments.sizes.quantile(quantile_));
        const bool hurried = txn.time - payments.hurried <= kTogether;
        if (outflow.usd) learn(payments, *outflow.usd, txn.time);

        const std::optional<UnixMillis>& seen = outflow.first->to_first_seen;
        if (seen && txn.time - *seen >= Seconds{age_}) return;
        const UnixMillis* queued = queued_.find(key_of(txn.chain, outflow.receivers.front()));
        if (queued && txn.time - *queued < kQueuedFor) return;
        if (outflow.usd) {
            if (*outflow.usd < std::max(least_, usual)) return;
        } else {
            const auto held = world.set_balance(outflow.set, txn.chain, outflow.asset());
            if (!held || ratio(outflow.amount, *held) < share_) return;
        }
        const SetInfo& set = world.set(outflow.set);
        Finding found;
        found.severity = hurried ? Severity::kCritical : Severity::kHigh;
        found.stage = Stage::kExploitation;
        found.confidence = hurried ? 0.9 : seen ? 0.7 : 0.75;
        found.subject = outflow.from();
        found.usd = outflow.usd;
        found.related = outflow.receivers;
        found.key = format("{} {}", address_text(txn.chain, outflow.receivers.front()),
                           outflow.asset().text());
        found.reason = format(
            "{} ({}) of the set {} goes to {}, which {}. It is not on the allow-list and in no "
            "request of the withdrawal queue{}.",
            world.amount_text(txn.chain, outflow.asset(), outflow.amount), usd_text(outflow.usd),
            set.name, address_text(txn.chain, outflow.receivers.front()),
            seen ? format("was seen first {} seconds ago",
                          std::chrono::duration_cast<Seconds>(txn.time - *seen).count())
                 : "nobody ever paid or was paid by",
            hurried ? "; the wallet pays faster than ever besides (D02)" : "");
        found.next = "Ask who ordered it before the next payment leaves this wallet.";
        found.tags = {set.name, set.tier};
        out.push_back(std::move(found));
    }

    void learn(Payments& payments, Cents usd, UnixMillis time) const {
        const int64_t now = to_unix_seconds(time);
        if (now - payments.halved >= kHalfWindow) {
            if (payments.halved != 0) payments.sizes.halve();
            payments.halved = now;
        }
        constexpr uint64_t kWarm = 30;  // From here on an outlier teaches twice the usual at most.
        const auto size = static_cast<uint64_t>(usd);
        const uint64_t most =
            payments.sizes.count() >= kWarm ? payments.sizes.quantile(quantile_) * 2 : size;
        payments.sizes.add(std::min(size, most));
    }

    Seconds age_;
    Cents least_;
    double quantile_, share_;
    Keyed<PlaceKey, Payments> payments_{kWallets};
    Keyed<PlaceKey, UnixMillis> queued_{kQueued};
};

}  // namespace

Maker d05() noexcept { return {&kDescriptor, make_detector<FreshDestination>}; }

}  // namespace cordon::detect
