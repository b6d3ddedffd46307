// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>

#include "detectors.hpp"
#include "outflow.hpp"
#include "sketch.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"alerts", "So many alerts about one actor, at least.", 3, 2, 1000},
    {"chance", "The product over stages of the rarest alert's rate is at most this.", 1e-7, 1e-15,
     0.1},
    {"precise", "An alert with this confidence needs only one other, of another stage.", 0.9, 0.1,
     1},
    {"window", "In days: so long alerts count.", 30, 1, 365},
    {"aged", "In days: whoever is older is no attacker's fresh address.", 365, 1, 3650},
};

constexpr Descriptor kDescriptor{.id = "D38",
                                 .name = "combiner",
                                 .title = "Several signs point at one actor",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kExploitation,
                                 .needs = kAlerts,
                                 .interest = kAnyTxn,
                                 .is_last = true,
                                 .parameters = kParameters};

constexpr uint64_t kActors = 1U << 16;
constexpr uint64_t kMembers = 1U << 18;
constexpr uint64_t kFunders = 1U << 18;
constexpr uint64_t kDetectors = 1U << 12;
constexpr std::size_t kMostSigns = 64;

struct Sign {
    uint64_t detector = 0;  // Digest of its name.
    Stage stage{};
    bool precise = false;
    UnixMillis time;
    Hash256 txn;
};
struct Actor {
    std::vector<Sign> signs;  // The latest last.
    bool warned = false, told = false;
};
Status save_state(StateSink& sink, const Actor& actor) {
    CORDON_TRY(save_state(sink, actor.signs));
    CORDON_TRY(save_state(sink, actor.warned));
    return save_state(sink, actor.told);
}
Status load_state(StateSource& source, Actor& actor) {
    CORDON_TRY(load_state(source, actor.signs));
    CORDON_TRY(load_state(source, actor.warned));
    return load_state(source, actor.told);
}

uint64_t digest(std::string_view text) noexcept {
    uint64_t hash = 0;
    for (const char c : text) hash = mix64(hash ^ static_cast<uint8_t>(c));
    return hash;
}

