// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "alert_book.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <condition_variable>
#include <map>
#include <mutex>

#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::engine {
namespace {

using records::AlertQuery;
using records::AlertStore;
using records::StoredAlert;
using namespace std::chrono_literals;

/// Connections that read at a time; each takes some 2 MB of page cache. More callers wait: SQLite
/// answers from memory, so more connections than processors win nothing.
constexpr std::size_t kReaders = 8;
/// Steps that news() reads at once, and how many it may be behind before it skips: at a thousand
/// alerts a second half a minute.
constexpr uint64_t kNewsAtOnce = 500;
constexpr int64_t kNewsBehind = 30'000;
constexpr auto kMinutes = 60min;
/// A minute of event time is counted again for so long: feeds of several chains are not in step.
constexpr auto kUnsettled = 5min;
constexpr auto kCountEvery = 1s;
constexpr auto kCountAllEvery = 60s;
/// Blocks of Ethereum and its layers come within seconds; two of Bitcoin are apart for more than
/// two hours once in some four years (e^-12).
constexpr std::chrono::milliseconds kEvmLate = 2min;
constexpr std::chrono::milliseconds kUtxoLate = 2h;

constexpr std::size_t kMostSearch = 200;
constexpr std::size_t kMostWords = 8;

}  // namespace

std::string_view to_string(WatchStatus::Source::State state) noexcept {
    static constexpr std::array<std::string_view, 3> kStates{"live", "late", "replay"};
    return kStates[static_cast<std::size_t>(state)];
}

std::string_view to_string(WatchStatus::Run run) noexcept {
    static constexpr std::array<std::string_view, 4> kRuns{"none", "running", "over", "failed"};
    return kRuns[static_cast<std::size_t>(run)];
}

boost::json::object status_json(const WatchStatus& status) {
    namespace json = boost::json;
    const auto counts = [](json::object& into, const std::array<uint64_t, 5>& by_severity) {
        for (std::size_t i = by_severity.size(); i-- > 0;)
            into[to_string(static_cast<Severity>(i))] = by_severity[i];
    };
    json::array sources, rates;
    for (const WatchStatus::Source& each : status.sources)
        sources.push_back(json::object{{"source", each.source},
                                       {"chain", to_string(each.chain)},
                                       {"height", each.height},
                                       {"time", format_rfc3339(each.time)},
                                       {"lag_ms", each.lag.count()},
                                       {"state", to_string(each.state)}});
    for (const records::AlertRate& each : status.rates) {
        json::object rate{{"minute", format_rfc3339(each.minute)}};
        counts(rate, each.count);
        rates.push_back(std::move(rate));
    }
    json::object open;
    counts(open, status.open);
    return {{"run", to_string(status.run)},
            {"sources", std::move(sources)},
            {"rates", std::move(rates)},
            {"open", std::move(open)}};
}

void add_search(std::string_view text, AlertQuery& query) {
    text = text.substr(0, kMostSearch);
    constexpr std::string_view kBlanks = " \t\r\n";
    for (std::size_t at = 0; query.words.size() < kMostWords;) {
        at = text.find_first_not_of(kBlanks, at);
        if (at == std::string_view::npos) return;
        const std::size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
        const std::string_view word = text.substr(at, end - at);
        at = end;
        if (const auto chain = chain::guess_chain(word); chain && !query.named) {
            if (const auto address = chain::parse_address(*chain, word)) {
                query.named = *address;
                continue;
            }
        }
        std::string_view digits = word;
        if (digits.starts_with("0x")) digits.remove_prefix(2);
        Hash256 hash;
        if (query.txns.empty() && digits.size() == 2 * sizeof hash.bytes &&
            parse_hex_into(digits, hash.bytes)) {
            Hash256 reversed = hash;  // Bitcoin shows its hashes the other way round.
            std::reverse(reversed.bytes.begin(), reversed.bytes.end());
            query.txns = {hash, reversed};
            continue;
        }
        query.words.emplace_back(word);
    }
}

struct AlertBook::Impl {
    std::string path;

    // Connections that read. Guarded by readers_mutex.
    mutable std::mutex readers_mutex;
    mutable std::condition_variable reader_back;
    mutable std::vector<std::unique_ptr<AlertStore>> idle;
    mutable std::size_t opened = 0;

    std::mutex writer_mutex;
    std::unique_ptr<AlertStore> writer;  // Guarded by writer_mutex.

