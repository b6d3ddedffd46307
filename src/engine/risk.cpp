// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "risk.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>
#include <cordon/guard/payload.hpp>
#include <cordon/ledger/mark.hpp>
#include <cordon/records/alert_store.hpp>

#include "alert_desk.hpp"
#include "explain_context.hpp"
#include "flows.hpp"
#include "knowledge.hpp"

namespace cordon::engine {
namespace {

/// As many as a person could have confused a destination with.
constexpr std::size_t kMostPayees = 1'000;
/// Wallets whose history is kept. A wallet with the most flows takes 100 MB.
constexpr std::size_t kMostPasts = 256;
/// How far a block may be ahead of the clock: nodes of Bitcoin take two hours (its consensus
/// rules), others less. Further ahead, a feed could stand still and never lag.
constexpr std::chrono::hours kMostAhead{2};

}  // namespace

/// The open alerts of a watch, found by the addresses that they name. Thread safety: all calls.
class LiveRisk::OpenAlerts {
public:
    /// As they are at one version of the watch's file. Immutable.
    struct Known {
        std::vector<Alert> alerts;
        std::vector<bool> repeats;  // Which of them are.
        std::map<std::pair<ChainId, Address>, std::vector<std::size_t>> naming;
        std::vector<std::size_t> of_the_watch;  // Without a subject: about everything.
    };

    explicit OpenAlerts(std::unique_ptr<records::AlertStore> store) : store_{std::move(store)} {}

    /// Shared with those who look at them while newer ones are read.
    Result<std::shared_ptr<const Known>> read() {
        const std::lock_guard lock{mutex_};
        CORDON_TRY(const int64_t version, store_->version());
        if (known_ && version == version_) return known_;
        records::AlertQuery query;
        query.open = true;
        query.suppressed = query.retracted = false;
        auto known = std::make_shared<Known>();
        CORDON_TRY(auto stored, store_->alerts(query));
        for (std::size_t i = 0; i < stored.size(); ++i) {
            const Alert& alert = known->alerts.emplace_back(std::move(stored[i].alert));
            known->repeats.push_back(!stored[i].repeat_of.empty());
            if (alert.subject.empty()) {
                known->of_the_watch.push_back(i);
                continue;
            }
            known->naming[{alert.chain, alert.subject}].push_back(i);
            for (const Address& each : alert.related)
                if (!each.empty()) known->naming[{alert.chain, each}].push_back(i);
        }
        known_ = std::move(known);
        version_ = version;
        return known_;
    }

    /// The time of the last block of a chain that a live watch has seen; nothing: none watches it.
    Result<std::optional<UnixMillis>> seen(ChainId chain) {
        const std::lock_guard lock{mutex_};
        CORDON_TRY(const auto feed, store_->mark(kFeedMark));
        if (feed != kLiveFeed) return std::nullopt;
        CORDON_TRY(const auto place, store_->cursor(std::string{kChainCursor} + to_string(chain)));
        return place ? std::optional{place->time} : std::nullopt;
    }

private:
    std::mutex mutex_;
    std::unique_ptr<records::AlertStore> store_;
    std::shared_ptr<const Known> known_;
    int64_t version_ = 0;
};

/// The ledger as it is now, and the histories of wallets in it. Thread safety: all calls.
class LiveRisk::Histories {
public:
    static Result<std::unique_ptr<Histories>> open(const std::string& directory,
                                                   std::chrono::milliseconds look_every) {
        std::unique_ptr<Histories> made{new Histories{directory, look_every}};
        // The mark first: what comes in between is seen at the next look.
        CORDON_TRY(made->mark_, ledger::mark_of(directory));
        CORDON_TRY(made->reader_, ledger::open_reader(directory));
        made->next_look_ = Clock::now() + look_every;
        return made;
    }

