// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/explain/safe.hpp>

#include "detectors.hpp"

namespace cordon::detect {
namespace {

constexpr Descriptor kDescriptor{.id = "D14",
                                 .name = "blind-sign",
                                 .title = "Signers are shown something else than they sign",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kExploitation,
                                 .needs = kSigning};

constexpr uint64_t kNonces = 1U << 16;  ///< Nonces of Safes that were asked to be signed.

struct NonceKey {
    ChainId chain;
    Address safe;
    Amount nonce;
    friend auto operator<=>(const NonceKey&, const NonceKey&) = default;
};

}  // namespace
}  // namespace cordon::detect

template <>
struct std::hash<cordon::detect::NonceKey> {
    std::size_t operator()(const cordon::detect::NonceKey& key) const noexcept {
        return std::hash<cordon::Address>{}(key.safe) ^ std::hash<cordon::Amount>{}(key.nonce) ^
               (std::hash<cordon::ChainId>{}(key.chain) * 3);
    }
};

namespace cordon::detect {
namespace {

/// What one of the three says will be signed.
struct Said {
    std::string_view who;
    std::vector<Hash256> hashes;  ///< One for each version of Safes, unless its version is known.
    std::optional<explain::SafeTx> txn;
};

/// Recomputes the Safe hash from the fields that each side has: what the interface showed is not
/// believed to be what the device got (Bybit, WazirX, Radiant).
class BlindSign final : public Detector {
public:
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&nonces_}; }

    void on_signing(const SigningRequest& request, const World& world, Findings& out) override {
        const WatchedSafe* watched = world.safe_of(request.chain, request.safe);
        const std::string name =
            format("the Safe {}",
                   watched ? watched->name : chain::format_address(request.chain, request.safe));
        std::vector<Said> all;
        const auto add = [&](std::string_view who, std::string_view text) {
            if (text.empty()) return;
            Result<Said> said = read(who, text, request);
            if (said) return all.push_back(*std::move(said));
            // Not "fine": what cannot be read cannot be compared, and must not be signed.
            out.push_back({.severity = Severity::kHigh,
                           .stage = Stage::kPreparation,
                           .confidence = 0.5,
                           .subject = request.safe,
                           .reason = format("Request {} of {}: what {} cannot be read ({}).",
                                            request.id, name, who, said.error().message),
                           .next = "Do not sign before all three sides can be compared.",
                           .key = request.id + std::string{who}});
        };
        add("the interface showed", request.shown);
        add("the service holds", request.service);
        add("the device got", request.device);
        compare(request, name, all, out);
        check_nonce(request, name, all, out);
    }

private:
    static Result<Said> read(std::string_view who, std::string_view text,
                             const SigningRequest& request) {
        constexpr std::size_t kHex = 64;
        Said said{who, {}, std::nullopt};
        const std::string_view bare = text.starts_with("0x") ? text.substr(2) : text;
        if (bare.size() == kHex && bare.find_first_of("{[\"") == std::string_view::npos) {
            Hash256 hash;
            CORDON_TRY(parse_hex_into(bare, hash.bytes));
            said.hashes.push_back(hash);
            return said;
        }
        explain::Context context;
        context.chain = request.chain;
        context.account = request.safe;
        CORDON_TRY(const auto proposals, explain::parse_safe_proposals(text, context));
        if (proposals.size() != 1)
            return fail(ErrorCode::kMalformed, "expected one Safe transaction");
        said.txn = proposals[0].txn;
        if (proposals[0].version)
            said.hashes.push_back(
                explain::hash_safe_txn(*said.txn, explain::domain_of(*proposals[0].version))
                    .safe_txn);
        else
            for (const explain::SafeDomain domain : explain::kSafeDomains)
                said.hashes.push_back(explain::hash_safe_txn(*said.txn, domain).safe_txn);
        return said;
    }

    static bool agree(const Said& a, const Said& b) {
        return std::any_of(a.hashes.begin(), a.hashes.end(), [&](const Hash256& hash) {
            return std::find(b.hashes.begin(), b.hashes.end(), hash) != b.hashes.end();
        });
    }

    static std::string difference(const Said& a, const Said& b) {
        if (!a.txn || !b.txn) return "the hashes are not of one transaction";
        if (a.txn->operation != b.txn->operation) return "one is a call, the other a delegatecall";
        if (a.txn->to != b.txn->to) return "they go to different addresses";
        if (a.txn->data != b.txn->data) return "the calldata differs";
        if (a.txn->value != b.txn->value) return "the value differs";
        if (a.txn->nonce != b.txn->nonce) return "the nonce differs";
        if (a.txn->safe != b.txn->safe) return "they are of different Safes";
        return "a field about gas or the refund differs";
    }

    static void compare(const SigningRequest& request, const std::string& name,
                        const std::vector<Said>& all, Findings& out) {
        for (std::size_t i = 0; i < all.size(); ++i) {
            for (std::size_t k = i + 1; k < all.size(); ++k) {
                if (agree(all[i], all[k])) continue;
                out.push_back(
                    {.severity = Severity::kCritical,
                     .stage = Stage::kExploitation,
                     .confidence = 0.99,
                     .subject = request.safe,
                     .reason = format("Request {} of {}: what {} is not what {} ({}; 0x{} and "
                                      "0x{}).",
                                      request.id, name, all[i].who, all[k].who,
                                      difference(all[i], all[k]), to_hex(all[i].hashes[0]),
                                      to_hex(all[k].hashes[0])),
                     .next = "Do not sign. Treat the machine that showed it as taken over.",
                     .key = request.id});
                return;
            }
        }
    }

    /// Two transactions of one nonce: one of them replaces the other. People do so to reject, and
    /// thieves to slip theirs in.
    void check_nonce(const SigningRequest& request, const std::string& name,
                     const std::vector<Said>& all, Findings& out) {
        const auto with = std::find_if(all.begin(), all.end(),
                                       [](const Said& said) { return said.txn.has_value(); });
        if (with == all.end()) return;
        Hash256& known = nonces_.at({request.chain, request.safe, with->txn->nonce}, request.time);
        const Hash256 before = known;
        known = with->hashes[0];
        if (before == Hash256{} ||
            std::find(with->hashes.begin(), with->hashes.end(), before) != with->hashes.end())
            return;
        out.push_back(
            {.severity = Severity::kHigh,
             .stage = Stage::kPreparation,
             .confidence = 0.5,
             .subject = request.safe,
             .reason = format("Request {} of {} has nonce {}, for which another "
                              "transaction (0x{}) was asked to be signed before.",
                              request.id, name, with->txn->nonce.to_string(), to_hex(before)),
             .next = "Ask the proposer over a second channel which of the two is meant.",
             .key = request.id + " nonce"});
    }

    Keyed<NonceKey, Hash256> nonces_{kNonces};
};

}  // namespace

Maker d14() noexcept {
    return {&kDescriptor, [](const WatchConfig&) -> std::unique_ptr<Detector> {
                return std::make_unique<BlindSign>();
            }};
}

}  // namespace cordon::detect
