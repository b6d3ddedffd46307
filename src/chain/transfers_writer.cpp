// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "transfers_writer.hpp"

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

#include "text.hpp"
#include "transfers_row.hpp"

namespace cordon::chain {

std::string_view transfers_header() noexcept {
    return "chain,block,time,tx,index,from,to,asset,amount,kind\n";
}

Status append_transfers(std::string& out, const Block& block) {
    const std::string chain = to_string(block.chain);
    if (is_utxo(block.chain))
        return fail(ErrorCode::kUnsupported, format("block {} of {}: a UTXO chain has no transfers "
                                                    "between addresses; write it as btc-txs",
                                                    block.header.number, chain));
    const std::size_t before = out.size();
    for (const AccountTxn& txn : block.account_txns) {
        const auto time = txn.time ? txn.time : block.header.time;
        if (!time) {
            out.resize(before);
            return fail(ErrorCode::kInvalidParam,
                        format("block {} of {}: txn {} has no time", block.header.number, chain,
                               format_hash(block.chain, txn.hash)));
        }
        const TransferRowHead head{chain, block.header.number, to_unix_seconds(*time), txn.hash};
        for (const Transfer& transfer : txn.transfers)
            append_transfer_row(out, block.chain, head, transfer);
    }
    return {};
}

Result<Hash256> transfers_hash(const Block& block) {
    std::string rows;
    CORDON_TRY(append_transfers(rows, block));
    return crypto::sha256({reinterpret_cast<const uint8_t*>(rows.data()), rows.size()});
}

}  // namespace cordon::chain
