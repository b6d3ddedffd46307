// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "serve.hpp"

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <thread>

#include <boost/json/serialize.hpp>

#include <cordon/base/format.hpp>
#include <cordon/engine/case_folder.hpp>
#include <cordon/engine/guard_reconcile.hpp>
#include <cordon/engine/ingest.hpp>
#include <cordon/engine/live_pump.hpp>
#include <cordon/engine/risk_files.hpp>
#include <cordon/engine/watch.hpp>
#include <cordon/engine/witness_desk.hpp>
#include <cordon/feed/open.hpp>
#include <cordon/net/file_limit.hpp>
#include <cordon/net/http_server.hpp>
#include <cordon/net/listen.hpp>
#include <cordon/records/account_store.hpp>
#include <cordon/tlog/key_file.hpp>

#include "api.hpp"
#include "audit.hpp"
#include "requests.hpp"

namespace cordon::server {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

/// A flood comes in blocks: a thousand alerts of a second at once are a megabyte, and a browser
/// that is told "reset" for it reads the list again and again instead. Who comes again within a
/// quarter of a minute of such a flood is told what he missed, up to the second bound.
constexpr net::HubOptions kEvents{.kept_bytes = std::size_t{16} << 20,
                                  .behind_bytes = std::size_t{2} << 20};

/// Publishes each change of a case, so that who has it open sees it.
std::vector<Endpoint> told(std::vector<Endpoint> cases, const std::shared_ptr<net::EventHub>& hub) {
    for (Endpoint& each : cases) {
        if (!each.changes) continue;
        each.handler = [hub, handler = std::move(each.handler)](const Call& call) {
            Result<Answer> answer = handler(call);
            const auto id = call.path.find("id");
            if (answer && id != call.path.end())
                hub->publish("case",
                             boost::json::serialize(boost::json::object{{"id", id->second}}));
            return answer;
        };
    }
    return cases;
}

}  // namespace

/// Everything that runs, in the order in which it is made: what comes later may use what stands
/// before it, and goes first.
struct Service::House {
    engine::ServeConfig config;
    ServeHooks hooks;
    std::atomic<bool> ending{false};

    std::shared_ptr<net::EventHub> hub = std::make_shared<net::EventHub>(kEvents);
    std::optional<WriterLock> lock;
    std::unique_ptr<tlog::Log> log;
    std::string log_key;                              // Public.
    std::vector<engine::WitnessDesk::Log> witnessed;  // Logs of this service.
    std::unique_ptr<records::AccountStore> account_store;
    std::unique_ptr<Accounts> accounts;
    std::unique_ptr<engine::TraceDesk> traces;
    std::unique_ptr<engine::CaseDesk> cases;
    std::unique_ptr<engine::AlertBook> alerts;
    std::shared_ptr<engine::Screener> screener;
    std::unique_ptr<engine::LiveRisk> risk;
    std::unique_ptr<guard::Gate> gate;
    std::unique_ptr<engine::WitnessDesk> witnesses;
    std::unique_ptr<Api> api;
    std::unique_ptr<net::HttpServer> http;
    std::unique_ptr<engine::LivePump> pump;

    std::thread watcher;
    std::mutex mutex;             // Of what follows.
    std::optional<Error> failed;  // What ended the watch before its time.
    bool is_over = false;         // A replay that has come to its end.
    UnixMillis at{};              // How far the stream is.
    std::unique_ptr<SimulatedRequests> requests;
    /// What the gate has heard of alerts, and under which policy.
    std::pair<std::shared_ptr<const std::vector<Alert>>, std::shared_ptr<const guard::Policy>>
        taken;

    ~House() { stop(); }

    void tell(std::string_view step, std::string_view what) const {
        if (hooks.step) hooks.step(format("{:<10} {}", step, what));
    }
    std::string in_data(std::string_view name) const {
        return config.data + "/" + std::string{name};
    }

