// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cordon/chain/event_source.hpp>

#include "open.hpp"

namespace cordon::engine {

/// One SOURCE of a watch, opened.
struct WatchSource {
    std::string name;  ///< As the user gave it.
    std::unique_ptr<chain::EventSource> events;
};

/// Opens what `watch` reads: every SOURCE of ingest, events: and guard:. Rows of side files go to
/// `rows`: they are knowledge, not events. kMalformed lists the schemas.
Result<std::vector<WatchSource>> open_watch_sources(const std::vector<std::string>& sources,
                                                    std::optional<ChainId> chain, SideRows& rows);

/// When an event happened; none: the source does not say.
std::optional<UnixMillis> time_of(const FeedEvent& event) noexcept;

/// Several sources as one stream in order of event time. Of equal times the source that was given
/// first comes first; what has no time comes right after what stands before it in its source.
class MergedEvents final : public chain::EventSource {
public:
    explicit MergedEvents(std::vector<WatchSource> sources);
    Result<bool> read(FeedEvent& event) override;
    uint64_t bytes_read() const noexcept override;
    uint64_t bytes_total() const noexcept override;
    std::vector<std::string> warnings() const override;

private:
    struct Head {
        WatchSource source;
        FeedEvent event;
        UnixMillis time{};
        bool more = true;
    };
    Status fill(Head& head);

    std::vector<Head> heads_;
    bool begun_ = false;
};

}  // namespace cordon::engine
