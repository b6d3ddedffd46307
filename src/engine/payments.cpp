// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "payments.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace cordon::engine {
namespace {

using ledger::Side;

// Of a page of transfers: some 50 kB.
constexpr std::size_t kPage = 256;

Result<bool> of_account(const ledger::Reader& ledger, ChainId chain, const Address& address,
                        Side side, std::size_t most,
                        const std::function<void(const Payment&)>& visit) {
    ledger::TransferQuery query;
    query.side = side;
    query.order = ledger::Order::kDescending;
    const auto cursor = ledger.transfers_of(chain, address, query);
    std::vector<ledger::PlacedTransfer> page(std::min(kPage, most + 1));
    for (std::size_t seen = 0;;) {
        CORDON_TRY(const std::size_t count, cursor->next(page));
        if (count == 0) return false;
        for (std::size_t i = 0; i < count; ++i) {
            if (seen++ == most) return true;
            const Transfer& row = page[i].transfer;
            const Address& other = side == Side::kSender ? row.to : row.from;
            if (row.kind == TransferKind::kFee || row.amount.is_zero() || other == address)
                continue;
            visit({other, row.asset, row.amount, page[i].time});
        }
    }
}

/// The parts of `whole` by address.
void share_out(const std::map<Address, uint64_t>& parts, uint64_t sum, uint64_t whole,
               const Address& self, std::optional<UnixMillis> time,
               const std::function<void(const Payment&)>& visit) {
    if (sum == 0) return;
    for (const auto& [other, part] : parts) {
        const Amount amount = mul_div(Amount{whole}, Amount{part}, Amount{sum});
        if (other != self && !amount.is_zero()) visit({other, Asset{}, amount, time});
    }
}

Result<bool> of_utxo(const ledger::Reader& ledger, ChainId chain, const Address& address, Side side,
                     std::size_t most, const std::function<void(const Payment&)>& visit) {
    const auto cursor = ledger.utxo_txns_of(chain, address, side, ledger::Order::kDescending, {});
    for (std::size_t seen = 0;;) {
        CORDON_TRY(const auto at, cursor->next());
        if (!at) return false;
        if (seen++ == most) return true;
        CORDON_TRY(const auto placed, ledger.utxo_txn(chain, *at));
        std::map<Address, uint64_t> inputs, outputs;
        uint64_t in = 0, out = 0;
        for (const TxIn& input : placed.txn.inputs)
            if (input.spent)
                inputs[input.spent->address] += input.spent->value, in += input.spent->value;
        for (const TxOut& output : placed.txn.outputs)
            outputs[output.address] += output.value, out += output.value;
        if (side == Side::kReceiver) {
            // What it gives back to itself is change, not income.
            if (!inputs.contains(address))
                share_out(inputs, in, outputs[address], address, placed.time, visit);
        } else if (in > 0) {
            const uint64_t own =
                mul_div(Amount{out}, Amount{inputs[address]}, Amount{in}).low_u64();
            share_out(outputs, out, own, address, placed.time, visit);
        }
    }
}

}  // namespace

Result<bool> each_payment(const ledger::Reader& ledger, ChainId chain, const Address& address,
                          Side side, std::size_t most,
                          const std::function<void(const Payment&)>& visit) {
    return is_utxo(chain) ? of_utxo(ledger, chain, address, side, most, visit)
                          : of_account(ledger, chain, address, side, most, visit);
}

}  // namespace cordon::engine
