// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "spend.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

#include "opcodes.hpp"
#include "script.hpp"
#include "script_run.hpp"
#include "taproot.hpp"

namespace cordon::chain {
namespace {

constexpr uint8_t kAnnex = 0x50;  // BIP-341: the first byte of an annex.

SpendCheck done(SpendCheck out, SpendVerdict verdict, std::string why = {}) {
    out.verdict = verdict;
    if (!why.empty()) out.why = std::move(why);
    if (verdict == SpendVerdict::kValid) out.why.clear();
    return out;
}

bool same(ByteView a, ByteView b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

bool is_witness(AddressKind kind) noexcept {
    return kind == AddressKind::kP2wpkh || kind == AddressKind::kP2wsh ||
           kind == AddressKind::kP2tr || kind == AddressKind::kWitness;
}

Bytes p2pkh_script(ByteView hash) { return *script_of_address(Address{AddressKind::kP2pkh, hash}); }

SpendCheck run_witness_script(const ScriptPlace& place, ByteView script,
                              std::span<const ByteView> items, SpendBudget& budget,
                              SpendCheck out) {
    ScriptStack stack;
    for (const ByteView item : items) {
        if (item.size() > 520)
            return done(std::move(out), SpendVerdict::kInvalid, "a witness item above 520 bytes");
        stack.emplace_back(item.begin(), item.end());
    }
    const SpendVerdict verdict = run_script(place, script, stack, budget, out);
    if (verdict != SpendVerdict::kValid) return done(std::move(out), verdict);
    // BIP-141: exactly one item is left, and it is true.
    if (stack.size() != 1 || !is_true(stack[0]))
        return done(std::move(out), SpendVerdict::kInvalid, "the script does not end in true");
    return done(std::move(out), SpendVerdict::kValid);
}

SpendCheck check_taproot(const Sighasher& hasher, std::size_t index, const OutputView& spent,
                         const Address& pays, std::span<const ByteView> items,
                         SpendBudget& budget) {
    if (hasher.spent().empty())
        return {SpendVerdict::kInconclusive,
                "a taproot signature covers the outputs of all inputs, and not all are known",
                {}};
    ScriptPlace place{hasher, index, spent.value, ScriptKind::kTapscript};
    if (items.size() >= 2 && !items.back().empty() && items.back()[0] == kAnnex) {
        place.annex = items.back();
        items = items.first(items.size() - 1);
    }
    SpendCheck out;
    if (items.empty()) return done(out, SpendVerdict::kInvalid, "no witness");
    if (items.size() == 1) {
        const SpendVerdict verdict =
            check_schnorr(place, nullptr, items[0], pays.payload(), budget, out.signatures);
        return done(std::move(out), verdict,
                    verdict == SpendVerdict::kInconclusive ? "too much work for one txn"
                                                           : "the signature does not fit the key");
    }
    const ByteView control = items.back();
    const ByteView script = items[items.size() - 2];
    if (control.empty()) return done(out, SpendVerdict::kInvalid, "an empty control block");
    const uint8_t version = control[0] & 0xfe;
    place.leaf = tap_leaf_hash(version, script);
    const std::optional<Hash256> root = tap_root_of(control, place.leaf);
    if (!root) return done(out, SpendVerdict::kInvalid, "a control block of a wrong length");
    const auto key = tap_output_key(control.subspan(1, 32), root);
    if (!key || !same(key->x_only(), pays.payload()) || key->has_odd_y() != ((control[0] & 1) != 0))
        return done(out, SpendVerdict::kInvalid, "the script is not in the tree of the output");
    if (version != kTapscriptLeaf)
        return done(out, SpendVerdict::kInconclusive,
                    format("leaf version {:#04x} is not understood", version));
    return run_witness_script(place, script, items.first(items.size() - 2), budget, out);
}

/// `pays` is a witness program.
SpendCheck check_witness(const Sighasher& hasher, std::size_t index, const OutputView& spent,
                         const Address& pays, bool in_p2sh, SpendBudget& budget) {
    const TxnView& txn = hasher.txn();
    const std::span<const ByteView> items = txn.witness(txn.inputs[index]);
    const ScriptPlace place{hasher, index, spent.value, ScriptKind::kWitnessV0};
    SpendCheck out;
    if (pays.kind() == AddressKind::kP2wpkh) {
        if (items.size() != 2)
            return done(out, SpendVerdict::kInvalid, "expected a signature and a key as witness");
        return run_witness_script(place, p2pkh_script(pays.payload()), items, budget, out);
    }
    if (pays.kind() == AddressKind::kP2wsh) {
        if (items.empty()) return done(out, SpendVerdict::kInvalid, "no witness");
        if (!same(crypto::sha256(items.back()), pays.payload()))
            return done(out, SpendVerdict::kInvalid, "the witness script is another one");
        return run_witness_script(place, items.back(), items.first(items.size() - 1), budget, out);
    }
    if (pays.kind() == AddressKind::kP2tr && !in_p2sh)
        return check_taproot(hasher, index, spent, pays, items, budget);
    return done(out, SpendVerdict::kInconclusive, "a witness version of no known meaning");
}

/// What the signatures of a PSBT's input stand for: the script that they sign, or for taproot the
/// key of the output.
struct Signed {
    ScriptKind kind;
    uint64_t value;
    Bytes code;
};

std::optional<Signed> signed_part(const Psbt& psbt, std::size_t index) {
    const PsbtInput& input = psbt.inputs[index];
    const OutputView* spent = input.spent();
    if (spent == nullptr) return std::nullopt;
    ByteView script = spent->script;
    Address pays = address_of_script(script);
    if (pays.kind() == AddressKind::kP2sh) {
        script = input.redeem_script;
        pays = address_of_script(script);
    }
    Signed out{ScriptKind::kLegacy, spent->value, {script.begin(), script.end()}};
    const auto take = [&](ScriptKind kind, ByteView code) {
        out.kind = kind;
        out.code.assign(code.begin(), code.end());
    };
    if (pays.kind() == AddressKind::kP2wpkh)
        take(ScriptKind::kWitnessV0, p2pkh_script(pays.payload()));
    if (pays.kind() == AddressKind::kP2wsh) take(ScriptKind::kWitnessV0, input.witness_script);
    if (pays.kind() == AddressKind::kP2tr) take(ScriptKind::kTapscript, pays.payload());
    if (out.code.empty()) return std::nullopt;
    return out;
}

}  // namespace

SpendCheck check_spend(const Sighasher& hasher, std::size_t index, const OutputView& spent,
                       SpendBudget& budget) {
    const InputView& input = hasher.txn().inputs[index];
    const Address pays = address_of_script(spent.script);
    SpendCheck out;
    if (is_witness(pays.kind())) {
        if (!input.script.empty())
            return done(out, SpendVerdict::kInvalid, "a script where only a witness belongs");
        return check_witness(hasher, index, spent, pays, false, budget);
    }
    const ScriptPlace place{hasher, index, spent.value, ScriptKind::kLegacy};
    ScriptStack stack;
    SpendVerdict verdict = run_script(place, input.script, stack, budget, out);
    if (verdict != SpendVerdict::kValid) return done(std::move(out), verdict);
    const ScriptStack pushed = stack;
    verdict = run_script(place, spent.script, stack, budget, out);
    if (verdict != SpendVerdict::kValid) return done(std::move(out), verdict);
    if (stack.empty() || !is_true(stack.back()))
        return done(std::move(out), SpendVerdict::kInvalid, "the script does not end in true");
    if (pays.kind() != AddressKind::kP2sh) {
        if (input.item_count > 0)
            return done(std::move(out), SpendVerdict::kInvalid, "a witness where none belongs");
        return done(std::move(out), SpendVerdict::kValid);
    }
    // BIP-16: the script before it only pushes, and the last push is the script that counts.
    ScriptWalk walk{input.script};
    std::size_t pushes = 0;
    for (; walk.next(); ++pushes)
        if (walk.op > kOp16)
            return done(std::move(out), SpendVerdict::kInvalid, "a script that does not only push");
    if (pushed.empty()) return done(std::move(out), SpendVerdict::kInvalid, "no redeem script");
    const Bytes& redeem = pushed.back();
    if (const Address inner = address_of_script(redeem); is_witness(inner.kind())) {
        if (pushes != 1 || input.script.size() != redeem.size() + 1)  // BIP-141.
            return done(std::move(out), SpendVerdict::kInvalid, "more than the witness program");
        return check_witness(hasher, index, spent, inner, true, budget);
    }
    if (input.item_count > 0)
        return done(std::move(out), SpendVerdict::kInvalid, "a witness where none belongs");
    stack.assign(pushed.begin(), pushed.end() - 1);
    verdict = run_script(place, redeem, stack, budget, out);
    if (verdict != SpendVerdict::kValid) return done(std::move(out), verdict);
    if (stack.empty() || !is_true(stack.back()))
        return done(std::move(out), SpendVerdict::kInvalid, "the script does not end in true");
    return done(std::move(out), SpendVerdict::kValid);
}

SpendCheck check_partial(const Sighasher& hasher, const Psbt& psbt, std::size_t index,
                         SpendBudget& budget) {
    const PsbtInput& input = psbt.inputs[index];
    const std::optional<Signed> what = signed_part(psbt, index);
    SpendCheck out;
    if (!what)
        return done(out, SpendVerdict::kInconclusive,
                    "what it spends, or the script of that, is not given");
    const ScriptPlace place{hasher, index, what->value, what->kind};
    SpendVerdict worst = SpendVerdict::kValid;
    const auto note = [&](SpendVerdict verdict) { worst = std::max(worst, verdict); };
    const bool tap = what->kind == ScriptKind::kTapscript;
    if (tap && !input.tap_signature.empty())
        note(
            check_schnorr(place, nullptr, input.tap_signature, what->code, budget, out.signatures));
    for (const PartialSignature& each : input.signatures) {
        const TapContext leaf{each.leaf};
        // A key of the other sort belongs to another kind of output.
        if ((each.key.size() == 32) != tap)
            note(SpendVerdict::kInconclusive);
        else if (tap)
            note(check_schnorr(place, &leaf, each.signature, each.key, budget, out.signatures));
        else
            note(check_ecdsa(place, what->code, each.signature, each.key, budget, out.signatures));
    }
    // Invalid is worse than what could not be judged, whichever came last.
    for (const CheckedSignature& each : out.signatures)
        if (!each.valid) worst = SpendVerdict::kInvalid;
    return done(std::move(out), worst,
                worst == SpendVerdict::kInvalid ? "a signature does not fit"
                                                : "a signature that could not be judged");
}

std::optional<Hash256> signing_hash(const Sighasher& hasher, const Psbt& psbt, std::size_t index,
                                    uint32_t type) {
    const std::optional<Signed> what = signed_part(psbt, index);
    if (!what) return std::nullopt;
    switch (what->kind) {
        case ScriptKind::kLegacy: return hasher.legacy(index, what->code, type);
        case ScriptKind::kWitnessV0: return hasher.witness_v0(index, what->code, what->value, type);
        case ScriptKind::kTapscript: break;
    }
    return hasher.taproot(index, static_cast<uint8_t>(type), {});
}

}  // namespace cordon::chain
