// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "detector.hpp"

namespace cordon::detect {

/// Where alerts go. Told in the order in which they are found; each id once, unless it was
/// retracted in between or grew worse (the same id with a higher severity, or raised after
/// pending).
class AlertSink {
public:
    virtual ~AlertSink() = default;
    virtual void raise(const Alert& alert) = 0;  ///< Also state kRetracted.
};

struct DetectorMetrics {
    std::string id;
    uint64_t events = 0;   ///< Calls that it was given.
    uint64_t alerts = 0;   ///< Raised, without repeats.
    uint64_t skipped = 0;  ///< Blocks whose source does not give what it needs.
    uint64_t entries = 0, bytes = 0, evictions = 0;  ///< Of its tables.
    uint64_t nanoseconds = 0;  ///< CPU time; measured only with WatchOptions::cost.
};

struct WatchOptions {
    /// How many events can be taken back. A block counts one; beyond it a reorg is refused, and the
    /// caller starts again from a checkpoint.
    uint64_t undo_steps = 256;
    uint64_t addresses = World::kDefaultAddresses;
    bool cost = false;  ///< Measure CPU time per detector (60 ns per call).
};

/// Runs the detectors over the stream: street 1 of ARCHITECTURE.md, after the ledger.
///
/// An event is given to the world's questions first, then to each detector in the order of ids,
/// then taken into the world. A rewind undoes every event back to it and gives the others, of other
/// chains or queues, again: what is raised no more is retracted, what is raised again is not told
/// twice. Deterministic; confined to one thread.
class Watch {
public:
    /// `more` runs after the shipped ones (rules are a Detector). Disabled ones are left out.
    Watch(const WatchConfig& config, const Knowledge& knowledge, WatchOptions options = {},
          std::vector<std::unique_ptr<Detector>> more = {});

    /// kLimit: a rewind deeper than the undo steps; kInvalidParam: nothing of the event was taken.
    Status on(std::shared_ptr<const FeedEvent> event, AlertSink& sink);

    /// Everything remembered, so that load() and the events after it give what would have come
    /// without a break. Steps before a checkpoint cannot be undone after load().
    Status save(StateSink& sink) const;
    /// REQUIRES: made with the same configuration and detectors; kConflict when not (it is compared
    /// by a digest), kCorrupt.
    Status load(StateSource& source);

    const World& world() const noexcept { return world_; }
    std::vector<DetectorMetrics> metrics() const;

private:
    struct Running {
        std::unique_ptr<Detector> detector;
        DetectorMetrics metrics;
    };
    struct Step {
        /// None once nobody can have it shown again (is_done_with).
        std::shared_ptr<const FeedEvent> event;
        std::optional<std::pair<ChainId, BlockNum>> block;
        std::map<std::string, Alert> alerts;  ///< By id.
        std::vector<std::string> order;       ///< Ids, as they were found.
    };

    void run(const FeedEvent& event, Step& step);
    void run_block(const SeenBlock& seen, Step& step);
    void run_txn(const TxnView& view, Step& step);
    /// Chooses who is shown txns of a source that gives these Input bits.
    void choose(uint32_t given);
    void run_pending(const PendingTxn& pending, Step& step);
    template <typename Call>
    void one(std::size_t detector, const TxnView* view, const BlockHeader* block, ChainId chain,
             UnixMillis time, Step& step, Call call);
    template <typename Call>
    void each(const TxnView* view, const BlockHeader* block, ChainId chain, UnixMillis time,
              Step& step, Call call);
    void take(std::size_t detector, const Findings& findings, const TxnView* view,
              const BlockHeader* block, ChainId chain, UnixMillis time, Step& step);
    void begin_step(std::shared_ptr<const FeedEvent> event);
    /// A rewind shows again what came after a block of another chain that is gone, or after a block
    /// of its own chain with a higher number. Where there is none, the block is given back at once:
    /// while it is near, and so that 256 of them are not held for nothing.
    bool is_done_with(const Step& step);
    static std::vector<const Alert*> in_order(const Step& step);
    Status rewind(const Rewind& back, AlertSink& sink);

    WatchOptions options_;
    World world_;
    std::vector<Running> running_;
    std::vector<Table*> tables_;
    std::deque<Step> steps_;
    std::map<ChainId, BlockNum> forgotten_;   // The last block that cannot be taken back.
    std::map<ChainId, BlockNum> highest_;     // Of all chains since the start.
    std::vector<std::size_t> looking_ahead_;  // Of running_.
    Findings findings_;
    uint32_t given_ = 0;                              // What chosen_ is for.
    std::array<std::vector<std::size_t>, 8> chosen_;  // By Interest bits of the txn.
};

/// The id of an alert (Alert::id).
std::string alert_id(std::string_view detector, ChainId chain, const Hash256& txn_or_block,
                     const Address& subject, std::string_view key);

}  // namespace cordon::detect
