// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>
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

/// Value that leaves by one txn and arrives by another, later one, perhaps on another chain: a
/// bridge, a mixer, an order that somebody else settles.
struct Crossing {
    std::string_view kind;  ///< "bridge", "mixer", "order", ...; static text.
    // What left: a transfer of the first txn, given up by `from.address` to `via`.
    ChainId from_chain;
    Hash256 from_txn;
    TxnPosition from_at;
    uint32_t from_row = 0;  ///< Transfer::index; UTXO: the output.
    LinkEnd from;
    Address via;  ///< The bridge, pool or settlement contract that took it.
    // What arrived: a transfer of the second txn, received by `to.address`.
    ChainId to_chain;
    Hash256 to_txn;
    TxnPosition to_at;
    uint32_t to_row = 0;
    LinkEnd to;
    double confidence = 1;  ///< 0..1. 1 only where the chains themselves say so (a message id).
    std::vector<std::string> why;
};

/// Reads the history of one address along and knows rows that are there to be seen and not to pay:
/// dust from an address that looks like one it dealt with. Confined to one thread.
class BaitWatch {
public:
    virtual ~BaitWatch() = default;
    /// Asked about every row of the address that moves money, in chain order. What the address
    /// itself sends is never bait.
    virtual bool is_bait(const Transfer& row) = 0;
};

/// A txn in which strangers spend together, so that taint of one is not to be followed into the
/// outputs of all.
struct JoinVerdict {
    std::string_view kind;  ///< "wasabi2", ...; static text.
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
                                    const Context& context) const {
        static_cast<void>(chain), static_cast<void>(txn), static_cast<void>(context);
        return {};
    }

    /// False when crossings() says nothing of any txn of the chain: then it is not asked. A source
    /// that has some says so here. Asked once a trace.
    virtual bool may_cross(ChainId chain, const Context& context) const {
        static_cast<void>(chain), static_cast<void>(context);
        return false;
    }
    /// Crossings that begin in this txn (`backward`: that end in it), the surest first; several for
    /// one row are candidates, of which at most one is true. May read the ledger, any chain of it.
    /// kLimit: what it would have to compare is too much; the walk goes on without, and the trace
    /// warns with its text. Other errors: those of the Reader.
    virtual Result<std::vector<Crossing>> crossings(ChainId chain,
                                                    const ledger::PlacedAccountTxn& txn,
                                                    bool backward, const ledger::Reader& ledger,
                                                    const Context& context) const {
        static_cast<void>(chain), static_cast<void>(txn), static_cast<void>(backward);
        static_cast<void>(ledger), static_cast<void>(context);
        return std::vector<Crossing>{};
    }
    /// The same for a txn of a UTXO chain; `from_row` and `to_row` count its outputs.
    virtual Result<std::vector<Crossing>> utxo_crossings(ChainId chain,
                                                         const ledger::PlacedUtxoTxn& txn,
                                                         bool backward,
                                                         const ledger::Reader& ledger,
                                                         const Context& context) const {
        static_cast<void>(chain), static_cast<void>(txn), static_cast<void>(backward);
        static_cast<void>(ledger), static_cast<void>(context);
        return std::vector<Crossing>{};
    }

    /// What an address that nobody labelled is by the way it behaves (a deposit address of a
    /// service), with a source that begins with "inferred: ". Asked once, when money first reaches
    /// the address; a category of Params::stop ends the walk there. Errors: those of the Reader.
    virtual Result<std::optional<Label>> inferred_label(ChainId chain, const Address& address,
                                                        const ledger::Reader& ledger,
                                                        const Context& context) const {
        static_cast<void>(chain), static_cast<void>(address);
        static_cast<void>(ledger), static_cast<void>(context);
        return std::optional<Label>{};
    }

    /// Of whom inferred_label() has anything to say: others it is not asked about. A source that
    /// infers says so here.
    enum class Infers : uint8_t {
        kNothing,
        kOfPayers,  ///< Of addresses that pay somebody who has a label.
        kOfAll,
    };
    virtual Infers infers() const noexcept { return Infers::kNothing; }

    /// A watch over the history of this address; null when nothing there can be bait. Rows that it
    /// names are not followed backward, and their senders are nobody's counterparties. `others`:
    /// all with whom the address deals, each once; empty when they are too many to be named. Not
    /// asked of who deals with one alone.
    virtual std::unique_ptr<BaitWatch> bait_watch(ChainId chain, const Address& address,
                                                  std::span<const Address> others,
                                                  const Context& context) const {
        static_cast<void>(chain), static_cast<void>(address), static_cast<void>(others);
        static_cast<void>(context);
        return nullptr;
    }

    /// Whether a UTXO txn is a join of strangers. Also asked for with the walk going backward.
    virtual std::optional<JoinVerdict> join_of(ChainId chain, const ledger::PlacedUtxoTxn& txn,
                                               const Context& context) const {
        static_cast<void>(chain), static_cast<void>(txn), static_cast<void>(context);
        return std::nullopt;
    }

    /// True when a transfer of this asset must never carry taint: a counterfeit, a copied symbol.
    virtual bool is_worthless(ChainId chain, const Asset& asset, const Context& context) const {
        static_cast<void>(chain), static_cast<void>(asset), static_cast<void>(context);
        return false;
    }
};

}  // namespace cordon::trace
