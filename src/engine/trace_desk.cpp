// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "trace_desk.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/report/json.hpp>
#include <cordon/report/trace_answers.hpp>

#include "expansion.hpp"
#include "ingest.hpp"
#include "seed.hpp"
#include "view_document.hpp"

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

// Names and states of old traces are small; nobody looks for more than these.
constexpr std::size_t kMostKnown = 1'000;
// Of one trace: somebody's afternoon of opening folds. A folded picture takes some 300 kB.
constexpr std::size_t kMostDrawn = 48;
// So many steps of opening and expanding keep the order of the picture before; more start anew.
constexpr std::size_t kMostSteps = 32;
// Records open at a time for those who look things up; more wait for nobody, but are not kept.
constexpr std::size_t kKeptStores = 16;
constexpr std::size_t kIdDigits = 16;
constexpr double kToldStep = 0.01;

ByteView bytes_of(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

/// A seed by what it names, however it was written.
std::string canonical_seed(const trace::Seed& seed) {
    std::string text = to_string(seed.chain) + ":";
    if (const auto* txn = std::get_if<trace::Seed::FromTxn>(&seed.what))
        return text + chain::format_hash(seed.chain, txn->hash);
    if (const auto* point = std::get_if<OutPoint>(&seed.what))
        return text + chain::format_outpoint(seed.chain, *point);
    const auto& from = std::get<trace::Seed::FromAddress>(seed.what);
    text += chain::format_address(seed.chain, from.address);
    return from.since ? text + "@" + format_rfc3339(*from.since) : text;
}

/// Everything that decides what the answer is, but for the ledger: the parameters as they stand in
/// every answer.
Result<std::string> question_text(const trace::Params& params, std::vector<trace::Seed> seeds) {
    for (trace::Seed& seed : seeds) seed.text = canonical_seed(seed);
    std::sort(seeds.begin(), seeds.end(),
              [](const auto& a, const auto& b) { return a.text < b.text; });
    seeds.erase(std::unique(seeds.begin(), seeds.end(),
                            [](const auto& a, const auto& b) { return a.text == b.text; }),
                seeds.end());
    trace::TraceResult empty;
    empty.params = params;
    empty.seeds = std::move(seeds);
    std::string text;
    CORDON_TRY(report::write_trace_result(empty, report::string_sink(text), {.one_line = true}));
    return text;
}

/// The ledger at one height and what was said of it.
struct World {
    std::shared_ptr<const ledger::Reader> ledger;
    LabelSearch labels;
    std::string digest;
    std::string said;  // Digest of the records alone.
};

Result<std::string> records_digest(const records::Store& store) {
    std::string text;
    CORDON_TRY(const auto inputs, store.inputs());
    for (const records::Input& input : inputs) text += input.sha256 + "\n";
    CORDON_TRY(const auto lists, store.label_lists());
    for (const records::LabelList& list : lists) text += list.name + " " + list.sha256 + "\n";
    return to_hex(crypto::sha256(bytes_of(text)));
}

Result<std::shared_ptr<const World>> open_world(const std::string& directory, const World* before) {
    auto world = std::make_shared<World>();
    CORDON_TRY(world->ledger, ledger::open_reader(directory));
    CORDON_TRY(const auto store, records::Store::open_read_only(records_path(directory)));
    CORDON_TRY(world->said, records_digest(*store));
    std::string text = world->said;
    for (const ledger::ChainSummary& each : world->ledger->chains())
        text += format("\n{} {} {}", to_string(each.chain), each.tip.number, to_hex(each.tip.hash));
    world->digest = to_hex(crypto::sha256(bytes_of(text)));
    if (before && before->digest == world->digest) return std::shared_ptr<const World>{};
    if (before && before->said == world->said)
        world->labels = before->labels;
    else {
        CORDON_TRY(world->labels, LabelSearch::make(*store));
    }
    return std::shared_ptr<const World>{std::move(world)};
}

/// By what is asked, and of which ledger.
Result<std::string> id_of(const TheftRequest& request, const World& world) {
    CORDON_TRY(auto seeds, parse_seeds(request.seeds, *world.ledger));
    CORDON_TRY(std::string text, question_text(request.params, std::move(seeds)));
    text += world.digest;
    return to_hex(crypto::sha256(bytes_of(text))).substr(0, kIdDigits);
}

/// A finished trace and what was made of it.
struct Finished {
    explicit Finished(Theft made) : theft{std::make_shared<const Theft>(std::move(made))} {}

    const std::shared_ptr<const Theft> theft;  // Shared with those who read it.
    std::mutex drawing;                        // One picture at a time: of the next two.
    std::map<std::string, std::shared_ptr<const DrawnFlow>> drawn;
    std::deque<std::string> drawn_order;
    std::mutex writing;  // Of the next two.
    std::shared_ptr<const std::string> result, summary;
};

std::string view_key(const FlowView& view) {
    std::string key = format("{} {}", static_cast<int>(view.mode), static_cast<int>(view.axis));
    for (const auto& side : {view.width, view.height}) key += side ? format(" {}", *side) : " -";
    for (const auto& time : {view.since, view.until})
        key += time ? " " + format_rfc3339(*time) : " -";
    for (const auto& [chain, asset] : view.assets)
        key += format("\n{} {}", to_string(chain), asset.text());
    // Keys hold names, and names hold anything: their length goes first.
    for (const std::string& open : view.opened) key += format("\no{} {}", open.size(), open);
    for (const auto& each : view.expanded)
        key += format("\n{}{} {}", each.in ? 'i' : 'e', each.key.size(), each.key);
    return key;
}

/// The picture that this one comes from by one step; nothing for a first one.
std::optional<FlowView> view_before(FlowView view) {
    if (!view.expanded.empty())
        view.expanded.pop_back();
    else if (!view.opened.empty())
        view.opened.pop_back();
    else if (view.since || view.until || !view.assets.empty())
        view.since = view.until = std::nullopt, view.assets.clear();
    else
        return std::nullopt;
    return view;
}

/// REQUIRES: finished.drawing is held.
Result<std::shared_ptr<const DrawnFlow>> draw(Finished& finished, const FlowView& view,
                                              std::size_t steps) {
    const std::string key = view_key(view);
    if (const auto known = finished.drawn.find(key); known != finished.drawn.end())
        return known->second;
    std::shared_ptr<const DrawnFlow> before;
    if (const auto earlier = view_before(view); earlier && steps > 0) {
        CORDON_TRY(before, draw(finished, *earlier, steps - 1));
    }
    const Theft& theft = *finished.theft;
    auto drawn = std::make_shared<DrawnFlow>();
    if (before) drawn->context = before->context;
    if (before && !view.expanded.empty()) {
        const FlowView::Expanded& last = view.expanded.back();
        CORDON_TRY(auto found, expand(theft, before->layout, last.key, last.in));
        std::move(found.begin(), found.end(), std::back_inserter(drawn->context));
    }
    drawn->layout = lay_out_flow(theft, view, before ? &before->layout : nullptr, drawn->context);
    if (view.mode != trace::FlowMode::kRaw)
        CORDON_TRY(report::write_trace_layout(theft.result, drawn->layout,
                                              report::string_sink(drawn->json),
                                              {.context = theft.context.get()}));
    finished.drawn.emplace(key, drawn);
    finished.drawn_order.push_back(key);
    if (finished.drawn_order.size() > kMostDrawn) {
        finished.drawn.erase(finished.drawn_order.front());
        finished.drawn_order.pop_front();
    }
    return std::shared_ptr<const DrawnFlow>{std::move(drawn)};
}

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
        std::shared_ptr<Finished> finished;
    };

    explicit Impl(TraceDeskOptions given) : options{std::move(given)} {}

    void work() {
        for (;;) {
            std::string id;
            TheftRequest request;
            std::shared_ptr<const World> of;
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
            one.finished = std::make_shared<Finished>(*std::move(made));
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
    std::shared_ptr<const World> now() const {
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
    Status put_in_queue(Asked& one, std::shared_ptr<const World> of) {
        if (queue.size() >= options.waiting)
            return fail(ErrorCode::kLimit,
                        format("{} traces are waiting: try again later", queue.size()));
        one.job.state = TraceJob::State::kWaiting;
        one.job.done = 0;
        queue.emplace_back(one.job.id, std::move(of));
        changed.notify_all();
        return {};
    }

    Result<std::shared_ptr<Finished>> finished(std::string_view id,
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
        std::string_view id, std::shared_ptr<const std::string> Finished::* kept,
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
    std::shared_ptr<const World> world;  // Shared with traces under way.
    std::map<std::string, Asked, std::less<>> asked;
    std::deque<std::string> order;  // Of asking.
    std::deque<std::string> used;   // Finished ones in memory, the last used at the end.
    std::deque<std::pair<std::string, std::shared_ptr<const World>>> queue;
    std::mutex saving;  // One view at a time: two may be the same.

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
    CORDON_TRY(impl->world, open_world(impl->options.ledger, nullptr));
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
    CORDON_TRY(const std::string id, id_of(request, *impl_->now()));
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
    std::shared_ptr<const World> world = impl_->now();
    Result<std::string> known_as = id_of(request, *world);
    if (!known_as && known_as.error().code == ErrorCode::kNotFound) {
        // Whoever is told of a txn as it happens asks before the next look at the ledger.
        CORDON_TRY(refresh());
        world = impl_->now();
        known_as = id_of(request, *world);
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
    return impl_->answer(id, &Finished::result, report::write_trace_result);
}

Result<std::shared_ptr<const std::string>> TraceDesk::summary_json(std::string_view id) const {
    return impl_->answer(id, &Finished::summary, report::write_trace_summary);
}

Result<std::string> TraceDesk::save_view(std::string_view json) {
    CORDON_TRY(const std::string text, canonical_view(json));
    std::string id = view_id(text);
    const fs::path directory{impl_->options.views};
    const std::string path = (directory / (id + ".json")).string();
    const std::scoped_lock lock{impl_->saving};
    std::error_code ignored;
    if (fs::exists(path, ignored)) return id;
    Disk& disk = system_disk();
    const std::string aside = path + ".tmp";
    CORDON_TRY(const auto file, disk.create(aside));
    CORDON_TRY(file->write(bytes_of(text)));
    CORDON_TRY(file->sync());
    CORDON_TRY(disk.rename(aside, path));
    CORDON_TRY(disk.sync_directory(directory.string()));
    return id;
}

Result<std::string> TraceDesk::view(std::string_view id) const {
    // Also: nothing else is a name in that directory.
    if (!is_view_id(id)) return fail(ErrorCode::kNotFound, "no such view");
    const fs::path path = fs::path{impl_->options.views} / (std::string{id} + ".json");
    const auto bytes = read_file(path.string());
    if (!bytes) return fail(ErrorCode::kNotFound, "no such view");
    std::string text{bytes->begin(), bytes->end()};
    if (view_id(text) != id)
        return fail(ErrorCode::kCorrupt,
                    format("view {}: its file is not what was saved; restore it", id));
    return text;
}

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
    CORDON_TRY(auto world, open_world(impl_->options.ledger, impl_->now().get()));
    if (!world) return {};
    const std::scoped_lock lock{impl_->mutex};
    impl_->world = std::move(world);
    return {};
}

}  // namespace cordon::engine
