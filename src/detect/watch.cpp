// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "watch.hpp"

#include <algorithm>
#include <ctime>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::detect {
namespace {

/// Begins a checkpoint: what wrote it, and in which version.
constexpr std::string_view kMagic = "cordon-watch-3\n";

uint64_t cpu_nanoseconds() noexcept {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<uint64_t>(now.tv_nsec);
}

constexpr uint32_t kOfBlocks = kTxns | kLogs | kCalls | kChanges;

uint32_t given_by(const Activity& activity) noexcept {
    return (activity.has_txns ? kTxns : 0U) | (activity.has_logs ? kLogs : 0U) |
           (activity.has_calls ? kCalls : 0U) | (activity.has_changes ? kChanges : 0U);
}

bool can_run(const Descriptor& descriptor, uint32_t given) noexcept {
    return (descriptor.needs & kOfBlocks & ~given) == 0;
}

bool is_worse(const Alert& alert, const Alert& than) noexcept {
    return alert.severity > than.severity ||
           (alert.state == AlertState::kRaised && than.state == AlertState::kPending);
}

}  // namespace

std::string alert_id(std::string_view detector, ChainId chain, const Hash256& txn_or_block,
                     const Address& subject, std::string_view key) {
    constexpr std::size_t kIdBytes = 16;
    const std::string head = format("{}\n{}\n{}\n", detector, to_string(chain), key);
    Bytes text{head.begin(), head.end()};
    text.insert(text.end(), txn_or_block.bytes.begin(), txn_or_block.bytes.end());
    text.push_back(static_cast<uint8_t>(subject.kind()));
    const ByteView payload = subject.payload();
    text.insert(text.end(), payload.begin(), payload.end());
    const Hash256 hash = crypto::sha256(text);
    return to_hex(ByteView{hash.bytes.data(), kIdBytes});
}

double parameter(const Descriptor& descriptor, const WatchConfig& config, std::string_view name) {
    if (const auto mine = config.parameters.find(std::string{descriptor.id});
        mine != config.parameters.end())
        if (const auto value = mine->second.find(std::string{name}); value != mine->second.end())
            return value->second;
    for (const Parameter& parameter : descriptor.parameters)
        if (parameter.name == name) return parameter.value;
    CORDON_CHECK(false && "a detector asks for a parameter that its descriptor does not have");
    return 0;
}

Watch::Watch(const WatchConfig& config, const Knowledge& knowledge, WatchOptions options,
             std::vector<std::unique_ptr<Detector>> more)
    : options_{options}, world_{config, knowledge, options.addresses} {
    const auto add = [&](std::unique_ptr<Detector> detector) {
        const std::string id{detector->descriptor().id};
        if (std::find(config.disabled.begin(), config.disabled.end(), id) != config.disabled.end())
            return;
        running_.push_back({std::move(detector), {}});
        running_.back().metrics.id = id;
    };
    for (const Maker& maker : detectors())
        if (!maker.descriptor->is_last) add(maker.make(config));
    for (std::unique_ptr<Detector>& detector : more) add(std::move(detector));
    for (const Maker& maker : detectors())
        if (maker.descriptor->is_last) add(maker.make(config));
    tables_ = world_.tables();
    for (const Running& running : running_)
        for (Table* table : running.detector->tables()) tables_.push_back(table);
    for (std::size_t i = 0; i < running_.size(); ++i)
        if (running_[i].detector->descriptor().looks_ahead) looking_ahead_.push_back(i);
    choose(0);
}

void Watch::begin_step(std::shared_ptr<const FeedEvent> event) {
    for (Table* table : tables_) table->begin_step();
    Step& step = steps_.emplace_back();
    if (const auto* seen = std::get_if<SeenBlock>(event.get()))
        step.block = {seen->block.chain, seen->block.header.number};
    step.event = std::move(event);
    if (steps_.size() <= options_.undo_steps) return;
    for (Table* table : tables_) table->forget_step();
    if (const auto& block = steps_.front().block) forgotten_[block->first] = block->second;
    steps_.pop_front();
}

