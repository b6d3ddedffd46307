// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "watch.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>
#include <set>
#include <thread>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/detect/config_file.hpp>

#include "courier.hpp"
#include "guard_events.hpp"
#include "knowledge.hpp"
#include "live_ledger.hpp"
#include "waiting_alerts.hpp"
#include "watch_live.hpp"
#include "watch_metrics.hpp"
#include "watch_source.hpp"
#include "watch_state.hpp"

namespace cordon::engine {
namespace {

/// What one event raised.
class Collected final : public detect::AlertSink {
public:
    std::vector<Alert> alerts;
    void raise(const Alert& alert) override { alerts.push_back(alert); }
};

/// Lets event time pass no faster than it shall.
class Pace {
public:
    explicit Pace(double speed) : speed_{speed} {}
    /// Waits until it is time for an event; false when cancelled.
    bool wait(std::optional<UnixMillis> time, const std::atomic<bool>* cancel) {
        if (speed_ <= 0 || !time) return true;
        if (!begun_) {
            begun_ = true;
            start_ = std::chrono::steady_clock::now();
            first_ = *time;
        }
        const std::chrono::duration<double> due =
            std::chrono::duration<double>{*time - first_} / speed_;
        const auto until =
            start_ + std::chrono::duration_cast<std::chrono::steady_clock::duration>(due);
        constexpr std::chrono::milliseconds kLook{100};  // How soon a Ctrl-C is noticed.
        while (std::chrono::steady_clock::now() < until) {
            if (cancel && *cancel) return false;
            std::this_thread::sleep_until(
                std::min(until, std::chrono::steady_clock::now() + kLook));
        }
        return true;
    }

private:
    double speed_;
    bool begun_ = false;
    std::chrono::steady_clock::time_point start_{};
    UnixMillis first_{};
};

/// How often a watch to which nothing happens looks after itself.
constexpr std::chrono::seconds kIdle{1};

double cpu_seconds() noexcept { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Wallet sets are numbered by their order, and tables hold these numbers.
std::string settings_digest(const detect::WatchConfig& config) {
    crypto::Sha256 sum;
    const auto add = [&](std::string_view text) {
        sum.update({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
        sum.update(std::array<uint8_t, 1>{0});
    };
    for (const WalletAddress& wallet : config.wallets) {
        add(to_string(wallet.chain));
        sum.update(wallet.address.payload());
        add(wallet.set);
    }
    for (const auto& [detector, parameters] : config.parameters)
        for (const auto& [name, value] : parameters) add(format("{} {} {}", detector, name, value));
    return to_hex(sum.finish());
}

/// One watch, from its sources to its end.
class Run {
public:
    Run(const WatchRequest& request, const WatchHooks& hooks)
        : request_{request}, hooks_{hooks}, pace_{request.speed} {}

    Result<WatchResult> all() {
        CORDON_TRY(open());
        if (hooks_.rules) CORDON_TRY(hooks_.rules(rule_texts_));
        if (hooks_.wallets) hooks_.wallets(config_.wallets);
        CORDON_TRY(resume());
        for (;;) {
            if (cancelled()) break;
            auto event = std::make_shared<FeedEvent>();
            if (live_) {
                using Polled = feed::MergedFeed::Polled;
                CORDON_TRY(const Polled polled, live_->feed().poll(*event, kIdle));
                if (polled == Polled::kEnd) break;
                if (polled == Polled::kEvent) CORDON_TRY(take_live(std::move(event)));
                CORDON_TRY(look_after());
                continue;
            }
            CORDON_TRY(const bool more, stream_->read(*event));
            if (!more) break;
            if (!pace_.wait(time_of(*event), hooks_.cancel)) break;
            const Status taken = take(std::move(event));
            if (!taken && taken.error().code == ErrorCode::kLimit && head_.events > 0) {
                CORDON_TRY(read_again());
                continue;
            }
            CORDON_TRY(taken);
            CORDON_TRY(look_after());
        }
        return finish();
    }

private:
    bool cancelled() const { return hooks_.cancel && *hooks_.cancel; }

    Status open() {
        SideRows rows;
        std::vector<std::string> live, files;
        const auto& given = request_.sources;
        const bool is_live = std::any_of(given.begin(), given.end(), feed::is_live);
        for (const std::string& source : given)
            (feed::is_live(source) || (is_live && feed::is_guard(source)) ? live : files)
                .push_back(source);
        CORDON_TRY(auto sources, open_watch_sources(files, request_.chain, rows));
        if (sources.empty() && live.empty())
            return fail(ErrorCode::kInvalidParam,
                        "no SOURCE with blocks or events: labels, assets, prices and wallets say "
                        "what is known, not what happens");
        if (!sources.empty() && !live.empty())
            return fail(ErrorCode::kInvalidParam,
                        format("{} is over, and a live source is not: replay the one, or watch the "
                               "other",
                               sources.front().name));
        for (const WatchSource& source : sources)
            name_ += (name_.empty() ? "" : "\n") + source.name;
        if (live.empty()) {
            stream_ = std::make_unique<MergedEvents>(std::move(sources));
        } else {
            name_ = "live";  // A URL may hold a key; the chains tell whether it is the same watch.
            feed::LiveOptions options;
            options.chain = request_.chain;
            options.cancel = hooks_.cancel;
            options.open_guard = [](const std::string& directory, const std::atomic<bool>* stop) {
                return open_guard_events(directory, {.follow = stop != nullptr, .cancel = stop});
            };
            live_ = std::make_unique<LiveStream>(std::move(live), std::move(options));
        }
        CORDON_TRY(open_ledger());
        CORDON_TRY(knowledge_, LedgerKnowledge::open(request_.ledger, std::move(rows)));
        if (!request_.config.empty()) {
            CORDON_TRY(const InputFile file, input_file(request_.config));
            CORDON_TRY(config_, detect::parse_watch_config(file));
        }
        CORDON_TRY(add_wallets());
        CORDON_TRY(rule_texts_, read_rule_files(request_.rules));
        CORDON_TRY(program_, compile());
        make_watch();
        if (!request_.state.empty()) {
            CORDON_TRY(state_, WatchState::open(request_.state));
            store_ = &state_->alerts();
        } else {
            CORDON_TRY(memory_, records::AlertStore::in_memory());
            store_ = memory_.get();
        }
        waiting_.emplace(*store_);
        CORDON_TRY(waiting_->load());
        return open_desk();
    }

    Status open_ledger() {
        if (!request_.append) return {};
        if (request_.ledger.empty())
            return fail(ErrorCode::kInvalidParam,
                        "append adds blocks to a ledger, and none is given (--ledger DIR)");
        if (!live_)
            return fail(ErrorCode::kInvalidParam,
                        "blocks of a replay are not appended to the ledger: cordon ingest takes "
                        "its files in");
        CORDON_TRY(ledger_, LiveLedger::open(request_.ledger,
                                             [this](const std::string& what) { tell(what); }));
        return {};
    }

    /// Behind what the checkpoint has seen, else behind what the ledger holds.
    Status open_live() {
        std::map<ChainId, std::vector<feed::BlockRef>> stored;
        if (ledger_) {
            CORDON_TRY(stored, ledger_->seen());
        }
        return live_->open(head_, std::move(stored));
    }

    Status open_desk() {
        DeskSettings settings = request_.desk;
        for (const SinkSettings& sink : request_.sinks) settings.sinks.push_back(desk_sink(sink));
        desk_ = std::make_unique<AlertDesk>(*store_, watch_->world(), std::move(settings));
        if (request_.sinks.empty() || courier_) return {};
        if (!state_)
            return fail(ErrorCode::kInvalidParam,
                        "sinks need --state DIR: what could not be delivered must survive");
        CORDON_TRY(courier_, Courier::start(request_.state, request_.sinks, request_.now));
        return {};
    }

    void make_watch() {
        detect::WatchOptions options = request_.options;
        options.cost = request_.cost;
        auto rules =
            std::make_unique<detect::RuleSet>(program_, detect::RuleOptions{.cost = request_.cost});
        rules_ = rules.get();
        std::vector<std::unique_ptr<detect::Detector>> more;
        more.push_back(std::move(rules));
        watch_ = std::make_unique<detect::Watch>(config_, *knowledge_, options, std::move(more));
    }

    Result<std::shared_ptr<const detect::RuleProgram>> compile() {
        const detect::CompiledRules compiled = detect::compile_rules(rule_texts_, &config_);
        for (const chain::Diagnostic& one : compiled.diagnostics)
            if (one.warning) tell(to_string(one));
        if (!compiled.ok()) return fail(as_error(compiled.diagnostics));
        return compiled.program;
    }

    /// Rule files that have changed take the place of those that run, all or none of them.
    Status reload_rules() {
        constexpr std::chrono::seconds kEvery{5};
        const auto now = std::chrono::steady_clock::now();
        if (request_.rules.empty() || now < rules_at_ + kEvery) return {};
        rules_at_ = now;
        auto texts = read_rule_files(request_.rules);
        if (!texts) return {};  // Half written, or being replaced: the next look will tell.
        if (*texts == rule_texts_) return {};
        rule_texts_ = *std::move(texts);
        auto program = compile();
        if (!program) {
            tell(
                format("the rule files have changed and have problems; the rules that ran go "
                       "on:\n{}",
                       program.error().message));
            return {};
        }
        program_ = *std::move(program);
        rules_->replace(program_);
        tell("the rule files have changed; the new rules run now");
        return hooks_.rules ? hooks_.rules(rule_texts_) : Status{};
    }

    /// What wallets: files and the ledger say; what the configuration says of the same address
    /// counts.
    Status add_wallets() {
        CORDON_TRY(auto wallets, knowledge_->wallets());
        const auto is_before = [](const WalletAddress& a, const WalletAddress& b) {
            return std::tie(a.chain, a.address) < std::tie(b.chain, b.address);
        };
        std::vector<WalletAddress> configured = config_.wallets;
        std::sort(configured.begin(), configured.end(), is_before);
        for (WalletAddress& wallet : wallets)
            if (!std::binary_search(configured.begin(), configured.end(), wallet, is_before))
                config_.wallets.push_back(std::move(wallet));
        return {};
    }

    Status resume() {
        head_.settings = settings_digest(config_);
        if (!state_) return live_ ? open_live() : Status{};
        CORDON_TRY(const auto stored_name, store_->mark("sources"));
        if (stored_name && *stored_name != name_)
            return fail(ErrorCode::kConflict,
                        format("{}: belongs to a watch of other sources; give each watch its own "
                               "--state",
                               request_.state));
        if (!stored_name)
            CORDON_TRY(store_->change([&] { return store_->put_mark("sources", name_); }));
        CORDON_TRY(known_, store_->cursor(kStream));
        if (live_) return resume_live();
        auto head = state_->head();
        if (!head) {
            // Everything can be had anew from the stream: alerts up to the cursor are known.
            tell(format("{}; the watch begins at the first event again", head.error().message));
        } else if (*head && (*head)->settings != head_.settings) {
            tell(
                "wallets or parameters have changed since the checkpoint; the watch begins at the "
                "first event again");
        } else if (*head) {
            if (const Status loaded = state_->load(*watch_); !loaded) {
                if (loaded.error().code != ErrorCode::kConflict) return loaded;
                tell(loaded.error().message);
                make_watch();
                CORDON_TRY(open_desk());
            } else {
                head_ = **head;
                for (const auto& [chain, block] : head_.beginnings) knowledge_->begin(chain, block);
                CORDON_TRY(skip());
            }
        }
        return go_on();
    }

    Status go_on() {
        done_.events = head_.events;
        done_.blocks = saved_blocks_ = head_.blocks;
        done_.txns = head_.txns;
        done_.transfers = head_.transfers;
        if (hooks_.resumed && (head_.events > 0 || known_))
            hooks_.resumed({head_.events, known_ ? known_->events : 0});
        return show_rest();
    }

    /// A live stream does not come again as it was: what is taken is told by blocks, not by a
    /// count, and events are numbered on.
    Status resume_live() {
        for (unsigned age = 0; age < WatchState::kKept; ++age) {
            auto head = state_->head(age);
            if (!head) {
                tell(format("{}; an older one is looked for", head.error().message));
                continue;
            }
            if (!*head) continue;
            const std::string settings = head_.settings;
            const Status loaded =
                (*head)->settings == settings
                    ? load(age)
                    : Status{fail(ErrorCode::kConflict,
                                  "wallets or parameters have changed since the checkpoint: "
                                  "detectors begin anew")};
            if (!loaded && loaded.error().code != ErrorCode::kConflict) return loaded;
            head_ = **head;
            head_.settings = settings;
            if (!loaded) {
                tell(loaded.error().message);
                CORDON_TRY(begin_anew());
            }
            break;
        }
        for (const auto& [chain, block] : head_.beginnings) knowledge_->begin(chain, block);
        holdings_ = head_.holdings;
        knowledge_->add_balances(holdings_);
        for (const auto& [chain, blocks] : head_.seen)
            if (!blocks.empty()) floor_[chain] = blocks.back().number;
        CORDON_TRY(add_unsettled());
        CORDON_TRY(open_live());
        CORDON_TRY(go_on());
        if (known_) done_.events = std::max(done_.events, known_->events);
        known_.reset();
        return {};
    }

    /// What was told behind the place at which the watch goes on.
    Status add_unsettled() {
        CORDON_TRY(auto told, store_->since_event(head_.settled));
        std::erase_if(told, [&](const records::StoredAlert& stored) {
            const auto floor = floor_.find(stored.alert.chain);
            return stored.event <= head_.events && floor != floor_.end() &&
                   stored.alert.block <= floor->second;
        });
        unsettled_.add(told);
        return {};
    }

    Status load(unsigned age) {
        make_watch();
        CORDON_TRY(open_desk());
        return state_->load(*watch_, age);
    }

    /// Detectors that remember nothing.
    Status begin_anew() {
        make_watch();
        return open_desk();
    }

    Status take_live(std::shared_ptr<const FeedEvent> event) {
        if (const auto* seen = std::get_if<SeenBlock>(event.get()); seen && ledger_)
            CORDON_TRY(ledger_->take(*seen));
        live_->note(*event, head_);
        const auto* back = std::get_if<Rewind>(event.get());
        const auto floor = back ? floor_.find(back->chain) : floor_.end();
        if (floor != floor_.end() && back->keep < floor->second) return go_back(*back);
        const Status taken = take(event);
        if (!taken && back && taken.error().code == ErrorCode::kLimit) return go_back(*back);
        return taken;
    }

    /// Blocks are gone that detection cannot take back: an older checkpoint is, where there is one.
    Status go_back(const Rewind& back) {
        for (unsigned age = 1; state_ && age < WatchState::kKept; ++age) {
            auto head = state_->head(age);
            if (!head || !*head || (*head)->settings != head_.settings ||
                !is_before(**head, head_, back) || !load(age))
                continue;
            tell(
                format("{} was reorganised back to block {}: the watch goes back to block {}, "
                       "where it still can",
                       to_string(back.chain), back.keep, (*head)->seen[back.chain].back().number));
            head_ = *std::move(*head);
            for (const auto& [chain, blocks] : head_.seen)
                if (!blocks.empty()) floor_[chain] = blocks.back().number;
            CORDON_TRY(add_unsettled());
            return open_live();
        }
        CORDON_TRY(begin_anew());
        for (const auto& [chain, blocks] : head_.seen)
            if (!blocks.empty()) floor_[chain] = blocks.back().number;
        floor_[back.chain] = back.keep;
        CORDON_TRY(auto told, store_->since_event(0));
        std::erase_if(told, [&](const records::StoredAlert& stored) {
            return stored.alert.chain != back.chain || stored.alert.block <= back.keep;
        });
        unsettled_.add(told);
        return take(std::make_shared<FeedEvent>(FeedStatus{
            back.chain, FeedState::kGap, back.keep, feed::wall_clock(),
            format("the chain was reorganised back to block {}, before every checkpoint: "
                   "detectors begin anew there, and have forgotten what they knew",
                   back.keep)}));
    }

    /// A reorg in a replay goes below the checkpoint with which this run began: a run without a
    /// break could take it back, so it must be as if there had been none. From the first event;
    /// what is known is not told twice.
    Status read_again() {
        tell("a reorg goes below the checkpoint: the watch begins at the first event again");
        SideRows rows;
        CORDON_TRY(auto sources, open_watch_sources(request_.sources, request_.chain, rows));
        stream_ = std::make_unique<MergedEvents>(std::move(sources));
        const std::string settings = head_.settings;
        head_ = {};
        head_.settings = settings;
        done_ = {};
        saved_blocks_ = 0;
        CORDON_TRY(known_, store_->cursor(kStream));
        return begin_anew();
    }

    /// Reads over what was taken before the checkpoint.
    Status skip() {
        FeedEvent event;
        for (uint64_t i = 0; i < head_.events; ++i) {
            if (cancelled()) return fail(ErrorCode::kCancelled, "interrupted while going on");
            CORDON_TRY(const bool more, stream_->read(event));
            if (!more) return other_stream();
            // The next event may be no block: the cursor still names the last one.
            if (const auto* seen = std::get_if<SeenBlock>(&event)) place(seen->block);
        }
        return {};
    }

    tl::unexpected<Error> other_stream() const {
        return fail(ErrorCode::kConflict,
                    format("{}: the sources are not those that this state was made with; begin "
                           "with another --state",
                           request_.state));
    }

    Status take(std::shared_ptr<const FeedEvent> event) {
        count(*event);
        Collected raised;
        CORDON_TRY(watch_->on(event, raised));
        if (knowledge_->error()) return fail(*knowledge_->error());
        const bool is_known = known_ && done_.events <= known_->events;
        if (is_known) {
            if (done_.events == known_->events && cursor_.hash != known_->hash)
                return other_stream();
        } else {
            CORDON_TRY(tell_of(*event, std::move(raised.alerts)));
        }
        return hooks_.event ? hooks_.event(*event) : Status{};
    }

    /// What an event raised and what it takes back, to people.
    Status tell_of(const FeedEvent& event, std::vector<Alert> raised) {
        std::vector<Alert> gone = unsettled_.settle(event, raised);
        CORDON_TRY(const auto over, waiting_->take(event, raised));
        gone.insert(gone.end(), over.begin(), over.end());
        if (!raised.empty() || !gone.empty()) {
            raised.insert(raised.begin(), gone.begin(), gone.end());
            cursor_.events = done_.events;
            CORDON_TRY(auto told, desk_->take(raised, cursor_));
            if (courier_) courier_->wake();
            CORDON_TRY(show(told));
        }
        return waiting_->forget();
    }

    /// What is due after an event, and while none comes.
    Status look_after() {
        done_.suppressed = desk_->suppressed();
        if (stream_) {
            done_.bytes_read = stream_->bytes_read();
            done_.bytes_total = stream_->bytes_total();
        } else {
            // A live watch has no end at which to say it.
            for (const std::string& warning : live_->feed().warnings())
                if (warned_.insert(warning).second) tell(warning);
        }
        if (hooks_.progress) hooks_.progress(done_);
        CORDON_TRY(checkpoint(false));
        CORDON_TRY(reload_rules());
        CORDON_TRY(note_places(false));
        return write_metrics(false);
    }

    /// Prints, and notes that it did: a kill in between prints again, none loses.
    Status show(const std::vector<records::StoredAlert>& told) {
        for (const records::StoredAlert& stored : told) {
            if (stored.alert.state == AlertState::kRetracted)
                ++done_.retracted;
            else
                ++done_.alerts[static_cast<std::size_t>(stored.alert.severity)];
            if (hooks_.alert) CORDON_TRY(hooks_.alert(stored));
        }
        if (!state_ || told.empty()) return {};
        return store_->change(
            [&] { return store_->put_mark(kShown, std::to_string(told.back().event)); },
            records::AlertStore::Durability::kProcess);
    }

    /// What was stored by the event at which an earlier watch died, and perhaps not printed.
    Status show_rest() {
        CORDON_TRY(const auto mark, store_->mark(kShown));
        uint64_t shown = 0;
        if (mark) std::from_chars(mark->data(), mark->data() + mark->size(), shown);
        CORDON_TRY(auto rest, store_->since_event(shown));
        std::erase_if(rest, [](const auto& stored) { return !stored.suppressed_by.empty(); });
        return show(rest);
    }

    void place(const Block& block) {
        cursor_.chain = block.chain;
        cursor_.block = block.header.number;
        cursor_.hash = block.header.hash;
        records::Cursor& place = places_[block.chain];
        cursor_.time = block.header.time.value_or(place.time);
        place = cursor_;
        place.source = format("{}{}", kChainCursor, to_string(block.chain));
        place.events = done_.events;
    }

    /// For those who show how far it is. Rarely: nothing depends on it.
    Status note_places(bool at_end) {
        constexpr std::chrono::seconds kEvery{2};
        const auto now = std::chrono::steady_clock::now();
        if (!state_ || places_.empty() || (!at_end && now < noted_at_ + kEvery)) return {};
        noted_at_ = now;
        return store_->change(
            [&]() -> Status {
                for (const auto& [chain, place] : places_) CORDON_TRY(store_->put_cursor(place));
                return store_->put_mark(kFeedMark, live_ ? kLiveFeed : kReplayFeed);
            },
            records::AlertStore::Durability::kProcess);
    }

    void count(const FeedEvent& event) {
        ++done_.events;
        const auto* seen = std::get_if<SeenBlock>(&event);
        if (!seen) return;
        const Block& block = seen->block;
        begin(block.chain, block.header.number);
        ++done_.blocks;
        done_.txns += std::max(block.account_txns.size() + block.utxo_txns.size(),
                               seen->activity.txns.size());
        done_.transfers += transfers_of(block);
        done_.chain = block.chain;
        done_.height = block.header.number;
        done_.time = block.header.time.value_or(done_.time);
        place(block);
    }

    void begin(ChainId chain, BlockNum first) {
        if (live_ && !knowledge_->beginnings().contains(chain)) ask_balances(chain, first);
        knowledge_->begin(chain, first);
    }

    /// What ours and what we guard hold when a live watch begins: without it a share of a wallet is
    /// not known until all of its history is seen, and a drain is less plain.
    void ask_balances(ChainId chain, BlockNum first) {
        // Two hundred messages of a hundred: some ten seconds at a public provider.
        constexpr std::size_t kMost = 20'000;
        if (chain.family != ChainFamily::kEvm || first == 0) return;
        std::vector<feed::Holding> asked;
        std::size_t left_out = 0;
        std::vector<Asset> assets = knowledge_->assets(chain);
        std::erase(assets, Asset{});
        assets.insert(assets.begin(), Asset{});
        for (const detect::Place& place : detect::guarded_places(config_)) {
            if (place.chain != chain) continue;
            for (const Asset& asset : assets) {
                if (asked.size() < kMost)
                    asked.push_back({chain, place.address, asset, {}});
                else
                    ++left_out;
            }
        }
        auto answers = live_->balances(chain, first - 1, asked);
        if (!answers) {
            tell(
                format("what our wallets hold on {} is not known, and rules about shares of them "
                       "wait for it: {}",
                       to_string(chain), answers.error().message));
            return;
        }
        const std::size_t silent = asked.size() - answers->size() + left_out;
        if (silent > 0)
            tell(
                format("{} balances on {} are not known (of {}): rules about shares of these "
                       "wallets wait for them",
                       silent, to_string(chain), asked.size() + left_out));
        knowledge_->add_balances(*answers);
        holdings_.insert(holdings_.end(), answers->begin(), answers->end());
    }

    Status checkpoint(bool at_end) {
        if (!state_ || (known_ && done_.events < known_->events)) return {};
        constexpr double kShare = 20;
        // What lies behind the checkpoint is asked of the node again, with traces: geth has the
        // state for that of the last 128 blocks.
        constexpr uint64_t kLiveBlocks = 32;
        const uint64_t blocks =
            live_ ? std::min(request_.checkpoint_blocks, kLiveBlocks) : request_.checkpoint_blocks;
        // Of a live watch the first block, too: nothing lies before it to go back to.
        const bool is_first = live_ && saved_blocks_ == 0 && done_.blocks > 0;
        const bool due = (done_.blocks >= saved_blocks_ + blocks || is_first) &&
                         now() >= saved_at_ + kShare * cost_;
        if ((!due && !at_end) || done_.events == saved_events_) return {};
        const double begin = now();
        cursor_.events = done_.events;
        CORDON_TRY(desk_->take({}, cursor_));
        head_.events = done_.events;
        if (unsettled_.empty()) head_.settled = done_.events;
        head_.blocks = done_.blocks;
        head_.txns = done_.txns;
        head_.transfers = done_.transfers;
        head_.beginnings = knowledge_->beginnings();
        head_.holdings = holdings_;
        CORDON_TRY(state_->save(head_, *watch_));
        saved_blocks_ = done_.blocks;
        saved_events_ = done_.events;
        saved_at_ = now();
        cost_ = saved_at_ - begin;
        return {};
    }

    Status write_metrics(bool at_end) {
        if (request_.metrics.empty()) return {};
        constexpr std::chrono::seconds kEvery{5};  // Prometheus asks every 15 s and more.
        const auto now = std::chrono::steady_clock::now();
        if (!at_end && now < metrics_at_ + kEvery) return {};
        metrics_at_ = now;
        return save_metrics(request_.metrics, metrics_text(done_, watch_->metrics(),
                                                           courier_ ? courier_->metrics()
                                                                    : std::vector<SinkMetrics>{},
                                                           live_ ? &live_->feed() : nullptr));
    }

    Result<WatchResult> finish() {
        CORDON_TRY(checkpoint(true));
        WatchResult result;
        std::vector<std::string> undelivered;
        if (courier_) undelivered = courier_->finish();
        CORDON_TRY(note_places(true));
        CORDON_TRY(write_metrics(true));
        result.incomplete = cancelled();
        result.done = done_;
        result.detectors = watch_->metrics();
        result.rules = rules_->metrics();
        result.backtest = rules_->backtest();
        if (stream_) result.warnings = stream_->warnings();
        result.warnings.insert(result.warnings.end(), undelivered.begin(), undelivered.end());
        std::string unfed;
        for (const detect::DetectorMetrics& each : result.detectors)
            if (each.skipped > 0) unfed += (unfed.empty() ? "" : ", ") + each.id;
        if (!unfed.empty())
            result.warnings.push_back(
                format("the sources do not give all that these need (docs/detectors), so that "
                       "they saw less than all blocks: {}",
                       unfed));
        return result;
    }

    /// A live watch mostly waits: what its checkpoints cost is a share of time, not of work.
    double now() const noexcept {
        if (!live_) return cpu_seconds();
        return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
            .count();
    }

    void tell(const std::string& warning) {
        if (hooks_.warning) hooks_.warning(warning);
    }

    // The merged stream is one source: its events are numbered through.
    static constexpr std::string_view kStream = "stream";
    static constexpr std::string_view kShown = "shown";

    const WatchRequest& request_;
    const WatchHooks& hooks_;
    Pace pace_;
    std::string name_;
    std::unique_ptr<MergedEvents> stream_;  // Files; else
    std::unique_ptr<LiveStream> live_;      // nodes.
    std::unique_ptr<LiveLedger> ledger_;    // Where their blocks are appended.
    std::set<std::string> warned_;
    Unsettled unsettled_;
    std::vector<feed::Holding> holdings_;  // What nodes said, for the checkpoint.
    std::map<ChainId, BlockNum> floor_;    // What lies below cannot be taken back by detection.
    std::unique_ptr<LedgerKnowledge> knowledge_;
    detect::WatchConfig config_;
    std::vector<detect::RuleText> rule_texts_;
    std::shared_ptr<const detect::RuleProgram> program_;  // Shared with the rule set that runs it.
    std::chrono::steady_clock::time_point rules_at_ = std::chrono::steady_clock::now();
    std::unique_ptr<detect::Watch> watch_;
    detect::RuleSet* rules_ = nullptr;             // One of the watch's detectors.
    std::unique_ptr<WatchState> state_;            // Absent: nothing is kept.
    std::unique_ptr<records::AlertStore> memory_;  // Then this.
    records::AlertStore* store_ = nullptr;
    std::optional<WaitingAlerts> waiting_;
    std::unique_ptr<AlertDesk> desk_;
    std::unique_ptr<Courier> courier_;  // Absent without sinks.
    CheckpointHead head_;
    records::Cursor cursor_{.source = std::string{kStream}, .chain = {}, .hash = {}};
    std::map<ChainId, records::Cursor> places_;
    std::chrono::steady_clock::time_point noted_at_{};
    std::optional<records::Cursor> known_;  // Alerts up to here are in the store.
    WatchProgress done_;
    uint64_t saved_blocks_ = 0, saved_events_ = 0;
    double saved_at_ = 0, cost_ = 0;
    std::chrono::steady_clock::time_point metrics_at_{};
};

}  // namespace

Result<WatchResult> watch(const WatchRequest& request, const WatchHooks& hooks) {
    return Run{request, hooks}.all();
}

}  // namespace cordon::engine
