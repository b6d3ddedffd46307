// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <memory>

#include <cordon/chain/event_source.hpp>

#include "given_txns.hpp"
#include "node.hpp"

namespace cordon::feed {

/// A block by number and hash: what has to be kept to go on after a restart.
struct BlockRef {
    BlockNum number = 0;
    Hash256 hash;
    friend bool operator==(const BlockRef&, const BlockRef&) = default;
};

struct ChainFeedOptions {
    std::optional<ChainId> chain;  ///< Which it must be; none: whatever the first endpoint says.
    /// The last blocks that were already seen, by chain and rising number: the feed goes on behind
    /// those of its chain, and begins with a Rewind when they are no longer part of it. One is
    /// enough where the node still has lost blocks.
    std::map<ChainId, std::vector<BlockRef>> seen;
    std::optional<BlockNum> from;  ///< Where to begin when nothing was seen; none: at the tip.
    /// How many blocks it can find back over. As many as detection can undo (WatchOptions).
    unsigned max_reorg = 256;
    Millis poll{1000};    ///< How long to wait for news before asking.
    unsigned batch = 8;   ///< Blocks asked for at once while behind.
    unsigned behind = 5;  ///< This many blocks behind the tip is FeedState::kBehind.
    /// A tip that is older stands still: FeedState::kBehind. Zero: never said.
    Millis stale{std::chrono::minutes{3}};
    /// How deep below the tip two endpoints must agree: right at the tip they may differ for a
    /// moment without anything being wrong.
    unsigned check_depth = 1;
    /// A block that no endpoint gives after so many rounds is passed over: FeedState::kGap.
    unsigned block_tries = 6;
    Millis retry{500}, max_retry{15'000};  ///< Pause after a failure of all; doubles.
    WallClock clock = wall_clock;
    const std::atomic<bool>* cancel = nullptr;  ///< Ends the feed: read() gives false.
};

struct ChainFeedMetrics {
    uint64_t blocks = 0;
    uint64_t rewinds = 0;
    uint64_t pending = 0;
    uint64_t failures = 0;   ///< Calls that an endpoint did not answer well.
    uint64_t failovers = 0;  ///< To another endpoint.
    uint64_t gaps = 0;       ///< Blocks passed over.
    BlockNum block = 0;      ///< The last given.
    BlockNum tip = 0;        ///< As far as known.
};

/// A chain, followed live over one or more endpoints: every block once, in order; a Rewind where
/// the chain was reorganised; what the mempool tells of txns that no given block has; and how the
/// feed itself is doing. read() waits; it does not end but by `cancel`, and does not fail: an
/// endpoint that is down is asked again for ever, and says so once.
///
/// Endpoints are taken in their order; the next one when one fails. Confined to one thread.
class ChainFeed final : public chain::EventSource {
public:
    /// Asks every endpoint for its chain. kWrongChain: one is of another; kUnavailable: none
    /// answers and options.chain is not given. REQUIRES: at least one node.
    static Result<std::unique_ptr<ChainFeed>> open(std::vector<std::unique_ptr<Node>> nodes,
                                                   ChainFeedOptions options);

    Result<bool> read(FeedEvent& event) override;
    uint64_t bytes_read() const noexcept override { return 0; }
    uint64_t bytes_total() const noexcept override { return 0; }
    std::vector<std::string> warnings() const override;

    ChainId chain() const noexcept { return chain_; }
    const ChainFeedMetrics& metrics() const noexcept { return metrics_; }

private:
    struct Endpoint {
        std::unique_ptr<Node> node;
        bool known = false;    // Its chain was asked since its last failure.
        bool foreign = false;  // It is of another chain: not asked again.
        bool differs = false;  // It gave another block than the one that we follow.
        uint64_t dropped = 0;  // As told so far.
    };

    ChainFeed(std::vector<std::unique_ptr<Node>> nodes, ChainFeedOptions options);
    Node& node() { return *endpoints_[current_].node; }

    /// One round: puts at least one event out, or waits. An Error is the endpoint's.
    Status step();
    Status know(Endpoint& endpoint);
    Status ask_head();
    Status next_block();
    Status rewind();
    void forget_above(BlockNum keep);
    Status idle();
    void cross_check();
    void judge_lag();
    void failed(const Error& error);
    void pass_over(const Error& error);
    void give(NodeBlock block);
    void give(std::vector<PendingTxn> pending);
    void say(FeedState state, BlockNum block, std::string text);

    ChainFeedOptions options_;
    ChainId chain_;
    std::vector<Endpoint> endpoints_;
    std::size_t current_ = 0;
    std::size_t checked_ = 0;  // The endpoint that was compared last.

    std::deque<FeedEvent> out_;
    std::deque<NodeBlock> ahead_;       // Fetched, not given.
    std::deque<BlockRef> seen_;         // The last blocks given, at most max_reorg.
    GivenTxns txns_;                    // Of those.
    std::vector<PendingTxn> again_;     // They wait again, if the other branch has not got them.
    std::optional<BlockNum> next_;      // None: not begun.
    std::optional<BlockHeader> tip_;    // None: to be asked.
    std::optional<BlockNum> compared_;  // The last that was compared with another endpoint.

    bool told_caught_up_ = false;
    bool behind_ = false;
    bool down_ = false;
    unsigned failed_in_row_ = 0;   // Calls, of whatever endpoint.
    unsigned block_failures_ = 0;  // Rounds in which next_ could not be had.
    bool answered_ = false;        // The endpoint told its tip since the last failure.
    ChainFeedMetrics metrics_;
};

}  // namespace cordon::feed