bool Watch::is_done_with(const Step& step) {
    if (!step.block) return false;
    const auto& [chain, number] = *step.block;
    const auto [highest, is_first] = highest_.try_emplace(chain, number);
    const bool rises = is_first || number > highest->second;
    highest->second = std::max(highest->second, number);
    return rises && highest_.size() == 1;
}

Status Watch::on(std::shared_ptr<const FeedEvent> event, AlertSink& sink) {
    if (const auto* back = std::get_if<Rewind>(event.get())) return rewind(*back, sink);
    if (std::holds_alternative<PendingTxn>(*event)) {
        // Nothing of it may be kept: it may never come. A step of its own, taken back at once.
        Step step;
        for (Table* table : tables_) table->begin_step();
        run_pending(std::get<PendingTxn>(*event), step);
        for (Table* table : tables_) table->undo_step();
        for (const auto& [id, alert] : step.alerts) sink.raise(alert);
        return {};
    }
    begin_step(std::move(event));
    Step& step = steps_.back();
    run(*step.event, step);
    for (const Alert* alert : in_order(step)) sink.raise(*alert);
    if (is_done_with(step)) step.event.reset();
    return {};
}

std::vector<const Alert*> Watch::in_order(const Step& step) {
    std::vector<const Alert*> alerts;
    for (const std::string& id : step.order) alerts.push_back(&step.alerts.at(id));
    return alerts;
}

Status Watch::rewind(const Rewind& back, AlertSink& sink) {
    const auto is_gone = [&](const Step& step) {
        return step.block && step.block->first == back.chain && step.block->second > back.keep;
    };
    if (const auto forgotten = forgotten_.find(back.chain);
        forgotten != forgotten_.end() && forgotten->second > back.keep)
        return fail(ErrorCode::kLimit,
                    format("reorg of {} back to block {}: the watch can take back {} events, and "
                           "that block lies before them; start again from a checkpoint",
                           to_string(back.chain), back.keep, options_.undo_steps));
    const auto first = std::find_if(steps_.begin(), steps_.end(), is_gone);
    std::vector<Step> undone{std::make_move_iterator(first), std::make_move_iterator(steps_.end())};
    for (std::size_t i = 0; i < undone.size(); ++i)
        for (Table* table : tables_) table->undo_step();
    steps_.erase(first, steps_.end());

    std::map<std::string, Alert> now;
    std::vector<std::string> order;
    for (const Step& step : undone) {
        if (is_gone(step)) continue;
        CORDON_CHECK(step.event != nullptr);
        begin_step(step.event);
        run(*steps_.back().event, steps_.back());
        for (const Alert* alert : in_order(steps_.back()))
            if (now.insert_or_assign(alert->id, *alert).second) order.push_back(alert->id);
    }
    std::map<std::string, Alert> before;
    for (const Step& step : undone)
        for (const Alert* alert : in_order(step)) {
            if (before.insert_or_assign(alert->id, *alert).second && !now.contains(alert->id)) {
                Alert gone = *alert;
                gone.state = AlertState::kRetracted;
                sink.raise(gone);
            }
        }
    for (const std::string& id : order) {
        const auto old = before.find(id);
        if (old == before.end() || is_worse(now.at(id), old->second)) sink.raise(now.at(id));
    }
    return {};
}

template <typename Call>
void Watch::one(std::size_t index, const TxnView* view, const BlockHeader* block, ChainId chain,
                UnixMillis time, Step& step, Call call) {
    findings_.clear();
    const uint64_t before = options_.cost ? cpu_nanoseconds() : 0;
    call(*running_[index].detector);
    if (options_.cost) running_[index].metrics.nanoseconds += cpu_nanoseconds() - before;
    ++running_[index].metrics.events;
    if (findings_.empty()) return;
    const Findings findings = std::move(findings_);
    findings_ = {};
    take(index, findings, view, block, chain, time, step);
}

