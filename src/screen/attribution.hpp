// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <vector>

#include <cordon/trace/trace.hpp>

/// In which asset of the subject the money that rests somewhere was received or sent. Private to
/// the room.
namespace cordon::screen {

/// Value by the asset in which it left the subject.
using Origins = std::map<Asset, Amount>;

/// A movement of taint in the direction of the walk, away from the subject.
struct Leg {
    const trace::Edge* edge = nullptr;
    struct End {
        ChainId chain;
        Address address;
        Asset asset;
        friend auto operator<=>(const End&, const End&) = default;
    };
    End from, to;
    Amount gives, brings;  ///< Taint at either end; they differ where it is converted.
};

/// Follows the taint of a finished trace from the subject on, txn by txn, and keeps for every
/// address and asset which of the subject's assets it was. Taint mixes at an address (haircut), so
/// what moves on is of each origin in proportion. Nothing is ever made: all origins together are at
/// most what the trace seeded.
class Attribution {
public:
    Attribution(const trace::TraceResult& result, ChainId chain, const Address& subject);

    /// Of what rests at an endpoint.
    Origins of(const trace::Endpoint& endpoint) const;
    /// The part of it that came in one step, in the endpoint's asset.
    Amount direct(const trace::Endpoint& endpoint) const;
    /// The widest way from the subject to an address and asset, in the order of the walk; with
    /// `direct` the largest single step, without it one of two or more. Empty when the trace has
    /// none. Lifetime: this object.
    std::vector<const trace::Edge*> path(const trace::Endpoint& endpoint, bool direct) const;
    const Origins& seeded() const noexcept { return seeded_; }

private:
    struct Holding {
        Amount tainted;
        Origins origins;
    };
    /// Where taint is: an address and asset, or on UTXO chains an output. For paths.
    struct Place {
        Leg::End end;
        std::optional<OutPoint> output;
        friend auto operator<=>(const Place&, const Place&) = default;
    };
    struct Way {
        std::size_t leg = 0;  ///< In legs_.
        Amount width;         ///< The least that moved on the way.
    };

    Leg::End pooled(Leg::End end) const;
    bool is_subject(const Leg::End& end) const noexcept;
    Place before(const Leg& leg) const;
    Place after(const Leg& leg) const;
    void order_legs();
    void process(std::size_t leg);
    void move(const Leg& leg);

    const Leg::End subject_;
    const std::vector<trace::Edge> edges_;
    const bool backward_;
    std::vector<Leg> legs_;
    Origins seeded_;
    Origins unspent_;  // Of them, what the subject has not given yet.
    std::map<Leg::End, Holding> holdings_;
    std::map<Leg::End, Amount> resting_;  // Of endpoints.
    std::map<Leg::End, Amount> direct_;
    std::map<Leg::End, std::size_t> direct_leg_;
    std::map<Place, Way> ways_;
    std::map<Leg::End, Way> arrivals_;                  // Not in one step.
    std::vector<std::optional<std::size_t>> previous_;  // By leg.
};

}  // namespace cordon::screen
