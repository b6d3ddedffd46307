// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <span>
#include <vector>

#include <cordon/trace/trace.hpp>

#include "lists.hpp"

/// Whose money is behind an address: a haircut trace backward (received from) and forward (sent
/// to), with the shares of what it received or sent at every labelled address where it ends.
namespace cordon::screen {

/// What a trace asks about the world, with what lists say beside it. Of several labels of an
/// address the one counts that a rule asks most of: an exchange that is sanctioned is sanctioned.
/// Confined to one thread. Lifetime: of its arguments.
class ListedContext final : public trace::Context {
public:
    ListedContext(const trace::Context& base, const Lists& lists, const Settings& settings)
        : base_{base}, lists_{lists}, settings_{settings} {}

    std::optional<Label> label(ChainId chain, const Address& address) const override;
    std::vector<Label> labels(ChainId chain, const Address& address) const override;
    std::optional<AssetInfo> asset(ChainId chain, const Asset& asset) const override {
        return base_.asset(chain, asset);
    }
    std::optional<double> usd(ChainId chain, const Asset& asset, const Amount& amount,
                              std::optional<UnixMillis> time) const override {
        return base_.usd(chain, asset, amount, time);
    }
    bool is_verified_symbol(ChainId chain, std::string_view symbol) const override {
        return base_.is_verified_symbol(chain, symbol);
    }
    std::vector<Address> labelled(ChainId chain, Category category) const override {
        return base_.labelled(chain, category);
    }
    std::vector<Fact> facts_of(ChainId chain, const Hash256& txn) const override {
        return base_.facts_of(chain, txn);
    }
    std::vector<Fact> facts_with(FactKind kind, std::string_view key) const override {
        return base_.facts_with(kind, key);
    }
    std::vector<Fact> facts_on(ChainId chain, FactKind kind) const override {
        return base_.facts_on(chain, kind);
    }

private:
    const trace::Context& base_;
    const Lists& lists_;
    const Settings& settings_;
};

struct Exposures {
    std::vector<Exposure> rows;  ///< Largest share first.
    bool incomplete = false;     ///< A bound or `cancel` ended the search.
};

/// Every category that money of the subject comes from or went to. An address that the ledger does
/// not hold has none. The shares of one asset and direction add up to 1 at most: they are parts of
/// one haircut trace, and conversions (swaps, bridges) carry their share along. Deterministic.
/// Errors: those of the Reader.
Result<Exposures> find_exposures(const ledger::Reader& ledger, const ListedContext& context,
                                 std::span<const trace::LinkSource* const> links, ChainId chain,
                                 const Address& subject, const Settings& settings,
                                 const std::atomic<bool>* cancel = nullptr);

/// Reads one direction off a finished trace. For find_exposures() and its tests.
std::vector<Exposure> exposures_of(const trace::TraceResult& result, const trace::Context& context,
                                   ChainId chain, const Address& subject);

/// The label by which an address serves strangers (an exchange, a bridge, a pool): what its
/// customers bring says nothing about it, so its exposure is not asked. Not of mixers, and not of
/// deposit addresses, which belong to one customer. Nothing: it is no service.
std::optional<Label> service_label(const std::vector<Label>& labels, const Settings& settings);

}  // namespace cordon::screen
