// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/wallet/test_signer.hpp>

#include "key_ring.hpp"
#include "sign/kinds.hpp"

/// Two people of three who agree, a key that asks for them, and txns, for tests.
namespace cordon::vault::test {

inline constexpr KdfCost kCheap{1, 8};
inline const UnixMillis kNow = from_unix_seconds(1'760'000'000);

inline ByteView view_of(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

struct World {
    std::map<std::string, wallet::TestSigner> people;
    wallet::TestSigner gate{wallet::ApproverKey::Kind::kEd25519, 90};
    Hash256 policy;

    World() {
        for (const char* name : {"alice", "bob", "carol"})
            people.try_emplace(name, wallet::ApproverKey::Kind::kEd25519,
                               static_cast<uint8_t>(name[0]));
        policy.bytes.fill(7);
    }

    KeyFacts facts(ChainId chain, std::string kind) const {
        KeyFacts out;
        out.label = "cold 1";
        out.created = out.since = kNow - Seconds{3600};
        out.chains = {chain};
        out.kinds = {std::move(kind)};
        out.quorum.needed = 2;
        for (const auto& [name, signer] : people)
            out.quorum.members.push_back({name, signer.key()});
        return out;
    }
    KeyFile seed_key(KeyFacts facts) const {
        KeyFile out;
        out.secret = LockedBytes{Bytes(32, 5)};
        out.facts = std::move(facts);
        return out;
    }
    static KeyFile raw_key(KeyFacts facts, ByteView secret) {
        KeyFile out;
        out.form = KeyForm::kRaw;
        out.secret = LockedBytes{secret};
        out.facts = std::move(facts);
        return out;
    }

    /// What a person signs; null for somebody who is no member.
    wallet::SignedStatement says(std::string_view name, const WithdrawalRequest& request,
                                 bool approves = true, UnixMillis time = kNow - Seconds{60},
                                 UnixMillis expires = kNow + Seconds{600}) {
        wallet::Statement statement;
        statement.approves = approves;
        statement.policy = policy;
        statement.by = name;
        statement.time = time;
        statement.expires = expires;
        statement.about = wallet::withdrawal_text(request).value();
        if (const auto found = people.find(statement.by); found != people.end())
            return found->second.sign(statement);
        return gate.sign(statement);
    }
    wallet::Bundle agreed(const WithdrawalRequest& request) {
        return {request, policy, {says("alice", request), says("bob", request)}};
    }
};

inline WithdrawalRequest request_of(ChainId chain, const Address& from, const Address& to,
                                    Amount amount, std::string type, std::string data) {
    return {"W-1",  chain,
            {},     from,
            to,     amount,
            "dave", kNow - Seconds{900},
            false,  {std::move(type), std::move(data)}};
}

}  // namespace cordon::vault::test