    // The start-up, step by step; each says what it did.
    Status make_directory();
    Status open_log();
    Status open_accounts();
    Status open_traces();
    Status open_alerts();
    Status open_guard();
    Status open_cases();
    Status open_witnesses();
    Status open_console();
    Status begin_watch();

    void watch();
    Status look();
    std::vector<SystemFacts::ChainTip> chains() const;
    bool is_well();
    SystemFacts::Witnesses witness_facts() const;
    void ask_witnesses(std::vector<SystemFacts::Check>& checks) const;
    std::vector<SystemFacts::Check> doctor();
    void stop();
};

Status Service::House::make_directory() {
    std::error_code error;
    fs::create_directories(config.data, error);
    if (!error) fs::permissions(config.data, fs::perms::owner_all, error);
    if (error)
        return fail(ErrorCode::kPermission,
                    format("{}: cannot be made, or is not ours: {}", config.data, error.message()));
    CORDON_TRY(WriterLock taken_lock, WriterLock::take(engine::serve_lock_path(config.data)));
    lock.emplace(std::move(taken_lock));
    tell("data", config.data);
    return {};
}

Status Service::House::open_log() {
    CORDON_TRY(tlog::SigningKey key,
               tlog::open_log_key(in_data("log.key"), in_data("log"), "cordon-serve"));
    log_key = key.public_key().text();
    witnessed.push_back({"log", in_data("log"), key.public_key()});
    CORDON_TRY(log, tlog::Log::open(in_data("log"), std::move(key)));
    tell("log", format("{} entries, signed by {}", log->size(), log_key));
    return {};
}

Status Service::House::open_accounts() {
    CORDON_TRY(account_store, records::AccountStore::open(in_data("accounts.sqlite")));
    CORDON_TRY(accounts, Accounts::open(*account_store));
    CORDON_TRY(log_deeds(*accounts, *log));
    CORDON_TRY(const auto all, account_store->accounts());
    tell("accounts", format("{}", all.size()));
    return {};
}

Status Service::House::open_traces() {
    std::error_code ignored;
    if (!fs::exists(config.ledger, ignored)) {
        CORDON_TRY(const auto made, ledger::open_writer(config.ledger));
        CORDON_TRY(const auto store, records::Store::open(engine::records_path(config.ledger)));
    }
    CORDON_TRY(traces, engine::TraceDesk::open({.ledger = config.ledger,
                                                .views = in_data("views"),
                                                .on_change = [this](const engine::TraceJob& job) {
                                                    hub->publish("trace", boost::json::serialize(
                                                                              job_json(job)));
                                                }}));
    uint64_t transfers = 0;
    for (const ledger::ChainSummary& each : traces->ledger()->chains()) transfers += each.transfers;
    tell("ledger", format("{} transfers in {}", transfers, config.ledger));
    return {};
}

Status Service::House::open_alerts() {
    CORDON_TRY(system_disk().make_directory(in_data("watch")));
    CORDON_TRY(records::AlertStore::open(engine::alerts_path(in_data("watch"))));
    CORDON_TRY(alerts, engine::AlertBook::open(in_data("watch")));
    tell("alerts", in_data("watch"));
    return {};
}

Status Service::House::open_guard() {
    CORDON_TRY(engine::RiskFiles files, engine::risk_files({.ledger = config.ledger,
                                                            .known = config.known,
                                                            .lists = config.lists,
                                                            .state = in_data("watch"),
                                                            .context = config.guard.context,
                                                            .cancel = &ending}));
    screener = files.screener;
    if (config.guard.policy.empty()) return {};
    CORDON_TRY(risk, engine::LiveRisk::open(std::move(files)));
    std::string policy;
    const std::string directory = in_data("gate");
    if (!fs::exists(directory + "/log")) {
        CORDON_TRY(const Bytes bytes, read_file(config.guard.policy));
        policy.assign(bytes.begin(), bytes.end());
    }
    CORDON_TRY(system_disk().make_directory(directory));
    CORDON_TRY(tlog::SigningKey key,
               tlog::open_log_key(directory + "/gate.key", directory + "/log", config.guard.name));
    witnessed.push_back({"gate", directory + "/log", key.public_key()});
    CORDON_TRY(gate, guard::Gate::open(directory, std::move(key), policy, *risk));
    tell("guard", format("policy {}, {} waiting", gate->policy(hooks.clock())->version(),
                         gate->pending(hooks.clock()).size()));
    return {};
}

