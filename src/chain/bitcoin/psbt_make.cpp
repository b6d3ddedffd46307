// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "psbt_make.hpp"

#include <algorithm>
#include <map>

#include <cordon/base/format.hpp>

#include "../text.hpp"
#include "wire.hpp"

namespace cordon::chain {
namespace {

using Map = std::map<Bytes, Bytes>;  // In the order of their keys, which is that of their types.

constexpr uint32_t kTxnVersion = 2;            // Of relative locks (BIP-68), and the usual one.
constexpr uint32_t kReplaceable = 0xfffffffd;  // BIP-125.
constexpr uint8_t kMagic[] = {'p', 's', 'b', 't', 0xff};

// BIP-174 and BIP-371.
constexpr uint8_t kUnsignedTxn = 0x00;
struct SpendingTypes {
    uint8_t witness_script, keys, tap_key, tap_keys;
};
constexpr SpendingTypes kOfInput{0x05, 0x06, 0x17, 0x16}, kOfOutput{0x01, 0x02, 0x05, 0x07};
constexpr uint8_t kInTxn = 0x00, kInOutput = 0x01;

Bytes key_of(uint8_t type, ByteView data = {}) {
    Bytes out{type};
    append_bytes(out, data);
    return out;
}

void append_map(Bytes& out, const Map& map) {
    for (const auto& [key, value] : map) {
        append_var_bytes(out, key);
        append_var_bytes(out, value);
    }
    out.push_back(0);
}

void add_spending(Map& out, const SpendingData& data, const SpendingTypes& types) {
    const bool taproot = !data.tap_key.empty();
    if (!data.witness_script.empty()) out[key_of(types.witness_script)] = data.witness_script;
    if (taproot) out[key_of(types.tap_key)] = data.tap_key;
    for (const SpendingData::Key& key : data.keys) {
        Bytes origin;
        if (taproot) append_compact_size(origin, 0);  // Leaves: the key signs without one.
        append_bytes(origin, key.fingerprint);
        for (const uint32_t step : key.path) append_number(origin, step);
        out[key_of(taproot ? types.tap_keys : types.keys, key.key)] = std::move(origin);
    }
}

void append_output(Bytes& out, uint64_t value, ByteView script) {
    append_number(out, value);
    append_var_bytes(out, script);
}

/// The row of a coin's map, and the place of the coin on chain.
Result<OutPoint> add_coin(Map& out, const PsbtCoin& coin) {
    CORDON_TRY(const TxnView txn, parse_txn(coin.txn));
    const OutPoint point{txid_of(txn), coin.output};
    const auto where = [&] { return format_outpoint(kBitcoin, point); };
    if (coin.output >= txn.outputs.size())
        return fail(ErrorCode::kNotFound, where() + ": the txn has no such output");
    const OutputView& spent = txn.outputs[coin.output];
    if (!std::equal(spent.script.begin(), spent.script.end(), coin.spending.script.begin(),
                    coin.spending.script.end()))
        return fail(ErrorCode::kConflict, where() + ": it pays another script than the wallet's");
    out[key_of(kInTxn)] = coin.txn;
    append_output(out[key_of(kInOutput)], spent.value, spent.script);
    add_spending(out, coin.spending, kOfInput);
    return point;
}

/// All rows of one map of `second` that `first` has not.
Status join(std::vector<PsbtEntry>& first, const std::vector<PsbtEntry>& second) {
    const auto same = [](ByteView a, ByteView b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end());
    };
    for (const PsbtEntry& row : second) {
        const auto there = std::find_if(first.begin(), first.end(), [&](const PsbtEntry& each) {
            return same(each.key, row.key);
        });
        if (there == first.end()) {
            first.push_back(row);
        } else if (!same(there->value, row.value)) {
            return fail(ErrorCode::kConflict,
                        format("{}: the two PSBTs have different values for it",
                               row.name.empty() ? "a field of unknown type" : row.name));
        }
    }
    return {};
}

}  // namespace

Result<Bytes> make_psbt(std::span<const PsbtCoin> coins, std::span<const PsbtPayment> payments) {
    std::vector<Map> maps(coins.size() + payments.size());
    Bytes txn;
    append_number(txn, kTxnVersion);
    append_compact_size(txn, coins.size());
    for (std::size_t i = 0; i < coins.size(); ++i) {
        CORDON_TRY(const OutPoint point, add_coin(maps[i], coins[i]));
        append_bytes(txn, point.txid.bytes);
        append_number(txn, point.index);
        append_var_bytes(txn, {});
        append_number(txn, kReplaceable);
    }
    append_compact_size(txn, payments.size());
    for (std::size_t i = 0; i < payments.size(); ++i) {
        append_output(txn, payments[i].value, payments[i].script);
        if (payments[i].own) add_spending(maps[coins.size() + i], *payments[i].own, kOfOutput);
    }
    append_number(txn, uint32_t{0});
    Map globals;
    globals[key_of(kUnsignedTxn)] = std::move(txn);
    Bytes out(std::begin(kMagic), std::end(kMagic));
    append_map(out, globals);
    for (const Map& map : maps) append_map(out, map);
    CORDON_TRY(const Psbt made, parse_psbt(out));
    CORDON_TRY(check_txn(made.txn));
    return out;
}

Result<Bytes> combine_psbts(ByteView first, ByteView second) {
    CORDON_TRY(Psbt out, parse_psbt(first));
    CORDON_TRY(const Psbt other, parse_psbt(second));
    if (out.inputs.size() != other.inputs.size() || out.outputs.size() != other.outputs.size())
        return fail(ErrorCode::kConflict, "the two PSBTs are not of one txn");
    CORDON_TRY(join(out.globals, other.globals));
    for (std::size_t i = 0; i < out.inputs.size(); ++i)
        CORDON_TRY(join(out.inputs[i].entries, other.inputs[i].entries));
    for (std::size_t i = 0; i < out.outputs.size(); ++i)
        CORDON_TRY(join(out.outputs[i].entries, other.outputs[i].entries));
    Bytes made;
    append_psbt(made, out);
    CORDON_TRY(parse_psbt(made));  // Rows that are sound alone may not be so together.
    return made;
}

}  // namespace cordon::chain
