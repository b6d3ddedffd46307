// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/format.hpp>

#include "detectors.hpp"
#include "outflow.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"test_share", "A first payment of at most this part of the later one is a test.", 0.001, 1e-9,
     0.5},
    {"balance_share", "The later one takes this part of what the set holds.", 0.10, 0.001, 1},
    {"age", "The destination was first seen less than so many seconds before.", 86'400, 1,
     31'536'000},
    {"window", "In seconds, from test to payment.", 3600, 10, 604'800},
};

constexpr Descriptor kDescriptor{.id = "D06",
                                 .name = "test-then-maximum",
                                 .title = "A test payment, then as much as there is",
                                 .severity = Severity::kHigh,
                                 .stage = Stage::kExploitation,
                                 .needs = kTransfers | kWallets,
                                 .interest = kOurTxns,
                                 .parameters = kParameters};

constexpr uint64_t kPairs = 1U << 20;

struct PairKey {
    PlaceKey to;
    SetId set = 0;
    uint64_t asset = 0;
    friend auto operator<=>(const PairKey&, const PairKey&) = default;
};
struct Test {
    Amount amount;
    UnixMillis time;
    Hash256 txn;
};

}  // namespace
}  // namespace cordon::detect

template <>
struct std::hash<cordon::detect::PairKey> {
    std::size_t operator()(const cordon::detect::PairKey& key) const noexcept {
        return key.to.bits() ^ (key.asset * 3) ^ key.set;
    }
};

namespace cordon::detect {
namespace {

/// Coincheck's thief sent ten coins before five hundred millions: he had one try, as well.
class TestThenMaximum final : public Detector {
public:
    explicit TestThenMaximum(const WatchConfig& config)
        : test_share_{parameter(kDescriptor, config, "test_share")},
          balance_share_{parameter(kDescriptor, config, "balance_share")},
          age_{static_cast<int64_t>(parameter(kDescriptor, config, "age"))},
          window_{static_cast<int64_t>(parameter(kDescriptor, config, "window"))} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&tests_}; }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        for (const Outflow& outflow : outflows(txn, true)) {
            const std::optional<UnixMillis>& seen = outflow.first->to_first_seen;
            if (seen && txn.time - *seen >= age_) continue;
            const PairKey key{key_of(txn.chain, outflow.receivers.front()), outflow.set,
                              world.asset_key(txn.chain, outflow.asset()).bits()};
            const Test* test = tests_.find(key);
            if (test && txn.time - test->time <= window_ &&
                ratio(test->amount, outflow.amount) <= test_share_) {
                judge(txn, world, outflow, *test, out);
            } else if (!test || txn.time - test->time > window_ || outflow.amount < test->amount) {
                tests_.at(key, txn.time) = {outflow.amount, txn.time, txn.hash};
            }
        }
    }

private:
    void judge(const TxnView& txn, const World& world, const Outflow& outflow, const Test& test,
               Findings& out) const {
        const auto held = world.set_balance(outflow.set, txn.chain, outflow.asset());
        if (!held || ratio(outflow.amount, *held) < balance_share_) return;
        const SetInfo& set = world.set(outflow.set);
        Finding found;
        found.severity = Severity::kHigh;
        found.stage = Stage::kExploitation;
        found.confidence = 0.75;
        found.subject = outflow.from();
        found.usd = outflow.usd;
        found.txns = {test.txn};
        found.related = outflow.receivers;
        found.key = address_text(txn.chain, outflow.receivers.front());
        found.reason = format(
            "{} got {} of the set {} as a test, and {} seconds later {} ({}): {} of what the set "
            "held. It has been known for less than {} hours.",
            found.key, world.amount_text(txn.chain, outflow.asset(), test.amount), set.name,
            std::chrono::duration_cast<Seconds>(txn.time - test.time).count(),
            world.amount_text(txn.chain, outflow.asset(), outflow.amount), usd_text(outflow.usd),
            percent(ratio(outflow.amount, *held)), age_.count() / 3600);
        found.next = "Ask who ordered both payments; hold the wallet until he answers.";
        found.tags = {set.name, set.tier};
        out.push_back(std::move(found));
    }

    double test_share_, balance_share_;
    Seconds age_, window_;
    Keyed<PairKey, Test> tests_{kPairs};
};

}  // namespace

Maker d06() noexcept { return {&kDescriptor, make_detector<TestThenMaximum>}; }

}  // namespace cordon::detect
