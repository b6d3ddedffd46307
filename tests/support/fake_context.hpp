// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <cordon/trace/trace.hpp>

namespace cordon::test {

/// What a test says of the world, on every chain alike.
class FakeContext final : public trace::Context {
public:
    FakeContext& call(const Address& address, Category category, std::string text = "label") {
        labels_[address] = Label{std::nullopt, address, std::move(text), category, "test", 1.0};
        return *this;
    }
    FakeContext& list(const Asset& asset, std::string symbol, AssetStatus status,
                      unsigned decimals = 0) {
        if (status == AssetStatus::kVerified) symbols_.insert(lower(symbol));
        assets_[asset] = AssetInfo{kEthereum, asset, std::move(symbol), decimals, status};
        return *this;
    }
    /// USD per whole unit.
    FakeContext& price(const Asset& asset, double usd) {
        prices_[asset] = usd;
        return *this;
    }

    FakeContext& say(Fact fact) {
        facts_.push_back(std::move(fact));
        return *this;
    }

    std::optional<Label> label(ChainId, const Address& address) const override {
        return find(labels_, address);
    }
    std::vector<Address> labelled(ChainId, Category category) const override {
        std::vector<Address> found;
        for (const auto& [address, label] : labels_)
            if (label.category == category) found.push_back(address);
        return found;
    }
    std::vector<Fact> facts_of(ChainId chain, const Hash256& txn) const override {
        return facts_if([&](const Fact& fact) { return fact.chain == chain && fact.txn == txn; });
    }
    std::vector<Fact> facts_on(ChainId chain, FactKind kind) const override {
        return facts_if([&](const Fact& fact) { return fact.chain == chain && fact.kind == kind; });
    }
    std::optional<AssetInfo> asset(ChainId chain, const Asset& asset) const override {
        auto info = find(assets_, asset);
        if (info) info->chain = chain;
        return info;
    }
    std::optional<double> usd(ChainId, const Asset& asset, const Amount& amount,
                              std::optional<UnixMillis>) const override {
        const auto price = find(prices_, asset);
        if (!price) return std::nullopt;
        const auto info = find(assets_, asset);
        return amount.to_double() / std::pow(10.0, info ? info->decimals : 0) * *price;
    }
    bool is_verified_symbol(ChainId chain, std::string_view symbol) const override {
        const std::string text = lower(symbol);
        return symbols_.contains(text) || text == lower(native_symbol(chain));
    }

private:
    template <typename Map, typename Key>
    static std::optional<typename Map::mapped_type> find(const Map& map, const Key& key) {
        const auto at = map.find(key);
        if (at == map.end()) return std::nullopt;
        return at->second;
    }
    template <typename Wanted>
    std::vector<Fact> facts_if(const Wanted& wanted) const {
        std::vector<Fact> found;
        std::copy_if(facts_.begin(), facts_.end(), std::back_inserter(found), wanted);
        return found;
    }
    static std::string lower(std::string_view text) {
        std::string out{text};
        for (char& c : out)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        return out;
    }

    std::map<Address, Label> labels_;
    std::map<Asset, AssetInfo> assets_;
    std::map<Asset, double> prices_;
    std::set<std::string> symbols_;
    std::vector<Fact> facts_;
};

}  // namespace cordon::test
