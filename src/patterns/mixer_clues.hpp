// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mixer_pool.hpp"

/// What may tie a withdrawal to a depositor, and how often it was right (docs/patterns/mixer.md).
/// Private to the room.
namespace cordon::patterns {

enum class MixerClue : uint8_t {
    kSameAddress,   ///< Depositor and recipient are one address.
    kSender,        ///< The depositor sent the withdrawal's txn, without a relayer.
    kTransfers,     ///< Depositor and recipient pay one another outside the pool.
    kFundsGas,      ///< The depositor paid the recipient's first coins: its gas.
    kSharedFunder,  ///< A third address paid the first coins of both.
    kCounts,        ///< As many deposits in each of several pools as withdrawals.
    kBatch,         ///< k deposits in a row, then k withdrawals in a row.
    kNearest,       ///< The last deposit before the withdrawal.
    kFifo,          ///< The k-th deposit and the k-th withdrawal.
};
inline constexpr std::size_t kMixerClues = 9;
std::string_view to_string(MixerClue clue) noexcept;

struct MixerParams {
    MixerPoolParams pool;
    // An address is whoever holds its key. What is left is that somebody else's withdrawal was sent
    // to a depositor, or sent by one for others; no data says how often. Conventions, not measured.
    double same_address = 0.98;
    double sender = 0.95;
    // Before a pool has shown how good a clue is in it, it counts as `prior_weight` tests of which
    // this share was right. Low for behaviour: in large pools it is nearly always wrong.
    double outside_prior = 0.5;
    double behaviour_prior = 0.02;
    double prior_weight = 10;
    /// Counterparties are read of addresses with at most so many transfers: beyond, it is a
    /// service, and everybody meets there.
    std::size_t max_degree = 500;
    /// An address that paid the first coins of more depositors than this is a faucet or exchange.
    std::size_t max_funded = 8;
    Seconds batch_gap{86'400};         ///< Within a row: people come back the next day.
    Seconds batch_window{7 * 86'400};  ///< Between the rows.
    std::size_t max_candidates = 3;    ///< Of one withdrawal.
    double min_confidence = 0.01;      ///< Candidates below are not kept.
};

/// For how many recipients a clue pointed to the right depositor.
struct MixerTally {
    uint64_t tested = 0;
    double right = 0;  ///< Not whole: a share of each, or less what chance does.
    /// Where a second test exists: the share that it finds, which then counts if it is lower.
    double most = 1;
};

/// Each clue has classes: how long ago, how many at once.
inline constexpr std::size_t kMixerClasses = 4;
using MixerTallies = std::array<std::array<MixerTally, kMixerClasses>, kMixerClues>;

/// The class of a number of things: 1-3, 4-7, 8-15, more.
uint8_t count_class(std::size_t count) noexcept;

/// A clue that ties a withdrawal to a depositor.
struct MixerHint {
    uint32_t withdrawal = 0;
    std::optional<uint32_t> deposit;  ///< The very one, where the clue says it.
    Address actor;                    ///< The depositor.
    MixerClue clue{};
    uint8_t rank = 0;    ///< Of the class; below kMixerClasses.
    uint8_t shared = 1;  ///< How many depositors the clue fits equally well.
};

/// A pool with what is known before any clue is weighed.
struct MixerBook {
    const MixerPool* pool = nullptr;
    std::unordered_map<Address, std::vector<uint32_t>> deposits_of;  ///< By actor; looked up only.
    /// The withdrawal that the depositor or its own txn gives away, of each deposit; and back.
    std::vector<std::optional<uint32_t>> taken_by, takes;
    std::unordered_map<Address, uint32_t> first_free;  ///< The oldest deposit left, by actor.
    // What is found out, for hint_by_….
    std::vector<MixerHint> hints;
    MixerTallies tallies{};
};
MixerBook make_book(const MixerPool& pool);

/// The earlier event first; a txn may deposit and withdraw.
bool before(const MixerEvent& a, const MixerEvent& b) noexcept;

/// Behaviour: kBatch, kNearest, kFifo of one pool and kCounts over all. Tested on the withdrawals
/// whose recipient is a depositor himself: the address is hidden, and the clue must find it. Such
/// people are hastier than others, so kNearest is tested on the others too: by how much more often
/// a deposit stands just before a withdrawal than just after it, where it cannot be its own.
void hint_by_behaviour(std::vector<MixerBook>& books, const MixerParams& params);

/// Outside transfers: kTransfers, kFundsGas, kSharedFunder. Tested by what cannot be: how often the
/// clue ties a withdrawal to somebody who deposited only afterwards says how often it does by
/// chance. Errors of the Reader.
Status hint_by_transfers(ChainId chain, const ledger::Reader& ledger, const trace::Context& context,
                         std::vector<MixerBook>& books, const MixerParams& params);

/// The share of right answers to expect: what was measured, and the prior where little was.
double precision_of(const MixerTallies& tallies, MixerClue clue, uint8_t rank,
                    const MixerParams& params) noexcept;

}  // namespace cordon::patterns
