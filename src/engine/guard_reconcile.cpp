// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "guard_reconcile.hpp"

#include <algorithm>
#include <set>

#include "flows.hpp"

namespace cordon::engine {

Reconciler::Reconciler(guard::Gate& gate, const std::vector<WalletAddress>& wallets, UnixMillis now,
                       Told told)
    : gate_{gate}, now_{now}, told_{std::move(told)} {
    for (const WalletAddress& each : wallets) sets_[{each.chain, each.address}] = each.set;
}

Status Reconciler::take(const FeedEvent& event) {
    const auto* seen = std::get_if<SeenBlock>(&event);
    if (!seen) return {};
    for (const AccountTxn& each : seen->block.account_txns)
        CORDON_TRY(txn(seen->block.chain, each));
    for (const UtxoTxn& each : seen->block.utxo_txns) CORDON_TRY(txn(seen->block.chain, each));
    return {};
}

Status Reconciler::take(const ledger::Reader& ledger, UnixMillis since) {
    std::map<ChainId, std::set<TxnPosition>> left;
    for (const auto& [place, set] : sets_) {
        const auto flows = read_flows(ledger, place.first, place.second);
        if (!flows && flows.error().code == ErrorCode::kNotFound) continue;  // Another chain.
        if (!flows) return fail(flows.error());
        for (const Flow& flow : *flows)
            if (flow.out && flow.time >= since) left[place.first].insert(flow.at);
    }
    for (const auto& [chain, positions] : left)
        for (const TxnPosition at : positions) {
            if (is_utxo(chain)) {
                CORDON_TRY(const ledger::PlacedUtxoTxn placed, ledger.utxo_txn(chain, at));
                CORDON_TRY(txn(chain, placed.txn));
            } else {
                CORDON_TRY(const ledger::PlacedAccountTxn placed, ledger.account_txn(chain, at));
                CORDON_TRY(txn(chain, placed.txn));
            }
        }
    return {};
}

Status LedgerReconciler::look(UnixMillis now) {
    // What left while nothing looked: a server that was away for longer has a verb for that.
    constexpr std::chrono::hours kFirstLook{24};
    // Deeper than reorgs that a ledger follows (an epoch of Ethereum has 32 slots, two are final).
    constexpr BlockNum kReorg = 96;
    reconciler_.go_to(now);
    CORDON_TRY(const auto ledger, ledger::open_reader(directory_));
    if (!looked_) CORDON_TRY(reconciler_.take(*ledger, now - kFirstLook));
    for (const ledger::ChainSummary& chain : ledger->chains()) {
        const auto known = seen_.find(chain.chain);
        if (looked_) {
            BlockNum first = chain.first.number;
            if (known != seen_.end()) {
                const BlockHeader& tip = known->second;
                if (tip.number == chain.tip.number && tip.hash == chain.tip.hash) continue;
                CORDON_TRY(const auto still, ledger->block(chain.chain, tip.number));
                // Told twice is told once: after a reorg some blocks are taken again.
                first = still && still->hash == tip.hash
                            ? tip.number + 1
                            : std::max(first, tip.number - std::min(tip.number, kReorg));
            }
            CORDON_TRY(ledger->scan(chain.chain, first, chain.tip.number, [&](const Block& block) {
                return reconciler_.take(SeenBlock{block, {}});
            }));
        }
        seen_.insert_or_assign(chain.chain, chain.tip);
    }
    looked_ = true;
    return {};
}

Status Reconciler::txn(ChainId chain, const AccountTxn& txn) {
    for (const Transfer& each : txn.transfers) CORDON_TRY(payment(chain, txn.hash, each));
    return {};
}

Status Reconciler::txn(ChainId chain, const UtxoTxn& txn) {
    // What a txn of ours pays to others, output by output; its inputs say whose it is.
    const auto ours = std::find_if(txn.inputs.begin(), txn.inputs.end(), [&](const TxIn& input) {
        return input.spent && sets_.contains({chain, input.spent->address});
    });
    if (ours == txn.inputs.end()) return {};
    for (uint32_t i = 0; i < txn.outputs.size(); ++i) {
        const TxOut& output = txn.outputs[i];
        CORDON_TRY(payment(chain, txn.txid,
                           {i, ours->spent->address, output.address, Asset{}, Amount{output.value},
                            TransferKind::kNative}));
    }
    return {};
}

Status Reconciler::payment(ChainId chain, const Hash256& txn, const Transfer& transfer) {
    if (transfer.kind == TransferKind::kFee || transfer.amount.is_zero()) return {};
    const auto from = sets_.find({chain, transfer.from});
    if (from == sets_.end()) return {};
    const auto to = sets_.find({chain, transfer.to});
    if (to != sets_.end() && to->second == from->second) return {};
    CORDON_TRY(const guard::Reconciled found, gate_.on_outflow(chain, txn, transfer, now_));
    return told_(chain, txn, found);
}

}  // namespace cordon::engine
