// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "../world.hpp"
#include "selectors.hpp"

/// Who gave what to whom within one txn, read from its call tree: what a theft looks like when
/// there are no prices. Somebody loses without being paid, and whoever wrote the txn is richer.
namespace cordon::detect {

inline constexpr uint32_t kNone = ~0U;

/// What went into and out of somebody, of one asset. Sums stop at 2^256-1: calldata may say any
/// number.
struct Net {
    Amount in, out;
    bool is_loss() const noexcept { return out > in; }
    bool is_gain() const noexcept { return in > out; }
    Amount loss() const { return is_loss() ? out - in : Amount{}; }
    Amount gain() const { return is_gain() ? in - out : Amount{}; }
};

/// Nets by asset, sorted. The native coin and its wrapped token are one asset.
class Nets {
public:
    Net& of(const Asset& asset);
    const Net* find(const Asset& asset) const noexcept;
    const std::vector<std::pair<Asset, Net>>& all() const noexcept { return nets_; }
    bool any_gain() const noexcept;
    bool any_loss() const noexcept;

private:
    std::vector<std::pair<Asset, Net>> nets_;
};

/// A contract that the sender's side called, and what passed between them.
struct Dealing {
    Address with;
    /// `in` is what our side (the sender's) gave, `out` what it took. Without shares that were
    /// minted or burned.
    Nets nets;
    bool shares_given = false;  ///< Our side burned or gave back shares for what it took (logs).
    /// Gave an asset, then took more of the same back, in calls that did nothing but give or take:
    /// no exchange of one asset for another.
    std::optional<Asset> round_trip;
    /// Paid out, called our side back, and was not given back what it paid.
    bool kept_loan = false;
    /// All that was taken came by functions that give back what was put in before the txn.
    bool only_redeemed = true;
    bool borrowed = false;
    /// A contract of our side called it and got what it took, by a function that is no known way to
    /// take back one's own. (What a public contract pays out to whoever called it is its business;
    /// what is pulled from somebody's allowance was allowed.)
    bool taken = false;
    bool allowed_here = false;  ///< In this txn it allowed our side's contract to take its tokens.
    bool called = false;        ///< A contract that is called, not only paid.
    /// Ends poorer in some asset and richer in none.
    bool unpaid() const noexcept { return nets.any_loss() && !nets.any_gain() && !shares_given; }
};

struct FlashLoan {
    Address lender;
    Asset asset;    ///< Of the largest number taken, when known.
    Amount amount;  ///< Zero: seen by the lender's callback alone.
};

/// Somebody who takes no part in the txn, and from whom a contract of a third party moved tokens to
/// our side without anything in return.
struct Bystander {
    Address who, by;
    Asset asset;
    Amount amount;
};

/// A contract that was entered again, from our side's code, before its first call had ended.
struct Reentry {
    Address contract;
    Selector outer = 0, inner = 0;
    bool designed = false;  ///< From a callback that is made for it.
};

/// An answer that the same question got twice within the txn.
struct Jump {
    Address contract;
    Selector view = 0;
    Amount before, after;
    double change = 0;  ///< Of the larger to the smaller, less one.
    bool rate = false;  ///< The worth of a share; otherwise a price.
};

/// A pool where our side traded and traded back: with profit, or after dealing with somebody else.
struct Swing {
    Address pool;
    bool profit = false;
};

struct TxnFlow {
    Address sender, entry;
    std::vector<Address> own;     ///< Sender, entry, and what they created here. First two first.
    std::size_t created = 0;      ///< Contracts that our side made in this txn.
    bool in_constructor = false;  ///< The txn creates a contract, and its constructor deals.
    bool poses_as_token = false;  ///< A foreign contract uses our side's contract as a token.
    /// A foreign contract that ran, by DELEGATECALL, code which our side made in this txn.
    std::optional<Address> runs_in;
    /// A lender that was repaid only by another of its own functions: a deposit with its own money.
    std::optional<Address> side_entrance;
    bool book_calls = false;        ///< skim() or sync() of pairs.
    std::size_t repeats = 0;        ///< How often our side called one function of one contract.
    std::vector<Dealing> dealings;  ///< In the order of their first call.
    Nets gains;                     ///< Of our side and of whom it pays: in, out.
    std::vector<FlashLoan> loans;
    std::vector<Bystander> bystanders;
    std::vector<Reentry> reentries;
    std::vector<Swing> swings;
    std::vector<Jump> jumps;
    /// Rights changed by our side on contracts that are older than the txn, and whether our side
    /// took something unpaid afterwards.
    std::vector<std::pair<Address, Selector>> privileged;

    bool gained() const noexcept { return gains.any_gain(); }
    /// Somebody who was dealt with ends poorer without being paid, as far as the source can tell:
    /// not by lending. `count_redeemed`: also by giving back what may have been put in earlier.
    bool has_unpaid(bool count_redeemed) const noexcept;
    /// Somebody was given something for nothing: a debt paid, a deposit made, whose worth may be
    /// elsewhere.
    bool has_gifts() const noexcept;
    /// Something was taken (Dealing::taken) for nothing, and nothing given away.
    bool has_takings() const noexcept;
    /// Borrowed, kept more than half of it, and put in nothing: a debt that nothing backs.
    bool has_unbacked_debt() const noexcept;
};

/// Of a txn with call traces; empty when it failed or has none. Cost: linear in frames, n log n in
/// addresses. The answer about the last txn is remembered, since several detectors ask for the
/// same one. Lifetime: until the next call in this thread.
const TxnFlow& flow_of(const TxnView& txn);

}  // namespace cordon::detect
