// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "risk.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>
#include <cordon/guard/payload.hpp>
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

private:
    std::mutex mutex_;
    std::unique_ptr<records::AlertStore> store_;
    std::shared_ptr<const Known> known_;
    int64_t version_ = 0;
};

struct LiveRisk::World {
    RiskFiles files;
    std::unique_ptr<LedgerKnowledge> knowledge;
    std::shared_ptr<const ledger::Reader> reader;  // Absent without a ledger. Shared with cursors.
    std::map<std::pair<ChainId, Address>, WalletAddress> wallets;
    std::map<std::pair<ChainId, Address>, Past> pasts;
    std::unique_ptr<OpenAlerts> alerts;  // Absent without a state.
    std::optional<ExplainWorld> explain;
    std::optional<UnixMillis> moment;  // Of a replay.

    /// The knowledge answers "nothing" after an error: that must not be taken for nothing.
    template <typename T>
    Result<T> told(T answer) const {
        if (const auto& error = knowledge->error()) return fail(*error);
        return answer;
    }
    Result<Past*> past(ChainId chain, const Address& address) {
        if (!reader) return fail(ErrorCode::kNotFound, "no ledger is given: history is not known");
        auto known = pasts.find({chain, address});
        if (known == pasts.end()) {
            if (pasts.size() >= kMostPasts) pasts.clear();
            CORDON_TRY(auto flows, read_flows(*reader, chain, address));
            known = pasts.emplace(std::pair{chain, address}, Past{std::move(flows)}).first;
        }
        known->second.go_to(moment.value_or(UnixMillis::max()));
        return &known->second;
    }
};

LiveRisk::LiveRisk(std::unique_ptr<World> world) : world_{std::move(world)} {}
LiveRisk::~LiveRisk() = default;

Result<std::unique_ptr<LiveRisk>> LiveRisk::open(RiskFiles files) {
    auto world = std::make_unique<World>();
    CORDON_TRY(world->knowledge, LedgerKnowledge::open(files.ledger, std::move(files.rows)));
    if (!files.ledger.empty()) {
        CORDON_TRY(world->reader, ledger::open_reader(files.ledger));
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
    if (!files.ledger.empty()) CORDON_TRY(world->explain->open_ledger(files.ledger));
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
    const std::lock_guard lock{mutex_};
    return world_->told(world_->knowledge->labels(chain, address));
}

Result<std::optional<AssetInfo>> LiveRisk::asset(ChainId chain, const Asset& asset) {
    const std::lock_guard lock{mutex_};
    return world_->told(world_->knowledge->asset(chain, asset));
}

Result<std::optional<Cents>> LiveRisk::usd(ChainId chain, const Asset& asset, const Amount& amount,
                                           UnixMillis time) {
    const std::lock_guard lock{mutex_};
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
    const std::lock_guard lock{mutex_};
    CORDON_TRY(const Past* past, world_->past(chain, address));
    return past->balance(asset);
}

Result<guard::Dealings> LiveRisk::dealings(ChainId chain, const Address& from, const Address& to,
                                           const Asset& asset) {
    const std::lock_guard lock{mutex_};
    CORDON_TRY(const Past* past, world_->past(chain, from));
    guard::Dealings out;
    if (const Past::Paid* paid = past->paid(to)) {
        out.count = paid->count;
        out.first = paid->first;
        out.last = paid->last;
    }
    out.largest = past->largest(asset);
    out.payees = past->payees(kMostPayees);
    CORDON_TRY(out.destination_seen, world_->told(world_->knowledge->first_seen(chain, to)));
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
    const std::lock_guard lock{mutex_};
    explain::Context context = world_->explain->view();
    if (!context.now) context.now = request.time;
    CORDON_TRY(auto explanation, guard::explain_request(request, std::move(context)));
    CORDON_TRY(world_->explain->check());
    return explanation;
}

Result<std::optional<std::chrono::milliseconds>> LiveRisk::lag(ChainId chain, UnixMillis now) {
    const std::lock_guard lock{mutex_};
    if (world_->moment) return std::chrono::milliseconds{0};
    if (!world_->reader) return std::nullopt;
    for (const ledger::ChainSummary& each : world_->reader->chains()) {
        if (each.chain != chain || !each.tip.time) continue;
        if (*each.tip.time > now + kMostAhead)
            return fail(ErrorCode::kConflict,
                        format("the newest block of {} is of {}: the feed or the clock is wrong",
                               to_string(chain), format_rfc3339(*each.tip.time)));
        return std::max(now - *each.tip.time, std::chrono::milliseconds{0});
    }
    return std::nullopt;
}

}  // namespace cordon::engine
