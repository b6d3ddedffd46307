// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "trace.hpp"

namespace cordon::trace {

/// One measure for amounts of all assets of a trace, for pictures and ranking only; the books stay
/// integers.
///
/// Every asset has ONE rate for the whole picture (its price at its first tainted movement), so
/// that what flows into a node is as wide as what flows out: a price per movement would tear
/// ribbons apart. Where a price is missing, the rate comes from the first swap into the asset;
/// where there is none either, the asset is drawn as a share of its own total, and note() says so.
/// Immutable; any thread.
class ValueScale {
public:
    enum class Unit {
        kAsset,  ///< Whole units of the only asset that was stolen.
        kUsd,
        kShare,  ///< Share of the loot of each asset: several stolen assets, not all priced.
    };

    /// `context` may be absent: then nothing is priced. Cost: O(edges), one price query an asset.
    static ValueScale make(const TraceResult& result, const Context* context);

    /// Of one smallest unit; 0 for an asset that the result does not have.
    double rate(ChainId chain, const Asset& asset) const noexcept;
    double value(ChainId chain, const Asset& asset, const Amount& amount) const noexcept {
        return rate(chain, asset) * amount.to_double();
    }
    Unit unit() const noexcept { return unit_; }
    /// "ETH", "USD", "share of loot".
    const std::string& unit_name() const noexcept { return unit_name_; }
    /// The stolen value by this measure: what the seeds put in (or the largest node where no seed
    /// is in the books).
    double loot() const noexcept { return loot_; }
    /// What a reader must know about the measure; empty when there is one asset.
    const std::string& note() const noexcept { return note_; }

    /// Short, for labels: "1.5k", "$2.4M", "12.3 %". Never "0" for a value above 0.
    std::string text(double value) const;
    /// text() with the unit: "1.5k ETH".
    std::string text_with_unit(double value) const;

    /// The holding to show for a node: the most tainted value; ties by asset order. Nothing when it
    /// holds nothing.
    const Holding* main_holding(const Node& node) const noexcept;
    /// The books of the asset that most was stolen of. Nothing when there are none.
    const Total* main_total(const TraceResult& result) const noexcept;

private:
    std::map<std::pair<ChainId, Asset>, double> rates_;  // Value of one smallest unit.
    Unit unit_ = Unit::kAsset;
    std::string unit_name_;
    std::string note_;
    double loot_ = 0;
};

/// "0.42", "831", "1.5k", "17.2k", "3.4M", "2.1B": at most five characters for values up to 10^15.
std::string short_number(double value);

}  // namespace cordon::trace
