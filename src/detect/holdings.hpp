// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstring>
#include <unordered_map>

#include "valuation.hpp"

namespace cordon::detect {

/// Who holds what in 16 bytes: the end of the place and the digest of the asset, together. Places
/// are ours, so that whoever looks for another asset that meets one of them looks for a SHA-256.
struct BalanceKey {
    std::array<uint8_t, 16> bytes{};
    BalanceKey() = default;
    BalanceKey(const PlaceKey& place, const AssetKey& asset) noexcept {
        for (std::size_t i = 0; i < bytes.size(); ++i)
            bytes[i] = place.bytes[i + place.bytes.size() - bytes.size()] ^ asset.bytes[i];
    }
    friend auto operator<=>(const BalanceKey&, const BalanceKey&) = default;
};

/// A set on a chain and an asset there; the native coin stands for all of a chain.
struct SetKey {
    SetId set = 0;
    AssetKey asset;
    friend auto operator<=>(const SetKey&, const SetKey&) = default;
};

}  // namespace cordon::detect

template <>
struct std::hash<cordon::detect::BalanceKey> {
    std::size_t operator()(const cordon::detect::BalanceKey& key) const noexcept {
        uint64_t a = 0;
        uint64_t b = 0;
        std::memcpy(&a, key.bytes.data(), 8);
        std::memcpy(&b, key.bytes.data() + 8, 8);
        return a ^ (b * 0x9E3779B97F4A7C15ULL);
    }
};
template <>
struct std::hash<cordon::detect::SetKey> {
    std::size_t operator()(const cordon::detect::SetKey& key) const noexcept {
        return key.asset.bits() ^ (key.set * 0x9E3779B97F4A7C15ULL);
    }
};

namespace cordon::detect {

__extension__ using WideCents = __int128;  // Holds any sum of Cents.

/// What sets are worth, kept as long as nothing is undone: a cache, and nothing of it is saved.
class Worths final : public Table {
public:
    struct Worth {
        UnixMillis time;
        uint64_t prices = 0;  // Valuation::version() and evictions when it was added up.
        uint64_t evictions = 0;
        WideCents sum = 0;
        std::unordered_map<AssetKey, Cents> parts;
        std::vector<AssetKey> moved;  // Since then.
    };
    std::unordered_map<SetKey, Worth> all;  // Never iterated.

    void begin_step() override {}
    void undo_step() override { all.clear(); }
    void forget_step() override {}
    Status save(StateSink&) const override { return {}; }
    Status load(StateSource&) override {
        all.clear();
        return {};
    }
    uint64_t size() const noexcept override { return 0; }
    uint64_t evictions() const noexcept override { return 0; }
    uint64_t bytes() const noexcept override { return 0; }
};

/// What the addresses hold that are tracked: what they held before the stream plus what moved
/// since. Sums over a set are kept, not added up anew: a set may have 100,000 deposit addresses.
class Holdings {
public:
    Holdings(const Knowledge& knowledge, Valuation& valuation,
             const std::vector<SetInfo>& sets) noexcept
        : knowledge_{knowledge}, valuation_{valuation}, sets_{sets} {}

    /// None: not known, or more went out than was ever known.
    std::optional<Amount> balance(ChainId chain, const Address& address, const Asset& asset);
    std::optional<Amount> set_balance(SetId set, ChainId chain, const Asset& asset);
    std::vector<Asset> assets_of(ChainId chain, const Address& address);
    std::vector<Asset> assets_of(SetId set, ChainId chain);
    /// Of all that a set holds on a chain. Cost: of the assets that moved since it was asked for
    /// the same moment; of all of them otherwise.
    Cents value(SetId set, ChainId chain, UnixMillis time);
    /// `set` 0: of no set, but tracked.
    void move(ChainId chain, const Address& address, SetId set, const Asset& asset,
              const Amount& amount, bool in, UnixMillis time);
    std::vector<Table*> tables() {
        return {&balances_, &held_, &assets_, &sums_, &set_assets_, &worths_};
    }

private:
    struct Sum {
        Amount amount;
        uint32_t known = 0;  // Addresses whose balance is known.
    };
    static constexpr uint64_t kBalances = 1U << 18;  // Addresses of ours times assets they hold.
    static constexpr uint64_t kAddresses = 1U << 17;
    static constexpr uint64_t kAssets = 1U << 16;
    /// A balance of which more was spent than is known.
    static constexpr Amount kOverspent = Amount::max();

    std::optional<Amount> balance(ChainId chain, const Address& address, const Asset& asset,
                                  const AssetKey& key);
    static void hold(std::vector<AssetKey>& list, const AssetKey& key);
    std::vector<Asset> named(const std::vector<AssetKey>& keys, std::vector<Asset> more);

    const Knowledge& knowledge_;
    Valuation& valuation_;
    const std::vector<SetInfo>& sets_;
    Keyed<BalanceKey, Amount, 4> balances_{kBalances};
    Keyed<PlaceKey, std::vector<AssetKey>> held_{kAddresses};
    Keyed<AssetKey, Asset> assets_{kAssets};
    Keyed<SetKey, Sum> sums_{kBalances};
    Keyed<SetKey, std::vector<AssetKey>> set_assets_{kAssets};
    Worths worths_;
};

}  // namespace cordon::detect
