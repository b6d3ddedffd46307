// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "guard_events.hpp"

#include <algorithm>
#include <deque>
#include <unordered_map>

#include <cordon/base/format.hpp>
#include <cordon/guard/gate/entry.hpp>
#include <cordon/guard/prune.hpp>
#include <cordon/net/http.hpp>
#include <cordon/tlog/log.hpp>

namespace cordon::engine {
namespace {

class GuardEvents final : public chain::EventSource {
public:
    GuardEvents(const std::string& directory, GuardEventsOptions options)
        : directory_{directory}, log_{directory + "/log"}, options_{options} {}

    Result<bool> read(FeedEvent& event) override {
        for (;;) {
            while (!entries_.empty()) {
                const std::string entry = std::move(entries_.front());
                entries_.pop_front();
                bytes_ += entry.size();
                CORDON_TRY(const bool told, take(entry, event));
                ++next_;
                if (told) return true;
            }
            CORDON_TRY(const bool more, fetch());
            if (more) continue;
            if (!options_.follow || !net::wait_for(options_.poll, options_.cancel)) return false;
        }
    }
    uint64_t bytes_read() const noexcept override { return bytes_; }
    uint64_t bytes_total() const noexcept override { return 0; }
    std::vector<std::string> warnings() const override { return {}; }

private:
    /// Of what left the log the gate's snapshot has each request and its last verdict.
    Result<bool> begin() {
        auto first = tlog::read_retention(log_);
        if (!first) return fail(first.error());
        if (first->until > 0)
            CORDON_TRY(
                guard::each_kept_entry(directory_, [&](uint64_t, std::string_view entry) -> Status {
                    entries_.emplace_back(entry);
                    return {};
                }));
        kept_ = entries_.size();
        next_ = first->until;
        size_ = std::max(size_, next_);
        began_ = true;
        return true;
    }

    /// The next bundle of entries. False: the checkpoint ends here.
    Result<bool> fetch() {
        if (!began_) return begin();
        if (next_ == size_) {
            const auto note = tlog::read_checkpoint(log_);
            if (!note && note.error().code == ErrorCode::kNotFound && options_.follow) return false;
            if (!note) return fail(note.error());
            CORDON_TRY(const tlog::Checkpoint checkpoint, tlog::parse_checkpoint(note->text));
            if (checkpoint.size < size_)
                return fail(ErrorCode::kConflict,
                            format("{}: has {} entries and had {}: it was cut, or is another log",
                                   log_, checkpoint.size, size_));
            size_ = checkpoint.size;
            if (next_ == size_) return false;
        }
        auto bundle = tlog::Tiles{log_, size_}.bundle(next_ / tlog::kTileWidth);
        // The gate replaced the end of its log between two looks: a newer checkpoint is there.
        if (!bundle && bundle.error().code == ErrorCode::kNotFound && tries_++ < kTries) {
            const auto note = tlog::read_checkpoint(log_);
            const auto now = note ? tlog::parse_checkpoint(note->text) : fail(note.error());
            if (now) size_ = std::max(size_, now->size);
            return true;
        }
        if (!bundle) return fail(bundle.error());
        tries_ = 0;
        entries_.assign(bundle->begin() + static_cast<std::ptrdiff_t>(next_ % tlog::kTileWidth),
                        bundle->end());
        return true;
    }

    /// True: it changes what may leave.
    Result<bool> take(const std::string& entry, FeedEvent& event) {
        auto read = guard::parse_entry(entry);
        if (!read) return fail(read.error().in(format("{}: entry {}", log_, next_)));
        auto* judged = std::get_if<guard::Judged>(&read->entry.deed);
        if (!judged) return false;
        const auto [at, is_new] = requests_.try_emplace(judged->verdict.id);
        Known& known = at->second;
        if (judged->request) {
            known.request = std::move(*judged->request);
            known.request.payload = {};
        } else if (is_new) {
            return fail(ErrorCode::kCorrupt,
                        format("{}: entry {}: a verdict of an unknown request", log_, next_));
        }
        const bool may_leave = judged->verdict.decision == Decision::kAllow;
        if (!is_new && known.may_leave == may_leave) return false;
        known.may_leave = may_leave;
        WithdrawalRequest told = known.request;
        told.time = read->entry.time;
        told.cancelled = !may_leave;
        event = std::move(told);
        return true;
    }

    struct Known {
        WithdrawalRequest request;  // Without its payload.
        bool may_leave = false;
    };
    // Each replaced end is behind a newer checkpoint; a file that is missing for good is told.
    static constexpr unsigned kTries = 10;

    const std::string directory_;
    const std::string log_;
    const GuardEventsOptions options_;
    uint64_t size_ = 0;  // Of the checkpoint that is read.
    uint64_t next_ = 0;  // Entry.
    uint64_t kept_ = 0;  // Of `entries_`: those that stand before next_.
    bool began_ = false;
    uint64_t bytes_ = 0;
    unsigned tries_ = 0;
    std::deque<std::string> entries_;
    std::unordered_map<std::string, Known> requests_;  // Never iterated.
};

}  // namespace

std::unique_ptr<chain::EventSource> open_guard_events(const std::string& directory,
                                                      GuardEventsOptions options) {
    return std::make_unique<GuardEvents>(directory, options);
}

}  // namespace cordon::engine
