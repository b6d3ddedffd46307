// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "watch.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include <cordon/base/format.hpp>

#include "knowledge.hpp"
#include "watch_source.hpp"

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

void count(const FeedEvent& event, WatchProgress& done) {
    ++done.events;
    const auto* seen = std::get_if<SeenBlock>(&event);
    if (!seen) return;
    const Block& block = seen->block;
    ++done.blocks;
    done.txns +=
        std::max(block.account_txns.size() + block.utxo_txns.size(), seen->activity.txns.size());
    done.transfers += transfers_of(block);
    done.chain = block.chain;
    done.height = block.header.number;
    done.time = block.header.time.value_or(done.time);
}

}  // namespace

Result<WatchResult> watch(const WatchRequest& request, const WatchHooks& hooks) {
    SideRows rows;
    CORDON_TRY(auto sources, open_watch_sources(request.sources, request.chain, rows));
    if (sources.empty())
        return fail(ErrorCode::kInvalidParam,
                    "no SOURCE with blocks or events: labels, assets, prices and wallets say what "
                    "is known, not what happens");
    CORDON_TRY(const auto knowledge, LedgerKnowledge::open(request.ledger, std::move(rows)));
    detect::WatchConfig config;
    CORDON_TRY(config.wallets, knowledge->wallets());
    detect::Watch watch{config, *knowledge, {.cost = request.cost}};
    MergedEvents stream{std::move(sources)};

    WatchResult result;
    Pace pace{request.speed};
    const auto cancelled = [&] { return hooks.cancel && *hooks.cancel; };
    for (;;) {
        if (cancelled()) break;
        auto event = std::make_shared<FeedEvent>();
        CORDON_TRY(const bool more, stream.read(*event));
        if (!more) break;
        if (!pace.wait(time_of(*event), hooks.cancel)) break;
        if (const auto* seen = std::get_if<SeenBlock>(event.get()))
            knowledge->begin(seen->block.chain, seen->block.header.number);
        Collected raised;
        CORDON_TRY(watch.on(event, raised));
        if (knowledge->error()) return fail(*knowledge->error());
        count(*event, result.done);
        for (Alert& alert : raised.alerts) {
            if (alert.state == AlertState::kRetracted)
                ++result.retracted;
            else
                ++result.done.alerts[static_cast<std::size_t>(alert.severity)];
            records::StoredAlert stored;
            stored.alert = std::move(alert);
            if (const auto label = watch.world().label(stored.alert.chain, stored.alert.subject))
                stored.subject_label = label->text;
            if (hooks.alert) CORDON_TRY(hooks.alert(stored));
        }
        result.done.bytes_read = stream.bytes_read();
        result.done.bytes_total = stream.bytes_total();
        if (hooks.progress) hooks.progress(result.done);
    }
    result.incomplete = cancelled();
    result.detectors = watch.metrics();
    result.warnings = stream.warnings();
    for (const detect::DetectorMetrics& each : result.detectors)
        if (each.skipped > 0)
            result.warnings.push_back(
                format("{} saw nothing in {} blocks: their source does not give what it needs",
                       each.id, each.skipped));
    return result;
}

}  // namespace cordon::engine
