// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <cordon/records/store.hpp>
#include <cordon/trace/trace.hpp>

#include "clusters.hpp"

namespace cordon::engine {

/// What trace asks about the world, answered from records and remembered for the length of one
/// trace. An answer does not change when records do; what is asked for the first time then may
/// count the change or not.
///
/// The native asset of a chain is always known (symbol and decimals of the chain), even when
/// assets: does not list it. Confined to one thread. Lifetime: `store` must outlive it.
class RecordsContext final : public trace::Context {
public:
    explicit RecordsContext(const records::Store& store) noexcept : store_{store} {}

    /// From now on an address without a label of its own has that of its cluster: "TEXT (cluster of
    /// ADDRESS)", with the confidence of cluster_labels(). Where labels of a cluster contradict
    /// each other it has none.
    void add_clusters(Clusters clusters);

    std::optional<Label> label(ChainId chain, const Address& address) const override;
    std::vector<Label> labels(ChainId chain, const Address& address) const override;
    std::optional<AssetInfo> asset(ChainId chain, const Asset& asset) const override;
    std::optional<double> usd(ChainId chain, const Asset& asset, const Amount& amount,
                              std::optional<UnixMillis> time) const override;

    bool is_verified_symbol(ChainId chain, std::string_view symbol) const override;
    std::vector<Address> labelled(ChainId chain, Category category) const override;
    const std::unordered_set<Address>* labelled_addresses(ChainId chain) const override {
        return labelled_ && !clusters_.contains(chain) ? &*labelled_ : nullptr;
    }
    std::vector<Fact> facts_of(ChainId chain, const Hash256& txn) const override;
    std::vector<Fact> facts_with(FactKind kind, std::string_view key) const override;
    std::vector<Fact> facts_on(ChainId chain, FactKind kind) const override;

    /// The first records error met; the answers after it were "nothing". A trace is complete only
    /// without one.
    const std::optional<Error>& error() const noexcept { return error_; }

private:
    std::optional<Label> cluster_label(ChainId chain, const Address& address) const;
    const std::vector<Label>& known_labels(ChainId chain, const Address& address) const;
    template <typename T>
    std::vector<T> or_nothing(Result<std::vector<T>> rows) const;
    bool has_labels(const Address& address) const;
    const std::vector<Price>& prices(ChainId chain, const Asset& asset) const;
    /// What usd() must know of an asset.
    struct Priced {
        ChainId chain;
        Asset asset;
        double units = 0;                            // Smallest ones in a whole one.
        const std::vector<Price>* prices = nullptr;  // None of an asset that is not listed.
    };
    const Priced& priced(ChainId chain, const Asset& asset) const;

    const records::Store& store_;
    std::map<ChainId, Clusters> clusters_;
    mutable std::map<std::pair<ChainId, uint32_t>, std::optional<Label>> by_cluster_;
    mutable std::optional<Error> error_;
    mutable std::map<ChainId, std::unordered_map<Address, std::vector<Label>>> labels_;
    static constexpr uint64_t kUncounted = ~uint64_t{0};
    mutable uint64_t asked_ = 0, label_count_ = kUncounted;
    mutable std::optional<std::unordered_set<Address>> labelled_;  // Looked up only.
    mutable std::map<ChainId, std::unordered_map<Asset, std::vector<Price>>> prices_;
    mutable std::map<ChainId, std::unordered_map<Asset, std::optional<AssetInfo>>> assets_;
    mutable std::optional<Priced> last_priced_;  // Mostly the next question is of the same.
    mutable std::map<std::pair<ChainId, std::string>, bool> verified_symbols_;
};

/// The same for any number of threads, one at a time.
class SharedContext final : public trace::Context {
    template <typename Ask>
    auto locked(const Ask& ask) const {
        const std::scoped_lock lock{mutex_};
        return ask(*context_);
    }

public:
    explicit SharedContext(std::unique_ptr<trace::Context> context) noexcept
        : context_{std::move(context)} {}

    std::optional<Label> label(ChainId chain, const Address& address) const override {
        return locked([&](const Context& one) { return one.label(chain, address); });
    }
    std::vector<Label> labels(ChainId chain, const Address& address) const override {
        return locked([&](const Context& one) { return one.labels(chain, address); });
    }
    std::optional<AssetInfo> asset(ChainId chain, const Asset& asset) const override {
        return locked([&](const Context& one) { return one.asset(chain, asset); });
    }
    std::optional<double> usd(ChainId chain, const Asset& asset, const Amount& amount,
                              std::optional<UnixMillis> time) const override {
        return locked([&](const Context& one) { return one.usd(chain, asset, amount, time); });
    }
    bool is_verified_symbol(ChainId chain, std::string_view symbol) const override {
        return locked([&](const Context& one) { return one.is_verified_symbol(chain, symbol); });
    }
    std::vector<Address> labelled(ChainId chain, Category category) const override {
        return locked([&](const Context& one) { return one.labelled(chain, category); });
    }
    std::vector<Fact> facts_of(ChainId chain, const Hash256& txn) const override {
        return locked([&](const Context& one) { return one.facts_of(chain, txn); });
    }
    std::vector<Fact> facts_with(FactKind kind, std::string_view key) const override {
        return locked([&](const Context& one) { return one.facts_with(kind, key); });
    }
    std::vector<Fact> facts_on(ChainId chain, FactKind kind) const override {
        return locked([&](const Context& one) { return one.facts_on(chain, kind); });
    }

private:
    mutable std::mutex mutex_;
    std::unique_ptr<trace::Context> context_;
};

}  // namespace cordon::engine
