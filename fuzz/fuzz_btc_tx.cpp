// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// A txn that is taken is written again byte for byte, and its model agrees with the view. What goes
// the short way is what the long way makes of it.
#include <cordon/chain/bitcoin/plain_txn.hpp>
#include <cordon/chain/bitcoin/script.hpp>
#include <cordon/chain/bitcoin/txn.hpp>
#include <cordon/chain/text.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    UtxoTxn out;
    if (const auto plain = chain::read_plain_txn({data, size}, out)) {
        const auto whole = chain::parse_txn(plain->raw);
        if (!whole || !chain::check_txn(*whole)) __builtin_trap();
        if (out != chain::to_model(*whole, out.txid)) __builtin_trap();
    }
    const auto txn = chain::parse_txn({data, size});
    if (!txn) return 0;
    Bytes again;
    chain::append_txn(again, *txn);
    if (!std::equal(again.begin(), again.end(), data, data + size)) __builtin_trap();
    if (txn->weight() < txn->vsize()) __builtin_trap();
    if (!txn->segwit && chain::txid_of(*txn) != chain::wtxid_of(*txn)) __builtin_trap();
    if (!chain::check_txn(*txn)) return 0;
    const UtxoTxn model = chain::to_model(*txn, chain::txid_of(*txn));
    if (model.outputs.size() != txn->outputs.size()) __builtin_trap();
    for (std::size_t i = 0; i < model.outputs.size(); ++i) {
        const Address& address = model.outputs[i].address;
        const auto script = chain::script_of_address(address);
        const ByteView given = txn->outputs[i].script;
        if (script && !std::equal(script->begin(), script->end(), given.begin(), given.end()))
            __builtin_trap();
        const auto parsed =
            chain::parse_address(kBitcoin, chain::format_address(kBitcoin, address));
        if (!parsed || *parsed != address) __builtin_trap();
    }
    return 0;
}
