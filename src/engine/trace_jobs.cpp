// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <tuple>

#include <cordon/base/format.hpp>

#include "trace_desk_impl.hpp"

namespace cordon::engine {
namespace {

// Names and states of old traces are small; nobody looks for more than these.
constexpr std::size_t kMostKnown = 1'000;
constexpr double kToldStep = 0.01;

}  // namespace

void TraceDesk::Impl::work() {
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

void TraceDesk::Impl::end(Asked& one, Result<Theft> made) {
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

void TraceDesk::Impl::go_on(const std::string& id, const trace::Progress& progress) {
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

void TraceDesk::Impl::tell(const std::string& id) {
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

void TraceDesk::Impl::touch(const std::string& id) {
    std::erase(used, id);
    used.push_back(id);
    while (used.size() > options.kept) {
        asked.at(used.front()).finished.reset();
        used.pop_front();
    }
}

std::shared_ptr<const TraceWorld> TraceDesk::Impl::now() const {
    const std::scoped_lock lock{mutex};
    return world;
}

void TraceDesk::Impl::forget_old() {
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

Status TraceDesk::Impl::put_in_queue(Asked& one, std::shared_ptr<const TraceWorld> of) {
    if (queue.size() >= options.waiting)
        return fail(ErrorCode::kLimit,
                    format("{} traces are waiting: try again later", queue.size()));
    one.job.state = TraceJob::State::kWaiting;
    one.job.done = 0;
    queue.emplace_back(one.job.id, std::move(of));
    changed.notify_all();
    return {};
}

Result<std::shared_ptr<FinishedTrace>> TraceDesk::Impl::finished(std::string_view id,
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
                return fail(ErrorCode::kNotFound,
                            "the trace was put away, and the ledger has grown since: ask again");
            CORDON_TRY(put_in_queue(one, world));
        }
        if (wait.count() <= 0 || changed.wait_until(lock, deadline) == std::cv_status::timeout)
            return fail(ErrorCode::kUnavailable, "the trace is still running");
    }
}

Result<std::shared_ptr<const std::string>> TraceDesk::Impl::answer(
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

}  // namespace cordon::engine
