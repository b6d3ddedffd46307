// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <cordon/base/bytes.hpp>
#include <cordon/model/block.hpp>

namespace cordon::chain {

/// What a block must know of a txn beside the model.
struct PlainTxn {
    ByteView raw;   ///< All its bytes.
    ByteView body;  ///< As TxnView::body.
    bool segwit = false;
    uint64_t total_out = 0;
};

/// The short way of most txns: from the front of `bytes` to the model in one pass, where read_txn,
/// check_txn and to_model make several over lists that they fill in between. Nothing for a txn that
/// is not plain: a coinbase, more than a few inputs, a field of more than 65,535 bytes, and all
/// that the long way refuses. The caller then takes the long way, which can say what is wrong.
///
/// `out` is as to_model leaves it, and after nothing of no meaning; its vectors keep their room.
std::optional<PlainTxn> read_plain_txn(ByteView bytes, UtxoTxn& out);

}  // namespace cordon::chain
