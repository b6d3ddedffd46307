// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <cordon/base/format.hpp>

#include "detectors.hpp"
#include "evidence.hpp"
#include "safe_calls.hpp"

namespace cordon::detect {
namespace {

constexpr Descriptor kDescriptor{.id = "D12",
                                 .name = "safe-singleton",
                                 .title = "The code behind a Safe changed",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kExploitation,
                                 .needs = kTxns};

constexpr uint64_t kSafes = 1U << 14;  ///< Safes whose code is remembered: far more than are ours.

struct SafeKey {
    ChainId chain;
    Address safe;
    friend auto operator<=>(const SafeKey&, const SafeKey&) = default;
};

}  // namespace
}  // namespace cordon::detect

template <>
struct std::hash<cordon::detect::SafeKey> {
    std::size_t operator()(const cordon::detect::SafeKey& key) const noexcept {
        return std::hash<cordon::Address>{}(key.safe) ^
               (std::hash<cordon::ChainId>{}(key.chain) * 3);
    }
};

namespace cordon::detect {
namespace {

/// A Safe is a proxy that runs whatever code slot 0 names. Three ways to see it change: the slot
/// (state diffs), the event of old versions, and what the proxy hands its calls to (traces).
class SafeSingleton final : public Detector {
public:
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&code_}; }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        if (!txn.activity || txn.activity->succeeded == false) return;
        std::set<Address> safes;  // Made to act in this txn: like a Safe, whoever's it is.
        for (const SafeCall& call : safe_calls(txn)) safes.insert(call.safe);
        std::set<Address> told;
        const auto tell = [&](const Address& safe, const Address& code, std::string_view how) {
            const WatchedSafe* watched = world.safe_of(txn.chain, safe);
            if (is_released_singleton(code) || told.contains(safe)) return;
            if (watched && std::find(watched->singletons.begin(), watched->singletons.end(),
                                     code) != watched->singletons.end())
                return;
            if (!watched && !safes.contains(safe)) return;
            told.insert(safe);
            out.push_back(
                {.severity = watched ? Severity::kCritical : Severity::kHigh,
                 .stage = Stage::kExploitation,
                 .confidence = watched ? 0.98 : 0.8,
                 .subject = safe,
                 .reason =
                     format("{} runs the code of {} from now on, which is no released Safe "
                            "({}): whoever wrote it owns all that the Safe holds.",
                            watched ? "The Safe " + watched->name + " (" + text_of(txn, safe) + ")"
                                    : "The Safe " + text_of(txn, safe),
                            text_of(txn, code), how),
                 .next = "Stop all payments to it; if its owners still can, move what is left.",
                 .related = {code, txn.activity->from}});
        };
        by_slot(txn, tell);
        by_event(txn, tell);
        by_calls(txn, world, safes, tell);
    }

private:
    template <typename Tell>
    static void by_slot(const TxnView& txn, const Tell& tell) {
        if (!txn.has_changes) return;
        for (const StateChange& change : txn.activity->changes) {
            if (change.slot != Hash256{} || change.before == Hash256{}) continue;
            if (const auto code = address_in(change.after))
                tell(change.contract, *code, "slot 0 was written");
        }
    }
    template <typename Tell>
    static void by_event(const TxnView& txn, const Tell& tell) {
        static const Hash256 kChanged = topic_named("ChangedMasterCopy(address)");
        for (const Log& log : txn.activity->logs) {
            if (log.topics.empty() || log.topics[0] != kChanged) continue;
            const auto code = address_in(log.topics.size() > 1 ? ByteView{log.topics[1]}
                                                               : data_word(log.data, 0));
            if (code) tell(log.contract, *code, "it says so in ChangedMasterCopy");
        }
    }
    /// The first thing that a proxy does with a call is to hand it on.
    template <typename Tell>
    void by_calls(const TxnView& txn, const World& world, const std::set<Address>& safes,
                  const Tell& tell) {
        const std::vector<Call>& calls = txn.activity->calls;
        for (std::size_t i = 0; i + 1 < calls.size(); ++i) {
            const Call& call = calls[i];
            const Call& next = calls[i + 1];
            if (call.failed || call.to.empty() || next.parent != i ||
                next.kind != CallKind::kDelegateCall || next.from != call.to ||
                next.input != call.input)
                continue;
            const bool known = code_.find({txn.chain, call.to}) != nullptr;
            if (!known && !world.safe_of(txn.chain, call.to) && !safes.contains(call.to)) continue;
            Address& code = code_.at({txn.chain, call.to}, txn.time);
            const Address before = code;
            code = next.to;
            if (!before.empty() && before != next.to)
                tell(call.to, next.to, format("its calls went to {} before", text_of(txn, before)));
        }
    }

    Keyed<SafeKey, Address> code_{kSafes};
};

}  // namespace

Maker d12() noexcept {
    return {&kDescriptor, [](const WatchConfig&) -> std::unique_ptr<Detector> {
                return std::make_unique<SafeSingleton>();
            }};
}

}  // namespace cordon::detect
