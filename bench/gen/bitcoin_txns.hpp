// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

#include "coin_pool.hpp"

/// Who pays whom on a generated chain, before it becomes bytes.
namespace cordon::gen {

/// Where an output goes once its txn has an id.
enum class Route : uint8_t {
    kPool,     ///< Anybody may spend it.
    kPeel,     ///< The long end of a peel chain.
    kMix,      ///< Waits for a round of the mixer.
    kNowhere,  ///< Cannot be spent.
};

struct PlannedOutput {
    uint64_t value = 0;
    Owner owner;
    Route route = Route::kPool;
    uint16_t note = 0;  ///< kPeel: hops to come. kMix: twice the denomination, plus 1 when mixed.
};

struct PlannedTxn {
    std::vector<Coin> inputs;
    std::vector<PlannedOutput> outputs;
    uint64_t fee = 0;  ///< What the inputs have more than the outputs.
};

/// Plans txns out of the coins there are: payments with change, withdrawals in batches,
/// consolidations, peel chains, mixers of five equal outputs (as Whirlpool) and CoinJoins of many
/// (as Wasabi). Every input is an output that was settled before and is spent once; no value
/// appears. Confined to one thread.
class Economy {
public:
    explicit Economy(Random& random);

    /// REQUIRES: a coin was added and not every one is spent.
    void plan(PlannedTxn& txn);
    /// Makes the outputs of the txn planned last spendable under its id.
    void settle(const PlannedTxn& txn, const Hash256& txid);
    void add(const Coin& coin) { pool_.add(coin); }

    /// The first address of who finds a block, and the others. REQUIRES: which < 64.
    static Owner miner(Random& random);
    static Owner address_of(Owner miner, uint64_t which) noexcept;

private:
    static constexpr std::size_t kDenominations = 3;
    struct Mix {
        std::vector<Coin> fresh;  // A little more than the denomination: they pay the fee.
        std::vector<Coin> mixed;
    };
    struct Peel {
        Coin coin;
        uint16_t hops = 0;
    };

    void plan_payment(PlannedTxn& txn);
    void plan_batch(PlannedTxn& txn);
    void plan_consolidation(PlannedTxn& txn);
    bool plan_peel(PlannedTxn& txn);
    bool plan_mix_entry(PlannedTxn& txn);
    bool plan_mix(PlannedTxn& txn);
    bool plan_join(PlannedTxn& txn);

    /// Adds inputs until they hold `least` in all, if the pool gives that in a few more.
    void gather(PlannedTxn& txn, std::size_t count, uint64_t least);
    /// A coin of at least that value, or nothing after a few tries; the others go back.
    bool take_above(uint64_t least, Coin& coin);
    uint64_t draw_fee(uint64_t total, std::size_t inputs, std::size_t outputs);
    /// Pays `payees` out of `available`, and the rest as change at a random place.
    void pay(PlannedTxn& txn, std::size_t payees, uint64_t available, unsigned smallest_shift,
             unsigned largest_shift);
    void add_output(PlannedTxn& txn, uint64_t value, Owner owner, Route route = Route::kPool,
                    uint16_t note = 0);
    Owner fresh(Script script) { return Owner::make(next_number_++, script); }
    Owner payee();
    Owner change_of(const Coin& coin);

    Random& random_;
    CoinPool pool_;
    uint64_t next_number_ = 0;
    std::vector<Owner> seen_;  // Owners of the last outputs, a ring: who got much gets more.
    uint64_t seen_count_ = 0;
    std::vector<Peel> peels_;
    std::array<Mix, kDenominations> mixes_;
};

}  // namespace cordon::gen
