// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "trace_desk.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>
#include <cordon/report/trace_answers.hpp>

#include "finished_trace.hpp"
#include "ingest.hpp"
#include "saved_views.hpp"
#include "trace_world.hpp"

namespace cordon::engine {
namespace {

// Names and states of old traces are small; nobody looks for more than these.
constexpr std::size_t kMostKnown = 1'000;
// So many steps of opening and expanding keep the order of the picture before; more start anew.
constexpr std::size_t kMostSteps = 32;
// Records open at a time for those who look things up; more wait for nobody, but are not kept.
constexpr std::size_t kKeptStores = 16;
constexpr double kToldStep = 0.01;

}  // namespace

std::string_view to_string(TraceJob::State state) noexcept {
    switch (state) {
        case TraceJob::State::kWaiting: return "waiting";
        case TraceJob::State::kRunning: return "running";
        case TraceJob::State::kDone: return "done";
        case TraceJob::State::kFailed: return "failed";
    }
    return "failed";
}

struct TraceDesk::Impl {
    struct Asked {
        TraceJob job;
        TheftRequest request;
        std::string world;  // Digest of the ledger that it was asked of.
        std::shared_ptr<FinishedTrace> finished;
    };

    explicit Impl(TraceDeskOptions given) : options{std::move(given)} {}

    void work() {
        for (;;) {
            std::string id;
            TheftRequest request;
            std::shared_ptr<const TraceWorld> of;
            {
                std::unique_lock lock{mutex};
                changed.wait(lock, [this] { return cancel.load() || !queue.empty(); });
                if (cancel.load()) return;
                std::tie(id, of) = std::move(queue.front());
                queue.pop_front();
                Asked& one = asked.at(id);
                one.job.state = TraceJob::State::kRunning;
                request = one.request;
            }
            tell(id);
            auto made = follow_theft(
                request, of->ledger, [&](const trace::Progress& progress) { go_on(id, progress); },
                &cancel);
            if (made && cancel.load()) made = fail(ErrorCode::kCancelled, "the server was stopped");
            {
                const std::scoped_lock lock{mutex};
                end(asked.at(id), std::move(made));
            }
            tell(id);
        }
    }

    /// REQUIRES: mutex is held.
    void end(Asked& one, Result<Theft> made) {
        if (made) {
            made->context = std::make_unique<SharedContext>(std::move(made->context));
            one.job.state = TraceJob::State::kDone;
            one.job.done = 1;
            one.job.nodes = made->result.nodes.size();
            one.job.edges = made->result.edges.size();
            one.finished = std::make_shared<FinishedTrace>(*std::move(made));
            touch(one.job.id);
        } else {
            one.job.state = TraceJob::State::kFailed;
            one.job.error = std::move(made).error();
        }
        changed.notify_all();
    }

    void go_on(const std::string& id, const trace::Progress& progress) {
        {
            const std::scoped_lock lock{mutex};
            TraceJob& job = asked.at(id).job;
            const double done = std::min(progress.budget_used, 1.0);
            const bool step = done >= job.done + kToldStep;
            job.nodes = progress.nodes;
            job.edges = progress.edges;
            if (!step) return;
            job.done = done;
        }
        tell(id);
    }

    /// As it is by now: who asked and who works tell of the same job, and the later word is never
    /// of an earlier state.
    void tell(const std::string& id) {
        if (!options.on_change) return;
        const std::scoped_lock one_at_a_time{telling};
        TraceJob job;
        {
            const std::scoped_lock lock{mutex};
            const auto at = asked.find(id);
            if (at == asked.end()) return;
            job = at->second.job;
        }
        options.on_change(job);
    }

    /// The last used stays; what is older than `kept` others goes. REQUIRES: mutex is held.
    void touch(const std::string& id) {
        std::erase(used, id);
        used.push_back(id);
        while (used.size() > options.kept) {
            asked.at(used.front()).finished.reset();
            used.pop_front();
        }
    }

    /// The ledger by the last look.
    std::shared_ptr<const TraceWorld> now() const {
        const std::scoped_lock lock{mutex};
        return world;
    }

    /// Room for one more. REQUIRES: mutex is held.
    void forget_old() {
        for (auto at = order.begin(); order.size() >= kMostKnown && at != order.end();) {
            const TraceJob::State state = asked.at(*at).job.state;
            if (state == TraceJob::State::kWaiting || state == TraceJob::State::kRunning) {
                ++at;
                continue;
            }
            std::erase(used, *at);
            asked.erase(*at);
            at = order.erase(at);
        }
    }

    /// Of the ledger as it is now, however it grows meanwhile. REQUIRES: mutex is held.
    Status put_in_queue(Asked& one, std::shared_ptr<const TraceWorld> of) {
        if (queue.size() >= options.waiting)
            return fail(ErrorCode::kLimit,
                        format("{} traces are waiting: try again later", queue.size()));
        one.job.state = TraceJob::State::kWaiting;
        one.job.done = 0;
        queue.emplace_back(one.job.id, std::move(of));
        changed.notify_all();
        return {};
    }

