// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "chain_feed.hpp"
#include "merged_feed.hpp"

/// Live sources by their text, as `cordon watch` takes them.
///
/// - evm-rpc:URL[,URL…]: an EVM chain or Tron; further URLs are further endpoints of the same chain
/// - btc-rpc:URL[,URL…]: a Bitcoin network
/// - tail:FILE: events: lines that somebody appends to (withdrawal queue, prices, …)
/// - guard:DIR: what a gate lets through, beside one of these: its reader is given
///
/// A URL may be "env:NAME": then it stands in that environment variable, where other users of the
/// machine do not see the key that it holds.
namespace cordon::feed {

/// How far a tailed file was read.
struct TailPlace {
    Hash256 first;        ///< Digest of its first event: a file that was rotated has another one.
    uint64_t events = 0;  ///< To be read over.
    friend bool operator==(const TailPlace&, const TailPlace&) = default;
};
/// Told and not told are one to it where a nonce is 0.
Hash256 digest(FeedEvent event);

struct LiveOptions {
    std::optional<ChainId> chain;  ///< Which the nodes must be of; none: what they say.
    std::map<ChainId, std::vector<BlockRef>> seen;  ///< Where to go on, by chain.
    std::map<std::string, TailPlace> tails;         ///< And in files, by the text of the source.
    std::optional<BlockNum> from;  ///< Where to begin when nothing was seen; none: at the tip.
    bool pending = true;           ///< Mempools.
    bool traces = true;            ///< Call traces and storage changes, where nodes have them.
    std::string ca_file;           ///< PEM of further roots for https and wss.
    WallClock clock = wall_clock;
    /// Reader of guard:DIR, which ends at what there is, or waits for more until `stop` is set.
    std::function<std::unique_ptr<chain::EventSource>(const std::string& directory,
                                                      const std::atomic<bool>* stop)>
        open_guard = {};
    const std::atomic<bool>* cancel = nullptr;  ///< Ends the stream. Lifetime: that of the feed.
};

bool is_live(std::string_view source) noexcept;
bool is_guard(std::string_view source) noexcept;
/// Read from a file that grows: tail: and guard:.
bool is_tail(std::string_view source) noexcept;
bool is_evm(std::string_view source) noexcept;
/// The URLs of an evm-rpc: or btc-rpc: source, those of the environment looked up. kInvalidParam.
Result<std::vector<std::string>> endpoints_of(std::string_view source);

/// Credentials for Bitcoin nodes, from the environment: CORDON_BTC_COOKIE names Bitcoin Core's
/// cookie file, else CORDON_BTC_USER and CORDON_BTC_PASSWORD. Empty: none given. kIo, kNotFound,
/// kMalformed for the file.
Result<std::string> bitcoin_credentials();

/// Asks the nodes for their chains and starts reading, each source on a thread of its own.
/// kInvalidParam, kWrongChain, kUnavailable (nobody tells which chain it is); kConflict: two
/// sources of one chain (they are endpoints: write them as one source).
Result<std::unique_ptr<MergedFeed>> open_live(const std::vector<std::string>& sources,
                                              const LiveOptions& options);

}  // namespace cordon::feed
