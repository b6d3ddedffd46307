// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "entry.hpp"
#include "spending.hpp"

namespace cordon::guard {

/// A statement that counts.
struct Given {
    std::string by;
    bool approves = true;
    Hash256 policy;
    UnixMillis at;     ///< When the gate took it, by its own clock.
    UnixMillis until;  ///< As the statement says.
    wallet::SignedStatement statement;
};

/// A request that may still change, or whose money may still leave.
struct OpenRequest {
    WithdrawalRequest request;
    std::string asked_by;
    Verdict verdict;   ///< The last one.
    UnixMillis since;  ///< Of the first verdict of this round.
    std::vector<Given> given;
    /// What limits count of it, and until when another allow is the same one.
    std::optional<Spend> counted;
    std::vector<Count> counts;
    UnixMillis counted_until;
};

/// What is known of a request for ever; the rest is in the log.
struct KnownRequest {
    Hash256 digest;
    uint64_t first = 0;  ///< Entry with the request.
    uint64_t last = 0;   ///< Entry with its last verdict.
    Decision decision = Decision::kHold;
    bool seen = false;  ///< On chain, in `txn`.
    Hash256 txn;
    std::unique_ptr<OpenRequest> open;
};

struct Proposal {
    Proposed what;
    std::shared_ptr<const Policy> policy;  // Shared with the gate once it begins.
    std::vector<Given> given;
    std::optional<UnixMillis> agreed;  ///< When its quorum was complete.
};

struct TrippedBreaker {
    Breaker breaker;
    std::vector<Given> given;
    std::optional<UnixMillis> agreed;
};

/// All that the gate knows: the fold of its log's entries. What stands in an entry was decided when
/// it was written; nothing is judged here. Guarded by the gate's mutex.
class State {
public:
    /// Takes the entry of an index. kCorrupt, kMalformed: it does not follow from those before.
    Status apply(uint64_t index, Entry entry);
    /// The same for what was read, where long texts may stand in entries before.
    Status apply_read(uint64_t index, ReadEntry read);

    /// When a proposal begins, or a breaker is reset; nothing: people are missing.
    std::optional<UnixMillis> due(const Proposal& proposal) const;
    std::optional<UnixMillis> due(const TrippedBreaker& tripped) const;
    /// Of the groups of the present policy that decide about policies and breakers.
    ApprovalNeed need(const Proposal& proposal, UnixMillis at) const;
    ApprovalNeed need(const TrippedBreaker& tripped, UnixMillis at) const;

    /// The breakers that stop a request.
    std::vector<const Breaker*> stopping(const WithdrawalRequest& request) const;
    /// Frees the memory of what has expired. Changes nothing that anybody can see.
    void forget(UnixMillis now);
    void close_expired(UnixMillis now);
    /// A request as a snapshot has it. REQUIRES: its id and its first entry are new.
    void put(const std::string& id, KnownRequest known);
    /// How far the longest window of a policy looks back.
    static std::chrono::milliseconds horizon(const Policy& policy);

    /// What a payment is known by. Amounts first: they differ most and compare fastest.
    using PaymentKey = std::tuple<ChainId, Amount, Address, Asset>;

    std::shared_ptr<const Policy> policy;  // Shared with those who judge while it is replaced.
    std::vector<Proposal> proposals;
    std::map<BreakerKey, TrippedBreaker> tripped;
    std::unordered_map<std::string, KnownRequest> requests;  // Never iterated.
    std::map<uint64_t, std::string> open;                    // Ids by first entry.
    std::map<uint64_t, std::string> asked;     // The same of all that was ever asked for.
    std::vector<uint64_t> strays;              // Entries of payments that nobody asked for.
    std::map<Hash256, std::string> by_digest;  // Of open ones.
    std::map<PaymentKey, std::map<uint64_t, std::string>> by_payment;        // Of open ones.
    std::map<std::tuple<ChainId, Hash256, uint32_t>, std::string> outflows;  // Id of the request.
    /// Alerts that tripped a breaker, for ever: none does it twice.
    std::set<std::pair<BreakerKey, std::string>> alerts;
    SpendBook spending;
    UnixMillis forgotten{};  // Spends up to then may be gone.
    // The log, or the snapshot that stands for its beginning, tells all spends after that.
    UnixMillis known_since = UnixMillis::min();
    UnixMillis last_time{};
    uint64_t next = 0;  // Index of the entry that comes next.

private:
    Status take(uint64_t index, UnixMillis time, Judged deed);
    Status take(uint64_t index, UnixMillis time, Stated deed);
    Status take(uint64_t index, UnixMillis time, Cancelled deed);
    Status take(uint64_t index, UnixMillis time, Tripped deed);
    Status take(uint64_t index, UnixMillis time, WasReset deed);
    Status take(uint64_t index, UnixMillis time, Proposed deed);
    Status take(uint64_t index, UnixMillis time, Began deed);
    Status take(uint64_t index, UnixMillis time, Dropped deed);
    Status take(uint64_t index, UnixMillis time, Outflow deed);
    Status take(uint64_t index, UnixMillis time, Bundled deed);
    Status take(uint64_t index, UnixMillis time, Part deed);
    Status take(uint64_t index, UnixMillis time, Anchored deed);
    void close(KnownRequest& known);
    ApprovalNeed need(const Change& change, const std::vector<Given>& given,
                      const std::string& not_by, UnixMillis at) const;

    std::set<std::pair<UnixMillis, std::string>> expiring_;
    std::string part_;  // Of a long text that is being read.
    Hash256 part_of_;
};

}  // namespace cordon::guard