    std::mutex news_mutex;  // What follows.
    std::unique_ptr<AlertStore> news;
    std::optional<int64_t> news_version;
    int64_t step = 0;
    bool news_rest = false;

    std::mutex version_mutex;
    std::unique_ptr<AlertStore> versions;  // Guarded by version_mutex. It never writes.

    mutable std::mutex status_mutex;  // What follows.
    mutable std::unique_ptr<AlertStore> counter;
    mutable std::shared_ptr<const WatchStatus> status;  // Shared with who asked.
    mutable std::map<UnixMillis, records::AlertRate> rates;
    mutable std::optional<int64_t> status_version;
    mutable bool is_replay = false;
    WatchStatus::Run run{};
    mutable UnixMillis counted{}, counted_all{};

    /// Asks with a connection of its own, which nobody else uses meanwhile.
    template <typename Ask>
    auto read(Ask ask) const -> decltype(ask(std::declval<const AlertStore&>())) {
        std::unique_ptr<AlertStore> store;
        {
            std::unique_lock lock{readers_mutex};
            reader_back.wait(lock, [&] { return !idle.empty() || opened < kReaders; });
            if (!idle.empty()) {
                store = std::move(idle.back());
                idle.pop_back();
            } else {
                ++opened;
            }
        }
        const auto give_back = [&] {
            {
                const std::lock_guard lock{readers_mutex};
                if (store)
                    idle.push_back(std::move(store));
                else
                    --opened;
            }
            reader_back.notify_one();
        };
        if (!store) {
            auto made = AlertStore::open_read_only(path);
            if (!made) {
                give_back();
                return fail(made.error());
            }
            store = *std::move(made);
        }
        auto answer = ask(static_cast<const AlertStore&>(*store));
        give_back();
        return answer;
    }
    Status count_rates(UnixMillis now) const;
};

