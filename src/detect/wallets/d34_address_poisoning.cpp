// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/chain/look_alike.hpp>

#include "detectors.hpp"
#include "outflow.hpp"
#include "recent.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"dust_usd", "A transfer of at most so much, in USD, is bait and no payment.", 1, 0, 1000},
    {"counterparties", "So many of the last ones of a wallet are compared.", 50, 1, 500},
};

constexpr Descriptor kDescriptor{.id = "D34",
                                 .name = "address-poisoning",
                                 .title = "A false address is put into the history of a wallet",
                                 .severity = Severity::kMedium,
                                 .stage = Stage::kPreparation,
                                 .needs = kTransfers | kWallets,
                                 .interest = kOurTxns,
                                 .parameters = kParameters};

constexpr uint64_t kWallets = 1U << 17;

/// People copy the destination from their history; whoever writes into it chooses it. (68 M$ of
/// WBTC in 2024; 17 M such transfers on two chains.)
class AddressPoisoning final : public Detector {
public:
    explicit AddressPoisoning(const WatchConfig& config)
        : dust_{cents_of(parameter(kDescriptor, config, "dust_usd"))},
          most_{static_cast<std::size_t>(parameter(kDescriptor, config, "counterparties"))} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&recent_}; }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        for (const Movement& movement : txn.movements) {
            const Transfer& transfer = *movement.transfer;
            // Between two of ours nobody is deceived.
            if ((movement.from_set != 0) == (movement.to_set != 0)) continue;
            const Address& ours = movement.from_set != 0 ? transfer.from : transfer.to;
            const Address& other = movement.from_set != 0 ? transfer.to : transfer.from;
            if (other.empty() || other.is_zero()) continue;
            if (is_bait(txn, world, movement))
                look(txn, movement, ours, other, out);
            else if (movement.from_set != 0)
                remember(txn, ours, other);
        }
    }

private:
    /// Nothing, next to nothing, or a token that anybody can make and that we never held.
    bool is_bait(const TxnView& txn, const World& world, const Movement& movement) const {
        const Transfer& transfer = *movement.transfer;
        if (transfer.amount.is_zero()) return true;
        if (movement.usd) return *movement.usd <= dust_;
        if (transfer.asset.is_native()) return false;
        if (movement.from_set == 0) return true;
        const auto held = world.balance(txn.chain, transfer.from, transfer.asset);
        return !held || held->is_zero();
    }

    void look(const TxnView& txn, const Movement& movement, const Address& ours,
              const Address& other, Findings& out) const {
        const RecentAddresses* recent = recent_.find(key_of(txn.chain, ours));
        if (!recent || recent->has(other)) return;
        const std::vector<Address> paid = recent->all();
        const auto alike = std::find_if(paid.begin(), paid.end(), [&](const Address& known) {
            return chain::looks_like(txn.chain, known, other);
        });
        if (alike == paid.end()) return;
        const bool is_forged = movement.from_set != 0;
        Finding found;
        found.severity = Severity::kMedium;
        found.stage = Stage::kPreparation;
        found.confidence = 0.9;
        found.subject = other;
        found.related = {ours, *alike};
        found.key = address_text(txn.chain, ours);
        found.reason =
            format("{} {} with {} of {} and looks like {}, which {} paid before.",
                   address_text(txn.chain, other),
                   is_forged ? "appears as paid by your wallet" : "sent your wallet a transfer",
                   movement.transfer->amount.is_zero() ? "nothing" : "next to nothing",
                   movement.transfer->asset.is_native() ? "the coin" : "a token",
                   address_text(txn.chain, *alike), found.key);
        found.next = "Warn whoever pays from this wallet: take no address from its history.";
        out.push_back(std::move(found));
    }

    void remember(const TxnView& txn, const Address& ours, const Address& other) {
        recent_.at(key_of(txn.chain, ours), txn.time).add(other, most_);
    }

    Cents dust_;
    std::size_t most_;
    Keyed<PlaceKey, RecentAddresses> recent_{kWallets};
};

}  // namespace

Maker d34() noexcept { return {&kDescriptor, make_detector<AddressPoisoning>}; }

}  // namespace cordon::detect
