// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "psbt.hpp"

#include <algorithm>
#include <deque>

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/bitcoin/ext_key.hpp>
#include <cordon/chain/bitcoin/script.hpp>
#include <cordon/chain/bitcoin/script_run.hpp>
#include <cordon/chain/bitcoin/spend.hpp>
#include <cordon/chain/bitcoin/taproot.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/crypto/hash.hpp>

#include "../curve.hpp"
#include "../key_facts.hpp"
#include "kinds.hpp"

namespace cordon::vault {
namespace {

using chain::Psbt;
using chain::PsbtInput;

// Input fields that are written (BIP-174, BIP-371).
constexpr uint8_t kPartialSig = 0x02, kTapKeySig = 0x13, kTapScriptSig = 0x14;
constexpr uint8_t kTxModifiable = 0x06;  // Of the global map (BIP-370), and its bits.
constexpr uint8_t kInputsModifiable = 1, kOutputsModifiable = 2, kHasSingle = 4;

bool same(ByteView a, ByteView b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

/// The output script, or what a P2SH hides: by it signatures are made.
AddressKind form_of(const PsbtInput& input) {
    const Address pays = chain::address_of_script(input.spent()->script);
    return pays.kind() == AddressKind::kP2sh ? chain::address_of_script(input.redeem_script).kind()
                                             : pays.kind();
}

/// One PSBT being signed. Confined to one call.
class PsbtSigner {
public:
    PsbtSigner(Signer& signer, const KeyFacts& facts, const Psbt& psbt)
        : signer_{signer}, facts_{facts}, psbt_{psbt} {}

    /// Adds what the holder's keys can sign. How many signatures were made.
    Result<std::size_t> sign();
    const Psbt& psbt() const noexcept { return psbt_; }

private:
    Status check_inputs();
    Status prepare();
    Result<uint32_t> sighash_type(std::size_t index, bool taproot) const;
    /// The steps to a key that the input names, when it is the holder's.
    Result<std::optional<KeyPath>> path_of(const chain::KeyOrigin& origin);
    Status sign_ecdsa(std::size_t index, const chain::KeyOrigin& origin, const KeyPath& path);
    Status sign_taproot(std::size_t index, const chain::KeyOrigin& origin, const KeyPath& path);
    Result<Bytes> schnorr(std::size_t index, const KeyPath& path, const chain::TapContext* leaf,
                          const std::optional<Hash256>& tweak);
    void add(std::size_t index, uint8_t type, ByteView key_data, Bytes value);
    /// BIP-370: what a signature of this type covers can no longer be added to.
    void close(uint32_t type);

    Signer& signer_;
    const KeyFacts& facts_;
    Psbt psbt_;
    std::optional<crypto::PublicKey> root_;
    chain::Fingerprint32 fingerprint_{};
    std::vector<chain::OutputView> spent_;
    std::optional<chain::Sighasher> hasher_;
    std::deque<Bytes> made_;  // What the PSBT's new fields look into.
    std::size_t count_ = 0;
};

Status PsbtSigner::check_inputs() {
    for (std::size_t i = 0; i < psbt_.inputs.size(); ++i) {
        const PsbtInput& input = psbt_.inputs[i];
        if (const auto faults = chain::psbt_input_faults(psbt_, i); !faults.empty())
            return fail(ErrorCode::kMalformed, format("psbt: input {}: {}", i, faults.front()));
        // BIP-143 covers the amount of the input that is signed, and of no other. Asked twice, with
        // a lie in one input each time, a signer would pay the difference as a fee
        // (CVE-2020-14199). BIP-341 covers all of them.
        if (!input.proven && psbt_.inputs.size() > 1 && form_of(input) != AddressKind::kP2tr)
            return fail(ErrorCode::kPermission,
                        format("psbt: input {}: the txn that it spends must be given whole, for "
                               "its amount is only claimed",
                               i));
    }
    return {};
}

Status PsbtSigner::prepare() {
    if (psbt_.inputs.empty()) return fail(ErrorCode::kMalformed, "psbt: no inputs");
    for (const chain::PsbtOutput& output : psbt_.outputs)
        if (!output.silent_payment.empty())
            return fail(ErrorCode::kUnsupported,
                        "psbt: a silent payment (BIP-375): its shares are not checked here");
    CORDON_TRY(check_inputs());
    for (const PsbtInput& input : psbt_.inputs) spent_.push_back(*input.spent());
    hasher_.emplace(psbt_.txn, spent_);
    CORDON_TRY(root_, signer_.public_key({}));
    fingerprint_ = chain::fingerprint_of(*root_);
    return {};
}

Result<uint32_t> PsbtSigner::sighash_type(std::size_t index, bool taproot) const {
    const uint32_t type =
        psbt_.inputs[index].sighash.value_or(taproot ? chain::kSighashDefault : chain::kSighashAll);
    const bool all = type == chain::kSighashAll || (taproot && type == chain::kSighashDefault);
    if (!all &&
        std::find(facts_.sighashes.begin(), facts_.sighashes.end(), type) == facts_.sighashes.end())
        return fail(ErrorCode::kPermission,
                    format("psbt: input {} asks for the sighash type {}, which lets others change "
                           "the txn; the key file does not allow it",
                           index, chain::sighash_name(type)));
    return type;
}

Result<std::optional<KeyPath>> PsbtSigner::path_of(const chain::KeyOrigin& origin) {
    const auto is_named = [&](const crypto::PublicKey& key) {
        return same(origin.key, key.compressed()) || same(origin.key, key.uncompressed()) ||
               same(origin.key, key.x_only());
    };
    if (is_named(*root_)) return KeyPath{};
    if (origin.fingerprint != fingerprint_ || origin.path.empty()) return std::nullopt;
    const Result<crypto::PublicKey> key = signer_.public_key(origin.path);
    if (!key && key.error().code == ErrorCode::kUnsupported) return std::nullopt;
    if (!key) return fail(key.error());
    // Four bytes of a fingerprint are met by chance, and by whoever wants to.
    if (!is_named(*key)) return std::nullopt;
    return origin.path;
}

void PsbtSigner::add(std::size_t index, uint8_t type, ByteView key_data, Bytes value) {
    Bytes key{type};
    key.insert(key.end(), key_data.begin(), key_data.end());
    const Bytes& held_key = made_.emplace_back(std::move(key));
    const Bytes& held = made_.emplace_back(std::move(value));
    PsbtInput& input = psbt_.inputs[index];
    // In the order in which Bitcoin Core writes them, by type.
    const auto place =
        std::find_if(input.entries.begin(), input.entries.end(),
                     [&](const chain::PsbtEntry& entry) { return entry.type > type; });
    const ByteView data = ByteView{held_key}.subspan(1);
    input.entries.insert(place, {type, held_key, data, held, {}});
    if (type == kTapKeySig)
        input.tap_signature = held;
    else if (type == kTapScriptSig) {
        chain::PartialSignature one{data.first(32), held, {}};
        std::copy_n(data.begin() + 32, 32, one.leaf.bytes.begin());
        input.signatures.push_back(one);
    } else {
        input.signatures.push_back({data, held, {}});
    }
    ++count_;
}

void PsbtSigner::close(uint32_t type) {
    const auto row =
        std::find_if(psbt_.globals.begin(), psbt_.globals.end(),
                     [](const chain::PsbtEntry& entry) { return entry.type == kTxModifiable; });
    if (psbt_.version < 2 || row == psbt_.globals.end()) return;
    const uint32_t outputs = type & 3;
    if ((type & chain::kSighashAnyoneCanPay) == 0) psbt_.modifiable &= ~kInputsModifiable & 0xff;
    if (outputs != chain::kSighashNone) psbt_.modifiable &= ~kOutputsModifiable & 0xff;
    if (outputs == chain::kSighashSingle) psbt_.modifiable |= kHasSingle;
    row->value = made_.emplace_back(Bytes{psbt_.modifiable});
}

Status PsbtSigner::sign_ecdsa(std::size_t index, const chain::KeyOrigin& origin,
                              const KeyPath& path) {
    const PsbtInput& input = psbt_.inputs[index];
    for (const chain::PartialSignature& each : input.signatures)
        if (same(each.key, origin.key)) return {};
    CORDON_TRY(const uint32_t type, sighash_type(index, false));
    const auto digest = chain::signing_hash(*hasher_, psbt_, index, type);
    if (!digest)
        return fail(ErrorCode::kMalformed,
                    format("psbt: input {}: the script that is signed for is not given", index));
    CORDON_TRY(const RecoverableSignature made, signer_.sign_ecdsa(*digest, path));
    Bytes signature = der_of(made.signature);
    signature.push_back(static_cast<uint8_t>(type));
    add(index, kPartialSig, origin.key, std::move(signature));
    close(type);
    return {};
}

Result<Bytes> PsbtSigner::schnorr(std::size_t index, const KeyPath& path,
                                  const chain::TapContext* leaf,
                                  const std::optional<Hash256>& tweak) {
    CORDON_TRY(const uint32_t type, sighash_type(index, true));
    const auto digest = hasher_->taproot(index, static_cast<uint8_t>(type), {}, leaf);
    if (!digest)
        return fail(ErrorCode::kMalformed,
                    format("psbt: input {}: no such sighash type for taproot", index));
    CORDON_TRY(Bytes out, signer_.sign_schnorr(*digest, path, tweak));
    if (type != chain::kSighashDefault) out.push_back(static_cast<uint8_t>(type));
    close(type);
    return out;
}

Status PsbtSigner::sign_taproot(std::size_t index, const chain::KeyOrigin& origin,
                                const KeyPath& path) {
    const PsbtInput& input = psbt_.inputs[index];
    if (same(origin.key, input.tap_key)) {
        if (!input.tap_signature.empty()) return {};
        std::optional<Hash256> root;
        if (!input.tap_merkle_root.empty()) {
            root.emplace();
            std::copy(input.tap_merkle_root.begin(), input.tap_merkle_root.end(),
                      root->bytes.begin());
        }
        CORDON_TRY(const crypto::PublicKey output, chain::tap_output_key(input.tap_key, root));
        const Address pays = chain::address_of_script(input.spent()->script);
        if (!same(pays.payload(), output.x_only()))
            return fail(
                ErrorCode::kMalformed,
                format("psbt: input {}: the internal key is not that of the output", index));
        Hash256 internal;
        std::copy(input.tap_key.begin(), input.tap_key.end(), internal.bytes.begin());
        CORDON_TRY(Bytes made, schnorr(index, path, nullptr, chain::tap_tweak(internal, root)));
        add(index, kTapKeySig, {}, std::move(made));
        return {};
    }
    // A script path: each leaf that is given, is of the output, and has the key in it.
    for (const chain::TapLeaf& leaf : input.tap_leaves) {
        if (leaf.version != chain::kTapscriptLeaf || !is_leaf_of(input, leaf) ||
            !pushes(leaf.script, origin.key))
            continue;
        const chain::TapContext context{chain::tap_leaf_hash(leaf.version, leaf.script)};
        Bytes key_data(origin.key.begin(), origin.key.end());
        key_data.insert(key_data.end(), context.leaf.bytes.begin(), context.leaf.bytes.end());
        const bool there =
            std::any_of(input.signatures.begin(), input.signatures.end(),
                        [&](const chain::PartialSignature& each) {
                            return same(each.key, origin.key) && each.leaf == context.leaf;
                        });
        if (there) continue;
        CORDON_TRY(Bytes made, schnorr(index, path, &context, {}));
        add(index, kTapScriptSig, key_data, std::move(made));
    }
    return {};
}

Result<std::size_t> PsbtSigner::sign() {
    CORDON_TRY(prepare());
    for (std::size_t i = 0; i < psbt_.inputs.size(); ++i) {
        if (psbt_.inputs[i].finalized()) continue;
        const bool taproot = form_of(psbt_.inputs[i]) == AddressKind::kP2tr;
        // Some writers of PSBTs name a taproot key in both fields.
        std::vector<chain::KeyOrigin> origins = psbt_.inputs[i].keys;
        for (const chain::KeyOrigin& origin : origins) {
            if ((origin.key.size() == 32) != taproot) continue;
            CORDON_TRY(const std::optional<KeyPath> path, path_of(origin));
            if (!path) continue;
            CORDON_TRY(taproot ? sign_taproot(i, origin, *path) : sign_ecdsa(i, origin, *path));
        }
        // Those of others count too: a foreign signature that does not fit is not handed on.
        if (psbt_.inputs[i].signatures.empty() && psbt_.inputs[i].tap_signature.empty()) continue;
        chain::SpendBudget budget;
        const chain::SpendCheck check = chain::check_partial(*hasher_, psbt_, i, budget);
        if (check.verdict != chain::SpendVerdict::kValid)
            return fail(ErrorCode::kCorrupt, format("psbt: input {}: {}", i, check.why));
    }
    return count_;
}

Result<Bytes> psbt_bytes(const SignJob& job) {
    std::string_view text = job.request.payload.data;
    if (text.starts_with("psbt\xff")) return Bytes(text.begin(), text.end());
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
    if (text.starts_with("70736274ff")) return parse_hex(text);
    return parse_base64(text);
}

Status check_chain(const SignJob& job) {
    if (is_utxo(job.request.chain)) return {};
    return fail(ErrorCode::kWrongChain, "psbt: the request is for no chain of Bitcoin");
}

}  // namespace

bool pushes(ByteView script, ByteView key) noexcept {
    chain::ScriptWalk walk{script};
    while (walk.next())
        if (same(walk.data, key)) return true;
    return false;
}

bool is_leaf_of(const PsbtInput& input, const chain::TapLeaf& leaf) {
    const Hash256 hash = chain::tap_leaf_hash(leaf.version, leaf.script);
    const auto root = chain::tap_root_of(leaf.control, hash);
    if (!root) return false;
    const auto key = chain::tap_output_key(leaf.control.subspan(1, 32), root);
    return key && same(chain::address_of_script(input.spent()->script).payload(), key->x_only());
}

Result<std::string> psbt_hash(const SignJob& job) {
    CORDON_TRY(check_chain(job));
    CORDON_TRY(const Bytes bytes, psbt_bytes(job));
    CORDON_TRY(const Psbt psbt, chain::parse_psbt(bytes));
    chain::TxnView txn = psbt.txn;
    // What redeem scripts will say in inputs is part of the name, too, but of nothing that moves.
    for (chain::InputView& input : txn.inputs) input.script = {};
    Bytes raw;
    chain::append_txn(raw, txn);
    return chain::format_hash(job.request.chain, crypto::sha256d(raw));
}

Result<SignedPayload> sign_psbt(Signer& signer, const SignJob& job) {
    CORDON_TRY(check_chain(job));
    CORDON_TRY(const Bytes bytes, psbt_bytes(job));
    CORDON_TRY(const Psbt psbt, chain::parse_psbt(bytes));
    PsbtSigner run{signer, job.facts, psbt};
    CORDON_TRY(const std::size_t count, run.sign());
    if (count == 0)
        return fail(
            ErrorCode::kNotFound,
            format("psbt: no input asks for a key of {} that has not signed yet", signer.name()));
    Bytes out;
    chain::append_psbt(out, run.psbt());
    const std::string mine = format("{} signature{}", count, count == 1 ? "" : "s");
    CORDON_TRY(const std::optional<Bytes> txn, finalized_txn(out));
    if (txn)
        return SignedPayload{to_hex(*txn), format("a raw txn, ready for broadcast, with {}", mine),
                             true};
    return SignedPayload{to_base64(out),
                         format("a PSBT with {} more; others are needed still", mine), false};
}

}  // namespace cordon::vault
