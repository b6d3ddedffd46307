// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "activity.hpp"
#include "label.hpp"
#include "withdrawal.hpp"

/// What a feed tells: everything that detection sees of the world comes as one of these, live or
/// replayed, in one order.
namespace cordon {

/// The blocks of this chain above `keep` are no longer part of it.
struct Rewind {
    ChainId chain;
    BlockNum keep = 0;
    friend bool operator==(const Rewind&, const Rewind&) = default;
};

/// A txn that waits to be put into a block.
struct PendingTxn {
    ChainId chain;
    UnixMillis seen;              ///< When the feed saw it.
    AccountTxn transfers;         ///< What it would move at top level (value, and ERC-20 calldata).
    TxnActivity activity;         ///< No logs, calls or changes unless the node simulated it.
    std::optional<UtxoTxn> utxo;  ///< On UTXO chains, instead of the two above.
    friend bool operator==(const PendingTxn&, const PendingTxn&) = default;
};

/// What we owe our customers in one asset, by our own books.
struct Liabilities {
    std::string entity;
    ChainId chain;
    Asset asset;
    Amount total;
    UnixMillis time;
    friend bool operator==(const Liabilities&, const Liabilities&) = default;
};

/// Somebody is about to sign for a Safe: what the interface showed, what the transaction service
/// holds, what the device got. Each is a Safe transaction in JSON as `cordon explain safe` takes
/// it, or a 32-byte hash in hex; empty: not known.
struct SigningRequest {
    std::string id;
    ChainId chain;
    Address safe;
    std::string shown, service, device;
    UnixMillis time;
    friend bool operator==(const SigningRequest&, const SigningRequest&) = default;
};

/// The feed about itself.
enum class FeedState : uint8_t {
    kCaughtUp,     ///< At the tip again.
    kBehind,       ///< Falling behind the tip.
    kGap,          ///< Blocks could not be had.
    kDisagree,     ///< Endpoints give different blocks of one height.
    kUnavailable,  ///< No endpoint answers.
    kDropped,      ///< A full queue: events were not taken. Text says which and how many.
};
std::string_view to_string(FeedState state) noexcept;

struct FeedStatus {
    ChainId chain;
    FeedState state{};
    BlockNum block = 0;  ///< The block that it is about.
    UnixMillis time;     ///< Event time where there is one, otherwise of the feed's clock.
    std::string text;    ///< For a person: which endpoint, how far, what to do.
    friend bool operator==(const FeedStatus&, const FeedStatus&) = default;
};

using FeedEvent = std::variant<SeenBlock, Rewind, PendingTxn, WithdrawalRequest, Liabilities,
                               SigningRequest, Price, FeedStatus>;

}  // namespace cordon
