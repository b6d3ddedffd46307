// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/base/result.hpp>
#include <cordon/model/block.hpp>

#include "coding.hpp"

/// How blocks stand in the head log: self-contained, addresses in full (docs/formats/ledger.md).
namespace cordon::ledger {

void put_header(Bytes& out, const BlockHeader& header);
BlockHeader take_header(Decoder& in);

void put_address(Bytes& out, const Address& address);
Address take_address(Decoder& in);

/// Least significant byte first, without leading zeros; its length stands elsewhere.
unsigned amount_size(const Amount& amount) noexcept;
void put_amount(Bytes& out, const Amount& amount);
Amount take_amount(Decoder& in, unsigned size);

void put_txn(Bytes& out, const AccountTxn& txn);
void put_txn(Bytes& out, const UtxoTxn& txn);

/// Decodes txns. Keeps the last asset, because parsing its text costs more than all the rest and
/// rows repeat it.
class TxnDecoder {
public:
    void take(Decoder& in, AccountTxn& txn);
    static void take(Decoder& in, UtxoTxn& txn);

private:
    Asset take_asset(Decoder& in);
    Asset last_;
};

/// One output of an encoded UTXO txn, or nothing when it has fewer: without touching the rest.
std::optional<TxOut> take_output(Decoder& in, uint32_t index, uint32_t& count);

/// A whole block as it stands in the log: header, number of txns, txns. Fails the decoder on
/// anything else.
void take_block(Decoder& in, ChainId chain, Block& block);

/// A txn's own time, for as long as the model has one.
template <typename Txn>
std::optional<UnixMillis> own_time(const Txn& txn) {
    if constexpr (requires { txn.time; })
        return txn.time;
    else
        return std::nullopt;
}
template <typename Txn>
void set_own_time(Txn& txn, std::optional<UnixMillis> time) {
    if constexpr (requires { txn.time; }) txn.time = time;
}

}  // namespace cordon::ledger
