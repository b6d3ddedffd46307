// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

#include "detectors.hpp"
#include "outflow.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"owners", "So many owners let one spender spend.", 10, 2, 64},
    {"drained", "From so many of them he takes.", 3, 1, 64},
    {"age", "A contract that is older than so many days is no drainer.", 30, 1, 3650},
    {"approval_window", "In seconds: approvals count so long.", 604'800, 60, 31'536'000},
    {"drain_window", "In seconds: so long may the taking last.", 3600, 60, 604'800},
};

constexpr Descriptor kDescriptor{.id = "D33",
                                 .name = "approval-phishing",
                                 .title = "Many approve one spender, and he takes",
                                 .severity = Severity::kHigh,
                                 .stage = Stage::kExploitation,
                                 .needs = kTransfers | kTxns | kLogs,
                                 .interest = kAnyTxn,
                                 .parameters = kParameters};

constexpr uint64_t kSpenders = 1U << 16;
// Whoever has more approvals than this is known by all: a router, a market.
constexpr std::size_t kMostOwners = 64;

struct Spender {
    UnixMillis begun;               // The first approval that counts.
    std::vector<uint64_t> owners;   // Sorted digests.
    UnixMillis took;                // The first taking that counts.
    std::vector<uint64_t> drained;  // Sorted digests.
    std::vector<Hash256> txns;
    Cents usd = 0;
    uint64_t told = 0;
};
Status save_state(StateSink& sink, const Spender& spender) {
    CORDON_TRY(save_state(sink, spender.begun));
    CORDON_TRY(save_state(sink, spender.owners));
    CORDON_TRY(save_state(sink, spender.took));
    CORDON_TRY(save_state(sink, spender.drained));
    CORDON_TRY(save_state(sink, spender.txns));
    CORDON_TRY(save_state(sink, spender.usd));
    return save_state(sink, spender.told);
}
Status load_state(StateSource& source, Spender& spender) {
    CORDON_TRY(load_state(source, spender.begun));
    CORDON_TRY(load_state(source, spender.owners));
    CORDON_TRY(load_state(source, spender.took));
    CORDON_TRY(load_state(source, spender.drained));
    CORDON_TRY(load_state(source, spender.txns));
    CORDON_TRY(load_state(source, spender.usd));
    return load_state(source, spender.told);
}

bool insert(std::vector<uint64_t>& sorted, uint64_t value) {
    const auto at = std::lower_bound(sorted.begin(), sorted.end(), value);
    if (at != sorted.end() && *at == value) return false;
    if (sorted.size() < kMostOwners) sorted.insert(at, value);
    return true;
}

Hash256 topic_of(std::string_view event) {
    return crypto::keccak256({reinterpret_cast<const uint8_t*>(event.data()), event.size()});
}

Address address_in(AddressKind kind, const Hash256& topic) {
    return {kind, ByteView{topic.bytes.data() + 12, 20}};
}

/// BadgerDAO, Inferno: the victims sign an approval, and a single address takes from all of them.
class ApprovalPhishing final : public Detector {
public:
    explicit ApprovalPhishing(const WatchConfig& config)
        : owners_{static_cast<std::size_t>(parameter(kDescriptor, config, "owners"))},
          drained_{static_cast<std::size_t>(parameter(kDescriptor, config, "drained"))},
          age_{static_cast<int64_t>(parameter(kDescriptor, config, "age") * 86'400)},
          approval_window_{static_cast<int64_t>(parameter(kDescriptor, config, "approval_window"))},
          drain_window_{static_cast<int64_t>(parameter(kDescriptor, config, "drain_window"))} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&spenders_}; }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        if (!txn.activity) return;
        if (spenders_.size() > 0) taking(txn, world, out);
        for (const Log& log : txn.activity->logs) approval(txn, log);
    }

private:
    void approval(const TxnView& txn, const Log& log) {
        if (log.topics.size() < 3 ||
            (log.topics[0] != approval_ && log.topics[0] != approval_for_all_))
            return;
        // Nothing approved: an approval that is taken back, or used up.
        if (std::all_of(log.data.begin(), log.data.end(), [](uint8_t b) { return b == 0; })) return;
        const AddressKind kind = txn.activity->from.kind();
        const PlaceKey key = key_of(txn.chain, address_in(kind, log.topics[2]));
        Spender& spender = spenders_.at(key, txn.time);
        if (txn.time - spender.begun > approval_window_) {
            spender = Spender{};
            spender.begun = txn.time;
        }
        insert(spender.owners, key_of(txn.chain, address_in(kind, log.topics[1])).bits());
    }

    void taking(const TxnView& txn, const World& world, Findings& out) {
        const TxnActivity& activity = *txn.activity;
        // The spender signs himself, or what he signs calls a contract that is the spender.
        for (const Address* who : {&activity.from, &activity.to}) {
            const Spender* known = spenders_.find(key_of(txn.chain, *who));
            if (!known || known->owners.size() < owners_ || known->owners.size() >= kMostOwners)
                continue;
            if (who == &activity.to) {
                const auto created = world.created(txn.chain, *who);
                if (!created || txn.time - *created > age_) continue;
            }
            take(txn, world, *who, out);
        }
    }

    void take(const TxnView& txn, const World& world, const Address& who, Findings& out) {
        const TxnActivity& activity = *txn.activity;
        const PlaceKey key = key_of(txn.chain, who);
        for (const Movement& movement : txn.movements) {
            const Transfer& transfer = *movement.transfer;
            if (transfer.asset.is_native() || transfer.amount.is_zero() ||
                transfer.from == activity.from || transfer.from == who)
                continue;
            const uint64_t owner = key_of(txn.chain, transfer.from).bits();
            const Spender& known = *spenders_.find(key);
            if (!std::binary_search(known.owners.begin(), known.owners.end(), owner)) continue;
            // Whoever is given something for it trades.
            if (std::any_of(txn.movements.begin(), txn.movements.end(), [&](const Movement& back) {
                    return back.transfer->to == transfer.from && !back.transfer->amount.is_zero();
                }))
                continue;
            Spender& spender = spenders_.at(key, txn.time);
            if (txn.time - spender.took > drain_window_) {
                spender.took = txn.time;
                spender.drained.clear();
                spender.txns.clear();
                spender.usd = 0;
                spender.told = 0;
            }
            insert(spender.drained, owner);
            spender.usd = plus(spender.usd, movement.usd.value_or(0));
            constexpr std::size_t kShown = 16;
            if (spender.txns.size() < kShown &&
                std::find(spender.txns.begin(), spender.txns.end(), txn.hash) == spender.txns.end())
                spender.txns.push_back(txn.hash);
            if (spender.drained.size() < std::max<std::size_t>(drained_, spender.told * 2))
                continue;
            spender.told = spender.drained.size();
            const auto label = world.label(txn.chain, who);
            if (label && (label->category == Category::kExchange ||
                          label->category == Category::kDefi || label->category == Category::kSwap))
                continue;
            Finding found;
            found.severity = Severity::kHigh;
            found.stage = Stage::kExploitation;
            found.confidence = 0.8;
            found.subject = who;
            if (spender.usd > 0) found.usd = spender.usd;
            found.txns = spender.txns;
            found.related = {transfer.to};
            found.reason = format(
                "{} owners let {} spend, and within {} seconds it took from {} of them and gave "
                "nothing: {}. It {}.",
                spender.owners.size(), address_text(txn.chain, who), drain_window_.count(),
                spender.drained.size(), usd_text(found.usd),
                &who == &activity.from ? "is no contract: nobody lets a person spend"
                                       : "is a contract made days ago");
            found.next = "Label the spender, and tell the owners to revoke their approvals.";
            out.push_back(std::move(found));
        }
    }

    const Hash256 approval_ = topic_of("Approval(address,address,uint256)");
    const Hash256 approval_for_all_ = topic_of("ApprovalForAll(address,address,bool)");
    std::size_t owners_, drained_;
    Seconds age_, approval_window_, drain_window_;
    Keyed<PlaceKey, Spender> spenders_{kSpenders};
};

}  // namespace

Maker d33() noexcept { return {&kDescriptor, make_detector<ApprovalPhishing>}; }

}  // namespace cordon::detect
