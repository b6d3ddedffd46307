// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <cordon/detect/world.hpp>

#include "facts.hpp"

/// A heist as a stream: the house, its normal days, what was seen before, the theft, the days
/// after. Same facts, same seed: same events, byte for byte.
namespace cordon::heists {

/// What public lists, the ledger and the prices of the day would tell such a house.
class PlayedKnowledge final : public detect::Knowledge {
public:
    using Place = detect::Place;
    std::map<Place, std::vector<Label>> label_of;
    std::map<std::pair<ChainId, Asset>, AssetInfo> assets;
    std::map<Place, UnixMillis> seen;
    std::map<std::pair<Place, Asset>, Amount> balances;

    std::vector<Label> labels(ChainId chain, const Address& address) const override;
    std::optional<AssetInfo> asset(ChainId chain, const Asset& asset) const override;
    std::optional<UnixMillis> first_seen(ChainId chain, const Address& address) const override;
    std::optional<Amount> balance(ChainId chain, const Address& address,
                                  const Asset& asset) const override;
    std::vector<Asset> assets_of(ChainId chain, const Address& address) const override;
};

/// Something stolen, in a txn.
struct Theft {
    UnixMillis time;  ///< Of its block.
    ChainId chain;
    BlockNum block = 0;
    Hash256 txn;
    Cents usd = 0;
};

/// A step as it was played.
struct Mark {
    UnixMillis time;
    Verb verb{};
    bool theft = false;
    bool is_public = false;
    Sure sure{};
    std::string text;
};

/// What was to be signed for the theft with keys of the house, as the withdrawal request that it
/// would have been. What a wallet paid once its code was the thief's is no attempt: nobody signed.
struct Attempt {
    WithdrawalRequest request;
    Cents usd = 0;            ///< That leave by it.
    bool hands_over = false;  ///< No payment: it lets the thief take what he takes later.
    std::string what;         ///< Then: for a person.
};

struct Scenario {
    detect::WatchConfig config;
    PlayedKnowledge knowledge;
    std::vector<std::shared_ptr<const FeedEvent>> events;
    std::set<Hash256> attack;         ///< Txns of the robbers, and those made to serve them.
    std::set<UnixMillis> deceptions;  ///< When somebody was to sign what he was not shown.
    std::vector<Theft> thefts;        ///< By time; what could not be priced is not in it.
    std::vector<Mark> marks;          ///< By time.
    std::vector<Attempt> attempts;    ///< By time.
    UnixMillis begin, first_step, first_theft, end;
    uint32_t watched = 0;  ///< Wallet sets but those of deposits, Safes, protocols, bridges.
    uint64_t txns = 0;
};

/// Seed 0 plays times and amounts as the file has them; others shift and stretch them within
/// kMost…: nobody can learn a heist by heart.
inline constexpr double kMostShiftHours = 36;
inline constexpr double kMostStretch = 1.25;  ///< Of gaps between steps, and its inverse.
inline constexpr double kLeastAmount = 0.85;  ///< Of an amount that is not all there is.

Result<Scenario> make_scenario(const Common& common, const Facts& facts, uint64_t seed);

}  // namespace cordon::heists
