// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "sweep.hpp"

#include <algorithm>

namespace cordon::trace {

Sweep::Sweep(std::vector<SweepRow> rows) : rows_{std::move(rows)} {
    for (std::size_t i = rows_.size(); i-- > 0;) {
        const SweepRow& row = rows_[i];
        if (row.asset >= by_asset_.size()) by_asset_.resize(row.asset + 1);
        auto& places = by_asset_[row.asset];
        places.push_back({i, row.weight + (places.empty() ? 0 : places.back().weight_from)});
    }
    for (auto& places : by_asset_) std::reverse(places.begin(), places.end());
}

double Sweep::weight_from(uint32_t asset, std::size_t start) const {
    if (asset >= by_asset_.size()) return 0;
    const auto& places = by_asset_[asset];
    const auto at =
        std::lower_bound(places.begin(), places.end(), start,
                         [](const Place& place, std::size_t row) { return place.row < row; });
    return at == places.end() ? 0 : at->weight_from;
}

std::vector<double> Sweep::share(std::vector<Chip> chips) const {
    std::vector<double> given(rows_.size(), 0);
    std::vector<double> density(by_asset_.size(), 0);  // Mass for each unit of weight still ahead.
    const auto enter = [&](uint32_t asset, std::size_t start, double mass) {
        const double weight = weight_from(asset, start);
        if (weight > 0) density[asset] += mass / weight;
    };
    std::stable_sort(chips.begin(), chips.end(),
                     [](const Chip& a, const Chip& b) { return a.start < b.start; });
    auto chip = chips.begin();
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        for (; chip != chips.end() && chip->start <= i; ++chip)
            enter(chip->asset, chip->start, chip->mass);
        const SweepRow& row = rows_[i];
        given[i] = density[row.asset] * row.weight;
        if (row.into && given[i] > 0) enter(*row.into, i + 1, given[i]);
    }
    return given;
}

}  // namespace cordon::trace