    Result<std::shared_ptr<FinishedTrace>> finished(std::string_view id,
                                                    std::chrono::milliseconds wait) {
        std::unique_lock lock{mutex};
        const auto deadline = std::chrono::steady_clock::now() + wait;
        for (;;) {
            const auto at = asked.find(id);
            if (at == asked.end())
                return fail(ErrorCode::kNotFound, "no such trace here: ask for it again");
            Asked& one = at->second;
            if (one.finished) {
                touch(one.job.id);
                return one.finished;
            }
            if (one.job.state == TraceJob::State::kFailed) return fail(*one.job.error);
            if (one.job.state == TraceJob::State::kDone) {
                if (one.world != world->digest)
                    return fail(
                        ErrorCode::kNotFound,
                        "the trace was put away, and the ledger has grown since: ask again");
                CORDON_TRY(put_in_queue(one, world));
            }
            if (wait.count() <= 0 || changed.wait_until(lock, deadline) == std::cv_status::timeout)
                return fail(ErrorCode::kUnavailable, "the trace is still running");
        }
    }

    using WriteAnswer = Status (*)(const trace::TraceResult&, const report::Sink&,
                                   const report::JsonOptions&);
    Result<std::shared_ptr<const std::string>> answer(
        std::string_view id, std::shared_ptr<const std::string> FinishedTrace::* kept,
        WriteAnswer write) {
        CORDON_TRY(const auto one, finished(id, {}));
        const std::scoped_lock lock{one->writing};
        std::shared_ptr<const std::string>& answer = one.get()->*kept;
        if (!answer) {
            std::string text;
            const Theft& theft = *one->theft;
            CORDON_TRY(write(theft.result, report::string_sink(text),
                             {.context = theft.context.get(), .one_line = true}));
            answer = std::make_shared<const std::string>(std::move(text));
        }
        return answer;
    }

    const TraceDeskOptions options;
    std::atomic<bool> cancel{false};
    mutable std::mutex mutex;  // Of all that follows, but for the stores.
    std::mutex telling;        // Held while others are told; taken before the other.
    std::mutex refreshing;     // Held while the ledger is opened; taken before the other.
    std::condition_variable changed;
    std::shared_ptr<const TraceWorld> world;  // Shared with traces under way.
    std::map<std::string, Asked, std::less<>> asked;
    std::deque<std::string> order;  // Of asking.
    std::deque<std::string> used;   // Finished ones in memory, the last used at the end.
    std::deque<std::pair<std::string, std::shared_ptr<const TraceWorld>>> queue;
    SavedViews views{options.views};

