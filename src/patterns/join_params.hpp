// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace cordon::patterns {

/// Every bound of the rules for joint txns, with its reason. What happens to the figures when one
/// of them moves: docs/patterns/coinjoin.md. Amounts are satoshi.
struct JoinParams {
    // --- Whirlpool: every round has as many outputs as inputs, all of the pool's denomination.
    /// Rounds began with 5 and "surge cycles" go on to 8, later 10 (Samourai 0.99.98; Dumplings).
    uint32_t whirlpool_min = 5, whirlpool_max = 10;
    /// What an entrant may bring above the denomination, for miners (Dumplings, GraphSense).
    uint64_t whirlpool_max_excess = 110'000;

    // --- Tx0: makes premix coins for a pool, pays the pool's fee, keeps the change.
    /// A premix coin is above its denomination by what a round may cost a miner; at least this.
    uint64_t tx0_min_excess = 100;
    uint32_t tx0_max_premix = 70;  ///< The wallets' own limit (GraphSense).
    /// Outputs beside data and premix: fee, change, and a second change of a joint Tx0.
    uint32_t tx0_max_other = 3;
    /// The fee as a share of the pool's list fee: codes give a discount, early lists differed.
    double tx0_min_fee = 0.5, tx0_max_fee = 3.0;
    /// The same when there is one premix coin only, which alone is weak evidence.
    double tx0_single_min_fee = 0.7, tx0_single_max_fee = 1.5;

    // --- Wasabi 1: a base denomination, each participant's change, the coordinator's fee.
    /// Fewer equal outputs are also what other joins and payouts have; a known coordinator's output
    /// makes up for it. Dumplings' bound.
    uint32_t wasabi1_min = 10, wasabi1_min_with_coordinator = 3;
    /// The client registers at most seven coins (Wasabi 1.1; GraphSense).
    uint32_t wasabi1_coins_each = 7;
    /// Where both a Wasabi 1 and a JoinMarket reading fit, the base around 0.1 BTC decides
    /// (Dumplings: 0.1 +- 0.02).
    uint64_t wasabi1_base_low = 8'000'000, wasabi1_base_high = 12'000'000;

    // --- Wasabi 2: outputs of standard denominations, both sides sorted by value.
    /// Coordinators ask for 50, later 15 or more inputs; emulated rounds have fewer. Five on both
    /// sides are sorted by chance once in 14,400 txns, and three denominations must repeat besides.
    uint32_t wasabi2_min = 5;
    uint64_t wasabi2_least = 5'000;  ///< The smallest denomination (WabiSabi; Dumplings).
    double wasabi2_standard = 0.8;   ///< Share of outputs; the rest is change (Dumplings).
    /// Different denominations that occur several times: what many owners leave behind.
    uint32_t wasabi2_repeated = 3;

    // --- JoinMarket: n equal outputs and one change for each maker, and for the taker or not.
    uint32_t joinmarket_min = 3;  ///< A taker and two makers; a pair looks like a Stonewall.
    /// The least n where the inputs are too many for the division to be searched, so that shape
    /// alone speaks: a taker's client asks for at least four makers.
    uint32_t joinmarket_min_unproven = 5;
    uint32_t joinmarket_coins_each = 7;  ///< More inputs for each participant is a consolidation.
    /// What a maker may gain, as a share of the denomination and at least so much: far above what
    /// takers accept by default (0.1 %).
    double joinmarket_max_gain = 0.005;
    uint64_t joinmarket_least_gain = 10'000;
    /// Also txns of P2PKH and P2SH inputs (JoinMarket before 2020). Off: no set with known answers
    /// holds such joins, while known negatives of that shape exist, so precision cannot be shown.
    /// Whoever works on 2015..2019 turns it on.
    bool joinmarket_legacy = false;

    // --- Stonewall: two pay the same amount, each from coins of its own, and share the miner's
    // fee.
    uint32_t stonewall_max_inputs = 14;  ///< 2^14 ways to part them is the most that is tried.
    /// The smaller part of the fee; the wallet halves it, and the odd satoshi and other sizes of
    /// the two sides move it a little.
    double stonewall_min_fee_share = 0.4;

    // --- All joins
    /// Equal outputs up to this are token protocols' dust, not money (BlockSci: 546 and 2,730).
    uint64_t dust = 2'730;
    /// Participants seldom use an address twice; above this share of one side it is one owner
    /// (CRoCS: 0.7 of inputs or outputs for its false positives).
    double max_reuse = 0.3;
    /// What inputs can bring, each counted up to the denomination, of what the equal outputs
    /// take: one rich input and many poor ones cannot be so many participants.
    double min_capacity = 0.98;
    /// Inputs and steps of the search for who paid what. Hostile txns can cost no more.
    uint32_t division_inputs = 24;
    uint32_t division_steps = 20'000;

    // --- Payout and consolidation
    uint32_t payout_min_outputs = 6;        ///< One sender, at least so many receivers ...
    double payout_outputs_per_sender = 3;   ///< ... and so many for each address that pays.
    uint32_t consolidation_min_inputs = 5;  ///< So many coins ...
    uint32_t consolidation_max_outputs = 2;
    double consolidation_inputs_per_output = 4;
};

}  // namespace cordon::patterns