    /// Shared with those who still read an older one. An Error: what is new cannot be read, and
    /// what is old must not be taken for it.
    Result<std::shared_ptr<const ledger::Reader>> reader() {
        std::unique_lock lock{mutex_};
        if (is_looking_ || Clock::now() < next_look_) {
            if (error_) return fail(*error_);
            return reader_;
        }
        is_looking_ = true;
        const std::string before = error_ ? std::string{} : mark_;
        // Whoever comes meanwhile has the one before: opening may take longer than a question.
        lock.unlock();
        Result<std::string> mark = ledger::mark_of(directory_);
        Result<std::shared_ptr<const ledger::Reader>> opened{
            std::shared_ptr<const ledger::Reader>{}};
        if (mark && *mark != before) opened = ledger::open_reader(directory_);
        lock.lock();
        is_looking_ = false;
        next_look_ = Clock::now() + look_every_;
        error_.reset();
        if (!mark) error_ = mark.error();
        if (!opened) error_ = opened.error();
        if (error_) return fail(*error_);
        if (*opened) {
            reader_ = *std::move(opened);
            mark_ = *std::move(mark);
        }
        return reader_;
    }

    /// What `look` finds in the history of a wallet up to `moment`.
    template <typename Look>
    Status of(ChainId chain, const Address& address, UnixMillis moment, Look look) {
        CORDON_TRY(const auto now, reader());
        std::shared_ptr<Known> known;
        {
            const std::lock_guard lock{mutex_};
            if (pasts_.size() >= kMostPasts && !pasts_.contains({chain, address})) pasts_.clear();
            std::shared_ptr<Known>& place = pasts_[{chain, address}];
            if (!place) place = std::make_shared<Known>();
            known = place;
        }
        const std::lock_guard lock{known->mutex};
        if (known->reader != now) CORDON_TRY(bring_up(*known, now, chain, address));
        known->past->go_to(moment);
        look(*known->past);
        return {};
    }

private:
    using Clock = std::chrono::steady_clock;
    /// Shared by the map and those who look at it while it is dropped there.
    struct Known {
        std::mutex mutex;
        std::shared_ptr<const ledger::Reader> reader;  // Up to whose tip it goes.
        std::optional<Past> past;
        std::optional<BlockHeader> tip;
    };

    Histories(std::string directory, std::chrono::milliseconds look_every)
        : directory_{std::move(directory)}, look_every_{look_every} {}

    static Status bring_up(Known& known, const std::shared_ptr<const ledger::Reader>& now,
                           ChainId chain, const Address& address) {
        std::optional<BlockHeader> tip;
        for (const ledger::ChainSummary& each : now->chains())
            if (each.chain == chain) tip = each.tip;
        // Only what is new, unless blocks that are part of it are gone.
        std::optional<BlockNum> after;
        if (known.past && known.tip) {
            CORDON_TRY(const auto still, now->block(chain, known.tip->number));
            if (still && still->hash == known.tip->hash) after = known.tip->number;
        }
        CORDON_TRY(auto flows, read_flows(*now, chain, address, after));
        if (after)
            known.past->add(std::move(flows));
        else
            known.past.emplace(std::move(flows));
        known.reader = now;
        known.tip = tip;
        return {};
    }

    const std::string directory_;
    const std::chrono::milliseconds look_every_;
    std::mutex mutex_;  // Of what follows.
    std::shared_ptr<const ledger::Reader> reader_;
    std::string mark_;
    std::optional<Error> error_;  // Of the last look.
    Clock::time_point next_look_;
    bool is_looking_ = false;
    std::map<std::pair<ChainId, Address>, std::shared_ptr<Known>> pasts_;
};

struct LiveRisk::World {
    // Never changed after open() and replay_from().
    RiskFiles files;
    std::map<std::pair<ChainId, Address>, WalletAddress> wallets;
    std::optional<UnixMillis> moment;  // Of a replay.
    // These guard themselves.
    std::unique_ptr<Histories> histories;  // Absent without a ledger.
    std::unique_ptr<OpenAlerts> alerts;    // Absent without a state.

    std::mutex records;  // Of the next two.
    std::unique_ptr<LedgerKnowledge> knowledge;
    std::shared_ptr<const ledger::Reader> knowledge_of;  // What it follows.

    std::mutex payloads;  // Of the next two.
    std::optional<ExplainWorld> explain;
    std::shared_ptr<const ledger::Reader> explain_of;