template <typename Call>
void Watch::each(const TxnView* view, const BlockHeader* block, ChainId chain, UnixMillis time,
                 Step& step, Call call) {
    for (std::size_t i = 0; i < running_.size(); ++i)
        if (!block || can_run(running_[i].detector->descriptor(), given_))
            one(i, view, block, chain, time, step, call);
}

void Watch::take(std::size_t index, const Findings& findings, const TxnView* view,
                 const BlockHeader* block, ChainId chain, UnixMillis time, Step& step) {
    const Descriptor& descriptor = running_[index].detector->descriptor();
    for (const Finding& finding : findings) {
        Alert alert;
        alert.detector = finding.detector.empty() ? std::string{descriptor.id} : finding.detector;
        alert.title = finding.title.empty() ? std::string{descriptor.title} : finding.title;
        alert.state = view && view->pending() ? AlertState::kPending : AlertState::kRaised;
        alert.severity = finding.severity;
        alert.stage = finding.stage;
        alert.confidence = finding.confidence;
        alert.chain = chain;
        if (block) {
            alert.block = block->number;
            alert.block_hash = block->hash;
        }
        alert.time = time;
        alert.subject = finding.subject;
        if (view) alert.txns.push_back(view->hash);
        for (const Hash256& txn : finding.txns)
            if (std::find(alert.txns.begin(), alert.txns.end(), txn) == alert.txns.end())
                alert.txns.push_back(txn);
        alert.related = finding.related;
        alert.usd = finding.usd;
        alert.reason = finding.reason;
        alert.next = finding.next;
        alert.tags = finding.tags;
        std::sort(alert.tags.begin(), alert.tags.end());
        const Hash256 about = view ? view->hash : block ? block->hash : Hash256{};
        alert.id = alert_id(alert.detector, chain, about, alert.subject, finding.key);
        const auto [at, is_new] = step.alerts.try_emplace(alert.id, alert);
        if (!is_new) {
            if (!is_worse(alert, at->second)) continue;
            at->second = alert;
        } else {
            step.order.push_back(alert.id);
            ++running_[index].metrics.alerts;
        }
        // Those behind it hear of it at once, those before it never: the order of ids.
        for (std::size_t i = index + 1; i < running_.size(); ++i) {
            findings_.clear();
            running_[i].detector->on_alert(alert, world_, findings_);
            if (findings_.empty()) continue;
            const Findings more = std::move(findings_);
            findings_ = {};
            take(i, more, view, block, chain, time, step);
        }
    }
}

void Watch::choose(uint32_t given) {
    for (std::size_t interest = 0; interest < chosen_.size(); ++interest) {
        chosen_[interest].clear();
        for (std::size_t i = 0; i < running_.size(); ++i) {
            const Descriptor& descriptor = running_[i].detector->descriptor();
            if (can_run(descriptor, given) && (descriptor.interest & interest) != 0)
                chosen_[interest].push_back(i);
        }
    }
    given_ = given;
}

void Watch::run_txn(const TxnView& view, Step& step) {
    uint32_t interest = kAnyTxn;
    for (const Movement& movement : view.movements) {
        if (movement.from_set != 0 || movement.to_set != 0) interest |= kOurTxns;
        if (movement.guarded) interest |= kGuardedTxns;
    }
    if (view.activity && world_.is_guarded(view.chain, view.activity->to)) interest |= kGuardedTxns;
    for (const std::size_t i : chosen_[interest])
        one(i, &view, view.block, view.chain, view.time, step,
            [&](Detector& detector) { detector.on_txn(view, world_, findings_); });
}

