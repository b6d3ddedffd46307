// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "watch_run.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/detect/config_file.hpp>

#include "guard_events.hpp"

namespace cordon::engine {

Status WatchRun::open() {
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
    for (const WatchSource& source : sources) name_ += (name_.empty() ? "" : "\n") + source.name;
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

Status WatchRun::open_ledger() {
    if (!request_.append) return {};
    if (request_.ledger.empty())
        return fail(ErrorCode::kInvalidParam,
                    "append adds blocks to a ledger, and none is given (--ledger DIR)");
    if (!live_)
        return fail(ErrorCode::kInvalidParam,
                    "blocks of a replay are not appended to the ledger: cordon ingest takes "
                    "its files in");
    CORDON_TRY(ledger_,
               LiveLedger::open(request_.ledger, [this](const std::string& what) { tell(what); }));
    return {};
}

/// What wallets: files and the ledger say; what the configuration says of the same address
/// counts.
Status WatchRun::add_wallets() {
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

Result<std::shared_ptr<const detect::RuleProgram>> WatchRun::compile() {
    const detect::CompiledRules compiled = detect::compile_rules(rule_texts_, &config_);
    for (const chain::Diagnostic& one : compiled.diagnostics)
        if (one.warning) tell(to_string(one));
    if (!compiled.ok()) return fail(as_error(compiled.diagnostics));
    return compiled.program;
}

/// Rule files that have changed take the place of those that run, all or none of them.
Status WatchRun::reload_rules() {
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

void WatchRun::make_watch() {
    detect::WatchOptions options = request_.options;
    options.cost = request_.cost;
    auto rules =
        std::make_unique<detect::RuleSet>(program_, detect::RuleOptions{.cost = request_.cost});
    rules_ = rules.get();
    std::vector<std::unique_ptr<detect::Detector>> more;
    more.push_back(std::move(rules));
    watch_ = std::make_unique<detect::Watch>(config_, *knowledge_, options, std::move(more));
}

Status WatchRun::open_desk() {
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

void WatchRun::begin(ChainId chain, BlockNum first) {
    if (live_ && !knowledge_->beginnings().contains(chain)) ask_balances(chain, first);
    knowledge_->begin(chain, first);
}

/// What ours and what we guard hold when a live watch begins: without it a share of a wallet is
/// not known until all of its history is seen, and a drain is less plain.
void WatchRun::ask_balances(ChainId chain, BlockNum first) {
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

}  // namespace cordon::engine
