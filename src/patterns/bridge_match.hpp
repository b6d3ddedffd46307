// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include <cordon/base/time.hpp>
#include <cordon/model/block.hpp>
#include <cordon/model/fact.hpp>

/// Which payout belongs to which deposit, by asset, amount and time alone. Pure; private to the
/// room. How and why: docs/patterns/bridge.md.
namespace cordon::patterns {

/// Value that went into a bridge, or came out of it.
struct BridgeEvent {
    ChainId chain;
    TxnPosition at;
    UnixMillis time;
    uint32_t row = 0;  ///< Transfer::index.
    Address bridge;
    Address end;  ///< The other end of that transfer.
    /// Whose it is: of a deposit the receiver that the call names, else who paid; of a payout the
    /// receiver.
    Address party;
    Asset asset;
    Amount amount;
    double units = 0;             ///< `amount` in whole units.
    std::optional<double> price;  ///< USD for a unit.
    uint32_t kind = 0;            ///< Assets of one kind are the same money on different chains.
    std::optional<ChainId> far_chain;  ///< Where the other side is, when it says so.
};

struct BridgeParams {
    Seconds window{90 * 60};  ///< Longest wait of a payout (CONNECTOR, arXiv 2409.04937).
    /// What may be lacking in a payout: a share, and on small sums what gas costs on the far chain.
    double max_fee_share = 0.03;
    double max_fee_usd = 30;
    /// Fees of one lane are learned from payouts to the depositor's own address, for which this
    /// share may be lacking.
    double max_own_fee_share = 0.5;
    /// A fee is like those of deposits of about the same size when it differs by no more than this
    /// share of the deposit.
    double fee_tolerance = 0.003;
    std::size_t fee_samples = 8;  ///< So many of about the same size are looked at.
    /// Prices of one kind of money on two chains differ by no more than this share.
    double price_tolerance = 0.01;
    // Before a lane has shown how often its matches are by chance, it counts as prior_weight
    // matches of which this share was right.
    double own_prior = 0.95;
    double other_prior = 0.6;
    double prior_weight = 10;
    double message_unlabelled = 0.9;  ///< A shared message, of contracts that nobody has labelled.
    std::size_t max_candidates = 3;   ///< Of one deposit.
    /// Payouts that are weighed for one deposit: where more fit, none is any likelier.
    std::size_t max_rivals = 256;
    std::size_t max_events = 4'000'000;
};

/// How a payout was found, the surest first.
enum class BridgeClue : uint8_t {
    kMessage,   ///< Both sides show one message id.
    kOwn,       ///< To the depositor's own address, or the one that he named.
    kOwnSplit,  ///< The same in several payouts.
    kOther,     ///< To another address: amount and time alone.
};
inline constexpr std::size_t kBridgeClues = 4;
std::string_view to_string(BridgeClue clue) noexcept;

struct BridgeMatch {
    uint32_t deposit = 0, payout = 0;
    BridgeClue clue{};
    double confidence = 0;
    uint32_t rivals = 0;  ///< Others that fit as well: payouts for the deposit, or deposits for it.
};

/// Matches deposits and payouts, each in order of time. One to one but for splits; where several
/// fit alike, the others follow as candidates of lower confidence. By deposit, the surest first.
/// `done_deposits` and `done_payouts` say which are matched by their message already.
std::vector<BridgeMatch> match_bridges(const std::vector<BridgeEvent>& deposits,
                                       const std::vector<BridgeEvent>& payouts,
                                       const std::vector<bool>& done_deposits,
                                       const std::vector<bool>& done_payouts,
                                       const BridgeParams& params);

}  // namespace cordon::patterns
