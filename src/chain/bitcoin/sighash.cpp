// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "sighash.hpp"

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

#include "taproot.hpp"
#include "wire.hpp"

namespace cordon::chain {
namespace {

constexpr uint32_t kBaseMask = 0x1f;  // Consensus before taproot: the other bits only get hashed.

void append_output(Bytes& out, const OutputView& output) {
    append_number(out, output.value);
    append_var_bytes(out, output.script);
}

void append_prevout(Bytes& out, const OutPoint& point) {
    append_bytes(out, point.txid);
    append_number(out, point.index);
}

Hash256 hash_of_output(const OutputView& output) {
    Bytes bytes;
    append_output(bytes, output);
    return crypto::sha256(bytes);
}

}  // namespace

std::string sighash_name(uint32_t type) {
    const bool anyone = (type & kSighashAnyoneCanPay) != 0;
    const std::string_view tail = anyone ? "|ANYONECANPAY" : "";
    switch (type & ~uint32_t{kSighashAnyoneCanPay}) {
        case kSighashDefault:
            if (!anyone) return "DEFAULT";
            break;
        case kSighashAll: return format("ALL{}", tail);
        case kSighashNone: return format("NONE{}", tail);
        case kSighashSingle: return format("SINGLE{}", tail);
        default: break;
    }
    return format("{:#04x}", type);
}

Sighasher::Sighasher(const TxnView& txn, std::span<const OutputView> spent)
    : txn_{txn}, spent_{spent.size() == txn.inputs.size() ? spent : std::span<const OutputView>{}} {
    Bytes prevouts, sequences, outputs, amounts, scripts;
    for (const InputView& input : txn.inputs) {
        append_prevout(prevouts, input.prevout);
        append_number(sequences, input.sequence);
    }
    for (const OutputView& output : txn.outputs) append_output(outputs, output);
    for (const OutputView& output : spent_) {
        append_number(amounts, output.value);
        append_var_bytes(scripts, output.script);
    }
    size_ = prevouts.size() + sequences.size() + outputs.size();
    prevouts_ = crypto::sha256(prevouts);
    sequences_ = crypto::sha256(sequences);
    outputs_ = crypto::sha256(outputs);
    amounts_ = crypto::sha256(amounts);
    scripts_ = crypto::sha256(scripts);
}

Hash256 Sighasher::legacy(std::size_t index, ByteView script_code, uint32_t type) const {
    const uint32_t base = type & kBaseMask;
    const bool anyone = (type & kSighashAnyoneCanPay) != 0;
    if (base == kSighashSingle && index >= txn_.outputs.size()) {
        Hash256 one;  // The first client's error is consensus: the number one, little-endian.
        one.bytes[0] = 1;
        return one;
    }
    Bytes out;
    append_number(out, txn_.version);
    append_compact_size(out, anyone ? 1 : txn_.inputs.size());
    for (std::size_t i = anyone ? index : 0; i < (anyone ? index + 1 : txn_.inputs.size()); ++i) {
        append_prevout(out, txn_.inputs[i].prevout);
        append_var_bytes(out, i == index ? script_code : ByteView{});
        const bool free = i != index && (base == kSighashNone || base == kSighashSingle);
        append_number(out, free ? uint32_t{0} : txn_.inputs[i].sequence);
    }
    if (base == kSighashNone) {
        append_compact_size(out, 0);
    } else if (base == kSighashSingle) {
        append_compact_size(out, index + 1);
        // Consensus: the others stand as outputs of -1 without script.
        for (std::size_t i = 0; i < index; ++i) append_output(out, {UINT64_MAX, {}});
        append_output(out, txn_.outputs[index]);
    } else {
        append_compact_size(out, txn_.outputs.size());
        for (const OutputView& output : txn_.outputs) append_output(out, output);
    }
    append_number(out, txn_.locktime);
    append_number(out, type);
    return crypto::sha256d(out);
}

Hash256 Sighasher::witness_v0(std::size_t index, ByteView script_code, uint64_t value,
                              uint32_t type) const {
    const uint32_t base = type & kBaseMask;
    const bool anyone = (type & kSighashAnyoneCanPay) != 0;
    const bool others = base != kSighashNone && base != kSighashSingle;
    Hash256 outputs;
    if (others) {
        outputs = crypto::sha256(outputs_);
    } else if (base == kSighashSingle && index < txn_.outputs.size()) {
        outputs = crypto::sha256(hash_of_output(txn_.outputs[index]));
    }
    Bytes out;
    append_number(out, txn_.version);
    append_bytes(out, anyone ? Hash256{} : crypto::sha256(prevouts_));
    append_bytes(out, anyone || !others ? Hash256{} : crypto::sha256(sequences_));
    append_prevout(out, txn_.inputs[index].prevout);
    append_var_bytes(out, script_code);
    append_number(out, value);
    append_number(out, txn_.inputs[index].sequence);
    append_bytes(out, outputs);
    append_number(out, txn_.locktime);
    append_number(out, type);
    return crypto::sha256d(out);
}

std::optional<Hash256> Sighasher::taproot(std::size_t index, uint8_t type, ByteView annex,
                                          const TapContext* leaf) const {
    const uint8_t base = type & 3;
    const bool anyone = (type & kSighashAnyoneCanPay) != 0;
    if (spent_.empty() || (type & 0x7c) != 0 || type == kSighashAnyoneCanPay) return std::nullopt;
    if (base == kSighashSingle && index >= txn_.outputs.size()) return std::nullopt;
    Bytes out{0, type};  // The epoch, BIP-341.
    append_number(out, txn_.version);
    append_number(out, txn_.locktime);
    if (!anyone)
        for (const Hash256& each : {prevouts_, amounts_, scripts_, sequences_})
            append_bytes(out, each);
    if (base != kSighashNone && base != kSighashSingle) append_bytes(out, outputs_);
    out.push_back(static_cast<uint8_t>((leaf != nullptr ? 2 : 0) + (annex.empty() ? 0 : 1)));
    if (anyone) {
        append_prevout(out, txn_.inputs[index].prevout);
        append_output(out, spent_[index]);
        append_number(out, txn_.inputs[index].sequence);
    } else {
        append_number(out, static_cast<uint32_t>(index));
    }
    if (!annex.empty()) {
        Bytes with_size;
        append_var_bytes(with_size, annex);
        append_bytes(out, crypto::sha256(with_size));
    }
    if (base == kSighashSingle) append_bytes(out, hash_of_output(txn_.outputs[index]));
    if (leaf != nullptr) {
        append_bytes(out, leaf->leaf);
        out.push_back(0);  // Key version, BIP-342.
        append_number(out, leaf->code_separator);
    }
    return tagged_hash("TapSighash", out);
}

}  // namespace cordon::chain