void Watch::run_block(const SeenBlock& seen, Step& step) {
    const ChainId chain = seen.block.chain;
    const BlockHeader& header = seen.block.header;
    const UnixMillis block_time = header.time.value_or(UnixMillis{});
    TxnView view;
    view.chain = chain;
    view.block = &header;
    view.has_logs = seen.activity.has_logs;
    view.has_calls = seen.activity.has_calls;
    view.has_changes = seen.activity.has_changes;
    if (const uint32_t given = given_by(seen.activity); given != given_) choose(given);
    for (Running& running : running_)
        if (!can_run(running.detector->descriptor(), given_)) ++running.metrics.skipped;
    const std::vector<AccountTxn>& account_txns = seen.block.account_txns;
    const std::vector<TxnActivity>& activities = seen.activity.txns;
    // Txns that moved nothing are among the activities alone.
    const auto expect = [&](auto at, std::span<const TxnActivity> said) {
        for (const auto ahead : {Ahead::kPlace, Ahead::kEntry}) {
            if (account_txns.end() - at <= static_cast<std::ptrdiff_t>(ahead)) continue;
            const std::vector<Transfer>& soon = at[static_cast<std::ptrdiff_t>(ahead)].transfers;
            for (const std::size_t i : looking_ahead_)
                running_[i].detector->look_ahead(chain, soon, ahead);
        }
        world_.look_ahead(chain, std::span{at, account_txns.end()}, said);
    };
    const auto show = [&](const Hash256& hash, UnixMillis time, std::span<const Transfer> transfers,
                          const TxnActivity* activity, const UtxoTxn* utxo) {
        view.hash = hash;
        view.time = time;
        view.activity = activity;
        view.utxo = utxo;
        view.reading = 0;
        view.movements = world_.movements(chain, transfers, time);
        run_txn(view, step);
        world_.apply(chain, transfers, activity, utxo, time);
    };
    for (const UtxoTxn& txn : seen.block.utxo_txns)
        show(txn.txid, block_time, world_.transfers_of(chain, txn), nullptr, &txn);
    auto account = account_txns.begin();
    const auto account_end = account_txns.end();
    for (const TxnActivity& activity : activities) {
        if (account != account_end && account->hash == activity.hash) {
            expect(account, std::span{&activity, activities.data() + activities.size()});
            show(account->hash, account->time.value_or(block_time), account->transfers, &activity,
                 nullptr);
            ++account;
        } else {
            show(activity.hash, block_time, {}, &activity, nullptr);
        }
    }
    for (; account != account_end; ++account) {
        expect(account, {});
        show(account->hash, account->time.value_or(block_time), account->transfers, nullptr,
             nullptr);
    }
    if (seen.activity.missing > 0) {
        const FeedStatus status{chain, FeedState::kGap, header.number, block_time,
                                format("{} txns of it have no trace: the node's tracer gave up",
                                       seen.activity.missing)};
        each(nullptr, &header, chain, block_time, step,
             [&](Detector& detector) { detector.on_status(status, world_, findings_); });
    }
    each(nullptr, &header, chain, block_time, step,
         [&](Detector& detector) { detector.on_block_end(chain, header, world_, findings_); });
}

void Watch::run_pending(const PendingTxn& pending, Step& step) {
    TxnView view;
    view.chain = pending.chain;
    view.time = pending.seen;
    const bool is_utxo = pending.utxo.has_value();
    view.hash = is_utxo ? pending.utxo->txid : pending.activity.hash;
    view.activity = is_utxo ? nullptr : &pending.activity;
    view.utxo = is_utxo ? &*pending.utxo : nullptr;
    view.has_logs = !pending.activity.logs.empty();
    view.has_calls = !pending.activity.calls.empty();
    view.has_changes = !pending.activity.changes.empty();
    const uint32_t given = (is_utxo ? 0U : kTxns) | (view.has_logs ? kLogs : 0U) |
                           (view.has_calls ? kCalls : 0U) | (view.has_changes ? kChanges : 0U);
    if (given != given_) choose(given);
    const std::span<const Transfer> transfers =
        is_utxo ? world_.transfers_of(pending.chain, *pending.utxo)
                : std::span<const Transfer>{pending.transfers.transfers};
    view.movements = world_.movements(pending.chain, transfers, pending.seen);
    run_txn(view, step);
}

