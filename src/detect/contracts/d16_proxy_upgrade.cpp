// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "bytecode.hpp"
#include "detectors.hpp"
#include "evidence.hpp"
#include "guarded.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"age", "An implementation younger than this is young, in seconds.", 604'800, 60, 31'536'000},
};

constexpr Descriptor kDescriptor{.id = "D16",
                                 .name = "proxy-upgrade",
                                 .title = "A proxy runs new code",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kPreparation,
                                 .needs = kTxns,
                                 .parameters = kParameters};

/// Contracts whose code was seen to be dangerous when they were made.
constexpr uint64_t kRisky = 1U << 16;

struct CodeKey {
    ChainId chain;
    Address contract;
    friend auto operator<=>(const CodeKey&, const CodeKey&) = default;
};

}  // namespace
}  // namespace cordon::detect

template <>
struct std::hash<cordon::detect::CodeKey> {
    std::size_t operator()(const cordon::detect::CodeKey& key) const noexcept {
        return std::hash<cordon::Address>{}(key.contract) ^
               (std::hash<cordon::ChainId>{}(key.chain) * 3);
    }
};

namespace cordon::detect {
namespace {

/// keccak256("eip1967.proxy.implementation") - 1 (EIP-1967).
Hash256 implementation_slot() {
    Hash256 slot = topic_named("eip1967.proxy.implementation");
    slot.bytes[31] = static_cast<uint8_t>(slot.bytes[31] - 1);  // Ends in 0xbd: no borrow.
    return slot;
}

/// Functions that take all there is.
const SelectorSet& sweepers() {
    static const SelectorSet kSet{"sweep()",
                                  "sweep(address)",
                                  "sweepETH(address)",
                                  "sweepERC20(address,address)",
                                  "sweepToken(address)",
                                  "sweepTokens(address[])",
                                  "emergencyWithdraw(address)",
                                  "emergencyWithdraw(address,uint256)",
                                  "withdrawToken(address,address,uint256)",
                                  "rescueTokens(address,address,uint256)"};
    return kSet;
}

class ProxyUpgrade final : public Detector {
public:
    explicit ProxyUpgrade(const WatchConfig& config)
        : age_{static_cast<int64_t>(parameter(kDescriptor, config, "age"))} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&risky_}; }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        if (!txn.activity || txn.activity->succeeded == false) return;
        std::vector<Address> born;
        for (const Call& call : txn.activity->calls) {
            if (call.kind != CallKind::kCreate && call.kind != CallKind::kCreate2) continue;
            if (call.failed || call.to.empty()) continue;
            born.push_back(call.to);
            const CodeFacts facts = read_code(call.output);
            if (facts.selfdestructs || facts.has_any(sweepers()))
                risky_.at({txn.chain, call.to}, txn.time) = true;
        }
        std::vector<Address> told;
        const auto tell = [&](const Address& proxy, const Address& code) {
            // A proxy that is made in this txn is not upgraded but set up.
            if (proxy == code || code.is_zero() ||
                std::find(born.begin(), born.end(), proxy) != born.end() ||
                proxy == txn.activity->created ||
                std::find(told.begin(), told.end(), proxy) != told.end())
                return;
            told.push_back(proxy);
            judge(txn, world, proxy, code, out);
        };
        static const Hash256 kSlot = implementation_slot();
        for (const StateChange& change : txn.activity->changes)
            if (change.slot == kSlot && change.before != Hash256{})
                if (const auto code = address_in(change.after)) tell(change.contract, *code);
        static const Hash256 kUpgraded = topic_named("Upgraded(address)");
        static const Hash256 kBeacon = topic_named("BeaconUpgraded(address)");
        for (const Log& log : txn.activity->logs) {
            if (log.topics.empty() || (log.topics[0] != kUpgraded && log.topics[0] != kBeacon))
                continue;
            const auto code = address_in(log.topics.size() > 1 ? ByteView{log.topics[1]}
                                                               : data_word(log.data, 0));
            if (code) tell(log.contract, *code);
        }
    }

private:
    void judge(const TxnView& txn, const World& world, const Address& proxy, const Address& code,
               Findings& out) const {
        const Protocol* protocol = world.protocol_of(txn.chain, proxy);
        const WatchedBridge* bridge = world.bridge_of(txn.chain, proxy);
        const bool guarded = protocol || bridge;
        const bool risky = risky_.find({txn.chain, code}) != nullptr;
        const std::optional<UnixMillis> made = world.created(txn.chain, code);
        const bool young = made && txn.time - *made < age_;
        if (!guarded && !risky) return;
        const bool announced = protocol && is_by_timelock(txn, *protocol);
        Finding finding;
        finding.severity = !guarded                                    ? Severity::kMedium
                           : risky || ((young || !made) && !announced) ? Severity::kCritical
                           : announced                                 ? Severity::kInfo
                                                                       : Severity::kHigh;
        finding.stage = Stage::kPreparation;
        finding.confidence = risky ? 0.9 : young ? 0.8 : 0.5;
        finding.subject = proxy;
        finding.reason = format(
            "{}{} runs the code of {} from now on{}{}{}.",
            guarded ? (protocol ? protocol->name : bridge->name) + ": " : std::string{},
            text_of(txn, proxy), text_of(txn, code),
            young ? format(", which is {} hours old",
                           std::chrono::duration_cast<std::chrono::hours>(txn.time - *made).count())
                  : std::string{made ? "" : ", whose age is not known"},
            risky ? "; it can destroy itself or sweep all balances" : "",
            announced ? "; its timelock announced it" : "; no timelock announced it");
        finding.next = "Compare the new code with what was announced; pause until then.";
        if (protocol) finding.usd = value_of(txn, world, *protocol);
        finding.related = {code, txn.activity->from};
        out.push_back(std::move(finding));
    }

    Seconds age_;
    Keyed<CodeKey, bool> risky_{kRisky};
};

}  // namespace

Maker d16() noexcept {
    return {&kDescriptor, [](const WatchConfig& config) -> std::unique_ptr<Detector> {
                return std::make_unique<ProxyUpgrade>(config);
            }};
}

}  // namespace cordon::detect