AlertBook::AlertBook(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
AlertBook::~AlertBook() = default;

Result<std::unique_ptr<AlertBook>> AlertBook::open(const std::string& state) {
    auto impl = std::make_unique<Impl>();
    impl->path = alerts_path(state);
    CORDON_TRY(impl->news, AlertStore::open_read_only(impl->path));  // Makes none by mistake.
    CORDON_TRY(impl->counter, AlertStore::open_read_only(impl->path));
    CORDON_TRY(impl->versions, AlertStore::open_read_only(impl->path));
    CORDON_TRY(impl->writer, AlertStore::open(impl->path));
    return std::unique_ptr<AlertBook>{new AlertBook{std::move(impl)}};
}

// --- Reading

Result<records::AlertFound> AlertBook::alerts(const AlertQuery& query, std::string_view before,
                                              uint64_t look) const {
    return impl_->read([&](const AlertStore& store) -> Result<records::AlertFound> {
        CORDON_TRY(auto page, store.find(query, before, look));
        for (StoredAlert& each : page.alerts) {
            CORDON_TRY(each.history, store.history(each.alert.id));
        }
        return page;
    });
}

Result<int64_t> AlertBook::version() const {
    const std::lock_guard lock{impl_->version_mutex};
    return impl_->versions->version();
}

Result<std::optional<StoredAlert>> AlertBook::alert(std::string_view id) const {
    return impl_->read([&](const AlertStore& store) { return store.alert(id); });
}

Result<std::vector<records::Incident>> AlertBook::incidents(const AlertQuery& query,
                                                            std::string_view before) const {
    return impl_->read([&](const AlertStore& store) { return store.incidents(query, before); });
}

Result<std::optional<records::Incident>> AlertBook::incident(std::string_view id) const {
    return impl_->read([&](const AlertStore& store) { return store.incident(id); });
}

Result<std::vector<records::Suppression>> AlertBook::suppressions() const {
    return impl_->read([](const AlertStore& store) { return store.suppressions(); });
}

Result<std::vector<StoredAlert>> AlertBook::preview(records::Suppression& suppression,
                                                    UnixMillis since) const {
    return impl_->read(
        [&](const AlertStore& store) { return engine::preview(store, suppression, since); });
}

// --- Writing

Result<uint64_t> AlertBook::act(AlertAct act, const std::vector<std::string>& ids, const Deed& deed,
                                std::string_view assignee) {
    const std::lock_guard lock{impl_->writer_mutex};
    return engine::act(*impl_->writer, act, ids, deed, assignee);
}

Status AlertBook::suppress(const records::Suppression& suppression) {
    const std::lock_guard lock{impl_->writer_mutex};
    return engine::suppress(*impl_->writer, suppression);
}

Status AlertBook::unsuppress(std::string_view id, const Deed& deed) {
    const std::lock_guard lock{impl_->writer_mutex};
    return engine::unsuppress(*impl_->writer, id, deed);
}

// --- What changes

Result<AlertBook::News> AlertBook::news() {
    Impl& impl = *impl_;
    const std::lock_guard lock{impl.news_mutex};
    News news;
    CORDON_TRY(const int64_t version, impl.news->version());
    if (version == impl.news_version && !impl.news_rest) return news;
    const bool is_first = !impl.news_version;
    CORDON_TRY(const int64_t last, impl.news->last_step());
    if (is_first || last - impl.step > kNewsBehind) {
        news.missed = !is_first;
        impl.step = last;
    } else {
        CORDON_TRY(auto found, impl.news->news(impl.step, kNewsAtOnce));
        for (StoredAlert& each : found.alerts) {
            CORDON_TRY(each.history, impl.news->history(each.alert.id));
        }
        news.alerts = std::move(found.alerts);
        impl.step = found.step;
    }
    news.more = impl.news_rest = impl.step < last;
    impl.news_version = version;
    return news;
}

Status AlertBook::Impl::count_rates(UnixMillis now) const {
    CORDON_TRY(const auto newest, counter->newest_time());
    if (!newest) {
        rates.clear();
        return {};
    }
    const UnixMillis last = std::chrono::floor<std::chrono::minutes>(*newest);
    const UnixMillis first = last - (kMinutes - 1min);
    const bool all = rates.empty() || now - counted_all >= kCountAllEvery || now < counted_all;
    const UnixMillis from = all ? first : std::max(first, last - kUnsettled);
    CORDON_TRY(const auto counts, counter->rates(from));
    rates.erase(rates.begin(), rates.lower_bound(first));
    rates.erase(rates.lower_bound(from), rates.end());
    for (const records::AlertRate& each : counts) rates[each.minute] = each;
    for (UnixMillis minute = first; minute <= last; minute += 1min)
        rates.try_emplace(minute, records::AlertRate{minute, {}});
    if (all) counted_all = now;
    return {};
}

Result<std::shared_ptr<const WatchStatus>> AlertBook::status(UnixMillis now) const {
    const Impl& impl = *impl_;
    const std::lock_guard lock{impl.status_mutex};
    if (impl.status && now - impl.counted < kCountEvery && now >= impl.counted) return impl.status;
    auto made = std::make_shared<WatchStatus>(impl.status ? *impl.status : WatchStatus{});
    CORDON_TRY(const int64_t version, impl.counter->version());
    if (version != impl.status_version) {
        CORDON_TRY(impl.count_rates(now));
        made->rates.clear();
        for (const auto& [minute, rate] : impl.rates) made->rates.push_back(rate);
        CORDON_TRY(made->open, impl.counter->open_counts());
        CORDON_TRY(const auto feed, impl.counter->mark(kFeedMark));
        impl.is_replay = feed == kReplayFeed;
        CORDON_TRY(const auto cursors, impl.counter->cursors());
        made->sources.clear();
        for (const records::Cursor& each : cursors)
            if (each.source.starts_with(kChainCursor))
                made->sources.push_back({.source = each.source.substr(kChainCursor.size()),
                                         .chain = each.chain,
                                         .height = each.block,
                                         .time = each.time});
        impl.status_version = version;
    }
    made->run = impl.run;
    using State = WatchStatus::Source::State;
    for (WatchStatus::Source& each : made->sources) {
        each.lag = std::max(now - each.time, 0ms);
        each.state = impl.is_replay                                            ? State::kReplay
                     : each.lag > (is_utxo(each.chain) ? kUtxoLate : kEvmLate) ? State::kLate
                                                                               : State::kLive;
    }
    impl.counted = now;
    impl.status = std::move(made);
    return impl.status;
}

void AlertBook::set_run(WatchStatus::Run run) {
    const std::lock_guard lock{impl_->status_mutex};
    impl_->run = run;
    if (!impl_->status) return;
    auto made = std::make_shared<WatchStatus>(*impl_->status);  // What was counted stays.
    made->run = run;
    impl_->status = std::move(made);
}

}  // namespace cordon::engine
