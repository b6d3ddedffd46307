// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/bitcoin/check.hpp>
#include <cordon/chain/bitcoin/script.hpp>
#include <cordon/chain/bitcoin/txn.hpp>
#include <cordon/chain/text.hpp>

#include "ops.hpp"

namespace cordon::conform {
namespace {

json::string hex(ByteView bytes) { return json::string{to_hex(bytes)}; }
json::string txid(const Hash256& hash) { return json::string{chain::format_hash(kBitcoin, hash)}; }
std::string_view kind_of(const Address& address) noexcept {
    return cordon::to_string(address.kind());
}

json::array inputs_of(const chain::TxnView& txn) {
    json::array out;
    for (const chain::InputView& input : txn.inputs) {
        json::array witness;
        for (const ByteView item : txn.witness(input)) witness.push_back(hex(item));
        out.push_back({{"txid", txid(input.prevout.txid)},
                       {"vout", input.prevout.index},
                       {"script", hex(input.script)},
                       {"sequence", input.sequence},
                       {"witness", std::move(witness)}});
    }
    return out;
}

json::array outputs_of(const chain::TxnView& txn, ChainId network) {
    json::array out;
    for (const chain::OutputView& output : txn.outputs) {
        const Address address = chain::address_of_script(output.script);
        out.push_back({{"value", std::to_string(output.value)},
                       {"script", hex(output.script)},
                       {"kind", kind_of(address)},
                       {"address", chain::format_address(network, address)}});
    }
    return out;
}

}  // namespace

Result<json::value> op_tx(const json::object& request) {
    CORDON_TRY(const ChainId network, chain_field(request));
    CORDON_TRY(const Bytes bytes, hex_field(request, "hex"));
    CORDON_TRY(const chain::TxnView txn, chain::parse_txn(bytes));
    const json::value* strict = request.if_contains("strict");
    if (strict != nullptr && strict->is_bool() && strict->get_bool())
        CORDON_TRY(chain::check_txn(txn));
    Bytes again;
    chain::append_txn(again, txn);
    return json::value{{"txid", txid(chain::txid_of(txn))},
                       {"wtxid", txid(chain::wtxid_of(txn))},
                       {"version", txn.version},
                       {"locktime", txn.locktime},
                       {"size", bytes.size()},
                       {"weight", txn.weight()},
                       {"vsize", txn.vsize()},
                       {"segwit", txn.segwit},
                       {"coinbase", txn.coinbase()},
                       {"reencodes", again == bytes},
                       {"inputs", inputs_of(txn)},
                       {"outputs", outputs_of(txn, network)}};
}

Result<json::value> op_block(const json::object& request) {
    CORDON_TRY(const Bytes bytes, hex_field(request, "hex"));
    CORDON_TRY(const chain::BlockCheck check, chain::check_block_bytes(bytes));
    const chain::BlockFacts& facts = check.facts;
    json::object types;
    for (const auto& [kind, count] : check.out_types) types[kind] = count;
    json::value height;
    if (facts.coinbase_height) height = *facts.coinbase_height;
    return json::value{{"hash", txid(facts.header.hash)},
                       {"parent", txid(facts.header.parent)},
                       {"time", facts.header.time},
                       {"bits", format("{:08x}", facts.header.bits)},
                       {"version", facts.header.version},
                       {"bytes", facts.bytes},
                       {"txns", facts.txns},
                       {"inputs", facts.inputs},
                       {"outputs", facts.outputs},
                       {"total_out", std::to_string(facts.total_out)},
                       {"weight", facts.weight},
                       {"merkle_ok", facts.merkle_ok && !facts.merkle_mutated},
                       {"witness_commitment", chain::to_string(facts.witness)},
                       {"pow_ok", facts.pow_ok},
                       {"reencodes", check.reencodes},
                       {"bip34_height", height},
                       {"txids_sha256", hex(check.txids_sha256)},
                       {"out_types", std::move(types)}};
}

Result<json::value> op_script_address(const json::object& request) {
    CORDON_TRY(const ChainId network, chain_field(request));
    CORDON_TRY(const Bytes script, hex_field(request, "hex"));
    const Address address = chain::address_of_script(script);
    return json::value{{"kind", kind_of(address)},
                       {"payload", hex(address.payload())},
                       {"text", chain::format_address(network, address)}};
}

Result<json::value> op_address(const json::object& request) {
    CORDON_TRY(const ChainId network, chain_field(request));
    CORDON_TRY(const std::string_view text, text_field(request, "text"));
    CORDON_TRY(const Address address, chain::parse_address(network, text));
    json::value script;
    if (const auto bytes = chain::script_of_address(address)) script = hex(*bytes);
    return json::value{{"kind", kind_of(address)},
                       {"payload", hex(address.payload())},
                       {"text", chain::format_address(network, address)},
                       {"display", chain::display_address(network, address)},
                       {"script", script}};
}

}  // namespace cordon::conform
