// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>

#include "detectors.hpp"
#include "outflow.hpp"
#include "sketch.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"senders", "So many who send the same call and are paid for it.", 5, 2, 10'000},
    {"usd", "In USD: less than this is a claim or an airdrop.", 10'000, 1, 1e9},
    {"share", "Without a price: this part of what a guarded contract holds.", 0.001, 1e-6, 1},
    {"given", "Who gives back this part of what he gets trades.", 0.1, 0, 1},
    {"window", "In seconds.", 600, 10, 86'400},
};

constexpr Descriptor kDescriptor{.id = "D23",
                                 .name = "copycat-swarm",
                                 .title = "Many copy one call that pays",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kExploitation,
                                 .needs = kTransfers | kTxns,
                                 .interest = kAnyTxn,
                                 .parameters = kParameters};

constexpr uint64_t kTemplates = 1U << 16;

struct Swarm {
    Distinct senders;
    int64_t begun = 0;  // Unix seconds.
    uint64_t told = 0;
    Cents usd = 0;
    std::vector<Hash256> txns;  // Of the first senders.
};
Status save_state(StateSink& sink, const Swarm& swarm) {
    CORDON_TRY(save_state(sink, swarm.senders));
    CORDON_TRY(save_state(sink, swarm.begun));
    CORDON_TRY(save_state(sink, swarm.told));
    CORDON_TRY(save_state(sink, swarm.usd));
    return save_state(sink, swarm.txns);
}
Status load_state(StateSource& source, Swarm& swarm) {
    CORDON_TRY(load_state(source, swarm.senders));
    CORDON_TRY(load_state(source, swarm.begun));
    CORDON_TRY(load_state(source, swarm.told));
    CORDON_TRY(load_state(source, swarm.usd));
    return load_state(source, swarm.txns);
}

/// The calldata without what a copycat must change: addresses, in ABI words or packed.
uint64_t template_of(const TxnActivity& txn, const Address& receiver) {
    constexpr std::size_t kSelector = 4, kWord = 32, kAddress = 20;
    // More of it tells nothing new, and megabytes of calldata cost nobody but us.
    constexpr std::size_t kMost = std::size_t{1} << 14;
    Bytes input{txn.input.begin(),
                txn.input.begin() + static_cast<std::ptrdiff_t>(std::min(txn.input.size(), kMost))};
    const auto blank = [&](const Address& address) {
        const ByteView payload = address.payload();
        if (payload.size() != kAddress) return;
        for (auto at = input.begin();; at += kAddress) {
            at = std::search(at, input.end(), payload.begin(), payload.end());
            if (at == input.end()) return;
            std::fill_n(at, kAddress, uint8_t{0});
        }
    };
    blank(txn.from);
    blank(receiver);
    for (std::size_t at = kSelector; at + kWord <= input.size(); at += kWord) {
        const auto word = input.begin() + static_cast<std::ptrdiff_t>(at);
        const auto zeros = static_cast<std::size_t>(
            std::find_if(word, word + kWord, [](uint8_t b) { return b != 0; }) - word);
        // 12 zeros and more than 64 bits behind them: an address and no number.
        if (zeros >= kWord - kAddress && zeros < kWord - kAddress + 8)
            std::fill_n(word, kWord, uint8_t{0});
    }
    uint64_t hash = input.size();
    for (std::size_t at = 0; at < input.size(); at += 8) {
        uint64_t word = 0;
        std::memcpy(&word, input.data() + at, std::min<std::size_t>(8, input.size() - at));
        hash = mix64(hash ^ word);
    }
    return hash;
}

/// Nomad: once one has shown the call, three hundred others send it with their own address.
class CopycatSwarm final : public Detector {
public:
    explicit CopycatSwarm(const WatchConfig& config)
        : senders_{static_cast<uint64_t>(parameter(kDescriptor, config, "senders"))},
          least_{cents_of(parameter(kDescriptor, config, "usd"))},
          share_{parameter(kDescriptor, config, "share")},
          given_{parameter(kDescriptor, config, "given")},
          window_{static_cast<int64_t>(parameter(kDescriptor, config, "window"))} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&swarms_}; }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        constexpr std::size_t kSelector = 4;
        if (txn.movements.empty() || !txn.activity || txn.activity->input.size() < kSelector ||
            txn.activity->to.empty())
            return;
        const Movement* paid = nullptr;
        for (const Movement& movement : txn.movements)
            if (is_payment(txn, world, movement) &&
                (!paid || movement.usd.value_or(0) > paid->usd.value_or(0)))
                paid = &movement;
        if (paid && !gives(txn, *paid)) count(txn, world, *paid, out);
    }

