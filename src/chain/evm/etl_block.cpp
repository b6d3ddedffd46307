// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "etl_block.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include <cordon/base/format.hpp>

#include "../text.hpp"
#include "../transfers_writer.hpp"
#include "account.hpp"
#include "system_txn.hpp"
#include "transfer_log.hpp"
#include "transfer_places.hpp"

namespace cordon::chain {
namespace {

/// Receipts carry a status since EIP-658, in the Byzantium fork of Ethereum; other chains always
/// had it.
constexpr BlockNum kByzantium = 4'370'000;

Address zero_address() { return {AddressKind::kEvm, std::array<uint8_t, 20>{}}; }

bool is_below(const std::vector<uint32_t>& place, const std::vector<uint32_t>& above) {
    return above.size() <= place.size() && std::equal(above.begin(), above.end(), place.begin());
}

}  // namespace

Result<Block> EtlBlock::finish(EtlCounts& counts, Activity& activity) {
    CORDON_TRY(Block block, finish(counts));
    for (Txn& txn : txns_) activity.txns.push_back(activity_of(txn, activity.missing));
    return block;
}

Result<Block> EtlBlock::finish(EtlCounts& counts) {
    counts.repeated += repeated_;
    CORDON_TRY(place_loose_traces());
    // In chain order: by the txn's index; where no export says it, by its first log, whose index
    // runs through the block.
    const auto key = [](const Txn& txn) {
        const uint64_t first_log = txn.tokens.empty() ? UINT64_MAX : txn.tokens.begin()->first;
        return std::tuple{!txn.index, txn.index.value_or(first_log), txn.hash};
    };
    std::sort(txns_.begin(), txns_.end(),
              [&](const Txn& a, const Txn& b) { return key(a) < key(b); });

    Block block;
    block.chain = chain_;
    block.header.number = number_;
    block.header.time = time_;
    block.header.parent = parent_;
    for (Txn& txn : txns_) {
        CORDON_TRY(settle_traces(txn, counts));
        CORDON_TRY(auto made, assemble(txn, counts));
        if (made.transfers.empty()) continue;  // A fact explains what moved.
        block.account_txns.push_back(std::move(made));
        if (txn.status != false)
            for (auto& [place, fact] : txn.facts) block.facts.push_back(std::move(fact));
    }
    CORDON_TRY(auto system, assemble_system());
    if (system) block.account_txns.push_back(std::move(*system));
    if (!time_)
        return fail(
            ErrorCode::kNotFound,
            format("{}: block {} has no time; add the blocks export, or one with block_timestamp",
                   any_name_, number_));
    if (hash_) {
        block.header.hash = *hash_;
    } else {
        CORDON_TRY(block.header.hash, transfers_hash(block));
    }
    return block;
}

Status EtlBlock::place_loose_traces() {
    for (auto& [index, traces] : loose_) {
        const auto txn = std::find_if(txns_.begin(), txns_.end(),
                                      [&](const Txn& t) { return t.index == index; });
        if (txn == txns_.end())
            return fail(
                ErrorCode::kNotFound,
                format(
                    "{}: block {}: traces of txn {} have no txn hash; add the transactions export",
                    any_name_, number_, index));
        if (!txn->traces.empty())
            return fail(ErrorCode::kConflict,
                        format("{}: block {}: two exports give the traces of txn {}, one of them "
                               "without its hash; keep one",
                               any_name_, number_, index));
        txn->traces = std::move(traces);
        if (const auto acts = loose_acts_.find(index); acts != loose_acts_.end())
            etl_acts(txn->acts).calls = std::move(acts->second.calls);
    }
    loose_.clear();
    return {};
}

Result<AccountTxn> EtlBlock::assemble(const Txn& txn, EtlCounts& counts) const {
    AccountTxn out;
    out.hash = txn.hash;
    CORDON_TRY(add_fee(txn, out, counts));
    if (txn.listed && !txn.status && (chain_ != kEthereum || number_ >= kByzantium))
        ++counts.status_missing;
    if (txn.status == false) return out;  // All but the fee was reverted.
    CORDON_TRY(assemble_value(txn, out, counts));
    CORDON_TRY(assemble_traces(txn, out));
    for (const auto& [log_index, move] : txn.tokens) {
        if (move.non_fungible) {
            ++counts.non_fungible;
            continue;
        }
        if (!move.from_log) ++counts.token_by_export;
        if (log_index > UINT32_MAX - kFirstToken)
            return fail(ErrorCode::kOverflow, format("{}: block {}: log index {} is too large",
                                                     any_name_, number_, log_index));
        out.transfers.push_back({kFirstToken + static_cast<uint32_t>(log_index), move.from, move.to,
                                 Asset::contract(move.token), move.amount,
                                 token_transfer_kind(move.from, move.to)});
    }
    return out;
}

Status EtlBlock::add_fee(const Txn& txn, AccountTxn& out, EtlCounts& counts) const {
    if (!txn.listed) return {};  // Who paid is not known.
    const auto& price = txn.price ? txn.price : txn.gas_price;
    if (!txn.gas_used || !price) {
        ++counts.fee_unknown;
        return {};
    }
    if (txn.gas_used->bit_width() + price->bit_width() > 255 || txn.l1_fee.bit_width() > 255)
        return fail(ErrorCode::kOverflow,
                    format("{}: block {}: the fee of txn {} is 2^256 or more", any_name_, number_,
                           format_hash(chain_, txn.hash)));
    const Amount fee = *txn.gas_used * *price + txn.l1_fee;
    if (fee.is_zero()) return {};
    const Address to = miner_.empty() ? zero_address() : miner_;
    out.transfers.push_back({kFeeIndex, txn.from, to, Asset{}, fee, TransferKind::kFee});
    return {};
}

/// The txn's own value: from its top trace where there is one, which knows of reverts, and from its
/// record otherwise.
Status EtlBlock::assemble_value(const Txn& txn, AccountTxn& out, EtlCounts& counts) const {
    const auto top = std::find_if(txn.traces.begin(), txn.traces.end(),
                                  [](const Trace& t) { return t.place.empty(); });
    if (top != txn.traces.end()) {
        if (top->moves)
            out.transfers.push_back(
                {kNativeIndex, top->from, top->to, Asset{}, top->value, TransferKind::kNative});
        return {};
    }
    if (!txn.listed || txn.value.is_zero()) return {};
    Address to = txn.to.empty() ? txn.contract : txn.to;
    if (to.empty() && txn.nonce) to = created_address(txn.from, *txn.nonce);
    if (to.empty()) {
        ++counts.creation_unplaced;
        return {};
    }
    out.transfers.push_back(
        {kNativeIndex, txn.from, to, Asset{}, txn.value, TransferKind::kNative});
    return {};
}

/// Brings the traces into the order of execution (that of their places), each once.
Status EtlBlock::settle_traces(Txn& txn, EtlCounts& counts) const {
    auto& traces = txn.traces;
    for (Trace& trace : traces) trace.id.clear();  // Versions of the exporter write it differently.
    std::stable_sort(traces.begin(), traces.end(),
                     [](const Trace& a, const Trace& b) { return a.place < b.place; });
    const std::size_t before = traces.size();
    traces.erase(std::unique(traces.begin(), traces.end()), traces.end());
    counts.repeated += before - traces.size();
    const auto same_place = [](const Trace& a, const Trace& b) { return a.place == b.place; };
    if (std::adjacent_find(traces.begin(), traces.end(), same_place) != traces.end())
        return fail(ErrorCode::kConflict,
                    format("{}: block {}: txn {} has two different traces at one trace_address",
                           any_name_, number_, format_hash(chain_, txn.hash)));
    return {};
}

/// Calls made by contracts. A failed call takes all below it with it: they follow it in this order.
Status EtlBlock::assemble_traces(const Txn& txn, AccountTxn& out) const {
    const std::vector<uint32_t>* failed = nullptr;
    uint32_t index = kFirstInternal;
    for (const Trace& trace : txn.traces) {
        if (failed != nullptr && is_below(trace.place, *failed)) continue;
        if (trace.failed) failed = &trace.place;
        if (trace.place.empty() || !trace.moves) continue;
        if (index == kFirstToken)
            return fail(ErrorCode::kLimit,
                        format("{}: block {}: a txn has more than {} internal transfers", any_name_,
                               number_, kFirstToken - kFirstInternal));
        out.transfers.push_back({index++, trace.from, trace.to, Asset{}, trace.value, trace.kind});
    }
    return {};
}

Result<std::optional<AccountTxn>> EtlBlock::assemble_system() const {
    AccountTxn out;
    out.hash = system_txn_hash(chain_, number_);
    const auto add = [&](Transfer transfer) {
        transfer.index = static_cast<uint32_t>(out.transfers.size());
        out.transfers.push_back(std::move(transfer));
    };
    for (const Trace& trace : system_)
        if (trace.moves) add({0, trace.from, trace.to, Asset{}, trace.value, trace.kind});
    if (withdrawals_)
        for (const Transfer& withdrawal : *withdrawals_) add(withdrawal);
    if (out.transfers.empty()) return std::nullopt;
    return out;
}

}  // namespace cordon::chain
