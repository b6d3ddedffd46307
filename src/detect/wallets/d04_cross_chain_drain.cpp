// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>

#include "detectors.hpp"
#include "outflow.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"chains", "So many chains on which wallets of one entity lose at once.", 3, 2, 50},
    {"few_chains", "Or so many, when much is lost.", 2, 2, 50},
    {"share", "Much: this part of all that the entity holds.", 0.01, 0.0001, 1},
    {"window", "In seconds.", 600, 10, 86'400},
};

constexpr Descriptor kDescriptor{.id = "D04",
                                 .name = "cross-chain-drain",
                                 .title = "Wallets of several chains are drained at once",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kExploitation,
                                 .needs = kTransfers | kWallets | kAlerts,
                                 .interest = 0,
                                 .parameters = kParameters};

constexpr uint64_t kEntities = 1U << 12;

struct ChainLoss {
    ChainId chain;
    UnixMillis time;
    Cents usd = 0;
    Hash256 txn;
};
struct Drain {
    std::vector<ChainLoss> chains;  // One each, in the order of their first alert.
    uint64_t told = 0;              // Chains when it was told.
};
Status save_state(StateSink& sink, const Drain& drain) {
    CORDON_TRY(save_state(sink, drain.chains));
    return save_state(sink, drain.told);
}
Status load_state(StateSource& source, Drain& drain) {
    CORDON_TRY(load_state(source, drain.chains));
    return load_state(source, drain.told);
}

/// FTX, Phemex, Nobitex: one stolen secret opens the wallets of all chains.
class CrossChain final : public Detector {
public:
    explicit CrossChain(const WatchConfig& config)
        : chains_{static_cast<std::size_t>(parameter(kDescriptor, config, "chains"))},
          few_{static_cast<std::size_t>(parameter(kDescriptor, config, "few_chains"))},
          share_{parameter(kDescriptor, config, "share")},
          window_{static_cast<int64_t>(parameter(kDescriptor, config, "window"))} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&drains_}; }

    void on_alert(const Alert& alert, const World& world, Findings& out) override {
        if (alert.detector != "D01" && alert.detector != "D02") return;
        const SetId set = world.set_of(alert.chain, alert.subject);
        if (set == 0) return;
        const std::string& entity = world.set(set).entity;
        Drain& drain = drains_.at(first_set_of(world, entity), alert.time);
        // Chains tell their times apart by some seconds: old is what is older than the window.
        std::erase_if(drain.chains, [&](const ChainLoss& loss) {
            return alert.time - loss.time > Seconds{window_};
        });
        if (drain.chains.empty()) drain.told = 0;
        const auto at =
            std::find_if(drain.chains.begin(), drain.chains.end(),
                         [&](const ChainLoss& loss) { return loss.chain == alert.chain; });
        ChainLoss& loss = at == drain.chains.end() ? drain.chains.emplace_back() : *at;
        loss.chain = alert.chain;
        loss.time = alert.time;
        // D01 and D02 tell of the same money: the larger of both.
        loss.usd = std::max(loss.usd, alert.usd.value_or(0));
        if (!alert.txns.empty()) loss.txn = alert.txns.front();
        if (drain.chains.size() <= drain.told) return;
        Cents lost = 0;
        for (const ChainLoss& one : drain.chains) lost = plus(lost, one.usd);
        Cents held = 0;
        for (SetId id = 1; id <= world.sets(); ++id)
            if (world.set(id).entity == entity) held = plus(held, world.set_value(id, alert.time));
        const bool is_much =
            held > 0 && static_cast<double>(lost) >= static_cast<double>(held) * share_;
        if (drain.chains.size() < chains_ && !(drain.chains.size() >= few_ && is_much)) return;
        drain.told = drain.chains.size();
        Finding found;
        found.severity = Severity::kCritical;
        found.stage = Stage::kExploitation;
        found.confidence = drain.chains.size() >= chains_ ? 0.95 : 0.85;
        found.subject = alert.subject;
        if (lost > 0) found.usd = lost;
        std::string names;
        for (const ChainLoss& one : drain.chains) {
            names += (names.empty() ? "" : ", ") + to_string(one.chain);
            if (one.chain == alert.chain) found.txns.push_back(one.txn);
        }
        found.related = alert.related;
        found.key = format("{} {}", entity, drain.chains.size());
        found.reason = format(
            "Wallets of {} lose at once on {} chains ({}): {} within {} seconds, of {} in all.",
            entity, drain.chains.size(), names, lost > 0 ? format_usd(lost) : "unpriced value",
            window_, format_usd(held));
        found.next = "Freeze withdrawals on all chains: whoever has one key has the others.";
        found.tags = {"multi-chain"};
        out.push_back(std::move(found));
    }

private:
    static SetId first_set_of(const World& world, const std::string& entity) {
        SetId id = 1;
        while (world.set(id).entity != entity) ++id;
        return id;
    }

    std::size_t chains_, few_;
    double share_;
    int64_t window_;
    Keyed<SetId, Drain> drains_{kEntities};
};

}  // namespace

Maker d04() noexcept { return {&kDescriptor, make_detector<CrossChain>}; }

}  // namespace cordon::detect