void Watch::run(const FeedEvent& event, Step& step) {
    if (const auto* seen = std::get_if<SeenBlock>(&event)) return run_block(*seen, step);
    if (const auto* price = std::get_if<Price>(&event)) return world_.price(*price);
    if (const auto* request = std::get_if<WithdrawalRequest>(&event)) {
        return each(nullptr, nullptr, request->chain, request->time, step, [&](Detector& detector) {
            detector.on_withdrawal(*request, world_, findings_);
        });
    }
    if (const auto* owed = std::get_if<Liabilities>(&event)) {
        return each(nullptr, nullptr, owed->chain, owed->time, step,
                    [&](Detector& detector) { detector.on_liabilities(*owed, world_, findings_); });
    }
    if (const auto* signing = std::get_if<SigningRequest>(&event)) {
        return each(nullptr, nullptr, signing->chain, signing->time, step,
                    [&](Detector& detector) { detector.on_signing(*signing, world_, findings_); });
    }
    if (const auto* status = std::get_if<FeedStatus>(&event)) {
        return each(nullptr, nullptr, status->chain, status->time, step,
                    [&](Detector& detector) { detector.on_status(*status, world_, findings_); });
    }
}

Status Watch::save(StateSink& sink) const {
    CORDON_TRY(sink.write({reinterpret_cast<const uint8_t*>(kMagic.data()), kMagic.size()}));
    std::string ids;
    for (const Running& running : running_) ids += running.metrics.id + "\n";
    CORDON_TRY(save_state(sink, ids));
    // After load() nothing up to here can be taken back: a rewind must be refused, not ignored.
    std::map<ChainId, BlockNum> tips = forgotten_;
    for (const Step& step : steps_)
        if (step.block) tips[step.block->first] = step.block->second;
    CORDON_TRY(save_state(sink, uint64_t{tips.size()}));
    for (const auto& [chain, tip] : tips) {
        CORDON_TRY(save_state(sink, chain));
        CORDON_TRY(save_state(sink, tip));
    }
    for (const Table* table : tables_) CORDON_TRY(table->save(sink));
    return {};
}

Status Watch::load(StateSource& source) {
    std::array<uint8_t, kMagic.size()> magic{};
    CORDON_TRY(source.read(magic));
    if (!std::equal(magic.begin(), magic.end(), kMagic.begin()))
        return fail(ErrorCode::kCorrupt, "checkpoint: not one of this version of Cordon");
    std::string wanted;
    for (const Running& running : running_) wanted += running.metrics.id + "\n";
    std::string ids;
    CORDON_TRY(load_state(source, ids));
    if (ids != wanted)
        return fail(ErrorCode::kConflict,
                    "checkpoint: made with other detectors; the watch must begin anew");
    uint64_t chains = 0;
    CORDON_TRY(load_state(source, chains));
    if (chains > kMaxSavedItems) return fail(ErrorCode::kCorrupt, "checkpoint: too many chains");
    forgotten_.clear();
    for (; chains > 0; --chains) {
        ChainId chain;
        BlockNum tip = 0;
        CORDON_TRY(load_state(source, chain));
        CORDON_TRY(load_state(source, tip));
        forgotten_[chain] = tip;
    }
    for (Table* table : tables_) CORDON_TRY(table->load(source));
    steps_.clear();
    highest_.clear();
    return {};
}

std::vector<DetectorMetrics> Watch::metrics() const {
    std::vector<DetectorMetrics> all;
    for (const Running& running : running_) {
        all.push_back(running.metrics);
        for (const Table* table : running.detector->tables()) {
            all.back().entries += table->size();
            all.back().bytes += table->bytes();
            all.back().evictions += table->evictions();
        }
    }
    return all;
}

}  // namespace cordon::detect
