// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "mixer_clues.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace cordon::patterns {
namespace {

constexpr std::array<std::string_view, kMixerClues> kNames{
    "same-address", "withdrawal-sender", "transfers-outside",
    "funds-gas",    "shared-gas-funder", "same-counts",
    "batch",        "nearest-deposit",   "fifo-order"};

// Classes of waiting: impatient, same day, same week, later.
constexpr std::array<Seconds, kMixerClasses - 1> kWaits{Seconds{300}, Seconds{86'400},
                                                        Seconds{7 * 86'400}};
uint8_t wait_class(UnixMillis from, UnixMillis to) {
    uint8_t rank = 0;
    while (rank < kWaits.size() && to - from > kWaits[rank]) ++rank;
    return rank;
}

/// Index of the first deposit that does not come before the withdrawal.
uint32_t deposits_before(const MixerPool& pool, const MixerEvent& withdrawal) {
    const auto end =
        std::partition_point(pool.deposits.begin(), pool.deposits.end(),
                             [&](const auto& each) { return before(each, withdrawal); });
    return static_cast<uint32_t>(end - pool.deposits.begin());
}

/// One pool's behaviour.
class Behaviour {
public:
    Behaviour(MixerBook& book, const MixerParams& params) : book_{book}, params_{params} {}

    /// Tested as if no key gave anybody away: every withdrawal takes a deposit. Hinted with those
    /// out of the way.
    void by_time() {
        const auto& withdrawals = book_.pool->withdrawals;
        std::vector<uint32_t> blind, free;
        uint32_t next = 0;
        for (uint32_t w = 0; w < withdrawals.size(); ++w) {
            for (const uint32_t end = deposits_before(*book_.pool, withdrawals[w]); next < end;
                 ++next) {
                blind.push_back(next);
                if (!book_.taken_by[next]) free.push_back(next);
            }
            if (!blind.empty()) {
                point(w, blind.back(), MixerClue::kNearest, true);
                blind.pop_back();
            }
            if (!book_.takes[w] && !free.empty()) {
                point(w, free.back(), MixerClue::kNearest, false);
                free.pop_back();
            }
            if (w >= next) continue;
            point(w, w, MixerClue::kFifo, true);
            if (!book_.takes[w] && !book_.taken_by[w]) point(w, w, MixerClue::kFifo, false);
        }
    }

    /// The second test of kNearest.
    void by_chance() {
        const auto& deposits = book_.pool->deposits;
        const auto& withdrawals = book_.pool->withdrawals;
        std::vector<uint32_t> free;
        for (uint32_t i = 0; i < deposits.size(); ++i)
            if (!book_.taken_by[i]) free.push_back(i);
        std::array<double, kMixerClasses> earlier{}, later{};
        for (uint32_t w = 0; w < withdrawals.size(); ++w) {
            if (book_.takes[w]) continue;
            const auto next = std::partition_point(free.begin(), free.end(), [&](uint32_t i) {
                return before(deposits[i], withdrawals[w]);
            });
            const UnixMillis time = withdrawals[w].time;
            if (next != free.begin()) ++earlier[wait_class(deposits[*(next - 1)].time, time)];
            if (next != free.end()) ++later[wait_class(time, deposits[*next].time)];
        }
        for (std::size_t rank = 0; rank < kMixerClasses; ++rank)
            book_.tallies[static_cast<std::size_t>(MixerClue::kNearest)][rank].most =
                (std::max(0.0, earlier[rank] - later[rank]) +
                 params_.behaviour_prior * params_.prior_weight) /
                (earlier[rank] + params_.prior_weight);
    }

    void by_batch() {
        const auto given = rows_of(book_.pool->deposits);
        std::map<std::size_t, std::vector<const Row*>> by_size;  // Each by its last event.
        for (const Row& row : given) by_size[row.events.size()].push_back(&row);
        for (auto& [size, rows] : by_size)
            std::sort(rows.begin(), rows.end(), [](const Row* a, const Row* b) {
                return a->events.back() < b->events.back();
            });
        for (const Row& taken : rows_of(book_.pool->withdrawals))
            if (taken.events.size() > 1) match(taken, by_size[taken.events.size()]);
    }

    /// A recipient counts once, however often he withdraws: a single robot must not decide.
    void tally() {
        for (const auto& [key, tested] : tested_) {
            const auto& [clue, rank, actor] = key;
            MixerTally& tally = book_.tallies[static_cast<std::size_t>(clue)][rank];
            ++tally.tested;
            tally.right += static_cast<double>(tested.right) / tested.times;
        }
    }

private:
    /// Rows of one size within a week that are looked through for one: a pool that has more tells
    /// nothing by them.
    static constexpr std::size_t kMaxRows = 256;

    /// Events of one actor, none far from the next.
    struct Row {
        Address actor;
        std::vector<uint32_t> events;
    };

    std::vector<Row> rows_of(const std::vector<MixerEvent>& events) const {
        std::vector<Row> rows;
        std::unordered_map<Address, std::size_t> open;
        for (uint32_t i = 0; i < events.size(); ++i) {
            const auto [known, fresh] = open.try_emplace(events[i].actor, rows.size());
            if (!fresh &&
                events[i].time - events[rows[known->second].events.back()].time > params_.batch_gap)
                known->second = rows.size();
            if (known->second == rows.size()) rows.push_back({events[i].actor, {}});
            rows[known->second].events.push_back(i);
        }
        return rows;
    }

    void match(const Row& taken, const std::vector<const Row*>& given) {
        const auto& deposits = book_.pool->deposits;
        const MixerEvent& first = book_.pool->withdrawals[taken.events.front()];
        const uint32_t end = deposits_before(*book_.pool, first);
        auto at = std::partition_point(given.begin(), given.end(),
                                       [&](const Row* row) { return row->events.back() < end; });
        std::vector<const Row*> fit, any;  // Any: for the test, which knows of no keys.
        for (std::size_t looked = 0;
             at != given.begin() && looked < kMaxRows && fit.size() < params_.max_candidates;
             ++looked) {
            const Row* row = *--at;
            if (first.time - deposits[row->events.back()].time > params_.batch_window) break;
            if (any.size() < params_.max_candidates) any.push_back(row);
            if (std::none_of(row->events.begin(), row->events.end(),
                             [&](uint32_t i) { return book_.taken_by[i].has_value(); }))
                fit.push_back(row);
        }
        const uint8_t rank = count_class(taken.events.size());
        if (!any.empty())
            test(taken.actor, first, MixerClue::kBatch, rank,
                 std::any_of(any.begin(), any.end(),
                             [&](const Row* row) { return row->actor == taken.actor; }));
        for (const Row* row : fit)
            for (std::size_t i = 0; i < taken.events.size(); ++i)
                book_.hints.push_back({taken.events[i], row->events[i], row->actor,
                                       MixerClue::kBatch, rank, static_cast<uint8_t>(fit.size())});
    }

    void point(uint32_t withdrawal, uint32_t deposit, MixerClue clue, bool is_test) {
        const MixerEvent& given = book_.pool->deposits[deposit];
        const MixerEvent& taken = book_.pool->withdrawals[withdrawal];
        const uint8_t rank = wait_class(given.time, taken.time);
        if (is_test)
            test(taken.actor, taken, clue, rank, given.actor == taken.actor);
        else
            book_.hints.push_back({withdrawal, deposit, given.actor, clue, rank, 1});
    }

    /// Counts only where the answer is known: the recipient had deposited.
    void test(const Address& actor, const MixerEvent& taken, MixerClue clue, uint8_t rank,
              bool right) {
        const auto own = book_.deposits_of.find(actor);
        if (own == book_.deposits_of.end() ||
            !before(book_.pool->deposits[own->second.front()], taken))
            return;
        Tested& tested = tested_[{clue, rank, actor}];
        ++tested.times;
        tested.right += right ? 1 : 0;
    }

    struct Tested {
        uint32_t times = 0, right = 0;
    };

    std::map<std::tuple<MixerClue, uint8_t, Address>, Tested> tested_;
    MixerBook& book_;
    const MixerParams& params_;
};

/// How many events in which pools.
struct Profile {
    std::map<uint32_t, uint32_t> counts;
    UnixMillis first, last;
};
using Profiles = std::map<Address, Profile>;

Profiles profiles_of(const std::vector<MixerBook>& books,
                     std::vector<MixerEvent> MixerPool::* events) {
    Profiles profiles;
    for (uint32_t p = 0; p < books.size(); ++p)
        for (const MixerEvent& event : books[p].pool->*events) {
            const auto [known, fresh] =
                profiles.try_emplace(event.actor, Profile{{}, event.time, event.time});
            ++known->second.counts[p];
            known->second.first = std::min(known->second.first, event.time);
            known->second.last = std::max(known->second.last, event.time);
        }
    return profiles;
}

void hint_by_counts(std::vector<MixerBook>& books, const MixerParams& params) {
    std::array<MixerTally, kMixerClasses> tallies{};
    const Profiles given = profiles_of(books, &MixerPool::deposits);
    const Profiles taken = profiles_of(books, &MixerPool::withdrawals);
    std::map<std::map<uint32_t, uint32_t>, std::vector<const Address*>> by_counts;
    for (const auto& [actor, profile] : given)
        if (profile.counts.size() > 1) by_counts[profile.counts].push_back(&actor);
    std::map<Address, std::vector<Address>> fits;
    std::map<Address, uint8_t> ranks;
    for (const auto& [actor, profile] : taken) {
        const auto same = by_counts.find(profile.counts);
        if (same == by_counts.end()) continue;
        std::vector<Address> fit;
        for (const Address* depositor : same->second) {
            const Profile& its = given.at(*depositor);
            if (its.first < profile.first && its.last < profile.last) fit.push_back(*depositor);
        }
        if (fit.empty() || fit.size() > params.max_candidates) continue;
        const uint8_t rank = count_class(profile.counts.size());
        const auto own = given.find(actor);
        if (own != given.end() && own->second.first < profile.last) {
            MixerTally& tally = tallies[rank];
            ++tally.tested;
            tally.right += std::count(fit.begin(), fit.end(), actor) != 0 ? 1 : 0;
        }
        ranks[actor] = rank;
        fits[actor] = std::move(fit);
    }
    for (MixerBook& book : books) {
        book.tallies[static_cast<std::size_t>(MixerClue::kCounts)] = tallies;
        for (uint32_t w = 0; w < book.pool->withdrawals.size(); ++w) {
            const Address& actor = book.pool->withdrawals[w].actor;
            const auto fit = fits.find(actor);
            if (fit == fits.end()) continue;
            for (const Address& depositor : fit->second)
                book.hints.push_back({w, std::nullopt, depositor, MixerClue::kCounts, ranks[actor],
                                      static_cast<uint8_t>(fit->second.size())});
        }
    }
}

}  // namespace

uint8_t count_class(std::size_t count) noexcept {
    uint8_t rank = 0;
    while (rank + 1U < kMixerClasses && count >= std::size_t{4} << rank) ++rank;
    return rank;
}

std::string_view to_string(MixerClue clue) noexcept {
    return kNames[static_cast<std::size_t>(clue)];
}

bool before(const MixerEvent& a, const MixerEvent& b) noexcept {
    return std::tie(a.at, a.row) < std::tie(b.at, b.row);
}

MixerBook make_book(const MixerPool& pool) {
    MixerBook book;
    book.pool = &pool;
    book.taken_by.resize(pool.deposits.size());
    book.takes.resize(pool.withdrawals.size());
    for (uint32_t i = 0; i < pool.deposits.size(); ++i)
        book.deposits_of[pool.deposits[i].actor].push_back(i);
    // An actor's notes are all worth the same: the oldest goes first.
    std::unordered_map<Address, std::size_t> spent;
    const auto take = [&](const Address& actor, uint32_t w) {
        const auto own = book.deposits_of.find(actor);
        if (own == book.deposits_of.end()) return;
        std::size_t& next = spent[actor];
        if (next == own->second.size()) return;
        const uint32_t deposit = own->second[next];
        if (!before(pool.deposits[deposit], pool.withdrawals[w])) return;
        ++next;
        book.taken_by[deposit] = w;
        book.takes[w] = deposit;
    };
    for (uint32_t w = 0; w < pool.withdrawals.size(); ++w) take(pool.withdrawals[w].actor, w);
    for (uint32_t w = 0; w < pool.withdrawals.size(); ++w)
        if (!book.takes[w] && !pool.withdrawals[w].sender.empty())
            take(pool.withdrawals[w].sender, w);
    for (uint32_t i = 0; i < pool.deposits.size(); ++i)
        if (!book.taken_by[i]) book.first_free.try_emplace(pool.deposits[i].actor, i);
    return book;
}

void hint_by_behaviour(std::vector<MixerBook>& books, const MixerParams& params) {
    for (MixerBook& book : books) {
        Behaviour behaviour{book, params};
        behaviour.by_time();
        behaviour.by_chance();
        behaviour.by_batch();
        behaviour.tally();
    }
    hint_by_counts(books, params);
}

double precision_of(const MixerTallies& tallies, MixerClue clue, uint8_t rank,
                    const MixerParams& params) noexcept {
    if (clue == MixerClue::kSameAddress) return params.same_address;
    if (clue == MixerClue::kSender) return params.sender;
    const double prior =
        clue <= MixerClue::kSharedFunder ? params.outside_prior : params.behaviour_prior;
    const MixerTally& tally = tallies[static_cast<std::size_t>(clue)][rank];
    return std::min(tally.most, (tally.right + prior * params.prior_weight) /
                                    (static_cast<double>(tally.tested) + params.prior_weight));
}

}  // namespace cordon::patterns
