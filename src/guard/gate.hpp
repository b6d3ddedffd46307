// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/disk.hpp>
#include <cordon/model/block.hpp>
#include <cordon/tlog/log.hpp>
#include <cordon/wallet/bundle.hpp>

#include "policy.hpp"

/// The gate: the one place where a withdrawal is let through. What it knows is its log: every
/// verdict, approval, breaker and policy is an entry there before anybody hears of it, and opening
/// it again reads them back (docs/formats/guard-log.md, docs/decisions/0014).
namespace cordon::guard {

/// What a tripped breaker stops.
struct BreakerKey {
    enum class Kind : uint8_t { kWallet, kAsset, kGlobal };
    Kind kind = Kind::kGlobal;  ///< Of a wallet: what it pays, and what it is paid.
    ChainId chain;
    std::string what;          ///< The address, the asset; empty: everything.
    std::string text() const;  ///< "wallet eth:0x…", "asset eth:native", "global".
    friend auto operator<=>(const BreakerKey&, const BreakerKey&) = default;
};
/// Who has agreed so far to a new policy or the reset of a breaker.
struct Agreement {
    ApprovalNeed need;
    std::vector<std::string> agreed = {};   ///< Names, in the order in which they agreed.
    std::optional<UnixMillis> begins = {};  ///< When it comes to pass; nothing: people are missing.
};

struct Breaker {
    BreakerKey key;
    UnixMillis since;  ///< Of the last word about it.
    std::string by;    ///< A person, or "alert ID".
    std::string why;
    Agreement reset = {};  ///< Of breakers() alone.
};

/// A policy that people have to agree to.
struct PolicyProposal {
    uint64_t version = 0;
    Hash256 digest;
    std::string yaml, by;
    std::string text;  ///< What has to be signed.
    Agreement agreement;
};

/// A request as it stands.
struct Standing {
    WithdrawalRequest request;
    Verdict verdict;                                 ///< The last one.
    std::vector<wallet::SignedStatement> approvals;  ///< Those that count.
    bool seen_on_chain = false;                      ///< Reconciled.
    Hash256 txn;                                     ///< With it.
    std::string asked_by = {};                       ///< Who handed it in; empty: not known.
    /// The digest of its payload, which left the log by retention and is empty here.
    std::optional<Hash256> payload_left = {};
};

/// An outflow of a wallet of ours, against the requests (D07).
struct Reconciled {
    std::string id;    ///< Of the request that it carries out; empty: nobody asked for it.
    std::string text;  ///< For a person.
};

/// Which requests are listed.
enum class Listed : uint8_t {
    kWaiting,  ///< Held, and not over.
    kAllowed,  ///< Let through, not over, not seen to leave.
    kAll,
};
struct StandingPage {
    std::vector<Standing> items;
    std::optional<uint64_t> next;  ///< Where the next page begins; nothing: at the end.
};

/// A payment that nobody asked for.
struct Stray {
    UnixMillis time;  ///< When it was told.
    ChainId chain;
    Hash256 txn;
    Transfer transfer;
    std::string text;  ///< For a person.
};

/// What was decided since an entry.
struct GateNews {
    std::vector<Verdict> verdicts;  ///< About withdrawals, in order.
    bool changed = false;           ///< A breaker, a policy, or what has left.
    uint64_t next = 0;              ///< The entry to go on with.
};

struct GateOptions {
    Disk* disk = &system_disk();
    /// How much the caller's clock may fall behind the log's last entry before everything is held.
    std::chrono::milliseconds clock_tolerance{2'000};
    /// What a witness saw last of the log, which must continue it (kConflict): so that an older
    /// state that was put in its place is not believed.
    std::optional<tlog::Checkpoint> seen = {};
};

/// Thread safety: all calls, from any number of threads. Every call that changes something is
/// durable when it returns; calls that wait at the same time share one sync. `now` is the caller's
/// clock: one that went back makes the gate hold.
///
/// Fail closed: an Error of any call means that nothing was let through. After kIo or kNoSpace the
/// gate holds everything until it is opened again.
class Gate {
public:
    /// A directory `DIR/log` and what is derived from it. `risk` must outlive the gate. `policy` is
    /// the first policy of a new gate; of one that has one it must be the same or empty
    /// (kConflict): policies change by propose_policy() alone.
    static Result<std::unique_ptr<Gate>> open(std::string directory, tlog::SigningKey key,
                                              std::string_view policy, RiskSource& risk,
                                              GateOptions options = {});
    ~Gate();

