// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <mutex>

#include "gathered.hpp"
#include "people.hpp"
#include "snapshot.hpp"

namespace cordon::guard {

/// A policy that does not say how long a verdict or approval is good for: a day, so that a
/// signature that was forgotten cannot be asked for a year later.
inline constexpr std::chrono::hours kDefaultValidity{24};

struct Gate::Impl {
    Impl(tlog::SigningKey signing_key, RiskSource& source, GateOptions gate_options)
        : signer{std::move(signing_key)}, risk{source}, options{gate_options} {}

    const tlog::SigningKey signer;
    RiskSource& risk;
    const GateOptions options;
    std::string directory;
    std::unique_ptr<tlog::Log> log;
    KeptEntries kept;  // Of entries that left; never changed once it is open.

    mutable std::mutex mutex;
    State state;
    std::optional<Error> broken;  // Why nothing is let through until it is opened again.
    /// What kinds of questions a policy asked so far (GatheredRisk::Kind).
    std::pair<std::shared_ptr<const Policy>, uint32_t> questions;

    using Lock = std::unique_lock<std::mutex>;
    /// What is done before a request is judged anew, with what the policy says of it; all in the
    /// same critical section.
    using Before = std::function<Status(const Judgement&, UnixMillis at)>;

    // --- Under the lock

    Status usable() const;
    bool is_clock_back(UnixMillis now) const {
        return now + options.clock_tolerance < state.last_time;
    }
    /// The time of an entry that is made now: never before the last one's.
    UnixMillis moment(UnixMillis now) const { return std::max(now, state.last_time); }
    /// Puts an entry into the log's next group, and takes it. Its index.
    Result<uint64_t> commit(UnixMillis now, Deed deed);
    /// Policies begin and breakers are reset whose time has come.
    Status settle(UnixMillis now);
    /// The verdict of a known request where it stands, or the entry that has it: nothing to judge.
    Result<std::optional<Verdict>> standing_verdict(const std::string& id, const Hash256& digest,
                                                    UnixMillis now,
                                                    std::optional<uint64_t>& entry) const;
    Verdict compose(const WithdrawalRequest& request, const Hash256& digest, Judgement judgement,
                    UnixMillis now) const;
    Result<Verdict> commit_verdict(const WithdrawalRequest& request, Verdict verdict,
                                   const Judgement& judgement, GatheredRisk& gathered,
                                   UnixMillis now, std::string_view asked_by);
    Status trip_anew(const TrippedBreaker& tripped, std::string by, std::string why,
                     UnixMillis now);
    /// By alerts that concern a request.
    Status trip_by_alerts(const WithdrawalRequest& request, GatheredRisk& gathered, UnixMillis now);
    Status trip_once(const BreakerKey& key, const BreakerRule& rule, const Alert& alert,
                     UnixMillis now);
    Status look_back(UnixMillis now);
    Status hold_restored();

    // --- Without it

    /// Everything that was decided so far is durable when this returns.
    Status wait(uint64_t next);
    /// Open requests that are wanted, the oldest first; none where wait() fails.
    template <typename Wanted>
    std::vector<Standing> open_ones(Wanted wanted);
    Result<Verdict> judge(const WithdrawalRequest& request, const Hash256& digest, UnixMillis now,
                          const Before& before, std::string_view asked_by = {});
    /// From the log. REQUIRES: durable.
    Result<Judged> judged_at(uint64_t entry);
    Result<Verdict> verdict_at(uint64_t entry);
    Status read_closed(Standing& standing, uint64_t first, uint64_t last);
    Result<Verdict> approve_withdrawal(const wallet::Statement& statement,
                                       const wallet::SignedStatement& signed_statement,
                                       UnixMillis now);
    /// Of a policy or a breaker: not logged as a verdict, since it is none about money.
    Result<Verdict> approve_change(const wallet::Statement& statement,
                                   const wallet::SignedStatement& signed_statement, UnixMillis now);
    /// Of anybody: known, signed, of now, under the present policy.
    Status vet(const wallet::Statement& statement, const wallet::SignedStatement& signed_statement,
               const Policy& policy, UnixMillis now) const;
};

/// Of names and reasons that people give.
inline constexpr std::size_t kMaxWords = 1'000;
Status check_words(std::string_view what, std::string_view words);
/// The standing of an open request.
Standing standing_of(const KnownRequest& known);
/// The reason that the gate gives about itself.
Reason gate_reason(Decision decision, std::string text);

}  // namespace cordon::guard