Status Service::House::open_cases() {
    if (!config.words_file.empty()) {
        CORDON_TRY(config.words, engine::load_case_words(config.words_file));
    }
    const auto tell_step = [this](const std::string& id, std::string_view step) {
        hub->publish("case",
                     boost::json::serialize(boost::json::object{{"id", id}, {"sealing", step}}));
    };
    CORDON_TRY(cases, engine::CaseDesk::open({.store = in_data("cases.sqlite"),
                                              .archives = in_data("archives"),
                                              .ledger = config.ledger,
                                              .log = in_data("log"),
                                              .version = hooks.version,
                                              .words = config.words,
                                              .on_step = tell_step},
                                             engine::case_sources(*traces, alerts.get()), *log));
    CORDON_TRY(const auto all, cases->list(std::nullopt));
    tell("cases", format("{}", all.size()));
    return {};
}

Status Service::House::open_witnesses() {
    if (config.log.witnesses.empty()) return {};
    CORDON_TRY(witnesses, engine::WitnessDesk::open({.config = config.log,
                                                     .logs = witnessed,
                                                     .folder = in_data("witness"),
                                                     .clock = hooks.clock,
                                                     .warning = hooks.warning}));
    witnesses->start();
    tell("witness", format("{} of {} must cosign", config.log.quorum, config.log.witnesses.size()));
    return {};
}

Status Service::House::open_console() {
    std::vector<Endpoint> endpoints = account_endpoints(*accounts);
    const auto add = [&](std::vector<Endpoint> group) {
        std::move(group.begin(), group.end(), std::back_inserter(endpoints));
    };
    add(watch_endpoints(*alerts));
    add(trace_endpoints(*traces));
    add(told(case_endpoints(*cases), hub));
    add(audit_endpoints(*log));
    if (gate) add(guard_endpoints(*gate, *risk));
    add(lookup_endpoints(traces.get(), alerts.get(), cases.get(), gate.get(), screener.get()));
    add(event_endpoints(hub));
    std::vector<std::string> parts{"watch", "trace", "cases"};
    if (gate) parts.emplace_back("guard");
    add(system_endpoints(
        {.version = hooks.version,
         .name = config.name,
         .simulated = config.watch.simulated,
         .guide = config.guide,
         .log_key = log_key,
         .words = config.words,
         .parts = std::move(parts),
         .chains = [this] { return chains(); },
         .witnesses = [this] { return witness_facts(); },
         .ready = [this] { return is_well(); },
         .doctor = [this] { return doctor(); },
         .metrics = [this] { return witnesses ? witnesses->metrics() : std::string{}; }}));
    constexpr double kMinute = 60;
    CORDON_TRY(api, Api::make(std::move(endpoints), *accounts,
                              {.version = hooks.version,
                               .clock = hooks.clock,
                               .origins = config.origins,
                               .rate = config.limits.requests_per_second,
                               .burst = config.limits.burst,
                               .login_rate = config.limits.logins_per_minute / kMinute,
                               .audit = log.get(),
                               .log = hooks.warning}));
    net::ServerOptions options;
    options.address = config.address;
    options.port = config.port;
    options.certificate = config.certificate;
    options.key = config.key;
    options.max_connections = config.limits.connections;
    options.max_streams = config.limits.streams;
    options.max_per_peer = config.limits.connections_per_address;
    options.max_streams_per_peer = config.limits.streams_per_address;
    const uint64_t wanted = files_wanted(config);
    if (const uint64_t files = net::raise_file_limit(wanted); files < wanted && hooks.warning)
        hooks.warning(
            format("limits: this process may have {} files open, and connections and "
                   "streams need {}: raise LimitNOFILE (ulimit -Hn)",
                   files, wanted));
    CORDON_TRY(http, net::HttpServer::start(std::move(options), api->routes()));
    std::vector<engine::LiveSource> sources{engine::alert_news(*alerts),
                                            engine::feed_news(*alerts)};
    if (gate) sources.push_back(engine::verdict_news(*gate));
    pump = std::make_unique<engine::LivePump>(
        std::move(sources),
        [this](std::string_view topic, std::string_view data) { hub->publish(topic, data); },
        [this](const Error& error) {
            if (hooks.warning) hooks.warning(error.message);
        });
    pump->start(hooks.clock);
    tell("console", format("{}://{}:{}", config.certificate.empty() ? "http" : "https",
                           config.address, http->port()));
    return {};
}

