// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/chain/conditions/diagnostic.hpp>
#include <cordon/model/alert.hpp>
#include <cordon/model/verdict.hpp>
#include <cordon/model/withdrawal.hpp>
#include <cordon/wallet/bundle.hpp>

#include "risk.hpp"

/// The withdrawal policy (docs/formats/policy.md): what may leave, up to how much, who must agree.
///
/// Meaning, for every policy and every request:
/// - what no rule allows is denied (`default: deny`; `hold` is the only other word there);
/// - DENY wins over HOLD, HOLD over ALLOW; the order of rules never matters;
/// - a rule or limit that cannot be evaluated asks for HOLD, whatever it would have said;
/// - limits bound what rules allow, they never allow.
namespace cordon::guard {

/// Whose amounts a limit adds up.
enum class Scope : uint8_t {
    kWallet,
    kTier,
    kAsset,
    kOrganisation,
    kRequester,
    kDestination,
    kAll
};

/// A limit of a policy. Amounts are counted when a withdrawal is let through, not when it is asked
/// for; what was let through and cancelled later still counts, for a signature may exist.
struct Limit {
    std::string id;
    Scope scope{};
    /// Rolling; none with `lifetime` false: of one withdrawal alone.
    std::optional<std::chrono::milliseconds> window;
    bool lifetime = false;
    std::optional<Cents> usd;
    std::optional<Amount> amount;     ///< In smallest units of `asset`.
    std::optional<ChainId> chain;     ///< Others are not counted.
    std::optional<Asset> asset;       ///< Likewise. Of `chain`, where it is given.
    bool per_asset = false;           ///< Amounts of each asset are added up apart.
    std::optional<uint64_t> share;    ///< Millionths of what the wallet holds at that moment.
    std::optional<uint64_t> count;    ///< Withdrawals.
    Decision then = Decision::kDeny;  ///< kHold or kDeny.
};

/// What left already under a limit's key; kept by the gate, asked by the policy.
struct Spent {
    Cents usd = 0;
    Amount amount;
    uint64_t count = 0;
};
class Spending {
public:
    virtual ~Spending() = default;
    /// What was let through under this limit and key (a wallet, a tier, ...) in the window that
    /// ends at `now`.
    virtual Result<Spent> spent(const Limit& limit, std::string_view key, UnixMillis now) const = 0;
};

/// What a policy says of one request, before approvals are counted.
struct Judgement {
    Decision decision = Decision::kDeny;
    std::vector<Reason> reasons;  ///< Every one, the strictest first.
    /// Of the rules that hold for approvals: all must be met. Their `given` is 0.
    std::vector<ApprovalNeed> needs;
    /// True: a hold that its approvals lift. False: also with them it is held or denied.
    bool approvable = false;
    std::chrono::milliseconds cool_down{};  ///< From the last approval to the release.
    std::chrono::milliseconds valid_for{};  ///< Of approvals and of the verdict.
    /// The limits under which the amount counts when it is let through, each with its key.
    std::vector<std::pair<std::string, std::string>> counts_under;
};

/// How a policy may be replaced, breakers reset.
struct Change {
    std::string group;
    unsigned needed = 0;
    std::chrono::milliseconds delay{};
};

/// What a breaker stops.
enum class Trips : uint8_t { kWallet, kAsset, kGlobal };

/// Which alerts trip a breaker.
struct BreakerRule {
    std::string id;
    std::vector<std::string> detectors;  ///< Empty: any.
    Severity at_least = Severity::kCritical;
    Trips trips{};
};

/// One compiled policy. Immutable; any thread.
class Policy {
public:
    /// All problems at once, with file, line and column (chain::Diagnostic). `name` is for them.
    struct Compiled {
        std::shared_ptr<const Policy> policy;  ///< None when there are errors. Shared by gate and
                                               ///< whoever judges with it while it is replaced.
        std::vector<chain::Diagnostic> diagnostics;
    };
    static Compiled compile(std::string_view yaml, std::string_view name);
    ~Policy();

    uint64_t version() const noexcept;
    const Hash256& digest() const noexcept;  ///< SHA-256 of the bytes given.
    std::string_view text() const noexcept;

    /// Pure: same request, risk answers, spending and time, same judgement. Cost: 20 us at 200
    /// rules, plus what the risk source costs for the fields that rules name.
    Judgement judge(const WithdrawalRequest& request, RiskSource& risk, const Spending& spending,
                    UnixMillis now) const;

    /// Members of a group; kNotFound.
    Result<std::span<const wallet::Quorum::Member>> group(std::string_view name) const;
    /// Who may sign under this name; nullptr.
    const wallet::ApproverKey* key_of(std::string_view person) const;
    /// Who signs with this key (of an approver, without its kind); empty: nobody.
    std::string_view owner_of(ByteView key) const noexcept;
    std::span<const Limit> limits() const noexcept;
    const Change& change() const noexcept;
    const Change& reset() const noexcept;
    std::span<const BreakerRule> breakers() const noexcept;
    /// Those that this alert trips.
    std::vector<const BreakerRule*> breakers_of(const Alert& alert) const;
    /// True: who is in two groups counts in one of them. (That nobody approves an own request is no
    /// choice of a policy.)
    bool one_group_each() const noexcept;
    /// How old lists may be, how far a feed may lag, before withdrawals are held.
    std::optional<std::chrono::milliseconds> list_max_age() const noexcept;
    std::optional<std::chrono::milliseconds> feed_max_lag() const noexcept;

    /// For people: what the policy means, rule by rule, in plain words.
    std::string explain() const;

private:
    struct Impl;
    explicit Policy(std::unique_ptr<const Impl> impl);
    std::unique_ptr<const Impl> impl_;
};

}  // namespace cordon::guard
