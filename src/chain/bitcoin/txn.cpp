// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "txn.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

#include "../txn_slots.hpp"
#include "script.hpp"
#include "wire.hpp"

namespace cordon::chain {
namespace {

void read_inputs(Cursor& cursor, TxnView& out) {
    const std::size_t count = cursor.count(kMinInput, "the inputs");
    out.inputs.resize(count);
    for (InputView& input : out.inputs) {
        input.prevout.txid = cursor.hash("the txid of an input");
        input.prevout.index = cursor.u32("the output index of an input");
        input.script = cursor.var_bytes("an input script");
        input.sequence = cursor.u32("the sequence of an input");
        input.first_item = 0;
        input.item_count = 0;
        if (!cursor.ok()) return;
    }
}

void read_outputs(Cursor& cursor, TxnView& out) {
    const std::size_t count = cursor.count(kMinOutput, "the outputs");
    out.outputs.resize(count);
    for (OutputView& output : out.outputs) {
        output.value = cursor.u64("the value of an output");
        output.script = cursor.var_bytes("an output script");
        if (!cursor.ok()) return;
    }
}

void read_witnesses(Cursor& cursor, TxnView& out) {
    const std::size_t start = cursor.offset();
    for (InputView& input : out.inputs) {
        const std::size_t count = cursor.count(1, "the items of a witness");
        input.first_item = static_cast<uint32_t>(out.items.size());
        input.item_count = static_cast<uint32_t>(count);
        for (std::size_t i = 0; i < count && cursor.ok(); ++i)
            out.items.push_back(cursor.var_bytes("a witness item"));
        if (!cursor.ok()) return;
    }
    // Otherwise one txn would have two encodings with the same txid (BIP-144).
    if (out.items.empty())
        cursor.fail_at(start, ErrorCode::kMalformed,
                       "a witness item in a txn that has the witness flag", 0);
}

Status check_outputs(const TxnView& txn) {
    uint64_t sum = 0;
    for (std::size_t i = 0; i < txn.outputs.size(); ++i) {
        const uint64_t value = txn.outputs[i].value;
        if (value > kMaxMoney)
            return fail(ErrorCode::kOverflow,
                        format("output {}: value {} exceeds the 21 million coins ({} sat)", i,
                               value, kMaxMoney));
        sum += value;  // Below 2^64: at most 2^22 outputs of 2^51 fit a block; the check follows
                       // each addition anyway.
        if (sum > kMaxMoney)
            return fail(
                ErrorCode::kOverflow,
                format("output {}: the outputs together exceed the 21 million coins ({} sat)", i,
                       kMaxMoney));
    }
    return {};
}

/// An output that two inputs spend; the smallest one, where there are several. Numbers made of the
/// outpoints are sorted first: nearly always they tell all of them apart.
const OutPoint* find_spent_twice(const TxnView& txn) {
    const std::vector<InputView>& inputs = txn.inputs;
    std::vector<std::size_t> numbers;
    numbers.reserve(inputs.size());
    for (const InputView& input : inputs) numbers.push_back(std::hash<OutPoint>{}(input.prevout));
    std::sort(numbers.begin(), numbers.end());
    if (std::adjacent_find(numbers.begin(), numbers.end()) == numbers.end()) return nullptr;
    std::vector<const OutPoint*> points;
    points.reserve(inputs.size());
    for (const InputView& input : inputs) points.push_back(&input.prevout);
    std::sort(points.begin(), points.end(),
              [](const OutPoint* a, const OutPoint* b) { return *a < *b; });
    const auto twice =
        std::adjacent_find(points.begin(), points.end(),
                           [](const OutPoint* a, const OutPoint* b) { return *a == *b; });
    return twice == points.end() ? nullptr : *twice;
}

Status check_inputs(const TxnView& txn) {
    if (txn.coinbase()) {
        const std::size_t size = txn.inputs[0].script.size();
        if (size < 2 || size > 100)
            return fail(ErrorCode::kMalformed,
                        format("coinbase script of {} bytes; expected 2..100", size));
        return {};
    }
    for (std::size_t i = 0; i < txn.inputs.size(); ++i) {
        const OutPoint& point = txn.inputs[i].prevout;
        if (point.index == kNoIndex && point.txid == Hash256{})
            return fail(ErrorCode::kMalformed,
                        format("input {}: spends nothing, and the txn is no coinbase", i));
    }
    // CVE-2018-17144: the same output twice in one txn made coins out of nothing.
    if (const OutPoint* twice = find_spent_twice(txn); twice != nullptr)
        return fail(ErrorCode::kDuplicate,
                    format("output {} of a txn is spent twice by this one", twice->index));
    return {};
}

}  // namespace

bool TxnView::coinbase() const noexcept {
    return inputs.size() == 1 && inputs[0].prevout.index == kNoIndex &&
           inputs[0].prevout.txid == Hash256{};
}

bool read_txn(Cursor& cursor, TxnView& out) {
    const std::size_t start = cursor.offset();
    out.items.clear();
    out.outputs.clear();
    out.version = cursor.u32("the version of a txn");
    // A count of zero inputs is the marker of the witness form; with a flag of zero it is a txn
    // without anything.
    out.segwit = cursor.left() >= 2 && cursor.peek(0) == 0 && cursor.peek(1) != 0;
    if (out.segwit) {
        cursor.u8("the witness marker");
        const uint8_t flag = cursor.u8("the witness flag");
        if (flag != 1)
            cursor.fail_at(cursor.offset() - 1, ErrorCode::kMalformed, "the witness flag 1", flag);
    }
    const std::size_t body = cursor.offset();
    read_inputs(cursor, out);
    if (cursor.ok()) read_outputs(cursor, out);
    if (!cursor.ok()) return false;
    out.body = cursor.since(body);
    if (out.segwit) read_witnesses(cursor, out);
    out.locktime = cursor.u32("the locktime of a txn");
    if (!cursor.ok()) return false;
    out.raw = cursor.since(start);
    return true;
}

bool read_unsigned_txn(Cursor& cursor, TxnView& out) {
    const std::size_t start = cursor.offset();
    out.items.clear();
    out.outputs.clear();
    out.segwit = false;
    out.version = cursor.u32("the version of a txn");
    const std::size_t body = cursor.offset();
    read_inputs(cursor, out);
    if (cursor.ok()) read_outputs(cursor, out);
    if (!cursor.ok()) return false;
    out.body = cursor.since(body);
    out.locktime = cursor.u32("the locktime of a txn");
    if (!cursor.ok()) return false;
    out.raw = cursor.since(start);
    return true;
}

Result<TxnView> parse_txn(ByteView bytes) {
    Cursor cursor{bytes};
    TxnView txn;
    if (!read_txn(cursor, txn)) return fail(cursor.error());
    if (cursor.left() > 0)
        return fail(ErrorCode::kTrailing,
                    format("offset {}: expected the end of the txn, found {} more bytes",
                           cursor.offset(), cursor.left()));
    return txn;
}

void append_txn(Bytes& out, const TxnView& txn) {
    append_number(out, txn.version);
    if (txn.segwit) {
        out.push_back(0);
        out.push_back(1);
    }
    append_compact_size(out, txn.inputs.size());
    for (const InputView& input : txn.inputs) {
        append_bytes(out, input.prevout.txid);
        append_number(out, input.prevout.index);
        append_var_bytes(out, input.script);
        append_number(out, input.sequence);
    }
    append_compact_size(out, txn.outputs.size());
    for (const OutputView& output : txn.outputs) {
        append_number(out, output.value);
        append_var_bytes(out, output.script);
    }
    if (txn.segwit) {
        for (const InputView& input : txn.inputs) {
            append_compact_size(out, input.item_count);
            for (const ByteView item : txn.witness(input)) append_var_bytes(out, item);
        }
    }
    append_number(out, txn.locktime);
}

crypto::Pieces txid_pieces(const TxnView& txn) noexcept {
    if (!txn.segwit) return {{txn.raw, {}, {}}};
    return {{txn.raw.first(4), txn.body, txn.raw.last(4)}};
}

Hash256 txid_of(const TxnView& txn) noexcept {
    crypto::Sha256 hash;
    for (const ByteView part : txid_pieces(txn).parts) hash.update(part);
    return hash.finish_double();
}

Hash256 wtxid_of(const TxnView& txn) noexcept { return crypto::sha256d(txn.raw); }

Status check_txn(const TxnView& txn) {
    if (txn.inputs.empty()) return fail(ErrorCode::kMalformed, "a txn without inputs");
    if (txn.outputs.empty()) return fail(ErrorCode::kMalformed, "a txn without outputs");
    if (txn.stripped_size() * 4 > kMaxBlockWeight)
        return fail(ErrorCode::kLimit, format("a txn of {} bytes without witness; a block holds {}",
                                              txn.stripped_size(), kMaxBlockWeight / 4));
    CORDON_TRY(check_outputs(txn));
    return check_inputs(txn);
}

void to_model(const TxnView& txn, UtxoTxn& out) {
    out.coinbase = txn.coinbase();
    out.version = txn.version;
    out.locktime = txn.locktime;
    const std::size_t inputs = out.coinbase ? 0 : txn.inputs.size();
    reuse(out.inputs, inputs);
    for (std::size_t i = 0; i < inputs; ++i)
        out.inputs.emplace_back(txn.inputs[i].prevout, std::nullopt);
    reuse(out.outputs, txn.outputs.size());
    // Made where it stays: a copy of what has just been written byte by byte waits for all of it.
    struct Made {
        const OutputView& output;
        operator TxOut() const { return {output.value, address_of_script(output.script)}; }
    };
    for (const OutputView& output : txn.outputs) out.outputs.emplace_back(Made{output});
}

UtxoTxn to_model(const TxnView& txn, const Hash256& txid) {
    UtxoTxn out;
    out.txid = txid;
    to_model(txn, out);
    return out;
}

}  // namespace cordon::chain
