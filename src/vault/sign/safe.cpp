// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <map>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/explain/safe.hpp>

#include "../key_facts.hpp"
#include "kinds.hpp"

namespace cordon::vault {
namespace {

struct SafeJob {
    explain::SafeProposal proposal;
    Hash256 hash;
};

/// One proposal, whose hash is settled: by the version that it says, or by the hash that it claims.
/// A guess is what explain may show, and not what is signed.
Result<SafeJob> read_job(const SignJob& job) {
    explain::Context context;
    context.chain = job.request.chain;
    CORDON_TRY(std::vector<explain::SafeProposal> all,
               explain::parse_safe_proposals(job.request.payload.data, context));
    if (all.size() != 1)
        return fail(ErrorCode::kConflict,
                    format("safe: {} proposals; one request is one proposal", all.size()));
    SafeJob out{std::move(all.front()), {}};
    const explain::SafeTx& txn = out.proposal.txn;
    if (ChainId{ChainFamily::kEvm, txn.chain} != job.request.chain || txn.safe != job.request.from)
        return fail(ErrorCode::kConflict,
                    "safe: the proposal is for another Safe than the request");
    if (out.proposal.version) {
        out.hash = explain::hash_safe_txn(txn, explain::domain_of(*out.proposal.version)).safe_txn;
    } else if (out.proposal.safe_hash) {
        out.hash = *out.proposal.safe_hash;
    } else {
        return fail(ErrorCode::kUnsupported,
                    "safe: neither the Safe's version nor its hash is given, and the versions hash "
                    "in different ways");
    }
    bool ours = false;
    for (const explain::SafeDomain domain : explain::kSafeDomains)
        ours |= explain::hash_safe_txn(txn, domain).safe_txn == out.hash;
    if (!ours || (out.proposal.safe_hash && *out.proposal.safe_hash != out.hash))
        return fail(ErrorCode::kChecksum,
                    "safe: the hash that it claims is not that of its fields");
    return out;
}

}  // namespace

Result<std::string> safe_hash(const SignJob& job) {
    CORDON_TRY(const SafeJob read, read_job(job));
    return to_hex0x(read.hash);
}

Result<SignedPayload> sign_safe(Signer& signer, const SignJob& job) {
    CORDON_TRY(const SafeJob read, read_job(job));
    Result<KeyPath> path = job.owner ? find_evm_key(signer, *job.owner) : first_evm_key(signer);
    if (!path) return fail(std::move(path).error());
    CORDON_TRY(const Address owner, evm_account(signer, *path));
    CORDON_TRY(const RecoverableSignature made, signer.sign_ecdsa(read.hash, *path));

    // By owner, as execTransaction wants them. Of what came along only what an ECDSA key made for
    // this hash: the rest is not ours to hand on.
    std::map<Address, Bytes> all;
    std::size_t left_out = 0;
    for (const explain::Collected& each : read.proposal.signatures) {
        const auto parts = explain::read_safe_signatures(each.signature, read.hash);
        const bool plain = parts && parts->size() == 1 && each.signature.size() == 65 &&
                           (parts->front().kind == explain::SafeSignature::Kind::kEcdsa ||
                            parts->front().kind == explain::SafeSignature::Kind::kEthSign);
        if (plain && (!each.owner || *each.owner == parts->front().signer))
            all[parts->front().signer] = each.signature;
        else
            ++left_out;
    }
    all[owner] = evm_signature(made);
    const auto check = explain::read_safe_signatures(all[owner], read.hash);
    if (!check || check->size() != 1 || check->front().signer != owner)
        return fail(ErrorCode::kCorrupt, "safe: the signature is not the owner's");

    std::string list, blob;
    for (const auto& [who, signature] : all) {
        list += format("{}{{\"owner\":\"{}\",\"signature\":\"{}\"}}", list.empty() ? "" : ",",
                       chain::format_address(job.request.chain, who), to_hex0x(signature));
        blob += to_hex(signature);
    }
    const std::string mine = chain::display_address(job.request.chain, owner);
    return SignedPayload{
        format("{{\"safe\":\"{}\",\"safeTxHash\":\"{}\",\"owner\":\"{}\",\"signature\":\"{}\","
               "\"confirmations\":[{}],\"signatures\":\"0x{}\"}}",
               chain::format_address(job.request.chain, job.request.from), to_hex0x(read.hash),
               chain::format_address(job.request.chain, owner), to_hex0x(all[owner]), list, blob),
        format("the signature of owner {}{}{}", mine,
               all.size() > 1 ? format(", sorted among {}", all.size()) : "",
               left_out > 0
                   ? format("; {} others that cannot be judged here are left out", left_out)
                   : ""),
        false};
}

}  // namespace cordon::vault
