// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "trace.hpp"

namespace cordon::trace {

/// One end of a crossing, as its recogniser says: a row (UTXO: an output) of a txn.
struct CrossingEnd {
    ChainId chain;
    Hash256 txn;
    TxnPosition at;
    uint32_t row = 0;
    LinkEnd end;

    using Place = std::tuple<ChainId, TxnPosition, uint32_t>;
    Place place() const { return {chain, at, row}; }
};
CrossingEnd left_by(const Crossing& crossing);
CrossingEnd arrived_by(const Crossing& crossing);
/// Where money went by it, as "(deposit, arrival)".
inline std::pair<CrossingEnd::Place, CrossingEnd::Place> places_of(const Crossing& crossing) {
    return {left_by(crossing).place(), arrived_by(crossing).place()};
}
/// The same chain's order decides, else time where both have one.
bool arrives_before_it_left(const Crossing& crossing, std::optional<UnixMillis> left,
                            std::optional<UnixMillis> arrived) noexcept;
/// "bridge (97 %) not followed: ".
std::string not_followed(const Crossing& crossing, const std::string& why);

/// Asks the recognisers for crossings, and says which of several candidates counts: for the walk
/// and for the searches alike.
///
/// A deposit and an arrival belong together when a recogniser says so, the ledger does not say
/// otherwise, and no surer crossing takes one of the two: the surest of all first, of equals that
/// of the earlier deposit. So each is used once, seen from either end, whoever is asked first. What
/// lies in a txn that the ledger does not hold counts. A recogniser must say the same of a crossing
/// at both of its ends. Lifetime: what it is given must outlive it. Confined to one
/// thread.
class CrossingChoice {
public:
    CrossingChoice(const ledger::Reader& ledger, const Context& context,
                   std::span<const LinkSource* const> links, double min_confidence);

    /// Whether any recogniser may say something of the chain. Cost: asked once a chain.
    bool may_cross(ChainId chain);
    /// The crossings that begin in a txn (`backward`: that end in it), the surest first. What a
    /// recogniser cannot look at for size is told by too_large(). Errors: those of the Reader.
    Result<std::vector<Crossing>> of(ChainId chain, const ledger::PlacedAccountTxn& txn,
                                     bool backward);
    Result<std::vector<Crossing>> of(ChainId chain, const ledger::PlacedUtxoTxn& txn,
                                     bool backward);
    const std::set<std::string>& too_large() const noexcept { return too_large_; }

    struct Pick {
        const Crossing* crossing = nullptr;  ///< Of those given; null when none counts.
        const Crossing* refused = nullptr;   ///< The surest, when some are sure and none counts.
        uint32_t candidates = 0;             ///< When none is sure enough.
        double best = 0;
        std::vector<std::string> why;  ///< When none counts though there are some.
    };
    /// The crossing that begins (`backward`: ends) in a row, among `all` of its txn.
    Result<Pick> pick(const std::vector<Crossing>& all, const CrossingEnd::Place& row,
                      const Asset& asset, bool backward);

    /// What the ledger holds where a crossing is said to leave or arrive.
    struct Landing {
        std::string missing;   ///< Why there is nothing; else empty.
        bool unknown = false;  ///< For the ledger does not hold the txn.
        std::optional<UnixMillis> time;
        Amount amount;  ///< All that the row moves.
    };
    /// `receives`: whether the end's address is the receiver of the row; UTXO: else one of those
    /// who spend.
    Result<Landing> landing(const CrossingEnd& end, bool receives) const;

    bool is_worthless(ChainId chain, const Asset& asset) const;

private:
    /// What a crossing says.
    using Claim =
        std::tuple<CrossingEnd::Place, CrossingEnd::Place, Address, Address, Asset, Asset>;
    static Claim claim_of(const Crossing& crossing);
    /// The surer before the less sure. A total order.
    using Rank = std::pair<double, Claim>;
    static Rank rank_of(const Crossing& crossing);

    template <typename Ask>
    Result<std::vector<Crossing>> gather(Ask&& ask);
    Result<std::vector<Crossing>> at(const CrossingEnd& end, bool backward);
    Result<std::vector<Crossing>> rivals(const Crossing& crossing);
    /// How the ledger says otherwise; empty when it does not.
    Result<std::string> contradiction(const Crossing& crossing) const;
    /// Whether it is not contradicted, and nothing surer takes its deposit or its arrival.
    Result<bool> holds(const Crossing& crossing);
    /// `missing` and `unknown` of its txn.
    Result<Landing> txn_of(const CrossingEnd& end) const;

    const ledger::Reader& ledger_;
    const Context& context_;
    std::span<const LinkSource* const> links_;
    double min_confidence_;
    std::set<ChainId> chains_;  // Of the ledger.
    std::map<ChainId, bool> may_cross_;
    std::map<Rank, bool> held_;
    std::set<std::string> too_large_;
};

}  // namespace cordon::trace