    /// The knowledge answers "nothing" after an error: that must not be taken for nothing.
    template <typename T>
    Result<T> told(T answer) const {
        if (const auto& error = knowledge->error()) return fail(*error);
        return answer;
    }
    template <typename Look>
    Status past(ChainId chain, const Address& address, Look look) {
        if (!histories)
            return fail(ErrorCode::kNotFound, "no ledger is given: history is not known");
        return histories->of(chain, address, moment.value_or(UnixMillis::max()), look);
    }
};

LiveRisk::LiveRisk(std::unique_ptr<World> world) : world_{std::move(world)} {}
LiveRisk::~LiveRisk() = default;

Result<std::unique_ptr<LiveRisk>> LiveRisk::open(RiskFiles files) {
    auto world = std::make_unique<World>();
    CORDON_TRY(world->knowledge, LedgerKnowledge::open(files.ledger, std::move(files.rows)));
    if (!files.ledger.empty()) {
        CORDON_TRY(world->histories, Histories::open(files.ledger, files.look_every));
        CORDON_TRY(world->knowledge_of, world->histories->reader());
        world->knowledge->follow(world->knowledge_of);
    }
    CORDON_TRY(const auto wallets, world->knowledge->wallets());
    for (const WalletAddress& one : wallets)
        world->wallets.insert_or_assign({one.chain, one.address}, one);
    if (!files.state.empty()) {
        CORDON_TRY(auto store, records::AlertStore::open_read_only(alerts_path(files.state)));
        world->alerts = std::make_unique<OpenAlerts>(std::move(store));
    }
    world->explain.emplace();
    if (!files.context.empty()) {
        CORDON_TRY(const Bytes text, read_file(files.context));
        CORDON_TRY(world->explain,
                   parse_explain_context({reinterpret_cast<const char*>(text.data()), text.size()},
                                         files.context));
    }
    if (!files.ledger.empty()) {
        CORDON_TRY(world->explain->open_ledger(files.ledger));
        world->explain_of = world->knowledge_of;
    }
    world->files = std::move(files);
    return std::unique_ptr<LiveRisk>{new LiveRisk{std::move(world)}};
}

void LiveRisk::replay_from(UnixMillis moment) { world_->moment = moment; }

std::vector<WalletAddress> LiveRisk::wallets() const {
    std::vector<WalletAddress> all;
    for (const auto& [place, wallet] : world_->wallets) all.push_back(wallet);
    return all;
}

Result<std::optional<WalletAddress>> LiveRisk::wallet(ChainId chain, const Address& address) {
    if (world_->wallets.empty())
        return fail(ErrorCode::kNotFound, "no wallets of ours are given (wallets: FILE)");
    const auto found = world_->wallets.find({chain, address});
    return found == world_->wallets.end() ? std::nullopt : std::optional{found->second};
}

Result<std::vector<Label>> LiveRisk::labels(ChainId chain, const Address& address) {
    const std::lock_guard lock{world_->records};
    return world_->told(world_->knowledge->labels(chain, address));
}

Result<std::optional<AssetInfo>> LiveRisk::asset(ChainId chain, const Asset& asset) {
    const std::lock_guard lock{world_->records};
    return world_->told(world_->knowledge->asset(chain, asset));
}

Result<std::optional<Cents>> LiveRisk::usd(ChainId chain, const Asset& asset, const Amount& amount,
                                           UnixMillis time) {
    const std::lock_guard lock{world_->records};
    const auto info = world_->knowledge->asset(chain, asset);
    const auto price = world_->knowledge->price(chain, asset, time);
    if (info && info->status == AssetStatus::kCounterfeit)
        return world_->told(std::optional<Cents>{});
    if (!price || (!info && !asset.is_native())) return world_->told(std::optional<Cents>{});
    return world_->told(
        guard::usd_of(amount, info ? info->decimals : native_decimals(chain), *price));
}

Result<std::optional<Amount>> LiveRisk::balance(ChainId chain, const Address& address,
                                                const Asset& asset) {
    std::optional<Amount> balance;
    CORDON_TRY(
        world_->past(chain, address, [&](const Past& past) { balance = past.balance(asset); }));
    return balance;
}

Result<guard::Dealings> LiveRisk::dealings(ChainId chain, const Address& from, const Address& to,
                                           const Asset& asset) {
    guard::Dealings out;
    CORDON_TRY(world_->past(chain, from, [&](const Past& past) {
        if (const Past::Paid* paid = past.paid(to)) {
            out.count = paid->count;
            out.first = paid->first;
            out.last = paid->last;
        }
        out.largest = past.largest(asset);
        out.payees = past.payees(kMostPayees);
    }));
    CORDON_TRY(auto reader, world_->histories->reader());
    {
        const std::lock_guard lock{world_->records};
        if (world_->knowledge_of != reader) {
            world_->knowledge->follow(reader);
            world_->knowledge_of = std::move(reader);
        }
        CORDON_TRY(out.destination_seen, world_->told(world_->knowledge->first_seen(chain, to)));
    }
    if (world_->moment && out.destination_seen && *out.destination_seen >= *world_->moment)
        out.destination_seen = std::nullopt;
    return out;
}

Result<screen::Screening> LiveRisk::screen(ChainId chain, const Address& address, UnixMillis now) {
    Screener* const screener = world_->files.screener.get();
    const bool is_replay = world_->moment.has_value();
    if (!screener) return fail(ErrorCode::kNotFound, "screening is not set up: no lists are given");
    CORDON_TRY(screen::Screening screening, screener->screen(chain, address, now));
    // A replay asks what today's lists would have said: their age then means nothing.
    if (is_replay)
        for (screen::ListUsed& list : screening.lists) list.as_of = now;
    return screening;
}

Result<std::vector<Alert>> LiveRisk::alerts(const WithdrawalRequest& request, UnixMillis) {
    if (world_->moment) return std::vector<Alert>{};
    if (!world_->alerts)
        return fail(ErrorCode::kNotFound, "no watch is given: its alerts are not known");
    CORDON_TRY(const auto known, world_->alerts->read());
    std::set<std::size_t> concerned{known->of_the_watch.begin(), known->of_the_watch.end()};
    for (const Address& each : {request.from, request.to})
        if (const auto at = known->naming.find({request.chain, each}); at != known->naming.end())
            concerned.insert(at->second.begin(), at->second.end());
    std::vector<Alert> found;
    for (const std::size_t each : concerned)
        if (!known->repeats[each]) found.push_back(known->alerts[each]);
    return found;
}

Result<std::shared_ptr<const std::vector<Alert>>> LiveRisk::open_alerts() {
    if (!world_->alerts) return std::make_shared<const std::vector<Alert>>();
    CORDON_TRY(const auto known, world_->alerts->read());
    return std::shared_ptr<const std::vector<Alert>>{known, &known->alerts};
}

Result<explain::Explanation> LiveRisk::explain(const WithdrawalRequest& request) {
    std::shared_ptr<const ledger::Reader> reader;
    if (world_->histories) {
        CORDON_TRY(reader, world_->histories->reader());
    }
    const std::lock_guard lock{world_->payloads};
    if (world_->explain_of != reader) {
        CORDON_TRY(world_->explain->open_ledger(world_->files.ledger));
        world_->explain_of = std::move(reader);
    }
    explain::Context context = world_->explain->view();
    if (!context.now) context.now = request.time;
    CORDON_TRY(auto explanation, guard::explain_request(request, std::move(context)));
    CORDON_TRY(world_->explain->check());
    return explanation;
}

Result<std::optional<std::chrono::milliseconds>> LiveRisk::lag(ChainId chain, UnixMillis now) {
    if (world_->moment) return std::chrono::milliseconds{0};
    // The watch sees a theft that goes on, the ledger knows what was before: the slower one counts.
    std::vector<UnixMillis> tips;
    if (world_->alerts) {
        CORDON_TRY(const auto seen, world_->alerts->seen(chain));
        if (seen) tips.push_back(*seen);
    }
    if (world_->histories) {
        CORDON_TRY(const auto reader, world_->histories->reader());
        for (const ledger::ChainSummary& each : reader->chains())
            if (each.chain == chain && each.tip.time) tips.push_back(*each.tip.time);
    }
    if (tips.empty()) return std::nullopt;
    const auto [oldest, newest] = std::minmax_element(tips.begin(), tips.end());
    if (*newest > now + kMostAhead)
        return fail(ErrorCode::kConflict,
                    format("the newest block of {} is of {}: the feed or the clock is wrong",
                           to_string(chain), format_rfc3339(*newest)));
    return std::max(now - *oldest, std::chrono::milliseconds{0});
}

}  // namespace cordon::engine
