// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "trace.hpp"

/// A bridge between two small chains, for the tests of what crosses over. To be included after
/// builders.hpp.
namespace cordon::trace {

using test::AccountChain;
using test::address;
using test::transfer;
using test::UtxoChain;

inline constexpr ChainId kPolygon{ChainFamily::kEvm, 137};
inline constexpr ChainId kBsc{ChainFamily::kEvm, 56};

inline const Address kThief = address(1), kMule = address(2), kShop = address(3),
                     kStranger = address(4), kVault = address(5), kPool = address(6),
                     kFar = address(7), kOther = address(8);

/// Answers with the crossings that it was given.
class FakeBridge final : public LinkSource {
public:
    FakeBridge() = default;
    explicit FakeBridge(std::vector<Crossing> all) : all_{std::move(all)} {}
    bool may_cross(ChainId, const Context&) const override { return true; }
    Result<std::vector<Crossing>> crossings(ChainId chain, const ledger::PlacedAccountTxn& txn,
                                            bool backward, const ledger::Reader&,
                                            const Context&) const override {
        return of(chain, txn.at, backward);
    }
    Result<std::vector<Crossing>> utxo_crossings(ChainId chain, const ledger::PlacedUtxoTxn& txn,
                                                 bool backward, const ledger::Reader&,
                                                 const Context&) const override {
        return of(chain, txn.at, backward);
    }

private:
    std::vector<Crossing> of(ChainId chain, TxnPosition at, bool backward) const {
        std::vector<Crossing> out;
        for (const Crossing& c : all_)
            if (backward ? c.to_chain == chain && c.to_at == at
                         : c.from_chain == chain && c.from_at == at)
                out.push_back(c);
        return out;
    }
    std::vector<Crossing> all_;
};

/// Where a crossing begins or ends. Blocks have one txn each, named hash(block).
struct Place {
    ChainId chain;
    BlockNum block = 0;
    Address who;
    Amount amount;
    uint32_t row = 0;
};
inline Crossing bridge(const Place& from, const Place& to, double confidence = 1) {
    Crossing out;
    out.kind = "bridge";
    out.from_chain = from.chain;
    out.from_txn = test::hash(from.block);
    out.from_at = {from.block, 0};
    out.from_row = from.row;
    out.from = {from.who, {}, from.amount};
    out.via = kVault;
    out.to_chain = to.chain;
    out.to_txn = test::hash(to.block);
    out.to_at = {to.block, 0};
    out.to_row = to.row;
    out.to = {to.who, {}, to.amount};
    out.confidence = confidence;
    out.why = {"message id"};
    return out;
}

/// The thief pays the mule, who pays 200 (100 of it stolen) into the bridge; 198 arrive. Both of
/// the bridge's addresses pay others, too.
inline std::vector<Block> eth() {
    return AccountChain{}
        .pay(kStranger, kMule, 100)
        .pay(kThief, kMule, 100)
        .pay(kMule, kVault, 200)
        .pay(kVault, kOther, 500)
        .blocks();
}
inline std::vector<Block> polygon() {
    return AccountChain{kPolygon}
        .pay(kStranger, kPool, 1000)
        .pay(kPool, kOther, 10)
        .pay(kPool, kOther, 10)
        .pay(kPool, kOther, 10)
        .pay(kPool, kFar, 198)
        .pay(kFar, kShop, 198)
        .blocks();
}
inline const Place kLeft{kEthereum, 3, kMule, Amount{200U}},
    kArrived{kPolygon, 5, kFar, Amount{198U}};

}  // namespace cordon::trace
