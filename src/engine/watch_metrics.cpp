// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "watch_metrics.hpp"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <functional>
#include <system_error>

#include <cordon/base/format.hpp>
#include <cordon/feed/merged_feed.hpp>

namespace cordon::engine {
namespace {

/// A label value: backslash, quote and line end are escaped (Prometheus text format 0.0.4).
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    return out;
}

class Page {
public:
    void head(std::string_view name, std::string_view type, std::string_view help) {
        text_ += format("# HELP cordon_watch_{} {}\n# TYPE cordon_watch_{} {}\n", name, help, name,
                        type);
        name_ = name;
    }
    void value(uint64_t number) { text_ += format("cordon_watch_{} {}\n", name_, number); }
    void value(std::string_view label, std::string_view of, uint64_t number) {
        text_ += format("cordon_watch_{}{{{}=\"{}\"}} {}\n", name_, label, escaped(of), number);
    }
    std::string text_;

private:
    std::string_view name_;
};

void add_feed(Page& page, const feed::MergedFeed& live) {
    struct Column {
        std::string_view name, type, help;
        uint64_t feed::ChainFeedMetrics::* member;
    };
    using Metrics = feed::ChainFeedMetrics;
    const std::vector<feed::FollowedChain> chains = live.chains();
    for (const Column& column :
         {Column{"feed_blocks_total", "counter", "Blocks given.", &Metrics::blocks},
          Column{"feed_rewinds_total", "counter", "Reorgs.", &Metrics::rewinds},
          Column{"feed_pending_total", "counter", "Txns given that wait.", &Metrics::pending},
          Column{"feed_failures_total", "counter", "Calls that an endpoint did not answer well.",
                 &Metrics::failures},
          Column{"feed_failovers_total", "counter", "Changes of the endpoint.",
                 &Metrics::failovers},
          Column{"feed_gaps_total", "counter", "Blocks passed over.", &Metrics::gaps},
          Column{"feed_block", "gauge", "The last block given.", &Metrics::block},
          Column{"feed_tip", "gauge", "The last block known.", &Metrics::tip}}) {
        page.head(column.name, column.type, column.help);
        for (const feed::FollowedChain& each : chains)
            page.value("chain", to_string(each.chain), each.metrics.*column.member);
    }
    const feed::MergedMetrics queue = live.metrics();
    page.head("feed_waiting", "gauge", "Events in the queue.");
    page.value(queue.waiting);
    page.head("feed_full_total", "counter", "How often a source waited for room.");
    page.value(queue.full);
    page.head("feed_dropped_pending_total", "counter", "Waiting txns that found no room.");
    page.value(queue.dropped_pending);
}

}  // namespace

std::string metrics_text(const WatchProgress& done,
                         const std::vector<detect::DetectorMetrics>& detectors,
                         const std::vector<SinkMetrics>& sinks, const feed::MergedFeed* live) {
    Page page;
    const auto one = [&](std::string_view name, std::string_view type, std::string_view help,
                         uint64_t number) {
        page.head(name, type, help);
        page.value(number);
    };
    one("events_total", "counter", "Events taken.", done.events);
    one("blocks_total", "counter", "Blocks taken.", done.blocks);
    one("txns_total", "counter", "Txns taken.", done.txns);
    one("transfers_total", "counter", "Transfers and outputs taken.", done.transfers);
    page.head("block_height", "gauge", "Last block.");
    if (done.blocks > 0) page.value("chain", to_string(done.chain), done.height);
    one("block_time_seconds", "gauge", "Time of the last block, in unix seconds.",
        static_cast<uint64_t>(std::max<int64_t>(0, to_unix_seconds(done.time))));
    page.head("alerts_total", "counter", "Alerts told, with repeats, by severity.");
    for (std::size_t i = 0; i < done.alerts.size(); ++i)
        page.value("severity", to_string(static_cast<Severity>(i)), done.alerts[i]);
    one("alerts_retracted_total", "counter", "Alerts taken back by reorgs.", done.retracted);
    one("alerts_suppressed_total", "counter", "Alerts kept but not told.", done.suppressed);
    struct Column {
        std::string_view name, type, help;
        uint64_t detect::DetectorMetrics::* member;
    };
    using detect::DetectorMetrics;
    for (const Column& column : {
             Column{"detector_events_total", "counter", "Calls.", &DetectorMetrics::events},
             Column{"detector_alerts_total", "counter", "Alerts raised.", &DetectorMetrics::alerts},
             Column{"detector_skipped_blocks_total", "counter",
                    "Blocks whose source does not give what the detector needs.",
                    &DetectorMetrics::skipped},
             Column{"detector_entries", "gauge", "Entries remembered.", &DetectorMetrics::entries},
             Column{"detector_bytes", "gauge", "Bytes of tables.", &DetectorMetrics::bytes},
             Column{"detector_evictions_total", "counter", "Entries forgotten for room.",
                    &DetectorMetrics::evictions},
             Column{"detector_cpu_nanoseconds_total", "counter",
                    "Processor time, where it is measured.", &DetectorMetrics::nanoseconds},
         }) {
        page.head(column.name, column.type, column.help);
        for (const DetectorMetrics& each : detectors)
            page.value("detector", each.id, each.*column.member);
    }
    struct SinkColumn {
        std::string_view name, type, help;
        uint64_t SinkMetrics::* member;
    };
    for (const SinkColumn& column :
         {SinkColumn{"sink_sent_total", "counter", "Alerts delivered.", &SinkMetrics::sent},
          SinkColumn{"sink_failed_total", "counter", "Tries that failed.", &SinkMetrics::failed},
          SinkColumn{"sink_dead_total", "counter", "Alerts given up; in the dead-letter file.",
                     &SinkMetrics::dead},
          SinkColumn{"sink_waiting", "gauge", "Alerts not delivered yet.",
                     &SinkMetrics::waiting}}) {
        page.head(column.name, column.type, column.help);
        for (const SinkMetrics& each : sinks) page.value("sink", each.name, each.*column.member);
    }
    if (live) add_feed(page, *live);
    return std::move(page.text_);
}

Status save_metrics(const std::string& path, const std::string& text) {
    const std::string temporary = path + ".tmp";
    {
        errno = 0;
        std::ofstream out{temporary, std::ios::trunc | std::ios::binary};
        out << text;
        out.flush();
        if (!out)
            return fail(ErrorCode::kIo, format("{}: cannot be written: {}", temporary,
                                               std::generic_category().message(errno)));
    }
    if (std::rename(temporary.c_str(), path.c_str()) != 0)
        return fail(ErrorCode::kIo, format("{}: cannot be replaced: {}", path,
                                           std::generic_category().message(errno)));
    return {};
}

}  // namespace cordon::engine