private:
    bool is_payment(const TxnView& txn, const World& world, const Movement& movement) const {
        const Transfer& transfer = *movement.transfer;
        if (transfer.from == txn.activity->from || transfer.from.is_zero()) return false;
        if (movement.usd) {
            if (*movement.usd < least_) return false;
        } else {
            if (!movement.guarded) return false;
            const auto held = world.balance(txn.chain, transfer.from, transfer.asset);
            if (!held || ratio(transfer.amount, *held) < share_) return false;
        }
        if (transfer.to == txn.activity->from) return true;
        // Or to somebody whom the sender names.
        const ByteView payload = transfer.to.payload();
        const Bytes& input = txn.activity->input;
        return std::search(input.begin(), input.end(), payload.begin(), payload.end()) !=
               input.end();
    }

    /// Sender or receiver gives something for it: a trade, a redemption, a repaid loan.
    bool gives(const TxnView& txn, const Movement& paid) const {
        Cents given = 0;
        for (const Movement& movement : txn.movements) {
            const Transfer& transfer = *movement.transfer;
            if (transfer.kind == TransferKind::kFee || transfer.amount.is_zero() ||
                (transfer.from != txn.activity->from && transfer.from != paid.transfer->to))
                continue;
            if (!movement.usd) return true;  // Of unknown worth: shares, most often.
            given = plus(given, *movement.usd);
        }
        return static_cast<double>(given) >= static_cast<double>(paid.usd.value_or(0)) * given_ &&
               given > 0;
    }

    void count(const TxnView& txn, const World& world, const Movement& paid, Findings& out) {
        const TxnActivity& activity = *txn.activity;
        const int64_t now = to_unix_seconds(txn.time);
        const uint64_t key = mix64(template_of(activity, paid.transfer->to)) ^
                             key_of(txn.chain, activity.to).bits() ^
                             mix64(key_of(txn.chain, paid.transfer->from).bits());
        Swarm& swarm = swarms_.at(key, txn.time);
        if (now - swarm.begun >= window_) {
            swarm = Swarm{};
            swarm.begun = now;
        }
        swarm.senders.add(mix64(key_of(txn.chain, activity.from).bits()));
        swarm.usd = plus(swarm.usd, paid.usd.value_or(0));
        constexpr std::size_t kShown = 16;
        if (swarm.txns.size() < kShown) swarm.txns.push_back(txn.hash);
        const uint64_t senders = swarm.senders.count();
        // Told at first, and whenever there are twice as many.
        if (senders < std::max(senders_, swarm.told * 2)) return;
        swarm.told = senders;
        Finding found;
        found.severity = Severity::kCritical;
        found.stage = Stage::kExploitation;
        found.confidence = 0.9;
        found.subject = activity.to;
        if (swarm.usd > 0) found.usd = swarm.usd;
        found.txns = swarm.txns;
        found.related = {paid.transfer->from, activity.from};
        found.reason = format(
            "{} senders made the same call to {} within {} seconds, with other addresses only, and "
            "{} paid each of them for nothing: {} in all.",
            senders, address_text(txn.chain, activity.to), now - swarm.begun,
            address_text(txn.chain, paid.transfer->from), usd_text(found.usd));
        found.next = "Pause the contract: everybody who reads the chain can take the rest.";
        if (const Protocol* protocol = world.protocol_of(txn.chain, paid.transfer->from))
            found.tags = {protocol->name};
        out.push_back(std::move(found));
    }

    uint64_t senders_;
    Cents least_;
    double share_, given_;
    int64_t window_;
    Keyed<uint64_t, Swarm> swarms_{kTemplates};
};

}  // namespace

Maker d23() noexcept { return {&kDescriptor, make_detector<CopycatSwarm>}; }

}  // namespace cordon::detect
