// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "../gate.hpp"

#include <algorithm>
#include <filesystem>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "impl.hpp"

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

/// Compares what is read with the last checkpoint, so that a gate does not begin with a past that
/// was edited: the log itself opens by its hashes, which an editor would have edited as well.
class Past {
public:
    static Result<Past> of(const std::string& directory, const tlog::PublicKey& key) {
        Past out;
        const auto note = tlog::read_checkpoint(directory);
        if (!note && note.error().code == ErrorCode::kNotFound) return out;
        if (!note) return fail(note.error());
        CORDON_TRY(out.signed_, tlog::parse_checkpoint(note->text));
        if (!tlog::is_signed_by(*note, key))
            return fail(ErrorCode::kChecksum,
                        format("{}/checkpoint: the gate's key did not sign it", directory));
        return out;
    }
    bool take(std::string_view entry) {
        tree_.add(tlog::leaf_hash({reinterpret_cast<const uint8_t*>(entry.data()), entry.size()}));
        return !signed_ || tree_.size() != signed_->size || tree_.root() == signed_->root;
    }

private:
    std::optional<tlog::Checkpoint> signed_;
    tlog::Frontier tree_;
};

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
    CORDON_TRY(Past past, Past::of(directory + "/log", impl->signer.public_key()));
    CORDON_TRY(impl->log->read(0, UINT64_MAX, [&](uint64_t index, std::string_view text) -> Status {
        if (!past.take(text))
            return fail(ErrorCode::kCorrupt,
                        format("{}/log: up to entry {} it is not what its checkpoint says: cordon "
                               "log verify names the place; take it from a backup",
                               directory, index));
        Result<ReadEntry> entry = parse_entry(text);
        if (!entry) return fail(entry.error().in(format("{}/log: entry {}", directory, index)));
        const Status taken = state.apply_read(index, std::move(*entry));
        return taken ? Status{} : fail(taken.error().in(directory + "/log"));
    }));
    if (state.policy) {
        if (!policy.empty() && digest_of_text(policy) != state.policy->digest())
            return fail(ErrorCode::kConflict,
                        format("{}: has another policy (version {}); a new one is proposed and "
                               "agreed to, not given when the gate is opened",
                               directory, state.policy->version()));
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
    SpendBook book;
    std::unordered_map<std::string, WithdrawalRequest> requests;
    CORDON_TRY(log->read(0, UINT64_MAX, [&](uint64_t, std::string_view text) -> Status {
        CORDON_TRY(ReadEntry read, parse_entry(text));
        auto* judged = std::get_if<Judged>(&read.entry.deed);
        if (!judged) return {};
        if (judged->request) requests[judged->verdict.id] = *judged->request;
        if (!judged->counted) return {};
        const WithdrawalRequest& request = requests[judged->verdict.id];
        book.add(judged->counts,
                 {read.entry.time, request.chain, request.asset, request.amount, judged->usd});
        return {};
    }));
    state.spending = std::move(book);
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
    Judged deed;
    std::optional<Hash256> left_out;
    CORDON_TRY(log->read(entry, entry + 1, [&](uint64_t index, std::string_view text) -> Status {
        CORDON_TRY(ReadEntry read, parse_entry(text));
        auto* judged = std::get_if<Judged>(&read.entry.deed);
        CORDON_CHECK(judged);
        deed = std::move(*judged);
        deed.verdict.time = read.entry.time;
        deed.verdict.entry = index;
        left_out = read.left_out;
        return {};
    }));
    if (!left_out) return deed;
    // Its parts stand right before it.
    std::string& data = deed.request->payload.data;
    const uint64_t reach = std::min<uint64_t>(entry, kMaxPayload / kMaxInline + 1);
    CORDON_TRY(log->read(entry - reach, entry, [&](uint64_t, std::string_view text) -> Status {
        CORDON_TRY(ReadEntry read, parse_entry(text));
        const auto* part = std::get_if<Part>(&read.entry.deed);
        if (part && part->of == *left_out)
            data += part->data;
        else
            data.clear();
        return {};
    }));
    if (digest_of_text(data) != *left_out)
        return fail(ErrorCode::kCorrupt, format("entry {}: its payload is not there", entry));
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