    struct Stores {
        std::mutex mutex;
        std::vector<std::unique_ptr<records::Store>> idle;
    };
    std::shared_ptr<Stores> stores = std::make_shared<Stores>();  // Shared with those lent.
    std::vector<std::thread> threads;                             // Last: they use the rest.
};

TraceDesk::TraceDesk(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}

Result<std::unique_ptr<TraceDesk>> TraceDesk::open(TraceDeskOptions options) {
    if (options.threads == 0 || options.kept == 0)
        return fail(ErrorCode::kInvalidParam, "traces need a thread, and room for one at least");
    auto impl = std::make_unique<Impl>(std::move(options));
    CORDON_TRY(impl->world, open_trace_world(impl->options.ledger, nullptr));
    if (!impl->options.views.empty()) CORDON_TRY(system_disk().make_directory(impl->options.views));
    Impl& desk = *impl;
    std::unique_ptr<TraceDesk> made{new TraceDesk{std::move(impl)}};
    for (unsigned i = 0; i < desk.options.threads; ++i)
        desk.threads.emplace_back([&desk] { desk.work(); });
    return made;
}

TraceDesk::~TraceDesk() {
    {
        const std::scoped_lock lock{impl_->mutex};
        impl_->cancel.store(true);
        impl_->changed.notify_all();
    }
    for (std::thread& thread : impl_->threads) thread.join();
}

Result<std::optional<TraceJob>> TraceDesk::find(const TheftRequest& request) const {
    CORDON_TRY(const std::string id, trace_id(request, *impl_->now()));
    const std::scoped_lock lock{impl_->mutex};
    const auto known = impl_->asked.find(id);
    return known == impl_->asked.end() ? std::nullopt : std::optional{known->second.job};
}

Result<TheftRequest> TraceDesk::question(std::string_view id) const {
    const std::scoped_lock lock{impl_->mutex};
    const auto at = impl_->asked.find(id);
    if (at == impl_->asked.end())
        return fail(ErrorCode::kNotFound, "no such trace here: ask for it again");
    return at->second.request;
}

Result<TraceJob> TraceDesk::ask(const TheftRequest& request) {
    if (request.mode != trace::Mode::kTaint)
        return fail(ErrorCode::kUnsupported, "only where the money went is asked here");
    std::shared_ptr<const TraceWorld> world = impl_->now();
    Result<std::string> known_as = trace_id(request, *world);
    if (!known_as && known_as.error().code == ErrorCode::kNotFound) {
        // Whoever is told of a txn as it happens asks before the next look at the ledger.
        CORDON_TRY(refresh());
        world = impl_->now();
        known_as = trace_id(request, *world);
    }
    CORDON_TRY(const std::string id, std::move(known_as));

    TraceJob job;
    {
        const std::scoped_lock lock{impl_->mutex};
        if (const auto known = impl_->asked.find(id); known != impl_->asked.end()) {
            Impl::Asked& one = known->second;
            // What failed for a reason that may be gone is tried again.
            if (one.job.state != TraceJob::State::kFailed) return one.job;
            CORDON_TRY(impl_->put_in_queue(one, world));
            one.job.error.reset();
            job = one.job;
        } else {
            impl_->forget_old();
            if (impl_->queue.size() >= impl_->options.waiting)
                return fail(ErrorCode::kLimit, "too many traces are waiting: try again later");
            Impl::Asked& one = impl_->asked[id];
            one.job.id = id;
            one.job.seeds = request.seeds;
            one.request = request;
            one.request.ledger = impl_->options.ledger;
            one.world = world->digest;
            impl_->order.push_back(id);
            CORDON_TRY(impl_->put_in_queue(one, world));
            job = one.job;
        }
    }
    impl_->tell(id);
    return job;
}

Result<TraceJob> TraceDesk::job(std::string_view id) const {
    const std::scoped_lock lock{impl_->mutex};
    const auto at = impl_->asked.find(id);
    if (at == impl_->asked.end())
        return fail(ErrorCode::kNotFound, "no such trace here: ask for it again");
    return at->second.job;
}

std::vector<TraceJob> TraceDesk::jobs() const {
    const std::scoped_lock lock{impl_->mutex};
    std::vector<TraceJob> all;
    for (auto id = impl_->order.rbegin(); id != impl_->order.rend(); ++id)
        all.push_back(impl_->asked.at(*id).job);
    return all;
}

Result<std::shared_ptr<const Theft>> TraceDesk::theft(std::string_view id,
                                                      std::chrono::milliseconds wait) const {
    CORDON_TRY(const auto finished, impl_->finished(id, wait));
    return finished->theft;
}

Result<std::shared_ptr<const DrawnFlow>> TraceDesk::drawn(std::string_view id,
                                                          const FlowView& view) const {
    CORDON_TRY(const auto finished, impl_->finished(id, {}));
    if (view.opened.size() + view.expanded.size() > kMostSteps)
        return fail(ErrorCode::kLimit,
                    format("at most {} nodes may be opened and expanded at a time", kMostSteps));
    const std::scoped_lock lock{finished->drawing};
    return draw(*finished, view, kMostSteps + 1);
}

Result<std::shared_ptr<const std::string>> TraceDesk::result_json(std::string_view id) const {
    return impl_->answer(id, &FinishedTrace::result, report::write_trace_result);
}

Result<std::shared_ptr<const std::string>> TraceDesk::summary_json(std::string_view id) const {
    return impl_->answer(id, &FinishedTrace::summary, report::write_trace_summary);
}

Result<std::string> TraceDesk::save_view(std::string_view json) { return impl_->views.save(json); }

Result<std::string> TraceDesk::view(std::string_view id) const { return impl_->views.view(id); }

std::shared_ptr<const ledger::Reader> TraceDesk::ledger() const { return impl_->now()->ledger; }

std::string TraceDesk::version() const { return impl_->now()->digest; }

std::shared_ptr<const LabelSearch> TraceDesk::labels() const {
    const auto world = impl_->now();
    return {world, &world->labels};
}

Result<std::shared_ptr<const records::Store>> TraceDesk::records() const {
    const auto stores = impl_->stores;
    std::unique_ptr<records::Store> store;
    {
        const std::scoped_lock lock{stores->mutex};
        if (!stores->idle.empty()) {
            store = std::move(stores->idle.back());
            stores->idle.pop_back();
        }
    }
    if (!store) {
        CORDON_TRY(store, records::Store::open_read_only(records_path(impl_->options.ledger)));
    }
    return std::shared_ptr<const records::Store>{
        store.release(), [stores](const records::Store* used) {
            std::unique_ptr<records::Store> back{const_cast<records::Store*>(used)};
            const std::scoped_lock lock{stores->mutex};
            if (stores->idle.size() < kKeptStores) stores->idle.push_back(std::move(back));
        }};
}

Status TraceDesk::refresh() {
    const std::scoped_lock one_at_a_time{impl_->refreshing};
    CORDON_TRY(auto world, open_trace_world(impl_->options.ledger, impl_->now().get()));
    if (!world) return {};
    const std::scoped_lock lock{impl_->mutex};
    impl_->world = std::move(world);
    return {};
}

}  // namespace cordon::engine
