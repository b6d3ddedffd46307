// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <deque>

#include <cordon/base/format.hpp>
#include <cordon/chain/bitcoin/opcodes.hpp>
#include <cordon/chain/bitcoin/script.hpp>
#include <cordon/chain/bitcoin/script_run.hpp>
#include <cordon/chain/bitcoin/spend.hpp>
#include <cordon/chain/bitcoin/taproot.hpp>
#include <cordon/crypto/hash.hpp>

#include "psbt.hpp"

namespace cordon::vault {
namespace {

using chain::Psbt;
using chain::PsbtInput;
using Stack = std::vector<ByteView>;

bool same(ByteView a, ByteView b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

ByteView signature_of(const PsbtInput& input, ByteView key) noexcept {
    for (const chain::PartialSignature& each : input.signatures)
        if (same(each.key, key)) return each.signature;
    return {};
}

/// An empty item and m signatures in the order of the keys, for "m KEY… n OP_CHECKMULTISIG".
/// Nothing for other scripts, or while some are missing.
std::optional<Stack> multisig(const PsbtInput& input, ByteView script) {
    chain::ScriptWalk walk{script};
    const auto number = [&]() -> std::size_t {
        if (!walk.next() || walk.op < chain::kOp1 || walk.op > chain::kOp16) return 0;
        return static_cast<std::size_t>(walk.op - chain::kOp1) + 1;
    };
    const std::size_t needed = number();
    if (needed == 0) return std::nullopt;
    Stack out{ByteView{}};
    std::size_t keys = 0;
    while (walk.next() && !walk.data.empty()) {
        ++keys;
        const ByteView signature = signature_of(input, walk.data);
        if (!signature.empty() && out.size() <= needed) out.push_back(signature);
    }
    const bool shape = walk.op >= chain::kOp1 && walk.op <= chain::kOp16 &&
                       static_cast<std::size_t>(walk.op - chain::kOp1) + 1 == keys && walk.next() &&
                       walk.op == chain::kOpCheckMultisig && !walk.next() && !walk.broken;
    if (!shape || out.size() != needed + 1) return std::nullopt;
    return out;
}

/// Signature and key, for a hash of the key.
std::optional<Stack> single(const PsbtInput& input, ByteView hash) {
    for (const chain::PartialSignature& each : input.signatures)
        if (same(crypto::hash160(each.key), hash)) return Stack{each.signature, each.key};
    return std::nullopt;
}

std::optional<Stack> taproot(const PsbtInput& input) {
    if (!input.tap_signature.empty()) return Stack{input.tap_signature};
    for (const chain::TapLeaf& leaf : input.tap_leaves) {
        // "KEY OP_CHECKSIG" only.
        chain::ScriptWalk walk{leaf.script};
        if (!walk.next() || walk.data.size() != 32) continue;
        const ByteView key = walk.data;
        if (!walk.next() || walk.op != chain::kOpCheckSig || walk.next() || walk.broken) continue;
        const Hash256 hash = chain::tap_leaf_hash(leaf.version, leaf.script);
        for (const chain::PartialSignature& each : input.signatures)
            if (same(each.key, key) && each.leaf == hash && is_leaf_of(input, leaf))
                return Stack{each.signature, leaf.script, leaf.control};
    }
    return std::nullopt;
}

/// What a script puts on the stack before the script that it spends.
Bytes pushed(const Stack& items) {
    Bytes out;
    for (const ByteView item : items) {
        // No item here is above 520 bytes, which consensus refuses to push.
        if (item.size() >= 76 && item.size() < 256) {
            out.push_back(chain::kOpPushData1);
            out.push_back(static_cast<uint8_t>(item.size()));
        } else if (item.size() >= 256) {
            out.push_back(chain::kOpPushData2);
            out.push_back(static_cast<uint8_t>(item.size()));
            out.push_back(static_cast<uint8_t>(item.size() >> 8));
        } else {
            out.push_back(static_cast<uint8_t>(item.size()));
        }
        out.insert(out.end(), item.begin(), item.end());
    }
    return out;
}

/// Fills in an input's final fields. False while signatures are missing.
bool finalize(PsbtInput& input, std::deque<Bytes>& made) {
    if (input.finalized()) return true;
    const chain::OutputView* spent = input.spent();
    if (spent == nullptr) return false;
    ByteView script = spent->script;
    Address pays = chain::address_of_script(script);
    const bool hidden = pays.kind() == AddressKind::kP2sh;
    if (hidden) {
        script = input.redeem_script;
        pays = chain::address_of_script(script);
    }
    std::optional<Stack> stack;
    bool witness = true;
    switch (pays.kind()) {
        case AddressKind::kP2wpkh: stack = single(input, pays.payload()); break;
        case AddressKind::kP2wsh:
            stack = multisig(input, input.witness_script);
            if (stack) stack->push_back(input.witness_script);
            break;
        case AddressKind::kP2tr:
            if (!hidden) stack = taproot(input);
            break;
        case AddressKind::kP2pkh:
            stack = single(input, pays.payload());
            witness = false;
            break;
        default: stack = multisig(input, script); witness = false;
    }
    if (!stack) return false;
    Stack front;
    if (!witness) front = *stack;
    if (hidden) front.push_back(script);
    if (!front.empty()) input.final_script = made.emplace_back(pushed(front));
    if (witness) input.final_witness = std::move(*stack);
    return true;
}

}  // namespace

Result<std::optional<Bytes>> finalized_txn(ByteView bytes) {
    CORDON_TRY(Psbt psbt, chain::parse_psbt(bytes));
    std::deque<Bytes> made;
    std::vector<chain::OutputView> spent;
    for (PsbtInput& input : psbt.inputs) {
        if (!finalize(input, made) || input.spent() == nullptr) return std::nullopt;
        spent.push_back(*input.spent());
    }
    CORDON_TRY(Bytes out, chain::extract_txn(psbt));
    CORDON_TRY(const chain::TxnView txn, chain::parse_txn(out));
    CORDON_TRY(chain::check_txn(txn));
    const chain::Sighasher hasher{txn, spent};
    for (std::size_t i = 0; i < spent.size(); ++i) {
        chain::SpendBudget budget;
        const chain::SpendCheck check = chain::check_spend(hasher, i, spent[i], budget);
        if (check.verdict != chain::SpendVerdict::kValid)
            return fail(ErrorCode::kCorrupt, format("psbt: input {}: {}", i, check.why));
    }
    return out;
}

}  // namespace cordon::vault
