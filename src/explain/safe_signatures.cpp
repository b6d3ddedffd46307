// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "safe_signatures.hpp"

#include <algorithm>
#include <set>

#include <cordon/base/format.hpp>

namespace cordon::explain {
namespace {

using Kind = SafeSignature::Kind;

bool contains(const std::vector<Address>& owners, const Address& address) {
    return std::find(owners.begin(), owners.end(), address) != owners.end();
}

/// One owner after the other, for the threshold.
class Judge {
public:
    Judge(Walk& walk, const Hash256& hash) : walk_{walk}, hash_{hash} {}

    void take(const Collected& collected) {
        const auto found = read_safe_signatures(collected.signature, hash_);
        if (!found) return block(found.error().message + ".");
        if (found->empty()) return;
        for (const SafeSignature& each : *found) take(each, collected.owner);
        if (!std::is_sorted(
                found->begin(), found->end(),
                [](const SafeSignature& a, const SafeSignature& b) { return a.signer < b.signer; }))
            walk_.raise("R7", Verdict::kWarn,
                        "The signatures are not in the order of their owners' addresses: the "
                        "contract refuses them.");
    }

    void end() {
        if (bad_) return;
        const auto& threshold = walk_.context().threshold;
        const std::string count = threshold ? format("{} of {} needed", proved_.size(), *threshold)
                                            : counted(proved_.size(), "signature", "signatures");
        std::string open;
        if (!proved_.empty() && unproved_)
            open = format(
                "Signed by {} ({}). Whether they are owners is not known: no owners were "
                "given. Compare them.",
                names(proved_), count);
        else if (!proved_.empty())
            walk_.raise("R7", Verdict::kOk,
                        format("The signatures are by {} ({}), each an owner's over this hash.",
                               names(proved_), count));
        // Anybody can write an owner's address there.
        if (!said_.empty())
            open += format(
                "{}{} said to agree without a signature that can be checked here (an "
                "approved hash, the sender, or a contract): only the chain knows.",
                open.empty() ? "" : " ", names(said_) + (said_.size() == 1 ? " is" : " are"));
        if (!open.empty()) walk_.not_judged("R7", std::move(open));
    }

private:
    std::string names(const std::set<Address>& of) {
        std::string text;
        for (const Address& each : of)
            text += (text.empty() ? "" : ", ") + walk_.words.address(each);
        return text;
    }
    void block(std::string text) {
        bad_ = true;
        walk_.raise("R7", Verdict::kBlock, std::move(text));
    }

    void take(const SafeSignature& signature, const std::optional<Address>& claimed) {
        const auto& owners = walk_.context().owners;
        if (signature.kind == Kind::kInvalid)
            return block(
                format("A signature is none that the contract takes: {}.", signature.reason));
        const std::string& name = walk_.words.address(signature.signer);
        if (claimed && *claimed != signature.signer)
            return block(
                format("The signature that is said to be by {} is by {}: it was made for "
                       "something else than this payload.",
                       walk_.words.address(*claimed), name));
        if (!owners.empty() && !contains(owners, signature.signer))
            return block(
                format("A signature is by {}, who is no owner: it was made for something "
                       "else than this payload.",
                       name));
        const bool said = signature.kind == Kind::kApproved || signature.kind == Kind::kContract;
        if (proved_.contains(signature.signer) || said_.contains(signature.signer))
            return walk_.raise("R7", Verdict::kWarn,
                               format("{} signed twice: the contract refuses "
                                      "it.",
                                      name));
        (said ? said_ : proved_).insert(signature.signer);
        if (!said && owners.empty() && !claimed) unproved_ = true;
    }

    Walk& walk_;
    const Hash256& hash_;
    std::set<Address> proved_;  // Signed this hash.
    std::set<Address> said_;    // Are named, and signed nothing that can be checked here.
    bool bad_ = false, unproved_ = false;
};

}  // namespace

bool signed_by_owner(const std::vector<Collected>& signatures, const Hash256& safe_hash,
                     const std::vector<Address>& owners) {
    for (const Collected& each : signatures) {
        const auto found = read_safe_signatures(each.signature, safe_hash);
        if (!found) continue;
        for (const SafeSignature& one : *found) {
            if (one.kind != Kind::kEcdsa && one.kind != Kind::kEthSign) continue;
            if (each.owner == one.signer || contains(owners, one.signer)) return true;
        }
    }
    return false;
}

void judge_signatures(Walk& walk, const std::vector<Collected>& signatures,
                      const Hash256& safe_hash) {
    if (signatures.empty()) return walk.not_judged("R7", "No signatures are collected here yet.");
    Judge judge{walk, safe_hash};
    for (const Collected& each : signatures) judge.take(each);
    judge.end();
}

}  // namespace cordon::explain
