// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include "change.hpp"

namespace cordon::patterns {
namespace {

using ledger::Order;
using ledger::Side;

/// Virtual bytes of one input and one output of a kind, signed in the usual way (BIP-141 weights;
/// P2SH taken for nested P2WPKH, P2WSH for 2-of-3). The ledger does not keep the bytes themselves.
struct Sizes {
    uint64_t in, out;
};
constexpr Sizes sizes(AddressKind kind) noexcept {
    switch (kind) {
        case AddressKind::kP2sh: return {91, 32};
        case AddressKind::kP2wpkh: return {68, 31};
        case AddressKind::kP2wsh: return {105, 43};
        case AddressKind::kP2tr: return {58, 43};
        case AddressKind::kP2pk: return {114, 44};
        default: return {148, 34};  // P2PKH, and what nobody signs the usual way.
    }
}
constexpr uint64_t kOverhead = 11;  // Version, counts, locktime, segwit mark.

SpenderFacts facts_of(const ledger::PlacedUtxoTxn& placed) {
    const UtxoTxn& txn = placed.txn;
    SpenderFacts facts{placed.at,         chain::fingerprint(txn),
                       txn.inputs.size(), txn.outputs.size(),
                       std::nullopt,      std::nullopt};
    uint64_t left = 0;
    uint64_t size = kOverhead;
    for (const TxIn& in : txn.inputs) {
        // Values from outside the ledger may be anything: what does not add up is unknown.
        if (!in.spent || left + in.spent->value < left) return facts;
        left += in.spent->value;
        size += sizes(in.spent->address.kind()).in;
    }
    for (const TxOut& out : txn.outputs) {
        if (out.value > left) return facts;
        left -= out.value;
        size += sizes(out.address.kind()).out;
    }
    constexpr uint64_t kMax = UINT64_MAX / 1000;
    facts.fee = left;
    if (left <= kMax) facts.kilo_rate = left * 1000 / size;
    return facts;
}

/// Whether the txn at `at` is the first one of its chain that names the address.
Result<bool> is_first_seen(const ledger::Reader& reader, ChainId chain, const Address& address,
                           TxnPosition at) {
    const auto cursor =
        reader.utxo_txns_of(chain, address, Side::kEither, Order::kAscending, std::nullopt);
    CORDON_TRY(const auto first, cursor->next());
    return first && *first == at;
}

/// Inputs and outputs from which a spending txn is remembered: reading fewer costs less than the
/// place to keep them, for every txn of a chain.
constexpr std::size_t kLarge = 100;

Result<SpenderFacts> spender_at(const ledger::Reader& reader, ChainId chain, TxnPosition at,
                                std::map<TxnPosition, SpenderFacts>& here, LargeSpenders* large) {
    if (const auto known = here.find(at); known != here.end()) return known->second;
    if (large != nullptr)
        if (const auto known = large->find(at); known != large->end()) return known->second;
    CORDON_TRY(const auto spending, reader.utxo_txn(chain, at));
    const SpenderFacts facts = facts_of(spending);
    here.emplace(at, facts);
    if (large != nullptr && facts.inputs + facts.outputs >= kLarge) large->emplace(at, facts);
    return facts;
}

}  // namespace

Result<ChangeFacts> change_facts(const ledger::Reader& reader, ChainId chain,
                                 ledger::PlacedUtxoTxn placed, bool is_join, LargeSpenders* large) {
    ChangeFacts facts;
    facts.is_join = is_join;
    facts.own = facts_of(placed);
    const UtxoTxn& txn = placed.txn;
    facts.outputs.resize(txn.outputs.size());

    if (facts.own.peels() && txn.inputs.front().prevout.index < 2) {  // Else it has more outputs.
        CORDON_TRY(const auto parent, reader.find_txn(chain, txn.inputs.front().prevout.txid));
        if (parent) {
            CORDON_TRY(const auto made, reader.utxo_txn(chain, *parent));
            facts.parent_peels = made.txn.inputs.size() == 1 && made.txn.outputs.size() == 2;
        }
    }

    std::set<Address> signers;
    for (const TxIn& in : txn.inputs)
        if (in.spent) signers.insert(in.spent->address);
    // Both remembered: a txn may pay one address, or be spent by one txn, a hundred thousand times.
    std::map<Address, bool> fresh;
    std::map<TxnPosition, SpenderFacts> spenders;
    for (uint32_t n = 0; n < facts.outputs.size(); ++n) {
        OutputFacts& output = facts.outputs[n];
        const Address& address = txn.outputs[n].address;
        const auto [seen, unseen] = fresh.try_emplace(address, false);
        if (unseen && !signers.contains(address)) {
            CORDON_TRY(seen->second, is_first_seen(reader, chain, address, placed.at));
        }
        output.fresh = seen->second;
        CORDON_TRY(const auto spender, reader.spender(chain, {txn.txid, n}));
        if (!spender) continue;
        CORDON_TRY(output.spender, spender_at(reader, chain, spender->at, spenders, large));
    }
    facts.placed = std::move(placed);
    return facts;
}

}  // namespace cordon::patterns
