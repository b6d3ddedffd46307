// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/check.hpp>
#include <cordon/chain/evm/txn.hpp>

using cordon::ByteView;
using namespace cordon::chain;

/// There is one encoding of every txn, and no fork's rules fall over what parses.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    const ByteView bytes{data, size};
    if (const auto authorization = parse_evm_authorization(bytes))
        (void)authorization->signing_hash();
    const auto txn = parse_evm_txn(bytes);
    if (!txn) return 0;
    const cordon::Bytes again = encode_evm_txn(*txn);
    if (txn->blobs == 0) CORDON_CHECK(std::ranges::equal(again, bytes));
    const auto read = parse_evm_txn(again);
    CORDON_CHECK(read && read->signing_hash == txn->signing_hash && read->hash == txn->hash);
    for (int fork = 0; fork <= static_cast<int>(EvmFork::kOsaka); ++fork)
        if (check_evm_txn(*txn, static_cast<EvmFork>(fork), txn->chain_id.value_or(1)))
            CORDON_CHECK(txn->signature);
    if (const auto sender = sender_of(*txn)) CORDON_CHECK(txn->signature);
    for (const EvmAuthorization& each : txn->authorizations) (void)each.authority();
    return 0;
}
