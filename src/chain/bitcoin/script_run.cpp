// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "script_run.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/crypto/secp256k1.hpp>

#include "opcodes.hpp"
#include "wire.hpp"

namespace cordon::chain {
namespace {

// Consensus (script.h of Bitcoin Core; BIP-342 lifts the first two for tapscript).
constexpr std::size_t kMaxScript = 10'000;
constexpr unsigned kMaxOps = 201;
constexpr std::size_t kMaxItem = 520;
constexpr std::size_t kMaxStack = 1000;
constexpr int64_t kMaxKeys = 20;
constexpr uint32_t kFirstTime = 500'000'000;
constexpr uint32_t kFinalSequence = 0xffffffff;
// BIP-68.
constexpr uint32_t kNoRelativeLock = 1U << 31;
constexpr uint32_t kRelativeTime = 1U << 22;
constexpr uint32_t kRelativeMask = 0xffff;

bool is_understood(uint8_t op) noexcept {
    constexpr uint8_t kOps[] = {kOpNop,
                                kOpIf,
                                kOpNotIf,
                                kOpElse,
                                kOpEndIf,
                                kOpVerify,
                                kOpReturn,
                                kOpToAltStack,
                                kOpFromAltStack,
                                kOpIfDup,
                                kOpDrop,
                                kOpDup,
                                kOpSwap,
                                kOpSize,
                                kOpEqual,
                                kOpEqualVerify,
                                kOp0NotEqual,
                                kOpAdd,
                                kOpBoolAnd,
                                kOpBoolOr,
                                kOpNumEqual,
                                kOpNumEqualVerify,
                                kOpRipemd160,
                                kOpSha256,
                                kOpHash160,
                                kOpHash256,
                                kOpCodeSeparator,
                                kOpCheckSig,
                                kOpCheckSigVerify,
                                kOpCheckMultisig,
                                kOpCheckMultisigVerify,
                                kOpCheckLocktimeVerify,
                                kOpCheckSequenceVerify,
                                kOpCheckSigAdd};
    return op <= kOp1Negate || (op >= kOp1 && op <= kOp16) ||
           std::find(std::begin(kOps), std::end(kOps), op) != std::end(kOps);
}

Bytes number_bytes(int64_t value) {
    Bytes out;
    for (uint64_t rest = static_cast<uint64_t>(value < 0 ? -value : value); rest > 0; rest >>= 8)
        out.push_back(static_cast<uint8_t>(rest));
    if (!out.empty() && (out.back() & 0x80) != 0) out.push_back(0);
    if (value < 0) out.back() |= 0x80;
    return out;
}

std::optional<int64_t> number_of(const Bytes& item, std::size_t most = 4) noexcept {
    if (item.size() > most) return std::nullopt;
    int64_t value = 0;
    for (std::size_t i = 0; i < item.size(); ++i)
        value |= static_cast<int64_t>(i + 1 == item.size() ? item[i] & 0x7f : item[i]) << 8 * i;
    return !item.empty() && (item.back() & 0x80) != 0 ? -value : value;
}

Bytes bytes_of(ByteView view) { return {view.begin(), view.end()}; }

bool take(uint64_t& left, uint64_t cost) noexcept {
    if (left < cost) return false;
    left -= cost;
    return true;
}

class Run {
public:
    Run(const ScriptPlace& place, ByteView script, ScriptStack& stack, SpendBudget& budget,
        SpendCheck& out)
        : place_{place}, script_{script}, stack_{stack}, budget_{budget}, out_{out} {}

    SpendVerdict run();

private:
    SpendVerdict step(const ScriptWalk& walk);
    SpendVerdict branch(uint8_t op);
    SpendVerdict stack_op(uint8_t op);
    SpendVerdict number_op(uint8_t op);
    SpendVerdict hash_op(uint8_t op);
    SpendVerdict lock_op(uint8_t op);
    SpendVerdict signature_op(uint8_t op);
    SpendVerdict multisig_op(uint8_t op);