    /// Judges a request. Idempotent: the same request under the same id has its last verdict again,
    /// without a new one. kConflict: this id was asked for something else. `asked_by`: who handed
    /// it in (the requester is what the request says); the log keeps it.
    Result<Verdict> check(const WithdrawalRequest& request, UnixMillis now,
                          std::string_view asked_by = {});
    /// Adds a statement about a withdrawal, policy or breaker and judges again. kPermission: it
    /// does not count, the message says why (unknown person, own request, expired, another policy,
    /// already given, not over what is waiting).
    Result<Verdict> approve(const wallet::SignedStatement& statement, UnixMillis now);
    Result<Verdict> cancel(std::string_view id, std::string_view by, UnixMillis now,
                           std::string_view why = {});
    Result<std::optional<Standing>> find(std::string_view id) const;
    std::vector<Standing> pending(UnixMillis now) const;
    /// A page of those that were asked for before entry `before`, newest first; at most `limit`,
    /// and fewer where payloads are large. Cost: two reads of the log for each that is closed.
    Result<StandingPage> list(Listed listed, std::optional<uint64_t> before, std::size_t limit,
                              UnixMillis now) const;
    /// Ids with this text in them, whatever its case; of the newest requests, newest first, at most
    /// `limit`.
    std::vector<std::string> ids_with(std::string_view text, std::size_t limit) const;
    /// For the offline signer. kPermission unless the last verdict is allow and not expired, and no
    /// alert or breaker since then stops it.
    Result<wallet::Bundle> bundle(std::string_view id, UnixMillis now);

    /// Trips what the policy's breakers say of open alerts: each alert once for each breaker, so
    /// that one that was looked at and reset stays reset. News about a breaker that is tripped
    /// makes statements that would reset it void: nobody agreed to them knowing it.
    Status take_alerts(std::span<const Alert> open, UnixMillis now);
    /// Anybody may trip; resetting takes statements of the policy's quorum, and who trips again or
    /// says no makes those that were given void. kInvalidParam: `by`
    /// looks like an alert.
    Status trip(const BreakerKey& key, std::string_view by, std::string_view why, UnixMillis now);
    /// Agreements as they are at `now`.
    std::vector<Breaker> breakers(UnixMillis now = {}) const;

    /// A new policy: it begins when the quorum of the *present* one has agreed and its delay is
    /// over. Pending approvals of the old one are stale then. Answers what has to be signed.
    Result<std::string> propose_policy(std::string_view yaml, std::string_view by, UnixMillis now);
    std::shared_ptr<const Policy> policy(UnixMillis now);
    std::vector<PolicyProposal> proposals(UnixMillis now) const;

    /// Carries a payment that left to the request that allowed it.
    Result<Reconciled> on_outflow(ChainId chain, const Hash256& txn, const Transfer& transfer,
                                  UnixMillis now);
    /// Requests that were let through and never left, older than that.
    std::vector<Standing> unaccounted(UnixMillis since) const;

    /// The newest payments that nobody asked for, newest first.
    Result<std::vector<Stray>> strays(std::size_t limit) const;

    /// What was decided from entry `from` on, of `limit` entries at most. kLastEntry: nothing, but
    /// where to go on from now.
    Result<GateNews> news(uint64_t from, uint64_t limit) const;
    static constexpr uint64_t kLastEntry = UINT64_MAX;

    tlog::Log& log() noexcept;

private:
    struct Impl;
    explicit Gate(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace cordon::guard
