// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/trace/link_source.hpp>

namespace cordon::patterns {

/// Finds exchanges of one asset for another inside one txn, by net balance changes
/// (docs/patterns/swap.md).
///
/// An address that is poorer by X and richer by Y has swapped when somebody else took X and gave Y,
/// directly or over further exchangers: each of the orders that a solver settles in one txn is such
/// an address. The same for a seller who has the proceeds sent to another address. Kinds: "swap",
/// "wrap" (one to one, by the token's own contract), "liquidity" (several assets on a side).
///
/// Cost: O(n log n) for n rows but for hostile txns, in which the search ends at a bound.
class Swap final : public trace::LinkSource {
public:
    struct Params {
        /// The less valuable side by USD, as a share of the other, when all of both is priced.
        /// Below it, it is no exchange: a thief could otherwise pay an accomplice under the cover
        /// of a token worth nothing. In [0, 1].
        double min_value_ratio = 0.5;
        /// An order whose proceeds go to another address than the seller's, among other orders of
        /// one txn: how much less than the payment the proceeds may be worth. Fees and slippage of
        /// settled orders are below it. In [0, 1].
        double order_tolerance = 0.05;
    };

    Swap() noexcept = default;
    explicit Swap(const Params& params) noexcept : params_{params} {}

    std::vector<trace::Link> links(ChainId chain, const ledger::PlacedAccountTxn& txn,
                                   const trace::Context& context) const override;

private:
    Params params_;
};

}  // namespace cordon::patterns
