// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/bitcoin/ext_key.hpp>
#include <cordon/chain/evm/account.hpp>
#include <cordon/chain/evm/txn.hpp>
#include <cordon/chain/evm/typed_data.hpp>
#include <cordon/chain/text.hpp>

#include "../key_facts.hpp"
#include "kinds.hpp"

namespace cordon::vault {
namespace {

using chain::kHardened;

// As many accounts as wallets show; each costs a derivation.
constexpr uint32_t kAccounts = 100;
// What a txn of types 0 to 2 must hold to before it leaves: the rules that all chains of today
// have.
constexpr chain::EvmFork kRules = chain::EvmFork::kShanghai;

std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view kBlank = " \t\r\n";
    const std::size_t begin = std::min(text.find_first_not_of(kBlank), text.size());
    return text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

/// What looks into bytes, with them.
struct HeldTxn {
    Bytes bytes;
    chain::EvmTxn txn;
};

Result<HeldTxn> unsigned_txn(const SignJob& job) {
    std::string_view text = trimmed(job.request.payload.data);
    if (!text.starts_with("0x"))
        return fail(ErrorCode::kUnsupported, "evm: expected one unsigned txn as 0x and hex");
    HeldTxn out;
    CORDON_TRY(out.bytes, parse_hex0x(text));
    CORDON_TRY(out.txn, chain::parse_evm_txn(out.bytes));
    if (out.txn.type > chain::EvmTxnType::kDynamicFee)
        return fail(ErrorCode::kUnsupported, format("evm: txns of type {} are not signed",
                                                    static_cast<unsigned>(out.txn.type)));
    if (out.txn.signature) return fail(ErrorCode::kConflict, "evm: it is signed already");
    if (!out.txn.chain_id)
        return fail(ErrorCode::kUnsupported,
                    "evm: a txn without a chain would be valid on every chain (EIP-155)");
    if (ChainId{ChainFamily::kEvm, *out.txn.chain_id} != job.request.chain)
        return fail(ErrorCode::kWrongChain,
                    format("evm: the txn is for chain {}, the request for {}", *out.txn.chain_id,
                           to_string(job.request.chain)));
    return out;
}

}  // namespace

KeyPath evm_path(uint32_t index) {
    return {44 | kHardened, 60 | kHardened, 0 | kHardened, 0, index};
}

Result<Address> evm_account(Signer& signer, const KeyPath& path) {
    CORDON_TRY(const crypto::PublicKey key, signer.public_key(path));
    return chain::evm_address(key);
}

Result<KeyPath> find_evm_key(Signer& signer, const Address& account) {
    CORDON_TRY(const Address root, evm_account(signer, {}));
    if (root == account) return KeyPath{};
    for (uint32_t index = 0; index < kAccounts; ++index) {
        const Result<Address> mine = evm_account(signer, evm_path(index));
        if (!mine && mine.error().code == ErrorCode::kUnsupported) break;
        if (!mine) return fail(mine.error());
        if (*mine == account) return evm_path(index);
    }
    return fail(ErrorCode::kNotFound,
                format("{}: no key of {} has this account",
                       chain::display_address(kEthereum, account), signer.name()));
}

Result<KeyPath> first_evm_key(Signer& signer) {
    const Result<Address> first = evm_account(signer, evm_path(0));
    if (first) return evm_path(0);
    if (first.error().code == ErrorCode::kUnsupported) return KeyPath{};
    return fail(first.error());
}

Bytes evm_signature(const RecoverableSignature& signature) {
    Bytes out(signature.signature.r.bytes.begin(), signature.signature.r.bytes.end());
    out.insert(out.end(), signature.signature.s.bytes.begin(), signature.signature.s.bytes.end());
    out.push_back(static_cast<uint8_t>(chain::kEvmV + (signature.odd_y ? 1 : 0)));
    return out;
}

Result<std::string> evm_hash(const SignJob& job) {
    CORDON_TRY(const HeldTxn held, unsigned_txn(job));
    return to_hex0x(held.txn.signing_hash);
}

Result<SignedPayload> sign_evm(Signer& signer, const SignJob& job) {
    CORDON_TRY(HeldTxn held, unsigned_txn(job));
    CORDON_TRY(const KeyPath path, find_evm_key(signer, job.request.from));
    CORDON_TRY(const RecoverableSignature made, signer.sign_ecdsa(held.txn.signing_hash, path));
    held.txn.signature = chain::EvmSignature{made.signature.r, made.signature.s, made.odd_y};
    const Bytes bytes = chain::encode_evm_txn(held.txn);
    // As a node reads it.
    CORDON_TRY(const chain::EvmTxn again, chain::parse_evm_txn(bytes));
    CORDON_TRY(const Address sender, chain::sender_of(again));
    CORDON_TRY(chain::check_evm_txn(again, kRules, job.request.chain.reference));
    if (again.signing_hash != held.txn.signing_hash || sender != job.request.from)
        return fail(ErrorCode::kCorrupt,
                    "evm: the signed txn is not the one that was to be signed");
    return SignedPayload{
        to_hex0x(bytes),
        format("a raw txn, ready for broadcast, with the hash {}", to_hex0x(*again.hash)), true};
}

Result<std::string> typed_data_hash(const SignJob& job) {
    CORDON_TRY(const chain::TypedData data, chain::parse_typed_data(job.request.payload.data));
    return to_hex0x(data.digest);
}

Result<SignedPayload> sign_typed_data(Signer& signer, const SignJob& job) {
    CORDON_TRY(const chain::TypedData data, chain::parse_typed_data(job.request.payload.data));
    // SafeTx is asked of an owner of the account that pays.
    const Address account = job.owner.value_or(job.request.from);
    CORDON_TRY(const KeyPath path, find_evm_key(signer, account));
    CORDON_TRY(const RecoverableSignature made, signer.sign_ecdsa(data.digest, path));
    return SignedPayload{format("{{\"account\":\"{}\",\"digest\":\"{}\",\"signature\":\"{}\"}}",
                                chain::format_address(job.request.chain, account),
                                to_hex0x(data.digest), to_hex0x(evm_signature(made))),
                         "a signature of typed data (EIP-712)", true};
}

}  // namespace cordon::vault
