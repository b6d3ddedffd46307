// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <cordon/model/feed_event.hpp>
#include <cordon/records/alert_store.hpp>

namespace cordon::engine {

/// Alerts about txns that wait in a mempool, until it is told what became of each: raised, when its
/// block shows it; else taken back, since another txn has its place, since it did something else,
/// or since nobody took it in.
///
/// By event time alone, so that a replay tells the same. What waits is kept in the store's marks
/// and survives a restart. Memory: kMost txns; beyond them the oldest is no longer followed, and
/// its alerts are taken back. Confined to one thread. Lifetime: the store.
class WaitingAlerts {
public:
    /// How long nodes keep a txn: geth's txpool.lifetime, Bitcoin Core's -mempoolexpiry. One that
    /// comes all the same is raised anew by its block.
    static constexpr Seconds kEvm{3 * 3'600}, kBitcoin{336 * 3'600};
    static constexpr std::size_t kMost = 4'096;

    explicit WaitingAlerts(records::AlertStore& store) : store_{&store} {}
    /// What waited when an earlier run ended.
    Status load();

    /// Takes what an event raised; gives what it takes back, with the reason. Of an alert that is
    /// no longer pending in the store nothing is given. Durable before it returns.
    Result<std::vector<Alert>> take(const FeedEvent& event, std::span<const Alert> raised);
    /// What take() gave is in the store.
    Status forget();

private:
    struct Waiting {
        UnixMillis seen;
        Address sender;  ///< Empty on UTXO chains, which have inputs, and when not told.
        std::optional<uint64_t> nonce;
        std::vector<OutPoint> inputs;
        std::vector<std::string> ids;
    };
    using Key = std::pair<ChainId, Hash256>;
    using All = std::map<Key, Waiting>;

    Status add(const PendingTxn& pending, std::span<const Alert> raised, std::vector<Alert>& gone);
    void look_at(const SeenBlock& seen, std::span<const Alert> raised, std::vector<Alert>& gone);
    void end(All::iterator at, UnixMillis time, const std::string& why, std::vector<Alert>& gone);
    static std::string text_of(ChainId chain, const Waiting& waiting);
    static bool parse(std::string_view text, ChainId chain, Waiting& out);

    records::AlertStore* store_;
    All all_;
    std::vector<Key> ended_;  // Their marks are still there.
};

}  // namespace cordon::engine
