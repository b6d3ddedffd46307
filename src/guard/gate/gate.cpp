// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "../gate.hpp"

#include <algorithm>
#include <filesystem>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "../restored.hpp"
#include "impl.hpp"
#include "replay.hpp"

namespace cordon::guard {
namespace {

/// Twice what a batch of a thousand payments takes as a PSBT with all of its inputs; kept in memory
/// while it waits.
constexpr std::size_t kMaxPayload = std::size_t{4} << 20;

/// The key of a gate that is taken over must not be the key of a person.
Status check_people(const Policy& policy, const tlog::SigningKey& gate) {
    const std::string_view owner = policy.owner_of(gate.public_key().key);
    if (owner.empty()) return {};
    return fail(ErrorCode::kConflict,
                format("policy: {} has the key of the gate, which speaks for nobody", owner));
}

}  // namespace

Gate::Gate(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Gate::~Gate() = default;

tlog::Log& Gate::log() noexcept { return *impl_->log; }

Result<std::unique_ptr<Gate>> Gate::open(std::string directory, tlog::SigningKey key,
                                         std::string_view policy, RiskSource& risk,
                                         GateOptions options) {
    CORDON_TRY(tlog::SigningKey log_key, tlog::SigningKey::parse(key.secret_text()));
    CORDON_TRY(options.disk->make_directory(directory));
    const std::string above = std::filesystem::absolute(directory).parent_path().string();
    CORDON_TRY(options.disk->sync_directory(above));  // A name that is not synced may be gone.
    auto impl = std::make_unique<Impl>(std::move(key), risk, options);
    CORDON_TRY(impl->log,
               tlog::Log::open(directory + "/log", std::move(log_key), {.disk = options.disk}));
    State& state = impl->state;
    if (options.seen) {
        const Status continues = tlog::check_continues(directory + "/log", *options.seen);
        if (!continues)
            return fail(Error{continues.error().code,
                              format("{}; the witness saw verdicts that this gate does not know: "
                                     "it is an older state, or another; find the newest log, or "
                                     "restore with cordon backup and a new witness",
                                     continues.error().message)});
    }
    CORDON_TRY(Snapshot read, replay(directory, *impl->log, impl->signer.public_key()));
    state = std::move(read.state);
    impl->kept = std::move(read.kept);
    impl->directory = directory;
    if (state.policy) {
        if (!policy.empty() && digest_of_text(policy) != state.policy->digest())
            return fail(ErrorCode::kConflict,
                        format("{}: has another policy (version {}); a new one is proposed and "
                               "agreed to, not given when the gate is opened",
                               directory, state.policy->version()));
        CORDON_TRY(impl->hold_restored());
        return std::unique_ptr<Gate>{new Gate{std::move(impl)}};
    }
    if (policy.empty())
        return fail(ErrorCode::kInvalidParam,
                    format("{}: a new gate needs its first policy", directory));
    Policy::Compiled compiled = Policy::compile(policy, "policy");
    if (!compiled.policy)
        return fail(ErrorCode::kMalformed,
                    "the policy has errors; cordon guard policy validate "
                    "tells them");
    CORDON_TRY(check_people(*compiled.policy, impl->signer));
    // What begins a gate that was killed before its policy began is the same again.
    state.proposals.clear();
    const Hash256 digest = compiled.policy->digest();
    CORDON_TRY(impl->commit(
        {}, Proposed{digest, compiled.policy->version(), std::string{policy}, "", {}}));
    CORDON_TRY(impl->commit({}, Began{digest}));
    CORDON_TRY(impl->wait(state.next));
    return std::unique_ptr<Gate>{new Gate{std::move(impl)}};
}

/// A gate out of a backup begins with everything stopped. Killed before the mark is gone, it does
/// so twice.
Status Gate::Impl::hold_restored() {
    CORDON_TRY(const auto restored, read_restored(directory));
    if (!restored) return {};
    const std::string why = format(
        "restored at {} from a backup of {} ({} entries): what was let through since is not known "
        "here; reset it when the log was held against a witness and the chain",
        format_rfc3339(restored->at), format_rfc3339(restored->made), restored->entries);
    const BreakerKey everything;
    if (const auto known = state.tripped.find(everything); known != state.tripped.end())
        CORDON_TRY(trip_anew(known->second, std::string{kByRestore}, why, restored->at));
    else
        CORDON_TRY(commit(restored->at, Tripped{everything, std::string{kByRestore}, why}));
    CORDON_TRY(wait(state.next));
    CORDON_TRY(options.disk->remove(restored_path(directory)));
    return options.disk->sync_directory(directory);
}

// --- Under the lock

Status Gate::Impl::usable() const {
    if (broken) return fail(*broken);
    return {};
}

Result<uint64_t> Gate::Impl::commit(UnixMillis now, Deed deed) {
    Entry entry{moment(now), std::move(deed)};
    std::vector<Entry> all = parts_of(entry);
    all.push_back(std::move(entry));
    for (Entry& each : all) {
        const Result<uint64_t> index = log->enqueue(format_entry(each));
        if (!index) {
            broken = index.error();
            return fail(index.error());
        }
        const Status taken = state.apply(*index, std::move(each));
        if (!taken) {  // Our own mistake: the log has what cannot be read back.
            broken = taken.error();
            return fail(taken.error());
        }
    }
    // Often enough for memory, rarely enough to cost nothing.
    constexpr std::chrono::minutes kBetween{1};
    if (state.policy &&
        state.last_time - kBetween - State::horizon(*state.policy) > state.forgotten)
        state.forget(state.last_time);
    return state.next - 1;
}

Status Gate::Impl::settle(UnixMillis now) {
    if (is_clock_back(now)) return {};
    const UnixMillis at = moment(now);
    // The first that was agreed to; the others are gone with it.
    const auto proposal =
        std::find_if(state.proposals.begin(), state.proposals.end(), [&](const Proposal& each) {
            const auto due = state.due(each);
            return due && *due <= at;
        });
    if (proposal != state.proposals.end()) {
        const auto before = State::horizon(*state.policy);
        CORDON_TRY(commit(now, Began{proposal->what.digest}));
        if (State::horizon(*state.policy) > before) CORDON_TRY(look_back(now));
    }
    std::vector<BreakerKey> over;
    for (const auto& [key, tripped] : state.tripped) {
        const auto due = state.due(tripped);
        if (due && *due <= at) over.push_back(key);
    }
    for (const BreakerKey& key : over) CORDON_TRY(commit(now, WasReset{key}));
    return {};
}

/// A policy that looks further back than the one before needs what was forgotten: the log has it.
/// Rare, and nobody is let through meanwhile.
Status Gate::Impl::look_back(UnixMillis now) {
    CORDON_TRY(log->wait(state.next - 1));
    CORDON_TRY(Snapshot again, replay(directory, *log, signer.public_key(), false));
    state.spending = std::move(again.state.spending);
    state.known_since = again.state.known_since;
    state.forget(moment(now));
    return {};
}

// --- Without it

Status Gate::Impl::wait(uint64_t next) {
    if (next == 0) return {};
    const Status durable = log->wait(next - 1);
    if (durable) return {};
    const Lock lock{mutex};
    if (!broken) broken = durable.error();
    return fail(durable.error());
}

Result<Judged> Gate::Impl::judged_at(uint64_t entry) {
    CORDON_TRY(const std::string own, entry_text(*log, kept, entry));
    CORDON_TRY(ReadEntry read_own, parse_entry(own));
    auto* judged = std::get_if<Judged>(&read_own.entry.deed);
    if (!judged) return fail(ErrorCode::kCorrupt, format("entry {}: is no verdict", entry));
    Judged deed = std::move(*judged);
    deed.verdict.time = read_own.entry.time;
    deed.verdict.entry = entry;
    const std::optional<Hash256> left_out = read_own.left_out;
    if (!left_out) return deed;
    // Its parts stand right before it.
    std::string& data = deed.request->payload.data;
    const uint64_t reach = std::min<uint64_t>(entry, kMaxPayload / kMaxInline + 1);
    const uint64_t begin = std::max(entry - reach, log->first());
    if (begin < entry)
        CORDON_TRY(log->read(begin, entry, [&](uint64_t, std::string_view text) -> Status {
            CORDON_TRY(ReadEntry read, parse_entry(text));
            const auto* part = std::get_if<Part>(&read.entry.deed);
            if (part && part->of == *left_out)
                data += part->data;
            else
                data.clear();
            return {};
        }));
    if (digest_of_text(data) == *left_out) return deed;
    if (begin == entry - reach)
        return fail(ErrorCode::kCorrupt, format("entry {}: its payload is not there", entry));
    data.clear();
    deed.payload_left = *left_out;
    return deed;
}

Result<Verdict> Gate::Impl::verdict_at(uint64_t entry) {
    CORDON_TRY(Judged deed, judged_at(entry));
    return std::move(deed.verdict);
}

Standing standing_of(const KnownRequest& known) {
    Standing standing{known.open->request, known.open->verdict, {},
                      known.seen,          known.txn,           known.open->asked_by};
    for (const Given& each : known.open->given)
        if (each.approves) standing.approvals.push_back(each.statement);
    return standing;
}

Result<Verdict> Gate::check(const WithdrawalRequest& request, UnixMillis now,
                            std::string_view asked_by) {
    CORDON_TRY(const Hash256 digest, wallet::digest_of(request));
    if (request.payload.data.size() > kMaxPayload)
        return fail(ErrorCode::kLimit, format("{}: a payload of {} bytes: at most {}", request.id,
                                              request.payload.data.size(), kMaxPayload));
    if (request.cancelled)
        return fail(ErrorCode::kInvalidParam,
                    format("{}: is cancelled; cancel() takes a request back", request.id));
    if (!asked_by.empty()) CORDON_TRY(check_words("who hands a request in", asked_by));
    return impl_->judge(request, digest, now, {}, asked_by);
}

Status Gate::Impl::read_closed(Standing& standing, uint64_t first, uint64_t last) {
    CORDON_TRY(standing.verdict, verdict_at(last));
    CORDON_TRY(Judged asked, judged_at(first));
    CORDON_CHECK(asked.request);
    standing.request = *std::move(asked.request);
    standing.asked_by = std::move(asked.asked_by);
    standing.payload_left = asked.payload_left;
    return {};
}

Result<std::optional<Standing>> Gate::find(std::string_view id) const {
    Impl& impl = *impl_;
    std::optional<Standing> standing;
    uint64_t next = 0;
    uint64_t first = 0;
    uint64_t last = 0;
    {
        const Impl::Lock lock{impl.mutex};
        CORDON_TRY(impl.usable());
        next = impl.state.next;
        const auto found = impl.state.requests.find(std::string{id});
        if (found == impl.state.requests.end()) return std::nullopt;
        const KnownRequest& known = found->second;
        standing = known.open ? standing_of(known) : Standing{{}, {}, {}, known.seen, known.txn};
        if (!known.open)
            std::tie(first, last) = std::tie(known.first, known.last);
        else
            last = next;
    }
    CORDON_TRY(impl.wait(next));
    if (last == next) return standing;
    CORDON_TRY(impl.read_closed(*standing, first, last));
    return standing;
}

template <typename Wanted>
std::vector<Standing> Gate::Impl::open_ones(Wanted wanted) {
    std::vector<Standing> all;
    uint64_t last = 0;
    {
        const Lock lock{mutex};
        last = state.next;
        for (const auto& [first, id] : state.open) {
            const KnownRequest& known = state.requests.at(id);
            if (wanted(known)) all.push_back(standing_of(known));
        }
    }
    if (!wait(last)) return {};
    return all;
}

std::vector<Standing> Gate::pending(UnixMillis now) const {
    return impl_->open_ones([now](const KnownRequest& known) {
        const auto& expires = known.open->verdict.expires;
        return known.decision == Decision::kHold && (!expires || now < *expires);
    });
}

std::vector<Standing> Gate::unaccounted(UnixMillis since) const {
    return impl_->open_ones([since](const KnownRequest& known) {
        return known.open->counted && known.open->counted->time < since;
    });
}

Result<std::string> Gate::propose_policy(std::string_view yaml, std::string_view by,
                                         UnixMillis now) {
    CORDON_TRY(check_words("who proposes a policy", by));
    const Policy::Compiled compiled = Policy::compile(yaml, "policy");
    if (!compiled.policy)
        return fail(ErrorCode::kMalformed,
                    "the policy has errors; cordon guard policy validate "
                    "tells them");
    CORDON_TRY(check_people(*compiled.policy, impl_->signer));
    const Hash256 digest = compiled.policy->digest();
    const uint64_t version = compiled.policy->version();
    std::string text;
    uint64_t next = 0;
    {
        const Impl::Lock lock{impl_->mutex};
        CORDON_TRY(impl_->usable());
        CORDON_TRY(impl_->settle(now));
        State& state = impl_->state;
        // Also one that was good enough last year: what people agreed to since would be undone.
        if (version <= state.policy->version())
            return fail(ErrorCode::kConflict,
                        format("a policy of version {} cannot follow version {}", version,
                               state.policy->version()));
        const auto known =
            std::find_if(state.proposals.begin(), state.proposals.end(),
                         [&](const Proposal& each) { return each.what.digest == digest; });
        if (known != state.proposals.end())
            return fail(ErrorCode::kDuplicate,
                        format("this policy is proposed already, by {}", known->what.by));
        const UnixMillis begins =
            std::chrono::ceil<Seconds>(impl_->moment(now)) + state.policy->change().delay;
        // Limits that look back on what nobody knows any more would begin at zero.
        if (const UnixMillis reach = begins - State::horizon(*compiled.policy);
            reach < state.known_since && impl_->log->first() > 0)
            return fail(
                ErrorCode::kConflict,
                format("the policy's longest window would look back to {}, but what was let "
                       "through is known from {} on: entries before left the log. Propose it "
                       "when its window begins after that, or with a shorter one",
                       format_rfc3339(reach), format_rfc3339(state.known_since)));
        CORDON_TRY(impl_->commit(
            now, Proposed{digest, version, std::string{yaml}, std::string{by}, begins}));
        text = wallet::policy_text(version, digest, begins);
        next = state.next;
    }
    CORDON_TRY(impl_->wait(next));
    return text;
}

std::shared_ptr<const Policy> Gate::policy(UnixMillis now) {
    const Impl::Lock lock{impl_->mutex};
    // One that cannot be noted has not begun.
    if (impl_->usable()) static_cast<void>(impl_->settle(now));
    return impl_->state.policy;
}

}  // namespace cordon::guard
