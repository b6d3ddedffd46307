// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>

#include "creations.hpp"
#include "detectors.hpp"
#include "evidence.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"age", "A contract younger than this is new, in seconds.", 86'400, 60, 31'536'000},
};

constexpr Descriptor kDescriptor{.id = "D27",
                                 .name = "targets-protocol",
                                 .title = "New code aims at a protocol that is guarded",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kPreparation,
                                 .needs = kTxns | kWallets,
                                 .parameters = kParameters};

constexpr uint64_t kAimed = 1U << 14;  ///< New contracts that aim at something of ours.

struct AimKey {
    ChainId chain;
    Address contract;
    friend auto operator<=>(const AimKey&, const AimKey&) = default;
};
struct Aim {
    Address target;
    UnixMillis made;
    Hash256 txn;
    bool flash = false;
};

}  // namespace
}  // namespace cordon::detect

template <>
struct std::hash<cordon::detect::AimKey> {
    std::size_t operator()(const cordon::detect::AimKey& key) const noexcept {
        return std::hash<cordon::Address>{}(key.contract) ^
               (std::hash<cordon::ChainId>{}(key.chain) * 3);
    }
};

namespace cordon::detect {
namespace {

class TargetsProtocol final : public Detector {
public:
    explicit TargetsProtocol(const WatchConfig& config)
        : age_{static_cast<int64_t>(parameter(kDescriptor, config, "age"))} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&aims_}; }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        if (!txn.activity) return;
        for (const Creation& creation : creations_of(txn)) made(txn, world, creation, out);
        first_call(txn, world, out);
    }

private:
    static std::string name_of(const TxnView& txn, const World& world, const Address& target) {
        const Protocol* protocol = world.protocol_of(txn.chain, target);
        const WatchedBridge* bridge = world.bridge_of(txn.chain, target);
        return format("{} ({})",
                      protocol ? protocol->name
                      : bridge ? bridge->name
                               : std::string{"?"},
                      text_of(txn, target));
    }

    void made(const TxnView& txn, const World& world, const Creation& creation, Findings& out) {
        const CodeFacts& facts = creation.facts;
        const auto target = std::find_if(
            facts.addresses.begin(), facts.addresses.end(), [&](const Address& address) {
                return world.protocol_of(txn.chain, address) || world.bridge_of(txn.chain, address);
            });
        if (target == facts.addresses.end() || is_token(facts)) return;
        // Its own people deploy against it all the time.
        if (const Protocol* protocol = world.protocol_of(txn.chain, *target))
            if (is_admin(*protocol, txn)) return;
        const bool flash = facts.has_any(flash_callbacks());
        if (!creation.contract.empty())
            aims_.at({txn.chain, creation.contract}, txn.time) = {*target, txn.time, txn.hash,
                                                                  flash};
        out.push_back(
            {.severity = flash ? Severity::kHigh : Severity::kLow,
             .stage = Stage::kPreparation,
             .confidence = flash ? 0.6 : 0.2,
             .subject = creation.contract.empty() ? txn.activity->from : creation.contract,
             .reason = format("New code names {}{}.", name_of(txn, world, *target),
                              flash ? " and answers a flash lender" : ""),
             .next = "Simulate its functions; be ready to pause before its first call.",
             .related = {txn.activity->from, *target}});
    }

    static bool is_admin(const Protocol& protocol, const TxnView& txn) {
        return std::any_of(protocol.admins.begin(), protocol.admins.end(), [&](const Place& place) {
            return place.chain == txn.chain && place.address == txn.activity->from;
        });
    }

    /// Seen in the mempool, it is the last moment to pause.
    void first_call(const TxnView& txn, const World& world, Findings& out) {
        const Aim* known = aims_.find({txn.chain, txn.activity->to});
        if (!known || !known->flash || txn.activity->input.size() < 4) return;
        const Aim aim = *known;
        if (txn.time - aim.made > age_) return;
        aims_.erase({txn.chain, txn.activity->to});
        out.push_back(
            {.severity = Severity::kCritical,
             .stage = Stage::kExploitation,
             .confidence = 0.7,
             .subject = txn.activity->to,
             .reason = format("First call of {}, {} seconds after it was made: it names "
                              "{} and answers a flash lender.",
                              text_of(txn, txn.activity->to),
                              std::chrono::duration_cast<Seconds>(txn.time - aim.made).count(),
                              name_of(txn, world, aim.target)),
             .next = "Pause the protocol now.",
             .txns = {aim.txn},
             .related = {txn.activity->from, aim.target},
             .key = "call"});
    }

    Seconds age_;
    Keyed<AimKey, Aim> aims_{kAimed};
};

}  // namespace

Maker d27() noexcept {
    return {&kDescriptor, [](const WatchConfig& config) -> std::unique_ptr<Detector> {
                return std::make_unique<TargetsProtocol>(config);
            }};
}

}  // namespace cordon::detect
