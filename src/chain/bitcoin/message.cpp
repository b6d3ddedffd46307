// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "message.hpp"

#include <algorithm>

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

#include "opcodes.hpp"
#include "script.hpp"
#include "script_run.hpp"
#include "taproot.hpp"
#include "wire.hpp"

namespace cordon::chain {
namespace {

// BIP-137: the first byte of a legacy signature says which of the possible keys it is, and which
// kind of address was meant, in steps of four.
constexpr uint8_t kFirstHeader = 27, kLastHeader = 42, kFirstCompressed = 31;
constexpr std::size_t kLegacySize = 65;
constexpr std::string_view kLegacyTag = "Bitcoin Signed Message:\n";

ByteView bytes_of(std::string_view text) noexcept {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

bool same(ByteView a, ByteView b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

Hash256 legacy_hash(std::string_view message) {
    Bytes bytes;
    append_var_bytes(bytes, bytes_of(kLegacyTag));
    append_var_bytes(bytes, bytes_of(message));
    return crypto::sha256d(bytes);
}

/// BIP-322's first virtual txn: pays nothing to the script that is to be proven.
Hash256 to_spend_txid(ByteView script, const Hash256& message) {
    Bytes commitment{kOp0, 32};
    append_bytes(commitment, message);
    TxnView txn;
    txn.inputs.push_back({{{}, 0xffffffff}, commitment, 0, 0, 0});
    txn.outputs.push_back({0, script});
    Bytes bytes;
    append_txn(bytes, txn);
    return crypto::sha256d(bytes);
}

constexpr uint8_t kOnlyReturn[] = {kOpReturn};

TxnView to_sign_txn(const Hash256& to_spend) {
    TxnView txn;
    txn.inputs.push_back({{to_spend, 0}, {}, 0, 0, 0});
    txn.outputs.push_back({0, kOnlyReturn});
    return txn;
}

Result<MessageCheck> check_legacy(const Address& address, std::string_view message,
                                  ByteView bytes) {
    MessageCheck out;
    out.form = MessageForm::kLegacy;
    const uint8_t header = bytes[0];
    if (header < kFirstHeader || header > kLastHeader)
        return fail(ErrorCode::kMalformed,
                    format("the first byte {} is none of a message signature", header));
    const unsigned recovery = (header - kFirstHeader) & 3;
    CORDON_TRY(const crypto::EcdsaSignature signature, crypto::parse_ecdsa(bytes.subspan(1)));
    const Hash256 digest = legacy_hash(message);
    const auto key = crypto::recover(signature, digest, (recovery & 1) != 0, (recovery & 2) != 0);
    out.verdict = SpendVerdict::kInvalid;
    out.why = "the signature is by another key";
    if (!key) return out;
    // Wallets disagree about the header of addresses with witness: the key must fit the address,
    // in whichever of its forms.
    const bool compressed = header >= kFirstCompressed;
    const auto short_key = key->compressed();
    const auto long_key = key->uncompressed();
    const crypto::Hash160 hash =
        compressed ? crypto::hash160(short_key) : crypto::hash160(long_key);
    const bool fits = [&] {
        switch (address.kind()) {
            case AddressKind::kP2pkh:
            case AddressKind::kP2wpkh:
                return (compressed || address.kind() == AddressKind::kP2pkh) &&
                       same(address.payload(), hash);
            case AddressKind::kP2sh: {
                const Bytes redeem = *script_of_address(Address{AddressKind::kP2wpkh, hash});
                return compressed && same(address.payload(), crypto::hash160(redeem));
            }
            default: return false;
        }
    }();
    out.signatures.push_back({compressed ? Bytes(short_key.begin(), short_key.end())
                                         : Bytes(long_key.begin(), long_key.end()),
                              kSighashAll, digest, fits, true});
    if (fits) {
        out.verdict = SpendVerdict::kValid;
        out.why.clear();
    }
    return out;
}

/// BIP-322's required rules beyond consensus.
std::string broken_rule(const TxnView& txn, std::size_t index,
                        const std::vector<CheckedSignature>& signatures) {
    for (const CheckedSignature& each : signatures) {
        const bool schnorr = each.key.size() == 32;
        if (each.valid && each.sighash != kSighashAll &&
            !(schnorr && each.sighash == kSighashDefault))
            return format("a signature of type {}", sighash_name(each.sighash));
        if (!each.valid && !schnorr) return "a signature that fits no key";
        if (!each.low_s) return "a signature with the higher of two possible numbers";
    }
    for (const ByteView script : txn.witness(txn.inputs[index])) {
        ScriptWalk walk{script};
        // Only a script ends in one of these; a witness item of another meaning is not walked.
        if (script.empty() || script.back() < kOpCheckSig || script.back() > kOpCheckSequenceVerify)
            continue;
        while (walk.next())
            if (walk.op == kOpCodeSeparator) return "OP_CODESEPARATOR";
    }
    return {};
}

MessageCheck check_to_sign(const TxnView& txn, std::span<const OutputView> spent,
                           MessageForm form) {
    MessageCheck out;
    out.form = form;
    out.locktime = txn.locktime;
    out.sequence = txn.inputs[0].sequence;
    const Sighasher hasher{txn, spent};
    SpendBudget budget;
    out.verdict = SpendVerdict::kValid;
    for (std::size_t i = 0; i < txn.inputs.size(); ++i) {
        SpendCheck check = check_spend(hasher, i, spent[i], budget);
        if (check.verdict == SpendVerdict::kValid) {
            if (std::string rule = broken_rule(txn, i, check.signatures); !rule.empty()) {
                check.verdict = SpendVerdict::kInvalid;
                check.why = std::move(rule);
            }
        }
        out.signatures.insert(out.signatures.end(), check.signatures.begin(),
                              check.signatures.end());
        if (i > 0)
            out.funds.push_back(
                {txn.inputs[i].prevout, {spent[i].value, address_of_script(spent[i].script)}});
        if (check.verdict == SpendVerdict::kValid) continue;
        // Invalid is worse than what could not be judged.
        if (out.verdict != SpendVerdict::kInvalid) {
            out.verdict = check.verdict;
            out.why = txn.inputs.size() == 1 ? check.why : format("input {}: {}", i, check.why);
        }
    }
    if (out.verdict == SpendVerdict::kValid && txn.version != 0 && txn.version != 2) {
        out.verdict = SpendVerdict::kInconclusive;  // BIP-322: an upgradeable rule.
        out.why = format("a txn of version {}", txn.version);
    }
    return out;
}

/// The parts of a full form that must be as the BIP says.
Status check_shape(const TxnView& txn, const Hash256& to_spend) {
    if (txn.inputs.empty() || txn.inputs[0].prevout != OutPoint{to_spend, 0})
        return fail(ErrorCode::kChecksum, "it signs other words, or for another address");
    if (txn.outputs.size() != 1 || txn.outputs[0].value != 0 ||
        !same(txn.outputs[0].script, kOnlyReturn))
        return fail(ErrorCode::kMalformed, "the txn does not end in one empty OP_RETURN");
    std::vector<OutPoint> points;
    for (const InputView& input : txn.inputs) points.push_back(input.prevout);
    std::sort(points.begin(), points.end());
    if (std::adjacent_find(points.begin(), points.end()) != points.end())
        return fail(ErrorCode::kDuplicate, "the txn spends one output twice");
    return {};
}

MessageCheck refused(MessageForm form, const Error& error) {
    MessageCheck out;
    out.form = form;
    out.verdict = SpendVerdict::kInvalid;
    out.why = error.message;
    return out;
}

Result<MessageCheck> check_simple(const Hash256& to_spend, const OutputView& spent,
                                  ByteView bytes) {
    Cursor cursor{bytes};
    TxnView txn = to_sign_txn(to_spend);
    const std::size_t count = cursor.count(1, "the items of a witness");
    for (std::size_t i = 0; i < count && cursor.ok(); ++i)
        txn.items.push_back(cursor.var_bytes("a witness item"));
    if (!cursor.ok()) return fail(cursor.error());
    if (cursor.left() > 0) return fail(ErrorCode::kTrailing, "bytes after the witness");
    txn.inputs[0].item_count = static_cast<uint32_t>(txn.items.size());
    // BIP-322: in P2SH the program is the only thing that the script can be.
    Bytes program;
    if (address_of_script(spent.script).kind() == AddressKind::kP2sh && txn.items.size() == 2) {
        const crypto::Hash160 hash = crypto::hash160(txn.items[1]);
        append_var_bytes(program, *script_of_address(Address{AddressKind::kP2wpkh, hash}));
        txn.inputs[0].script = program;
    }
    return check_to_sign(txn, {&spent, 1}, MessageForm::kSimple);
}

Result<MessageCheck> check_full(const Hash256& to_spend, const OutputView& spent, ByteView bytes) {
    CORDON_TRY(const TxnView txn, parse_txn(bytes));
    if (const Status shape = check_shape(txn, to_spend); !shape)
        return refused(MessageForm::kFull, shape.error());
    if (txn.inputs.size() > 1) {
        MessageCheck out;
        out.form = MessageForm::kFull;
        out.why = "it proves funds, but does not say what they are";
        return out;
    }
    return check_to_sign(txn, {&spent, 1}, MessageForm::kFull);
}

Result<MessageCheck> check_funds(const Hash256& to_spend, const OutputView& spent,
                                 std::string_view message, ByteView bytes) {
    CORDON_TRY(const Psbt psbt, parse_psbt(bytes));
    if (const Status shape = check_shape(psbt.txn, to_spend); !shape)
        return refused(MessageForm::kProofOfFunds, shape.error());
    if (!psbt.message.empty() && !same(psbt.message, bytes_of(message)))
        return refused(MessageForm::kProofOfFunds,
                       {ErrorCode::kConflict, "the PSBT carries other words"});
    Result<Bytes> finished = extract_txn(psbt);
    if (!finished) return refused(MessageForm::kProofOfFunds, finished.error());
    CORDON_TRY(const TxnView txn, parse_txn(*finished));
    std::vector<OutputView> outputs{spent};
    for (std::size_t i = 1; i < psbt.inputs.size(); ++i) {
        const OutputView* output = psbt.inputs[i].spent();
        if (output == nullptr)
            return refused(
                MessageForm::kProofOfFunds,
                {ErrorCode::kNotFound, format("input {}: what it spends is not said", i)});
        outputs.push_back(*output);
    }
    return check_to_sign(txn, outputs, MessageForm::kProofOfFunds);
}

}  // namespace

std::string_view to_string(MessageForm form) noexcept {
    switch (form) {
        case MessageForm::kLegacy: return "legacy";
        case MessageForm::kSimple: return "simple";
        case MessageForm::kFull: return "full";
        case MessageForm::kProofOfFunds: return "proof-of-funds";
    }
    return "simple";
}

MessageHashes message_hashes(ByteView script, std::string_view message) {
    MessageHashes out;
    out.message = tagged_hash("BIP0322-signed-message", bytes_of(message));
    out.to_spend = to_spend_txid(script, out.message);
    Bytes bytes;
    append_txn(bytes, to_sign_txn(out.to_spend));
    out.to_sign = crypto::sha256d(bytes);
    out.legacy = legacy_hash(message);
    return out;
}

Result<MessageCheck> check_message(const Address& address, std::string_view message,
                                   std::string_view signature) {
    const std::optional<Bytes> script = script_of_address(address);
    if (!script)
        return fail(ErrorCode::kUnsupported, "an address that does not determine its script");
    const OutputView spent{0, *script};
    const Hash256 to_spend = message_hashes(*script, message).to_spend;
    std::string_view prefix;
    if (signature.starts_with("smp") || signature.starts_with("ful") ||
        signature.starts_with("pof")) {
        prefix = signature.substr(0, 3);
        signature.remove_prefix(3);
    }
    Result<Bytes> bytes = parse_base64(signature);
    if (!bytes) return fail(bytes.error().in("signature"));
    if (prefix == "ful") return check_full(to_spend, spent, *bytes);
    if (prefix == "pof") return check_funds(to_spend, spent, message, *bytes);
    if (prefix.empty() && bytes->size() == kLegacySize && address.kind() != AddressKind::kP2tr &&
        address.kind() != AddressKind::kP2wsh)
        return check_legacy(address, message, *bytes);
    Result<MessageCheck> simple = check_simple(to_spend, spent, *bytes);
    if (simple || !prefix.empty()) return simple;
    return check_full(to_spend, spent, *bytes);  // Before the prefixes, both forms went without.
}

}  // namespace cordon::chain
