// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>

#include "detectors.hpp"
#include "outflow.hpp"
#include "sketch.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"senders", "So many wallets pay one new address.", 20, 3, 100'000},
    {"share", "Each of them this part of what it holds.", 0.9, 0.1, 1},
    {"age", "The address was first seen less than so many seconds ago.", 86'400, 60, 31'536'000},
    {"window", "In seconds.", 3600, 60, 604'800},
};

constexpr Descriptor kDescriptor{.id = "D35",
                                 .name = "mass-drain",
                                 .title = "Many wallets are emptied into one new address",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kExploitation,
                                 .needs = kTransfers,
                                 .interest = kAnyTxn,
                                 .looks_ahead = true,
                                 .parameters = kParameters};

constexpr uint64_t kSinks = 1U << 17;
constexpr uint64_t kReceived = 1U << 20;

struct Sink {
    UnixMillis begun;
    Distinct emptied;    // Who sent nearly all he has.
    uint32_t first = 0;  // Of the first sender: most sinks have no second one.
    uint32_t kept = 0;   // Payments of those who kept more.
    uint64_t told = 0;
    Cents usd = 0;
};
Status save_state(StateSink& sink, const Sink& one) {
    CORDON_TRY(save_state(sink, one.begun));
    CORDON_TRY(save_state(sink, one.emptied));
    CORDON_TRY(save_state(sink, one.first));
    CORDON_TRY(save_state(sink, one.kept));
    CORDON_TRY(save_state(sink, one.told));
    return save_state(sink, one.usd);
}
Status load_state(StateSource& source, Sink& one) {
    CORDON_TRY(load_state(source, one.begun));
    CORDON_TRY(load_state(source, one.emptied));
    CORDON_TRY(load_state(source, one.first));
    CORDON_TRY(load_state(source, one.kept));
    CORDON_TRY(load_state(source, one.told));
    return load_state(source, one.usd);
}

/// Atomic Wallet, Slope, LastPass: the keys of thousands were in one place.
class MassDrain final : public Detector {
public:
    explicit MassDrain(const WatchConfig& config)
        : senders_{static_cast<uint64_t>(parameter(kDescriptor, config, "senders"))},
          share_{parameter(kDescriptor, config, "share")},
          age_{static_cast<int64_t>(parameter(kDescriptor, config, "age"))},
          window_{static_cast<int64_t>(parameter(kDescriptor, config, "window"))} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&sinks_, &received_}; }

    void look_ahead(ChainId chain, std::span<const Transfer> transfers,
                    Ahead ahead) const noexcept override {
        constexpr std::size_t kMost = 8;  // Of a txn: those after them lie behind them.
        for (const Transfer& transfer : transfers.first(std::min(transfers.size(), kMost))) {
            const uint64_t asset = digest_of(transfer.asset);
            for (const Address* address : {&transfer.from, &transfer.to}) {
                const uint64_t holding = mix64(key_of(chain, *address).bits()) ^ asset;
                if (ahead == Ahead::kPlace)
                    received_.expect(holding);
                else
                    received_.expect_slot(holding);
            }
        }
    }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        for (const Movement& movement : txn.movements) {
            const Transfer& transfer = *movement.transfer;
            if (transfer.amount.is_zero() || transfer.from.is_zero() || transfer.to.is_zero() ||
                transfer.kind == TransferKind::kFee)
                continue;
            const uint64_t asset = digest_of(transfer.asset);
            const uint64_t from = mix64(key_of(txn.chain, transfer.from).bits());
            const uint64_t to = mix64(key_of(txn.chain, transfer.to).bits());
            if (is_candidate(txn, movement)) look(txn, world, movement, from, from ^ asset, out);
            if (!is_utxo(txn.chain)) move(from ^ asset, to ^ asset, transfer.amount, txn.time);
        }
    }

private:
    bool is_candidate(const TxnView& txn, const Movement& movement) const {
        if (movement.to_set != 0 || movement.allowed || movement.guarded) return false;
        const auto& seen = movement.to_first_seen;
        if (seen && txn.time - *seen >= age_) return false;
        // A contract that is called takes deposits.
        return !txn.activity || txn.activity->to != movement.transfer->to ||
               txn.activity->input.empty();
    }

    /// None: what he holds is not known.
    std::optional<double> part_of(const TxnView& txn, const World& world, const Movement& movement,
                                  uint64_t holding) const {
        const Transfer& transfer = *movement.transfer;
        // Without change all that the inputs held is sent.
        if (txn.utxo) return txn.utxo->outputs.size() == txn.movements.size() ? 1.0 : 0.0;
        Amount held;
        if (const Amount* received = received_.find(holding)) held = *received;
        if (const auto before = world.knowledge().balance(txn.chain, transfer.from, transfer.asset))
            held = std::max(held, *before);
        if (held.is_zero()) return std::nullopt;
        return ratio(transfer.amount, held);
    }

    void look(const TxnView& txn, const World& world, const Movement& movement, uint64_t from,
              uint64_t holding, Findings& out) {
        const Transfer& transfer = *movement.transfer;
        const auto part = part_of(txn, world, movement, holding);
        if (!part) return;
        const PlaceKey key = key_of(txn.chain, transfer.to);
        Sink& sink = sinks_.at(key, txn.time);
        if (txn.time - sink.begun > window_) {
            sink = Sink{};
            sink.begun = txn.time;
        }
        if (*part < share_) {
            ++sink.kept;
            return;
        }
        sink.usd = plus(sink.usd, movement.usd.value_or(0));
        const auto digest = static_cast<uint32_t>(from) | 1U;
        if (sink.first == 0) sink.first = digest;
        if (sink.first == digest) return;
        sink.emptied.add(from);
        const uint64_t emptied = sink.emptied.count() + 1;  // And the first.
        // Told at first, and whenever there are twice as many; and only where nearly all do it.
        if (emptied < std::max(senders_, sink.told * 2) || uint64_t{sink.kept} * 10 > emptied)
            return;
        sink.told = emptied;
        // Who serves others is known by somebody.
        if (world.label(txn.chain, transfer.to)) return;
        Finding found;
        found.severity = Severity::kCritical;
        found.stage = Stage::kExploitation;
        found.confidence = 0.85;
        found.subject = transfer.to;
        if (sink.usd > 0) found.usd = sink.usd;
        found.related = {transfer.from};
        found.reason = format(
            "{} wallets sent {} or more of what they hold to {} within {} seconds: {} in all. The "
            "address is {} and nobody knows it.",
            emptied, percent(share_), address_text(txn.chain, transfer.to), window_.count(),
            usd_text(found.usd),
            movement.to_first_seen ? "less than " + std::to_string(age_.count()) + " seconds old"
                                   : "new");
        found.next =
            "Look for what these wallets share: a program, an exchange, a backup; warn "
            "the others who use it.";
        out.push_back(std::move(found));
    }

    void move(uint64_t from, uint64_t to, const Amount& amount, UnixMillis time) {
        if (Amount* held = received_.change(from, time)) *held -= std::min(*held, amount);
        Amount& held = received_.at(to, time);
        held = plus(held, amount);
    }

    uint64_t senders_;
    double share_;
    Seconds age_, window_;
    Keyed<PlaceKey, Sink> sinks_{kSinks};
    Keyed<uint64_t, Amount> received_{kReceived};  // Since the stream began, less what was sent.
};

}  // namespace

Maker d35() noexcept { return {&kDescriptor, make_detector<MassDrain>}; }

}  // namespace cordon::detect
