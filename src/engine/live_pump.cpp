// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "live_pump.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <cordon/guard/json.hpp>
#include <cordon/report/alert_json.hpp>

namespace cordon::engine {
namespace {

// Together below what may wait for one client (net::HubOptions::behind_bytes).
constexpr std::size_t kValuesAnEvent = 200;
constexpr std::size_t kBytesAnEvent = 200 * 1024;
constexpr uint64_t kEntriesAtOnce = 500;
// Further behind, clients rather read the state than all verdicts of a day.
constexpr uint64_t kEntriesBehind = 20'000;
// A client that hears nothing for 45 s takes its line for dead (web/src/api/events.ts).
constexpr std::chrono::seconds kSignOfLife{20};

/// Values one by one into events of a topic.
class Batches {
public:
    Batches(std::string topic, std::vector<LiveEvent>& events)
        : topic_{std::move(topic)}, events_{events} {}
    void add(std::string_view value) {
        if (count_ == kValuesAnEvent || (count_ > 0 && data_.size() + value.size() > kBytesAnEvent))
            end();
        data_ += count_++ == 0 ? "[" : ",";
        data_ += value;
    }
    void end() {
        if (count_ > 0) events_.push_back({topic_, data_ + "]"});
        data_.clear();
        count_ = 0;
    }

private:
    std::string topic_, data_;
    std::vector<LiveEvent>& events_;
    std::size_t count_ = 0;
};

}  // namespace

LiveSource alert_news(AlertBook& book) {
    return [&book](UnixMillis) -> Result<LiveNews> {
        LiveNews out;
        CORDON_TRY(const AlertBook::News news, book.news());
        if (news.missed) out.events.push_back({"reset", "{}"});
        Batches batches{"alert", out.events};
        for (const records::StoredAlert& each : news.alerts)
            if (each.suppressed_by.empty()) batches.add(report::alert_data(each));
        batches.end();
        out.more = news.more;
        return out;
    };
}

LiveSource feed_news(AlertBook& book) {
    // Shared with the book, which makes another one when something changes.
    return [&book, last = std::shared_ptr<const WatchStatus>{},
            told = UnixMillis{}](UnixMillis now) mutable -> Result<LiveNews> {
        LiveNews out;
        CORDON_TRY(auto status, book.status(now));
        // That time goes by is no news.
        const auto is_same = [](WatchStatus::Source a, WatchStatus::Source b) {
            a.lag = b.lag = {};
            return a == b;
        };
        const bool changed = !last || last->run != status->run || last->rates != status->rates ||
                             last->open != status->open ||
                             !std::equal(last->sources.begin(), last->sources.end(),
                                         status->sources.begin(), status->sources.end(), is_same);
        last = std::move(status);
        if (!changed && now - told < kSignOfLife) return out;
        told = now;
        out.events.push_back({"feed", boost::json::serialize(status_json(*last))});
        return out;
    };
}

LiveSource verdict_news(guard::Gate& gate) {
    return [&gate, next = guard::Gate::kLastEntry](UnixMillis) mutable -> Result<LiveNews> {
        LiveNews out;
        CORDON_TRY(const guard::GateNews end, gate.news(guard::Gate::kLastEntry, 0));
        if (next != guard::Gate::kLastEntry && end.next > next + kEntriesBehind) {
            next = end.next;
            out.events.push_back({"reset", "{}"});
            return out;
        }
        CORDON_TRY(const guard::GateNews news, gate.news(next, kEntriesAtOnce));
        Batches batches{"verdict", out.events};
        for (const Verdict& each : news.verdicts)
            batches.add(boost::json::serialize(guard::verdict_json(each)));
        batches.end();
        if (news.changed) out.events.push_back({"guard", "{}"});
        next = news.next;
        out.more = next < end.next;
        return out;
    };
}

struct LivePump::Impl {
    std::vector<LiveSource> sources;
    Publish publish;
    Trouble trouble;
    std::vector<bool> failed;  // By source: told already.

    std::mutex mutex;
    std::condition_variable woken;
    bool stopping = false;  // Guarded by mutex.
    std::thread thread;     // Last: it uses the rest.
};

LivePump::LivePump(std::vector<LiveSource> sources, Publish publish, Trouble trouble)
    : impl_{std::make_unique<Impl>()} {
    impl_->failed.assign(sources.size(), false);
    impl_->sources = std::move(sources);
    impl_->publish = std::move(publish);
    impl_->trouble = std::move(trouble);
}
LivePump::~LivePump() { stop(); }

bool LivePump::tick(UnixMillis now) {
    Impl& impl = *impl_;
    bool more = false;
    for (std::size_t i = 0; i < impl.sources.size(); ++i) {
        const Result<LiveNews> news = impl.sources[i](now);
        if (!news) {
            if (!impl.failed[i] && impl.trouble) impl.trouble(news.error());
            impl.failed[i] = true;
            continue;
        }
        impl.failed[i] = false;
        for (const LiveEvent& each : news->events) impl.publish(each.topic, each.data);
        more |= news->more;
    }
    return more;
}

void LivePump::start(std::function<UnixMillis()> clock) {
    impl_->thread = std::thread{[this, clock = std::move(clock)] {
        // A flood goes out in pieces, so that what else happens is told in between.
        constexpr std::chrono::milliseconds kRest{10};
        for (;;) {
            const bool more = tick(clock());
            std::unique_lock lock{impl_->mutex};
            if (impl_->woken.wait_for(lock, more ? kRest : kEvery, [&] { return impl_->stopping; }))
                return;
        }
    }};
}

void LivePump::stop() {
    {
        const std::lock_guard lock{impl_->mutex};
        impl_->stopping = true;
    }
    impl_->woken.notify_all();
    if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace cordon::engine
