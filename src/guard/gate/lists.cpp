// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What people look at: pages of requests, what waits for their agreement, what was decided since.
#include <algorithm>

#include <cordon/base/format.hpp>

#include "impl.hpp"
#include "replay.hpp"

namespace cordon::guard {
namespace {

/// Payloads of a page: a page of ordinary requests has 100 kB.
constexpr std::size_t kMaxPagePayload = std::size_t{8} << 20;

std::vector<std::string> names_of(const std::vector<Given>& given) {
    std::vector<std::string> names;
    for (const Given& each : given)
        if (each.approves) names.push_back(each.by);
    return names;
}

}  // namespace

Result<StandingPage> Gate::list(Listed listed, std::optional<uint64_t> before, std::size_t limit,
                                UnixMillis now) const {
    Impl& impl = *impl_;
    StandingPage page;
    struct Closed {
        std::size_t item = 0;
        uint64_t first = 0, last = 0;
    };
    std::vector<Closed> closed;
    uint64_t next = 0;
    std::size_t payload = 0;
    {
        const Impl::Lock lock{impl.mutex};
        CORDON_TRY(impl.usable());
        const State& state = impl.state;
        next = state.next;
        const auto wanted = [&](const KnownRequest& known) {
            if (listed == Listed::kAll) return true;
            const Decision decision =
                listed == Listed::kWaiting ? Decision::kHold : Decision::kAllow;
            const auto& expires = known.open->verdict.expires;
            return known.decision == decision && (!expires || now < *expires);
        };
        const std::map<uint64_t, std::string>& ids =
            listed == Listed::kAll ? state.asked : state.open;
        auto at = before ? ids.lower_bound(*before) : ids.end();
        while (at != ids.begin()) {
            const auto& [first, id] = *--at;
            const KnownRequest& known = state.requests.at(id);
            if (!wanted(known)) continue;
            if (page.items.size() == limit || payload > kMaxPagePayload) {
                page.next = std::next(at)->first;  // Those before the last that was taken.
                break;
            }
            if (!known.open) closed.push_back({page.items.size(), first, known.last});
            page.items.push_back(known.open ? standing_of(known)
                                            : Standing{{}, {}, {}, known.seen, known.txn});
            payload += page.items.back().request.payload.data.size();
        }
    }
    CORDON_TRY(impl.wait(next));
    for (const Closed& each : closed)
        CORDON_TRY(impl.read_closed(page.items[each.item], each.first, each.last));
    return page;
}

std::vector<std::string> Gate::ids_with(std::string_view text, std::size_t limit) const {
    // A millisecond of the lock that verdicts wait for.
    constexpr std::size_t kMostLooked = 20'000;
    const auto fold = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    const auto same = [&](char a, char b) { return fold(a) == fold(b); };
    std::vector<std::string> found;
    const Impl::Lock lock{impl_->mutex};
    const auto& all = impl_->state.asked;
    std::size_t looked = 0;
    for (auto at = all.rbegin(); at != all.rend() && ++looked <= kMostLooked; ++at) {
        const std::string& id = at->second;
        if (found.size() == limit) break;
        if (std::search(id.begin(), id.end(), text.begin(), text.end(), same) != id.end())
            found.push_back(id);
    }
    return found;
}

std::vector<Breaker> Gate::breakers(UnixMillis now) const {
    std::vector<Breaker> all;
    uint64_t next = 0;
    {
        const Impl::Lock lock{impl_->mutex};
        const State& state = impl_->state;
        next = state.next;
        for (const auto& [key, tripped] : state.tripped) {
            all.push_back(tripped.breaker);
            all.back().reset = {state.need(tripped, impl_->moment(now)), names_of(tripped.given),
                                state.due(tripped)};
        }
    }
    static_cast<void>(impl_->wait(next));  // One that is not durable yet stops all the same.
    return all;
}

std::vector<PolicyProposal> Gate::proposals(UnixMillis now) const {
    std::vector<PolicyProposal> all;
    uint64_t next = 0;
    {
        const Impl::Lock lock{impl_->mutex};
        const State& state = impl_->state;
        next = state.next;
        for (const Proposal& each : state.proposals)
            all.push_back(
                {each.what.version, each.what.digest, each.what.yaml, each.what.by,
                 wallet::policy_text(each.what.version, each.what.digest, each.what.begins),
                 Agreement{state.need(each, impl_->moment(now)), names_of(each.given),
                           state.due(each)}});
    }
    if (!impl_->wait(next)) return {};
    return all;
}

Result<std::vector<Stray>> Gate::strays(std::size_t limit) const {
    std::vector<uint64_t> entries;
    uint64_t next = 0;
    {
        const Impl::Lock lock{impl_->mutex};
        const auto& all = impl_->state.strays;
        next = impl_->state.next;
        const auto count = static_cast<std::ptrdiff_t>(std::min(limit, all.size()));
        entries.assign(all.rbegin(), all.rbegin() + count);
    }
    CORDON_TRY(impl_->wait(next));
    std::vector<Stray> strays;
    for (const uint64_t entry : entries) {
        CORDON_TRY(const std::string text, entry_text(*impl_->log, impl_->kept, entry));
        CORDON_TRY(ReadEntry read, parse_entry(text));
        auto* outflow = std::get_if<Outflow>(&read.entry.deed);
        if (!outflow) return fail(ErrorCode::kCorrupt, format("entry {}: is no payment", entry));
        strays.push_back({read.entry.time, outflow->chain, outflow->txn,
                          std::move(outflow->transfer), std::move(outflow->text)});
    }
    return strays;
}

Result<GateNews> Gate::news(uint64_t from, uint64_t limit) const {
    GateNews news;
    {
        const Impl::Lock lock{impl_->mutex};
        news.next = impl_->state.next;
    }
    if (from >= news.next) return news;
    CORDON_TRY(impl_->wait(news.next));
    if (from < impl_->log->first()) {  // What left is told by what there is now.
        from = impl_->log->first();
        news.changed = true;
    }
    news.next = std::min(news.next, from + std::min(limit, news.next - from));
    CORDON_TRY(
        impl_->log->read(from, news.next, [&](uint64_t index, std::string_view text) -> Status {
            CORDON_TRY(ReadEntry read, parse_entry(text));
            auto* judged = std::get_if<Judged>(&read.entry.deed);
            if (!judged) {
                news.changed = true;
                return {};
            }
            judged->verdict.time = read.entry.time;
            judged->verdict.entry = index;
            news.verdicts.push_back(std::move(judged->verdict));
            return {};
        }));
    return news;
}

}  // namespace cordon::guard
