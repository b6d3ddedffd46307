// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "trace_desk.hpp"

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>
#include <cordon/report/trace_answers.hpp>

#include "ingest.hpp"
#include "trace_desk_impl.hpp"

namespace cordon::engine {
namespace {

// So many steps of opening and expanding keep the order of the picture before; more start anew.
constexpr std::size_t kMostSteps = 32;
// Records open at a time for those who look things up; more wait for nobody, but are not kept.
constexpr std::size_t kKeptStores = 16;

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