uint64_t files_wanted(const engine::ServeConfig& config) {
    constexpr uint64_t kOthers = 1'024;  // Of ledger, logs and records.
    return config.limits.connections + config.limits.streams + kOthers;
}

Status Service::House::begin_watch() {
    if (config.watch.sources.empty()) return {};
    if (!config.guard.requests.empty()) {
        CORDON_TRY(requests, SimulatedRequests::open(config.guard.requests));
    }
    alerts->set_run(engine::WatchStatus::Run::kRunning);
    watcher = std::thread{[this] { watch(); }};
    tell("watch", format("{} sources{}", config.watch.sources.size(),
                         config.watch.simulated ? ", simulated" : ""));
    return {};
}

void Service::House::watch() {
    engine::WatchRequest request{.sources = config.watch.sources,
                                 .ledger = config.ledger,
                                 .append = config.watch.append,
                                 .config = config.watch.config,
                                 .rules = config.watch.rules,
                                 .state = in_data("watch"),
                                 .speed = config.watch.speed,
                                 .now = hooks.clock};
    request.sources.insert(request.sources.end(), config.known.begin(), config.known.end());
    engine::WatchHooks watch_hooks;
    std::optional<engine::Reconciler> reconciler;
    // A replay is of another day than the gate's verdicts: nothing of it was asked for here.
    const auto& sources = config.watch.sources;
    const bool is_live = std::any_of(sources.begin(), sources.end(), feed::is_live);
    if (gate && is_live) {
        // What the gate lets through is the queue that D07 holds payments against.
        request.sources.push_back("guard:" + in_data("gate"));
        watch_hooks.wallets = [&](const std::vector<WalletAddress>& wallets) {
            reconciler.emplace(*gate, wallets, hooks.clock(),
                               [this](ChainId, const Hash256&, const guard::Reconciled& found) {
                                   if (found.id.empty() && hooks.warning) hooks.warning(found.text);
                                   return Status{};
                               });
        };
        watch_hooks.event = [&](const FeedEvent& event) {
            reconciler->go_to(hooks.clock());
            return reconciler->take(event);
        };
    }
    watch_hooks.cancel = &ending;
    watch_hooks.alert = [](const records::StoredAlert&) { return Status{}; };
    watch_hooks.warning = hooks.warning;
    watch_hooks.progress = [this](const engine::WatchProgress& progress) {
        const std::scoped_lock guard{mutex};
        at = progress.time;
    };
    const auto run = [&]() -> Status {
        if (!config.watch.sinks.empty()) {
            CORDON_TRY(const InputFile file, input_file(config.watch.sinks));
            CORDON_TRY(request.sinks, engine::parse_sinks(file));
        }
        CORDON_TRY(const auto result, engine::watch(request, watch_hooks));
        for (const std::string& each : result.warnings)
            if (hooks.warning) hooks.warning(each);
        return {};
    };
    const Status ended = run();
    const std::scoped_lock guard{mutex};
    is_over = true;
    alerts->set_run(ended ? engine::WatchStatus::Run::kOver : engine::WatchStatus::Run::kFailed);
    if (!ended && !ending) {
        failed = ended.error();
        if (hooks.warning) hooks.warning(format("the watch has ended: {}", ended.error().message));
    }
}

