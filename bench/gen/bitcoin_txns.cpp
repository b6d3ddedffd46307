// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "bitcoin_txns.hpp"

#include <algorithm>
#include <utility>

namespace cordon::gen {
namespace {

constexpr uint64_t kDust = 546;  // What nodes relay at least.
constexpr uint64_t kMiners = 12;
constexpr uint64_t kMinerAddresses = 64;
constexpr std::size_t kSeen = std::size_t{1} << 18;
constexpr std::size_t kPeels = 64;
constexpr uint64_t kPeelStart = 20'000'000;
constexpr uint64_t kPeelEnd = 1'000'000;
constexpr std::size_t kMaxInputs = 500;  // Below the 100,000 virtual bytes that nodes relay.
constexpr std::size_t kMaxOutputs = 600;
constexpr std::array<uint64_t, 3> kDenominationValues{100'000, 1'000'000, 5'000'000};
constexpr uint64_t kMixFee = 310;  // Of a fresh coin; two of them pay for a txn of 500 bytes.

// Shares of 10,000 txns. Together they give 1.85 inputs, 2.55 outputs and about 400 bytes a txn.
constexpr unsigned kConsolidations = 12;
constexpr unsigned kBatches = 22;
constexpr unsigned kPeelHops = 900;
constexpr unsigned kMixEntries = 15;
constexpr unsigned kMixRounds = 60;
constexpr unsigned kJoins = 3;
// Shares of 10,000 outputs that go to an address seen before: 35 % of all.
constexpr unsigned kPayeeAgain = 4800;
constexpr unsigned kChangeAgain = 2000;

template <typename T>
T take_random(std::vector<T>& from, Random& random) {
    std::swap(from[random.below(from.size())], from.back());
    T out = std::move(from.back());
    from.pop_back();
    return out;
}

uint64_t total_of(const std::vector<Coin>& coins) noexcept {
    uint64_t sum = 0;
    for (const Coin& coin : coins) sum += coin.value;
    return sum;
}

}  // namespace

Economy::Economy(Random& random)
    : random_{random}, pool_{random}, next_number_{kMiners * kMinerAddresses} {}

Owner Economy::miner(Random& random) {
    // Two draws: the first miners find most blocks.
    const uint64_t number = random.below(random.between(1, kMiners));
    return Owner::make(number, number % 3 == 0 ? Script::kP2pkh : Script::kP2wpkh);
}

Owner Economy::address_of(Owner miner, uint64_t which) noexcept {
    return {miner.number + ((which * kMiners) << 4)};
}

Owner Economy::payee() {
    if (!seen_.empty() && random_.chance(kPayeeAgain)) return seen_[random_.below(seen_.size())];
    return fresh(draw_script(random_));
}

Owner Economy::change_of(const Coin& coin) {
    if (random_.chance(kChangeAgain)) return coin.owner;
    if (random_.chance(8000)) return fresh(coin.owner.script());
    const Script script = draw_script(random_);
    return fresh(script == Script::kWitness ? Script::kP2wpkh : script);
}

void Economy::add_output(PlannedTxn& txn, uint64_t value, Owner owner, Route route, uint16_t note) {
    const bool spendable = owner.script() != Script::kWitness && route != Route::kNowhere;
    txn.outputs.push_back({value, owner, spendable ? route : Route::kNowhere, note});
}

void Economy::gather(PlannedTxn& txn, std::size_t count, uint64_t least) {
    uint64_t total = total_of(txn.inputs);
    for (std::size_t i = 0; !pool_.empty() && (i < count || (total < least && i < count + 8));
         ++i) {
        txn.inputs.push_back(pool_.take());
        total += txn.inputs.back().value;
    }
}

bool Economy::take_above(uint64_t least, Coin& coin) {
    for (int tries = 0; tries < 8 && !pool_.empty(); ++tries) {
        coin = pool_.take();
        if (coin.value >= least) return true;
        pool_.add(coin);
    }
    return false;
}

uint64_t Economy::draw_fee(uint64_t total, std::size_t inputs, std::size_t outputs) {
    const uint64_t rate = 1 + random_.below(uint64_t{1} << random_.between(1, 6));
    return std::min(rate * (11 + 90 * inputs + 33 * outputs), total / 8);
}

void Economy::pay(PlannedTxn& txn, std::size_t payees, uint64_t available, unsigned smallest_shift,
                  unsigned largest_shift) {
    static constexpr std::array<uint64_t, 4> kRound{1000, 10'000, 100'000, 1'000'000};
    for (std::size_t left = payees; left > 0; --left) {
        const uint64_t reserved = kDust * (left + 1);
        if (available <= reserved) break;
        const uint64_t most =
            (available - reserved) >> random_.between(smallest_shift, largest_shift);
        uint64_t value = kDust + random_.part_of(most + 1);
        const uint64_t round = kRound[random_.below(kRound.size())];
        if (random_.chance(3500) && value > round) value -= value % round;
        add_output(txn, value, payee());
        available -= value;
    }
    add_output(txn, available, change_of(txn.inputs.front()));
    std::swap(txn.outputs[random_.below(txn.outputs.size())], txn.outputs.back());
}

void Economy::plan(PlannedTxn& txn) {
    txn.inputs.clear();
    txn.outputs.clear();
    uint64_t dice = random_.below(10'000);
    const auto falls_on = [&dice](unsigned share) {
        const bool hit = dice < share;
        dice = hit ? UINT64_MAX : dice - share;
        return hit;
    };
    bool planned = true;
    if (falls_on(kConsolidations))
        plan_consolidation(txn);
    else if (falls_on(kBatches))
        plan_batch(txn);
    else if (falls_on(kPeelHops))
        planned = plan_peel(txn);
    else if (falls_on(kMixEntries))
        planned = plan_mix_entry(txn);
    else if (falls_on(kMixRounds))
        planned = plan_mix(txn);
    else if (falls_on(kJoins))
        planned = plan_join(txn);
    else
        planned = false;
    if (!planned) plan_payment(txn);
    uint64_t out = 0;
    for (const PlannedOutput& output : txn.outputs) out += output.value;
    txn.fee = total_of(txn.inputs) - out;
}

void Economy::plan_payment(PlannedTxn& txn) {
    const uint64_t dice = random_.below(1000);
    const uint64_t inputs = dice < 740   ? 1
                            : dice < 900 ? 2
                            : dice < 976 ? random_.between(3, 5)
                                         : random_.between(6, 15);
    gather(txn, inputs, 5000);
    const uint64_t total = total_of(txn.inputs);
    const uint64_t kind = random_.below(100);
    if (kind < 12 || total < 5000) {  // A wallet is swept, or what is left of one.
        add_output(txn, total - draw_fee(total, txn.inputs.size(), 1),
                   kind < 12 ? payee() : change_of(txn.inputs.front()));
        return;
    }
    const uint64_t payees = kind < 90 ? 1 : random_.between(2, 4);
    pay(txn, payees, total - draw_fee(total, txn.inputs.size(), payees + 1), 0, 6);
    if (random_.chance(400)) add_output(txn, 0, fresh(Script::kOpReturn), Route::kNowhere);
}

void Economy::plan_batch(PlannedTxn& txn) {
    const uint64_t base = uint64_t{10} << random_.below(6);
    const uint64_t payees = std::min<uint64_t>(base + random_.below(base), kMaxOutputs);
    Coin coin;
    if (take_above(payees * 20'000, coin)) txn.inputs.push_back(coin);
    gather(txn, random_.below(3), payees * 2 * kDust);
    if (txn.inputs.empty()) gather(txn, 1, 0);
    const uint64_t total = total_of(txn.inputs);
    unsigned shift = 0;  // No payee takes more than a fair share twice over.
    while ((uint64_t{1} << shift) < payees / 2 + 1) ++shift;
    pay(txn, payees, total - draw_fee(total, txn.inputs.size(), payees + 1), shift, shift + 6);
}

void Economy::plan_consolidation(PlannedTxn& txn) {
    const uint64_t base = uint64_t{20} << random_.below(5);
    const uint64_t inputs =
        std::min({base + random_.below(base), uint64_t{kMaxInputs}, pool_.size() / 8 + 1});
    gather(txn, inputs, 0);
    const uint64_t total = total_of(txn.inputs);
    add_output(txn, total - draw_fee(total, inputs, 1), change_of(txn.inputs.front()));
}

bool Economy::plan_peel(PlannedTxn& txn) {
    Peel peel;
    if (peels_.size() < kPeels && (peels_.empty() || random_.chance(500))) {
        if (!take_above(kPeelStart, peel.coin)) return false;
        peel.hops = static_cast<uint16_t>(random_.between(10, 120));
    } else {
        peel = take_random(peels_, random_);
    }
    txn.inputs.push_back(peel.coin);
    const uint64_t available = peel.coin.value - draw_fee(peel.coin.value, 1, 2);
    const uint64_t most = available >> random_.between(3, 7);
    const uint64_t value = std::max(kDust, most / 2 + random_.part_of(most));
    const uint64_t rest = available - value;
    const bool goes_on = peel.hops > 1 && rest >= kPeelEnd;
    add_output(txn, value, payee());
    add_output(txn, rest, fresh(peel.coin.owner.script()), goes_on ? Route::kPeel : Route::kPool,
               static_cast<uint16_t>(peel.hops - 1));
    if (random_.chance(5000)) std::swap(txn.outputs[0], txn.outputs[1]);
    return true;
}

/// The txn that cuts a coin into pieces for the mixer, with the coordinator's fee and a marker.
bool Economy::plan_mix_entry(PlannedTxn& txn) {
    const std::size_t which = random_.below(kDenominations);
    const uint64_t piece = kDenominationValues[which] + kMixFee;
    Coin coin;
    if (!take_above(piece * 3, coin)) return false;
    txn.inputs.push_back(coin);
    uint64_t available = coin.value - draw_fee(coin.value, 1, 8);
    const uint64_t pay_coordinator = kDenominationValues[which] / 20;
    available -= pay_coordinator;
    const uint64_t pieces = std::min((available - kDust) / piece, random_.between(2, 20));
    add_output(txn, 0, fresh(Script::kOpReturn), Route::kNowhere);
    add_output(txn, pay_coordinator, fresh(Script::kP2wpkh));
    for (uint64_t i = 0; i < pieces; ++i)
        add_output(txn, piece, fresh(Script::kP2wpkh), Route::kMix,
                   static_cast<uint16_t>(which * 2));
    add_output(txn, available - pieces * piece, fresh(Script::kP2wpkh));
    return true;
}

/// Five in, five equal out; the fresh coins among them pay.
bool Economy::plan_mix(PlannedTxn& txn) {
    const std::size_t which = random_.below(kDenominations);
    Mix& mix = mixes_[which];
    if (mix.fresh.size() < 2 || mix.fresh.size() + mix.mixed.size() < 5) return false;
    for (int i = 0; i < 5; ++i) {
        const bool fresh_one = i < 2 || mix.mixed.empty();
        txn.inputs.push_back(take_random(fresh_one ? mix.fresh : mix.mixed, random_));
    }
    for (int i = 4; i > 0; --i)
        std::swap(txn.inputs[static_cast<std::size_t>(i)],
                  txn.inputs[random_.below(static_cast<uint64_t>(i) + 1)]);
    for (int i = 0; i < 5; ++i)
        add_output(txn, kDenominationValues[which], fresh(Script::kP2wpkh),
                   random_.chance(5500) ? Route::kMix : Route::kPool,
                   static_cast<uint16_t>(which * 2 + 1));
    return true;
}

/// Many in; for each an equal output and its change.
bool Economy::plan_join(PlannedTxn& txn) {
    const uint64_t wanted = std::min<uint64_t>(random_.between(20, 120), pool_.size() / 16);
    for (uint64_t i = 0; i < wanted; ++i) {
        Coin coin;
        if (take_above(200'000, coin)) txn.inputs.push_back(coin);
    }
    if (txn.inputs.size() < 5) {
        for (const Coin& coin : txn.inputs) pool_.add(coin);
        txn.inputs.clear();
        return false;
    }
    uint64_t least = UINT64_MAX;
    for (const Coin& coin : txn.inputs) least = std::min(least, coin.value);
    const uint64_t fee_each =
        draw_fee(least, txn.inputs.size(), 2 * txn.inputs.size()) / txn.inputs.size() + 1;
    const uint64_t equal = least - least / 10 - fee_each;
    uint64_t left = 0;
    for (const Coin& coin : txn.inputs) {
        add_output(txn, equal, fresh(Script::kP2wpkh));
        const uint64_t rest = coin.value - equal - fee_each;
        const uint64_t cut = rest / 300;  // The coordinator's 0.3 %.
        left += cut;
        if (rest - cut >= kDust) add_output(txn, rest - cut, fresh(Script::kP2wpkh));
    }
    if (left >= kDust) add_output(txn, left, fresh(Script::kP2wpkh));
    // Wallets order outputs by value so that their order says nothing.
    std::stable_sort(
        txn.outputs.begin(), txn.outputs.end(),
        [](const PlannedOutput& a, const PlannedOutput& b) { return a.value > b.value; });
    return true;
}

void Economy::settle(const PlannedTxn& txn, const Hash256& txid) {
    for (uint32_t i = 0; i < txn.outputs.size(); ++i) {
        const PlannedOutput& output = txn.outputs[i];
        const Coin coin{txid, i, output.value, output.owner};
        switch (output.route) {
            case Route::kPool: pool_.add(coin); break;
            case Route::kPeel: peels_.push_back({coin, output.note}); break;
            case Route::kMix: {
                Mix& mix = mixes_[output.note / 2];
                (output.note % 2 == 0 ? mix.fresh : mix.mixed).push_back(coin);
                break;
            }
            case Route::kNowhere: continue;
        }
        // Mixers never pay an address twice.
        if (output.route == Route::kMix) continue;
        if (seen_.size() < kSeen)
            seen_.push_back(output.owner);
        else
            seen_[seen_count_ % kSeen] = output.owner;
        ++seen_count_;
    }
}

}  // namespace cordon::gen
