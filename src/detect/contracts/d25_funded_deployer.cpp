// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>

#include "bytecode.hpp"
#include "detectors.hpp"
#include "evidence.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"hours", "Money from a mixer counts as long as this, in hours.", 72, 1, 8'760},
    {"hops", "Over how many payments it is followed.", 2, 1, 4},
    {"code", "A contract of less code is nothing worth a mixer, in bytes.", 1'000, 0, 49'152},
};

constexpr Descriptor kDescriptor{.id = "D25",
                                 .name = "funded-deployer",
                                 .title = "A contract made with a mixer's money",
                                 .severity = Severity::kMedium,
                                 .stage = Stage::kPreparation,
                                 .needs = kTransfers | kTxns | kLabels,
                                 .parameters = kParameters};

/// Payments of mixers and instant swaps: some thousands a day, remembered for days.
constexpr uint64_t kFunded = 1U << 18;

struct FundedKey {
    ChainId chain;
    Address address;
    friend auto operator<=>(const FundedKey&, const FundedKey&) = default;
};
struct Funding {
    Address source;   ///< The labelled one.
    Hash256 txn;      ///< That paid this address.
    UnixMillis time;  ///< When the source paid.
    uint32_t hops = 0;
};

}  // namespace
}  // namespace cordon::detect

template <>
struct std::hash<cordon::detect::FundedKey> {
    std::size_t operator()(const cordon::detect::FundedKey& key) const noexcept {
        return std::hash<cordon::Address>{}(key.address) ^
               (std::hash<cordon::ChainId>{}(key.chain) * 3);
    }
};

namespace cordon::detect {
namespace {

/// 42 % of labelled attackers were funded from one mixer, 21 % from instant swaps (Forta's sheet).
/// So are people who want privacy: a pre-alert, for D26, D27 and D38 to build on.
class FundedDeployer final : public Detector {
public:
    explicit FundedDeployer(const WatchConfig& config)
        : age_{std::chrono::hours{static_cast<int64_t>(parameter(kDescriptor, config, "hours"))}},
          hops_{static_cast<uint32_t>(parameter(kDescriptor, config, "hops"))},
          code_{parameter(kDescriptor, config, "code")} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&funded_}; }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        if (txn.activity) created(txn, out);
        for (const Movement& movement : txn.movements) follow(txn, world, movement);
    }

private:
    void follow(const TxnView& txn, const World& world, const Movement& movement) {
        const Transfer& transfer = *movement.transfer;
        if (!transfer.asset.is_native() || transfer.kind == TransferKind::kFee ||
            transfer.amount.is_zero() || transfer.to.is_zero())
            return;
        // An address with a past has money of its own: only the first payments say who it is.
        if (movement.to_first_seen && txn.time - *movement.to_first_seen > age_) return;
        if (funded_.find({txn.chain, transfer.to})) return;
        if (is_source(txn, world, transfer)) {
            funded_.at({txn.chain, transfer.to}, txn.time) = {transfer.from, txn.hash, txn.time, 1};
            return;
        }
        const Funding* before = funded_.find({txn.chain, transfer.from});
        if (!before || before->hops >= hops_ || txn.time - before->time > age_) return;
        const Funding next{before->source, txn.hash, before->time, before->hops + 1};
        funded_.at({txn.chain, transfer.to}, txn.time) = next;
    }

    /// A mixer's pool pays by a contract, an instant swap from a key of its own: what a contract
    /// with that label pays is the proceeds of a trade, and says nothing.
    static bool is_source(const TxnView& txn, const World& world, const Transfer& transfer) {
        const std::optional<Label> label = world.label(txn.chain, transfer.from);
        if (!label) return false;
        if (label->category == Category::kMixer) return true;
        return label->category == Category::kSwap && transfer.kind == TransferKind::kNative &&
               txn.activity && txn.activity->from == transfer.from;
    }

    void created(const TxnView& txn, Findings& out) const {
        const TxnActivity& activity = *txn.activity;
        if (activity.succeeded == false) return;
        const Funding* funding = funded_.find({txn.chain, activity.from});
        if (!funding || txn.time - funding->time > age_) return;
        Address contract = activity.created;
        ByteView code = activity.to.empty() ? ByteView{activity.input} : ByteView{};
        for (const Call& call : activity.calls) {
            if (call.failed || (call.kind != CallKind::kCreate && call.kind != CallKind::kCreate2))
                continue;
            contract = call.to;
            code = call.input;
            break;
        }
        if (contract.empty() || static_cast<double>(code.size()) < code_) return;
        const CodeFacts facts = read_code(code);
        if (is_token(facts) || is_forwarder(facts)) return;
        out.push_back(
            {.severity = Severity::kMedium,
             .stage = Stage::kPreparation,
             .confidence = 0.4,
             .subject = contract,
             .reason = format(
                 "{} made {} ({} bytes of code) with money that {} paid {} "
                 "hours before, over {} payments.",
                 text_of(txn, activity.from), text_of(txn, contract), code.size(),
                 text_of(txn, funding->source),
                 std::chrono::duration_cast<std::chrono::hours>(txn.time - funding->time).count(),
                 funding->hops),
             .next = "Look at what the contract refers to; watch its first call.",
             .txns = {funding->txn},
             .related = {activity.from, funding->source}});
    }

    Seconds age_;
    uint32_t hops_;
    double code_;
    Keyed<FundedKey, Funding> funded_{kFunded};
};

}  // namespace

Maker d25() noexcept {
    return {&kDescriptor, [](const WatchConfig& config) -> std::unique_ptr<Detector> {
                return std::make_unique<FundedDeployer>(config);
            }};
}

}  // namespace cordon::detect