/// What is due a few times a second.
Status Service::House::look() {
    if (!gate) return {};
    // Alerts that cannot be read end the service: nobody is answered without them.
    CORDON_TRY(const auto open, risk->open_alerts());
    const std::shared_ptr<const guard::Policy> policy = gate->policy(hooks.clock());
    if (open != taken.first || policy != taken.second) {
        CORDON_TRY(gate->take_alerts(*open, hooks.clock()));
        taken = {open, policy};
    }
    if (!requests) return {};
    UnixMillis now;
    {
        const std::scoped_lock guard{mutex};
        now = at;
    }
    for (const WithdrawalRequest& each : requests->until(now)) {
        const Result<Verdict> verdict = gate->check(each, hooks.clock());
        if (!verdict && hooks.warning)
            hooks.warning(format("{}: {}", each.id, verdict.error().message));
    }
    return {};
}

std::vector<SystemFacts::ChainTip> Service::House::chains() const {
    std::vector<SystemFacts::ChainTip> tips;
    for (const ledger::ChainSummary& each : traces->ledger()->chains())
        tips.push_back({each.chain, each.tip.number, each.tip.time.value_or(UnixMillis{})});
    return tips;
}

bool Service::House::is_well() {
    const std::scoped_lock guard{mutex};
    return !failed;
}

SystemFacts::Witnesses Service::House::witness_facts() const {
    SystemFacts::Witnesses facts;
    if (!witnesses) return facts;
    facts.quorum = witnesses->quorum();
    for (const engine::WitnessStanding& each : witnesses->standing()) {
        const std::string_view state = each.trouble && each.trouble->code == ErrorCode::kConflict
                                           ? "conflict"
                                       : each.trouble ? "silent"
                                       : each.at      ? "well"
                                                      : "unasked";
        facts.all.push_back({each.log, each.witness, each.entries, each.at, state});
    }
    return facts;
}

/// What witnesses say of each log. The verdicts go on whatever it is.
void Service::House::ask_witnesses(std::vector<SystemFacts::Check>& checks) const {
    using Check = SystemFacts::Check;
    if (!witnesses) return;
    for (const engine::WitnessStanding& each : witnesses->standing()) {
        if (!each.trouble) continue;
        const bool other = each.trouble->code == ErrorCode::kConflict;
        checks.push_back({"witness", format("{}: {}", each.log, each.trouble->message),
                          other ? "stop the gate: its log is not the one that the witness saw; "
                                  "docs/user/guard-operations.md says how it is found out"
                                : "is it running, and is this machine allowed to ask it?",
                          other ? Check::State::kBad : Check::State::kWarning});
    }
    for (const engine::WitnessDesk::Kept& each : witnesses->kept()) {
        const bool enough = each.witnesses.size() >= witnesses->quorum();
        checks.push_back(
            {"witness",
             format("{}: {} of {} cosigned {} entries, {} must", each.log, each.witnesses.size(),
                    config.log.witnesses.size(), each.entries, witnesses->quorum()),
             enough ? "" : "until so many cosign, an older state in its place may not show",
             enough ? Check::State::kGood : Check::State::kWarning});
    }
}

