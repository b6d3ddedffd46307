// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/ledger/ledger.hpp>
#include <cordon/model/label.hpp>

namespace cordon::trace {

class Context;

/// A container whose value a link takes or fills.
struct LinkEnd {
    Address address;
    Asset asset;
    Amount amount;
};

/// Value that moves other than by a plain transfer: a swap, a bridge, a mixer. The share of taint
/// in `from` (weighted by value when there are several) goes over to every `to`.
struct Link {
    std::string_view kind;  ///< "swap", "wrap", ...; static text.
    std::vector<LinkEnd> from;
    std::vector<LinkEnd> to;
    double confidence = 1;
    std::vector<std::string> why;
};

/// Finds links. Implementations live in patterns; trace knows only this class.
///
/// Pure: the answer depends on the arguments alone. Any thread may call it.
class LinkSource {
public:
    virtual ~LinkSource() = default;

    /// Links inside one account txn. The transfers that a link explains must be covered by its ends
    /// (net balance changes); trace then does not move their taint row by row.
    virtual std::vector<Link> links(ChainId chain, const ledger::PlacedAccountTxn& txn,
                                    const Context& context) const = 0;

    /// True when a transfer of this asset must never carry taint: a counterfeit, a copied symbol.
    virtual bool is_worthless(ChainId chain, const Asset& asset, const Context& context) const {
        static_cast<void>(chain), static_cast<void>(asset), static_cast<void>(context);
        return false;
    }
};

}  // namespace cordon::trace