/// Forta's scheme: a theft needs money, preparation, the deed and a way out, and each leaves a sign
/// that is common by itself. How common is counted here, not assumed: alerts by txns.
class Combiner final : public Detector {
public:
    explicit Combiner(const WatchConfig& config)
        : alerts_{static_cast<std::size_t>(parameter(kDescriptor, config, "alerts"))},
          chance_{parameter(kDescriptor, config, "chance")},
          precise_{parameter(kDescriptor, config, "precise")},
          window_{static_cast<int64_t>(parameter(kDescriptor, config, "window") * 86'400)},
          aged_{static_cast<int64_t>(parameter(kDescriptor, config, "aged") * 86'400)} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override {
        return {&actors_, &members_, &funders_, &raised_, &txns_};
    }

    void on_txn(const TxnView& txn, const World&, Findings&) override {
        ++txns_.at(0, txn.time);
        // Who gave a new address its first coins acts with it.
        for (const Movement& movement : txn.movements) {
            const Transfer& transfer = *movement.transfer;
            if (movement.to_first_seen || !transfer.asset.is_native() ||
                transfer.amount.is_zero() || movement.from_set != 0 ||
                transfer.kind == TransferKind::kFee)
                continue;
            const PlaceKey from = key_of(txn.chain, transfer.from);
            if (members_.find(from)) funders_.at(key_of(txn.chain, transfer.to), txn.time) = from;
        }
    }

    void on_alert(const Alert& alert, const World& world, Findings& out) override {
        const uint64_t detector = digest(alert.detector);
        ++raised_.at(detector, alert.time);
        // Pre-alerts about the flow of a wallet are for D04 alone.
        if (alert.stage == Stage::kNone ||
            (alert.severity == Severity::kInfo && alert.stage == Stage::kExploitation))
            return;
        const std::vector<PlaceKey> who = actors_in(alert, world);
        if (who.empty()) return;
        const PlaceKey head = join(who, alert.time);
        Actor& actor = actors_.at(head, alert.time);
        std::erase_if(actor.signs,
                      [&](const Sign& sign) { return alert.time - sign.time > window_; });
        const Hash256 txn = alert.txns.empty() ? alert.block_hash : alert.txns.front();
        if (std::any_of(actor.signs.begin(), actor.signs.end(), [&](const Sign& sign) {
                return sign.detector == detector && sign.txn == txn;
            }))
            return;
        if (actor.signs.size() == kMostSigns) actor.signs.erase(actor.signs.begin());
        actor.signs.push_back(
            {detector, alert.stage,
             alert.confidence >= precise_ && alert.severity == Severity::kCritical, alert.time,
             txn});
        judge(alert, world, actor, out);
    }

private:
    /// Who may have done it: neither ours, nor who serves others, nor who has been there for years.
    std::vector<PlaceKey> actors_in(const Alert& alert, const World& world) const {
        std::vector<Address> all{alert.subject};
        all.insert(all.end(), alert.related.begin(), alert.related.end());
        for (std::size_t i = 0, n = all.size(); i < n; ++i)
            if (const auto creator = world.creator(alert.chain, all[i])) all.push_back(*creator);
        std::vector<PlaceKey> keys;
        for (const Address& address : all) {
            if (address.empty() || address.is_zero() || world.is_tracked(alert.chain, address))
                continue;
            if (const auto label = world.label(alert.chain, address);
                label && label->category != Category::kTheft &&
                label->category != Category::kScam && label->category != Category::kSanctioned)
                continue;
            const auto seen = world.first_seen(alert.chain, address);
            if (seen && alert.time - *seen > aged_) continue;
            keys.push_back(key_of(alert.chain, address));
            if (const PlaceKey* funder = funders_.find(keys.back())) keys.push_back(*funder);
        }
        return keys;
    }

    /// One actor of all of them; gives its head.
    PlaceKey join(const std::vector<PlaceKey>& who, UnixMillis time) {
        PlaceKey head = head_of(who.front());
        for (const PlaceKey& one : who) {
            const PlaceKey other = head_of(one);
            members_.at(one, time) = head;
            if (other == head) continue;
            members_.at(other, time) = head;
            const Actor* absorbed = actors_.find(other);
            if (!absorbed) continue;
            const Actor moved = *absorbed;
            actors_.erase(other);
            Actor& actor = actors_.at(head, time);
            actor.signs.insert(actor.signs.end(), moved.signs.begin(), moved.signs.end());
            std::stable_sort(actor.signs.begin(), actor.signs.end(),
                             [](const Sign& a, const Sign& b) { return a.time < b.time; });
            if (actor.signs.size() > kMostSigns)
                actor.signs.erase(actor.signs.begin(), actor.signs.end() - kMostSigns);
            actor.warned |= moved.warned;
            actor.told |= moved.told;
        }
        return head;
    }
    PlaceKey head_of(PlaceKey key) const {
        // Heads of heads are few: an actor that was joined points at the one that took it.
        constexpr int kMostSteps = 32;
        for (int i = 0; i < kMostSteps; ++i) {
            const PlaceKey* next = members_.find(key);
            if (!next || *next == key) break;
            key = *next;
        }
        return key;
    }

    void judge(const Alert& alert, const World&, Actor& actor, Findings& out) const {
        const uint64_t* seen = txns_.find(0);
        const auto txns = static_cast<double>(seen ? std::max<uint64_t>(*seen, 1) : 1);
        std::array<double, kStages> rarest{};
        std::array<uint32_t, kStages> counts{};
        bool precise = false;
        for (const Sign& sign : actor.signs) {
            const auto stage = static_cast<std::size_t>(sign.stage);
            const uint64_t* raised = raised_.find(sign.detector);
            const double rate = std::min(1.0, static_cast<double>(raised ? *raised : 1) / txns);
            rarest[stage] = counts[stage] == 0 ? rate : std::min(rarest[stage], rate);
            ++counts[stage];
            precise |= sign.precise;
        }
        double product = 1;
        std::size_t stages = 0;
        for (std::size_t stage = 1; stage < kStages; ++stage)
            if (counts[stage] > 0) {
                product *= rarest[stage];
                ++stages;
            }
        const auto of = [&](Stage stage) { return counts[static_cast<std::size_t>(stage)]; };
        const bool rare = actor.signs.size() >= alerts_ && product <= chance_;
        const bool whole = stages == kStages - 1;
        const bool sure = precise && stages >= 2;
        const bool prepares = of(Stage::kFunding) > 0 && of(Stage::kPreparation) > 0;
        const bool is_attack = rare || whole || sure;
        if (is_attack ? actor.told : !prepares || actor.warned) return;
        (is_attack ? actor.told : actor.warned) = true;
        Finding found;
        found.severity = is_attack ? Severity::kCritical : Severity::kHigh;
        found.stage = is_attack ? Stage::kExploitation : Stage::kPreparation;
        found.confidence = whole || rare ? 0.95 : is_attack ? 0.9 : 0.6;
        found.subject = alert.subject;
        found.related = alert.related;
        found.usd = alert.usd;
        for (const Sign& sign : actor.signs)
            if (std::find(found.txns.begin(), found.txns.end(), sign.txn) == found.txns.end())
                found.txns.push_back(sign.txn);
        found.key = is_attack ? "attack" : "preparation";
        found.reason = format(
            "{} alerts within {} days point at one actor: {} of funding, {} of preparation, {} of "
            "the deed, {} of laundering. {}",
            actor.signs.size(), std::chrono::duration_cast<Seconds>(window_).count() / 86'400,
            of(Stage::kFunding), of(Stage::kPreparation), of(Stage::kExploitation),
            of(Stage::kLaundering),
            rare    ? format("By chance that happens once in {:.0f} times.", 1 / product)
            : whole ? "All stages of a theft are there."
            : sure  ? "One of them is nearly always right, and another stage confirms it."
                    : "Nothing is lost yet.");
        found.next = is_attack ? "Treat it as a theft: freeze what this actor can reach."
                               : "Pause what it prepares against, or watch its next txn by hand.";
        out.push_back(std::move(found));
    }

    std::size_t alerts_;
    double chance_, precise_;
    Seconds window_, aged_;
    Keyed<PlaceKey, Actor> actors_{kActors};
    Keyed<PlaceKey, PlaceKey> members_{kMembers};
    Keyed<PlaceKey, PlaceKey> funders_{kFunders};
    Keyed<uint64_t, uint64_t> raised_{kDetectors};
    Keyed<uint32_t, uint64_t> txns_{8};
};

}  // namespace

Maker d38() noexcept { return {&kDescriptor, make_detector<Combiner>}; }

}  // namespace cordon::detect