std::vector<SystemFacts::Check> Service::House::doctor() {
    using Check = SystemFacts::Check;
    std::vector<Check> checks = check_serve(config);
    ask_witnesses(checks);
    const std::scoped_lock guard{mutex};
    if (failed)
        checks.push_back({"watch", failed->message,
                          "mend the cause, then restart: it goes on where it was",
                          Check::State::kBad});
    else if (config.watch.sources.empty())
        checks.push_back({"watch", "nothing is watched",
                          "name a node: watch: {sources: [\"evm-rpc:ws://127.0.0.1:8545\"]}",
                          Check::State::kWarning});
    else
        checks.push_back(
            {"watch", is_over ? "the replay is over" : "runs", "", Check::State::kGood});
    return checks;
}

void Service::House::stop() {
    ending = true;
    if (pump) pump->stop();
    if (http) http->stop();
    if (watcher.joinable()) watcher.join();
    if (witnesses) witnesses->stop();
    // What does not work here shows at the next start: every entry is durable already.
    if (gate) static_cast<void>(gate->log().publish());
    if (log) static_cast<void>(log->publish());
}

Service::Service(std::unique_ptr<House> house) : house_{std::move(house)} {}
Service::~Service() = default;

Result<std::unique_ptr<Service>> Service::start(const engine::ServeConfig& config,
                                                ServeHooks hooks) {
    auto house = std::make_unique<House>();
    house->config = config;
    house->hooks = std::move(hooks);
    using Step = std::pair<std::string_view, Status (House::*)()>;
    for (const auto& [name, step] : {
             Step{"data", &House::make_directory},
             Step{"log", &House::open_log},
             Step{"accounts", &House::open_accounts},
             Step{"ledger", &House::open_traces},
             Step{"alerts", &House::open_alerts},
             Step{"guard", &House::open_guard},
             Step{"cases", &House::open_cases},
             Step{"witness", &House::open_witnesses},
             Step{"console", &House::open_console},
             Step{"watch", &House::begin_watch},
         })
        if (const Status done = (house.get()->*step)(); !done)
            return fail(done.error().in(std::string{name}));
    return std::unique_ptr<Service>{new Service{std::move(house)}};
}

uint16_t Service::port() const noexcept { return house_->http->port(); }

std::string Service::entry_link() {
    const engine::ServeConfig& config = house_->config;
    if (!net::is_loopback(config.address)) return {};
    const Caller local{"local", Roles{}
                                    .with(Role::kAnalyst)
                                    .with(Role::kApprover)
                                    .with(Role::kOperator)
                                    .with(Role::kAdmin)};
    return format("{}://{}:{}/#entry={}", config.certificate.empty() ? "http" : "https",
                  config.address == "::1" ? "[::1]" : "localhost", port(),
                  house_->accounts->make_entry(local, house_->hooks.clock()));
}

Status Service::wait(const std::atomic<bool>& cancel) {
    constexpr auto kLook = 100ms;
    // Entries are durable one by one; a checkpoint over them is what strangers can verify.
    constexpr auto kCheckpointEvery = 1s;
    // A ledger that another program fills.
    constexpr auto kRefreshEvery = 5s;
    auto checkpoint = std::chrono::steady_clock::now() + kCheckpointEvery;
    auto refresh = checkpoint + kRefreshEvery;
    while (!cancel) {
        std::this_thread::sleep_for(kLook);
        CORDON_TRY(house_->look());
        const auto now = std::chrono::steady_clock::now();
        if (now >= checkpoint) {
            if (house_->gate) CORDON_TRY(house_->gate->log().publish());
            if (const Status told = log_deeds(*house_->accounts, *house_->log);
                !told && house_->hooks.warning)
                house_->hooks.warning(told.error().message);
            CORDON_TRY(house_->log->publish());
            checkpoint = now + kCheckpointEvery;
        }
        if (now >= refresh) {
            if (const Status done = house_->traces->refresh(); !done && house_->hooks.warning)
                house_->hooks.warning(done.error().message);
            refresh = now + kRefreshEvery;
        }
    }
    return {};
}

void Service::stop() { house_->stop(); }

}  // namespace cordon::server
