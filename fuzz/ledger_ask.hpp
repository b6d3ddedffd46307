// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include <cordon/base/check.hpp>
#include <cordon/ledger/chain_view.hpp>

/// Every question that a ledger answers, for targets that make one of arbitrary bytes.
namespace cordon::fuzz {

/// Any answer is right but an Error of another kind, or a crash.
template <typename T>
inline void expect_clean(const Result<T>& result) {
    CORDON_CHECK(result || result.error().code == ErrorCode::kCorrupt ||
                 result.error().code == ErrorCode::kNotFound);
}

inline void ask(const ledger::Reader& reader, ChainId chain) {
    std::vector<Address> addresses;
    std::vector<OutPoint> points;
    std::vector<Hash256> hashes;
    expect_clean(reader.scan(chain, 0, UINT64_MAX, [&](const Block& block) -> Status {
        for (const AccountTxn& txn : block.account_txns) {
            hashes.push_back(txn.hash);
            for (const Transfer& transfer : txn.transfers) addresses.push_back(transfer.from);
        }
        for (const UtxoTxn& txn : block.utxo_txns) {
            hashes.push_back(txn.txid);
            for (const TxIn& input : txn.inputs) points.push_back(input.prevout);
            for (const TxOut& output : txn.outputs) addresses.push_back(output.address);
        }
        return {};
    }));
    addresses.resize(std::min<std::size_t>(addresses.size(), 20));
    for (const Address& address : addresses)
        for (const auto order : {ledger::Order::kAscending, ledger::Order::kDescending}) {
            const auto cursor =
                is_utxo(chain)
                    ? reader.utxo_txns_of(chain, address, ledger::Side::kEither, order, {})
                    : reader.account_txns_of(chain, address, ledger::Side::kEither, order, {});
            for (int i = 0; i < 100; ++i) {
                const auto at = cursor->next();
                expect_clean(at);
                if (!at || !*at) break;
                if (is_utxo(chain))
                    expect_clean(reader.utxo_txn(chain, **at));
                else
                    expect_clean(reader.account_txn(chain, **at));
            }
        }
    std::vector<ledger::PlacedTransfer> transfers(7);
    std::vector<ledger::PlacedOutput> outputs(7);
    for (const Address& address : addresses) {
        expect_clean(reader.address_id(chain, address));
        if (is_utxo(chain)) {
            expect_clean(reader.balance(chain, address));
            expect_clean(
                reader.outputs_of(chain, address, ledger::Order::kDescending, {})->next(outputs));
        } else {
            expect_clean(reader.transfers_of(chain, address, {})->next(transfers));
        }
    }
    if (const auto numbered = reader.numbered(chain)) {
        std::vector<ledger::NumberedRow> rows(7), whole;
        for (uint32_t number = 0; number < 20; ++number) {
            expect_clean(numbered->address(number));
            expect_clean(numbered->asset(number));
            expect_clean(numbered->txn(number));
            expect_clean(numbered->rows_in(number, whole));
            expect_clean(numbered->rows_of(number, 0, rows));
            expect_clean(numbered->rows_of(number, rows[3].row, rows));
        }
    }
    expect_clean(reader.scan_field(chain, ledger::Field::kReceiver,
                                   [](uint64_t, std::span<const uint64_t>) { return Status{}; }));
    if (is_utxo(chain))
        expect_clean(
            reader.scan_shapes(chain, {}, true, [](const ledger::TxnShape&) { return Status{}; }));
    for (const Hash256& hash : hashes) expect_clean(reader.find_txn(chain, hash));
    points.resize(std::min<std::size_t>(points.size(), 20));
    for (const OutPoint& point : points) expect_clean(reader.spender(chain, point));
}

}  // namespace cordon::fuzz
