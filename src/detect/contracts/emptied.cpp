// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "emptied.hpp"

#include <algorithm>
#include <map>

#include "flow.hpp"
#include "moves.hpp"

namespace cordon::detect {
namespace {

/// Whether anything at all is worth a closer look: tokens go to the sender, or his contract uses an
/// allowance.
bool may_empty(const std::vector<Call>& calls) {
    static const Selector kTransfer = selector_named("transfer(address,uint256)");
    static const Selector kFrom = selector_named("transferFrom(address,address,uint256)");
    const Address& sender = calls[0].from;
    return std::any_of(calls.begin() + 1, calls.end(), [&](const Call& call) {
        const auto selector = selector_of(call.input);
        if (selector == kTransfer) return address_in(word_of(call.input, 0)) == sender;
        return selector == kFrom && call.from == calls[0].to &&
               address_in(word_of(call.input, 0)) != sender;
    });
}

struct Holding {
    std::optional<Amount> told;  // Before anything left.
    uint32_t first_out = kNone;  // Frame.
    Net net;
};

}  // namespace

std::vector<Emptied> emptied_in(const TxnView& txn, double left) {
    static const Selector kBalance = selector_named("balanceOf(address)");
    std::vector<Emptied> out;
    if (!txn.activity || txn.activity->succeeded == false) return out;
    const std::vector<Call>& calls = txn.activity->calls;
    if (calls.empty() || calls[0].failed || calls[0].kind != CallKind::kCall ||
        !calls[0].value.is_zero() || redemptions().has(calls[0].input) ||
        token_calls().has(calls[0].input) || !may_empty(calls))
        return out;

    const Trace& trace = moves_of(txn);
    const uint32_t sender = trace.frames[0].from;
    const uint32_t entry = trace.frames[0].to;
    // Whatever the sender gave may have paid for it.
    if (std::any_of(trace.moves.begin(), trace.moves.end(), [&](const Move& move) {
            return move.from == sender && !move.amount.is_zero();
        }))
        return out;
    std::vector<bool> called(trace.parties.size()), given(trace.parties.size());
    for (std::size_t i = 0; i < calls.size(); ++i)
        if (trace.frames[i].to != kNone && !calls[i].input.empty())
            called[trace.frames[i].to] = true;
    std::map<std::pair<uint32_t, uint32_t>, Holding> holdings;  // Party, token.
    std::vector<std::pair<uint32_t, uint32_t>> order;
    std::vector<bool> pulled(trace.parties.size());  // By the contract that the sender called.
    for (const Move& move : trace.moves) {
        if (move.amount.is_zero()) continue;
        given[move.to] = true;
        if (move.shares || !move.token) continue;
        Holding& payer = holdings[{move.from, move.asset}];
        if (payer.first_out == kNone) {
            payer.first_out = move.frame;
            order.emplace_back(move.from, move.asset);
        }
        payer.net.out = checked_add(payer.net.out, move.amount).value_or(Amount::max());
        Net& payee = holdings[{move.to, move.asset}].net;
        payee.in = checked_add(payee.in, move.amount).value_or(Amount::max());
        if (move.frame != kNone && trace.frames[move.frame].from == entry) pulled[move.from] = true;
    }
    std::map<Address, uint32_t> losers;
    for (const auto& [party, token] : order) losers.emplace(trace.parties[party], party);
    for (uint32_t i = 1; i < calls.size(); ++i) {
        const Call& call = calls[i];
        if (trace.frames[i].failed || trace.frames[i].to == kNone || call.output.size() != 32 ||
            call.kind == CallKind::kDelegateCall || selector_of(call.input) != kBalance)
            continue;
        const auto who = address_in(word_of(call.input, 0));
        const auto loser = who ? losers.find(*who) : losers.end();
        if (loser == losers.end()) continue;
        Holding& holding = holdings[{loser->second, trace.frames[i].to}];
        if (!holding.told && i < holding.first_out) holding.told = amount_in(call.output);
    }
    for (const auto& key : order) {
        const Holding& holding = holdings[key];
        const auto [party, token] = key;
        if (!holding.told || holding.told->is_zero() || given[party] || party == sender) continue;
        const Amount taken = std::min(holding.net.loss(), *holding.told);
        if (ratio(*holding.told - taken, *holding.told) >= left) continue;
        const bool is_entry = party == entry;
        if (!is_entry && (called[party] || !pulled[party])) continue;
        // To the sender, or of strangers at least to his contract.
        Amount kept = holdings[{sender, token}].net.gain();
        if (!is_entry) kept = std::max(kept, holdings[{entry, token}].net.gain());
        if (ratio(taken, kept) * (1 - left) > 1) continue;
        out.push_back({trace.parties[party], Asset::contract(trace.parties[token]), *holding.told,
                       taken, is_entry});
    }
    return out;
}

}  // namespace cordon::detect