    SpendVerdict invalid(std::string why) {
        out_.why = std::move(why);
        return SpendVerdict::kInvalid;
    }
    SpendVerdict unknown(std::string why) {
        out_.why = std::move(why);
        return SpendVerdict::kInconclusive;
    }
    SpendVerdict verify_top() {
        if (stack_.empty() || !is_true(stack_.back())) return invalid("a condition does not hold");
        stack_.pop_back();
        return SpendVerdict::kValid;
    }
    bool has(std::size_t count) const noexcept { return stack_.size() >= count; }
    Bytes pop() {
        Bytes item = std::move(stack_.back());
        stack_.pop_back();
        return item;
    }
    void push_bool(bool value) { stack_.push_back(value ? Bytes{1} : Bytes{}); }
    bool active() const noexcept {
        return std::find(branches_.begin(), branches_.end(), false) == branches_.end();
    }
    ByteView script_code() const noexcept { return script_.subspan(code_start_); }

    const ScriptPlace& place_;
    ByteView script_;
    ScriptStack& stack_;
    SpendBudget& budget_;
    SpendCheck& out_;
    ScriptStack alt_;
    std::vector<bool> branches_;
    std::size_t code_start_ = 0;  // Behind the last OP_CODESEPARATOR.
    TapContext tap_{};
    uint32_t position_ = 0;  // Of the operator, counted in operators.
    unsigned ops_ = 0;
};

SpendVerdict Run::run() {
    const bool bounded = place_.kind != ScriptKind::kTapscript;
    // Also where it is not reached: some operators are forbidden everywhere, and in tapscript those
    // of no meaning yet make the whole script hold (BIP-342).
    for (ScriptWalk walk{script_}; walk.next();)
        if (!is_understood(walk.op))
            return unknown(format("operator {:#04x} is not understood", walk.op));
    if (bounded && script_.size() > kMaxScript) return invalid("a script above 10,000 bytes");
    tap_.leaf = place_.leaf;
    ScriptWalk walk{script_};
    for (; walk.next(); ++position_) {
        if (walk.data.size() > kMaxItem) return invalid("a push above 520 bytes");
        if (walk.op > kOp16 && ++ops_ > kMaxOps && bounded)
            return invalid("more than 201 operators");
        const bool conditional = walk.op >= kOpIf && walk.op <= kOpEndIf;
        if (active() || conditional)
            if (const SpendVerdict verdict = step(walk); verdict != SpendVerdict::kValid)
                return verdict;
        if (walk.op == kOpCodeSeparator && active()) {
            code_start_ = walk.at;
            tap_.code_separator = position_;
        }
        if (stack_.size() + alt_.size() > kMaxStack) return invalid("more than 1,000 items");
    }
    if (walk.broken) return invalid("a push that runs over the end of the script");
    if (!branches_.empty()) return invalid("an OP_IF without its OP_ENDIF");
    return SpendVerdict::kValid;
}

SpendVerdict Run::step(const ScriptWalk& walk) {
    const uint8_t op = walk.op;
    if (op <= kOpPushData4) {
        stack_.push_back(bytes_of(walk.data));
        return SpendVerdict::kValid;
    }
    if (op == kOp1Negate || (op >= kOp1 && op <= kOp16)) {
        stack_.push_back(number_bytes(int64_t{op} - (kOp1 - 1)));
        return SpendVerdict::kValid;
    }
    switch (op) {
        case kOpNop: return SpendVerdict::kValid;
        case kOpIf:
        case kOpNotIf:
        case kOpElse:
        case kOpEndIf: return branch(op);
        case kOpReturn: return invalid("OP_RETURN");
        case kOpVerify: return verify_top();
        case kOpToAltStack:
        case kOpFromAltStack:
        case kOpIfDup:
        case kOpDrop:
        case kOpDup:
        case kOpSwap:
        case kOpSize:
        case kOpEqual:
        case kOpEqualVerify: return stack_op(op);
        case kOp0NotEqual:
        case kOpAdd:
        case kOpBoolAnd:
        case kOpBoolOr:
        case kOpNumEqual:
        case kOpNumEqualVerify: return number_op(op);
        case kOpRipemd160:
        case kOpSha256:
        case kOpHash160:
        case kOpHash256: return hash_op(op);
        case kOpCheckLocktimeVerify:
        case kOpCheckSequenceVerify: return lock_op(op);
        case kOpCheckSig:
        case kOpCheckSigVerify:
        case kOpCheckSigAdd: return signature_op(op);
        case kOpCheckMultisig:
        case kOpCheckMultisigVerify: return multisig_op(op);
        case kOpCodeSeparator:
            if (place_.kind == ScriptKind::kLegacy)
                return unknown("OP_CODESEPARATOR in a script before segwit");
            return SpendVerdict::kValid;
        default: return unknown(format("operator {:#04x} is not understood", op));  // Not reached.
    }
}

SpendVerdict Run::branch(uint8_t op) {
    if (op == kOpIf || op == kOpNotIf) {
        bool taken = false;
        if (active()) {
            if (!has(1)) return invalid("OP_IF over nothing");
            const Bytes condition = pop();
            if (place_.kind == ScriptKind::kTapscript && !condition.empty() &&
                condition != Bytes{1})
                return invalid("OP_IF over neither nothing nor one");  // BIP-342.
            taken = is_true(condition) == (op == kOpIf);
        }
        branches_.push_back(taken);
        return SpendVerdict::kValid;
    }
    if (branches_.empty()) return invalid("an OP_ELSE or OP_ENDIF without its OP_IF");
    if (op == kOpElse) {
        branches_.back() = !branches_.back();
    } else if (op == kOpEndIf) {
        branches_.pop_back();
    } else {
        return invalid("OP_VERIF");  // 0x65 and 0x66 are invalid even where they are not reached.
    }
    return SpendVerdict::kValid;
}

SpendVerdict Run::stack_op(uint8_t op) {
    const bool two = op == kOpSwap || op == kOpEqual || op == kOpEqualVerify;
    if (op == kOpFromAltStack ? alt_.empty() : !has(two ? 2 : 1))
        return invalid("too few items on the stack");
    switch (op) {
        case kOpToAltStack: alt_.push_back(pop()); break;
        case kOpFromAltStack:
            stack_.push_back(std::move(alt_.back()));
            alt_.pop_back();
            break;
        case kOpIfDup:
            if (is_true(stack_.back())) stack_.push_back(Bytes{stack_.back()});
            break;
        case kOpDrop: stack_.pop_back(); break;
        case kOpDup: stack_.push_back(Bytes{stack_.back()}); break;
        case kOpSwap: std::swap(stack_.back(), stack_[stack_.size() - 2]); break;
        case kOpSize:
            stack_.push_back(number_bytes(static_cast<int64_t>(stack_.back().size())));
            break;
        default: {
            const Bytes a = pop(), b = pop();
            push_bool(a == b);
            if (op == kOpEqualVerify) return verify_top();
        }
    }
    return SpendVerdict::kValid;
}

SpendVerdict Run::number_op(uint8_t op) {
    const std::size_t count = op == kOp0NotEqual ? 1 : 2;
    if (!has(count)) return invalid("too few items on the stack");
    const std::optional<int64_t> b = number_of(pop());
    const std::optional<int64_t> a = count == 2 ? number_of(pop()) : 0;
    if (!a || !b) return invalid("a number above 4 bytes");
    switch (op) {
        case kOp0NotEqual: push_bool(*b != 0); break;
        case kOpAdd: stack_.push_back(number_bytes(*a + *b)); break;
        case kOpBoolAnd: push_bool(*a != 0 && *b != 0); break;
        case kOpBoolOr: push_bool(*a != 0 || *b != 0); break;
        default:
            push_bool(*a == *b);
            if (op == kOpNumEqualVerify) return verify_top();
    }
    return SpendVerdict::kValid;
}

SpendVerdict Run::hash_op(uint8_t op) {
    if (!has(1)) return invalid("too few items on the stack");
    const Bytes item = pop();
    const auto push = [&](const auto& hash) { stack_.push_back(bytes_of(ByteView{hash})); };
    switch (op) {
        case kOpRipemd160: push(crypto::ripemd160(item)); break;
        case kOpSha256: push(crypto::sha256(item)); break;
        case kOpHash160: push(crypto::hash160(item)); break;
        default: push(crypto::sha256d(item));
    }
    return SpendVerdict::kValid;
}

/// BIP-65 and BIP-112. The number stays on the stack.
SpendVerdict Run::lock_op(uint8_t op) {
    if (!has(1)) return invalid("too few items on the stack");
    const std::optional<int64_t> wanted = number_of(stack_.back(), 5);
    if (!wanted || *wanted < 0) return invalid("a lock that is no number");
    const TxnView& txn = place_.hasher.txn();
    const uint32_t sequence = txn.inputs[place_.index].sequence;
    if (op == kOpCheckLocktimeVerify) {
        const bool same_unit = (*wanted < kFirstTime) == (txn.locktime < kFirstTime);
        if (!same_unit || *wanted > txn.locktime || sequence == kFinalSequence)
            return invalid("the locktime of the txn is before that of the script");
        return SpendVerdict::kValid;
    }
    const auto lock = static_cast<uint64_t>(*wanted);
    if ((lock & kNoRelativeLock) != 0) return SpendVerdict::kValid;
    const bool same_unit = (lock & kRelativeTime) == (sequence & kRelativeTime);
    if (txn.version < 2 || (sequence & kNoRelativeLock) != 0 || !same_unit ||
        (lock & kRelativeMask) > (sequence & kRelativeMask))
        return invalid("the sequence of the input is before that of the script");
    return SpendVerdict::kValid;
}

SpendVerdict Run::signature_op(uint8_t op) {
    const bool tap = place_.kind == ScriptKind::kTapscript;
    if (op == kOpCheckSigAdd && !tap) return invalid("OP_CHECKSIGADD outside tapscript");
    if (!has(op == kOpCheckSigAdd ? 3 : 2)) return invalid("too few items on the stack");
    const Bytes key = pop();
    std::optional<int64_t> sum = 0;
    if (op == kOpCheckSigAdd) sum = number_of(pop());
    if (!sum) return invalid("a number above 4 bytes");
    const Bytes signature = pop();
    const SpendVerdict verdict =
        tap ? check_schnorr(place_, &tap_, signature, key, budget_, out_.signatures)
            : check_ecdsa(place_, script_code(), signature, key, budget_, out_.signatures);
    if (verdict == SpendVerdict::kInconclusive)
        return unknown("a key or a signature of a kind that is not understood");
    const bool good = verdict == SpendVerdict::kValid;
    // BIP-342: only an empty signature may fail. Elsewhere that is policy.
    if (tap && !good && !signature.empty()) return invalid("a signature that does not fit");
    if (op == kOpCheckSigAdd) {
        stack_.push_back(number_bytes(*sum + (good ? 1 : 0)));
        return SpendVerdict::kValid;
    }
    push_bool(good);
    return op == kOpCheckSigVerify ? verify_top() : SpendVerdict::kValid;
}

SpendVerdict Run::multisig_op(uint8_t op) {
    if (place_.kind == ScriptKind::kTapscript) return invalid("OP_CHECKMULTISIG in tapscript");
    const auto count = [&](int64_t most) -> std::optional<std::size_t> {
        const std::optional<int64_t> value = has(1) ? number_of(pop()) : std::nullopt;
        if (!value || *value < 0 || *value > most || !has(static_cast<std::size_t>(*value)))
            return std::nullopt;
        return static_cast<std::size_t>(*value);
    };
    const auto items = [&](std::size_t many) {
        std::vector<Bytes> out(many);
        for (std::size_t i = many; i > 0; --i) out[i - 1] = pop();
        return out;
    };
    const std::optional<std::size_t> key_count = count(kMaxKeys);
    if (!key_count) return invalid("a multisig without its keys");
    ops_ += static_cast<unsigned>(*key_count);
    if (ops_ > kMaxOps) return invalid("more than 201 operators");
    const std::vector<Bytes> keys = items(*key_count);
    const std::optional<std::size_t> needed = count(static_cast<int64_t>(*key_count));
    if (!needed || !has(*needed + 1)) return invalid("a multisig without its signatures");
    const std::vector<Bytes> signatures = items(*needed);
    if (!pop().empty()) return invalid("a multisig with a dummy that is not empty");  // BIP-147.
    // Both lists are in one order: a key that does not fit is not tried again.
    std::size_t key = 0;
    bool good = true;
    for (std::size_t i = 0; i < signatures.size() && good; ++i) {
        std::vector<CheckedSignature> tries;
        good = false;
        while (!good && keys.size() - key >= signatures.size() - i) {
            tries.clear();
            const SpendVerdict verdict =
                check_ecdsa(place_, script_code(), signatures[i], keys[key], budget_, tries);
            if (verdict == SpendVerdict::kInconclusive)
                return unknown("a key or a signature of a kind that is not understood");
            good = verdict == SpendVerdict::kValid;
            ++key;
        }
        out_.signatures.insert(out_.signatures.end(), tries.begin(), tries.end());
    }
    push_bool(good);
    return op == kOpCheckMultisigVerify ? verify_top() : SpendVerdict::kValid;
}

}  // namespace

bool ScriptWalk::next() noexcept {
    if (at >= script.size()) return false;
    op = script[at++];
    data = {};
    if (op > kOpPushData4) return true;
    std::size_t size = op;
    if (op >= kOpPushData1) {
        const std::size_t width = std::size_t{1} << (op - kOpPushData1);
        size = 0;
        broken = script.size() - at < width;
        if (broken) return false;
        for (std::size_t i = width; i > 0; --i) size = size << 8 | script[at + i - 1];
        at += width;
    }
    broken = script.size() - at < size;
    if (broken) return false;
    data = script.subspan(at, size);
    at += size;
    return true;
}

bool is_true(const Bytes& item) noexcept {
    for (std::size_t i = 0; i < item.size(); ++i)
        if (item[i] != 0) return i + 1 < item.size() || item[i] != 0x80;
    return false;
}

SpendVerdict check_ecdsa(const ScriptPlace& place, ByteView script_code, ByteView signature,
                         ByteView key, SpendBudget& budget, std::vector<CheckedSignature>& out) {
    if (signature.empty()) return SpendVerdict::kInvalid;
    if (key.size() == 65 && (key[0] == 6 || key[0] == 7)) return SpendVerdict::kInconclusive;
    const bool legacy = place.kind == ScriptKind::kLegacy;
    if (legacy) {
        Bytes push;  // Consensus takes it out of the script before hashing (FindAndDelete).
        append_var_bytes(push, signature);
        if (std::search(script_code.begin(), script_code.end(), push.begin(), push.end()) !=
            script_code.end())
            return SpendVerdict::kInconclusive;
    }
    const std::size_t size = legacy ? place.hasher.txn_size() : 0;
    if (!take(budget.hashed_bytes, size + script_code.size()) || budget.checks-- == 0) {
        budget.checks = 0;
        return SpendVerdict::kInconclusive;
    }
    const uint8_t type = signature.back();
    CheckedSignature checked{bytes_of(key), type, {}, false, true};
    checked.hash = legacy ? place.hasher.legacy(place.index, script_code, type)
                          : place.hasher.witness_v0(place.index, script_code, place.value, type);
    const auto parsed = crypto::parse_ecdsa_der(signature.first(signature.size() - 1));
    const auto point = crypto::PublicKey::parse(key);
    checked.low_s = parsed && parsed->has_low_s();
    checked.valid = parsed && point && crypto::verify(*parsed, checked.hash, *point);
    out.push_back(checked);
    return checked.valid ? SpendVerdict::kValid : SpendVerdict::kInvalid;
}

SpendVerdict check_schnorr(const ScriptPlace& place, const TapContext* leaf, ByteView signature,
                           ByteView key, SpendBudget& budget, std::vector<CheckedSignature>& out) {
    if (key.empty()) return SpendVerdict::kInvalid;
    if (key.size() != 32 && !signature.empty()) return SpendVerdict::kInconclusive;  // BIP-342.
    if (signature.empty()) return SpendVerdict::kInvalid;
    if (budget.checks == 0) return SpendVerdict::kInconclusive;
    --budget.checks;
    CheckedSignature checked{bytes_of(key), kSighashDefault, {}, false, true};
    const bool typed = signature.size() == 65;
    if (typed) checked.sighash = signature[64];
    const std::optional<Hash256> hash =
        place.hasher.taproot(place.index, static_cast<uint8_t>(checked.sighash), place.annex, leaf);
    if (!hash && place.hasher.spent().empty()) return SpendVerdict::kInconclusive;
    // BIP-341: a default must not be written out.
    const bool shaped = signature.size() == 64 || (typed && checked.sighash != kSighashDefault);
    if (hash && shaped) {
        checked.hash = *hash;
        Hash256 x;
        std::copy(key.begin(), key.end(), x.bytes.begin());
        checked.valid = crypto::verify_schnorr(signature.first(64), *hash, x);
    }
    out.push_back(checked);
    return checked.valid ? SpendVerdict::kValid : SpendVerdict::kInvalid;
}

SpendVerdict run_script(const ScriptPlace& place, ByteView script, ScriptStack& stack,
                        SpendBudget& budget, SpendCheck& out) {
    return Run{place, script, stack, budget, out}.run();
}

}  // namespace cordon::chain
