// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "feed_health.hpp"

#include <array>

#include <cordon/base/format.hpp>

namespace cordon::detect {
namespace {

struct Trouble {
    Severity severity;
    std::string_view what, next;
};

/// By FeedState. Behind: alerts come late. Without an endpoint, or with two that contradict each
/// other, nobody knows what happens on the chain: as bad as an open door.
constexpr std::array<Trouble, 6> kTroubles{{
    {Severity::kInfo, "The feed is at the tip again", "Nothing: what was missed has been read."},
    {Severity::kMedium, "The feed is falling behind the chain",
     "Look at the node's load and the network; until then alerts come late."},
    {Severity::kHigh, "What happened could not be had",
     "Replay these blocks from another node: what happened in them was not watched."},
    {Severity::kHigh, "Endpoints give different blocks of one height",
     "Find out which endpoint is on the chain that others see, and take the other one out."},
    {Severity::kCritical, "No endpoint answers: the watch is blind",
     "Bring a node back, and hold withdrawals of large sums until then."},
    {Severity::kHigh, "The queue was full, and events were not taken",
     "Replay the time of the gap, and give the watch more room or less to do."},
}};

}  // namespace

const Descriptor FeedHealth::kDescriptor{
    .id = "W01",
    .name = "feed-health",
    .title = "Trouble of the feed",
    .severity = Severity::kCritical,
    .stage = Stage::kNone,
};

std::unique_ptr<Detector> FeedHealth::make(const WatchConfig&) {
    return std::make_unique<FeedHealth>();
}

void FeedHealth::on_status(const FeedStatus& status, const World&, Findings& findings) {
    switch (status.state) {
        case FeedState::kBehind:
        case FeedState::kDisagree:
        case FeedState::kUnavailable: ++open_.at(status.chain, status.time); break;
        case FeedState::kCaughtUp:
            if (const uint32_t* open = open_.find(status.chain); !open || *open == 0) return;
            --open_.at(status.chain, status.time);
            break;
        case FeedState::kGap:
        case FeedState::kDropped: break;
    }
    const Trouble& trouble = kTroubles[static_cast<std::size_t>(status.state)];
    std::string reason =
        format("{} ({}, block {})", trouble.what, to_string(status.chain), status.block);
    if (!status.text.empty()) reason += format(": {}", status.text);
    findings.push_back({
        .severity = trouble.severity,
        .stage = Stage::kNone,
        .confidence = 1,
        .subject = {},
        .reason = std::move(reason),
        .next = std::string{trouble.next},
        // No txn and no block tells two troubles apart, so the key must.
        .key =
            format("{} {} {}", to_string(status.state), status.block, format_rfc3339(status.time)),
        .tags = {"feed", std::string{to_string(status.state)}},
    });
}

}  // namespace cordon::detect
