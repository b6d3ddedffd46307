// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include <cordon/model/asset.hpp>

namespace cordon::trace {

/// Numbers assets as they are met: a trace names a million times one of a few.
class AssetNumbers {
public:
    uint32_t number(const Asset& asset) {
        if (last_ < all_.size() && all_[last_] == asset) return last_;  // Mostly it is the same.
        const auto [at, fresh] = numbers_.try_emplace(asset, static_cast<uint32_t>(all_.size()));
        if (fresh) all_.push_back(asset);
        return last_ = at->second;
    }
    const Asset& operator[](uint32_t number) const noexcept { return all_[number]; }

private:
    std::vector<Asset> all_;
    std::unordered_map<Asset, uint32_t> numbers_;
    uint32_t last_ = 0;
};

}  // namespace cordon::trace
