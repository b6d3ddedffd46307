// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/crypto/hash.hpp>

#include "watch.hpp"

/// Streams built in a few lines, for tests of detectors and rules.
namespace cordon::detect {

/// An EVM address that stands for a name.
inline Address named(std::string_view name) {
    const Hash256 hash =
        crypto::keccak256({reinterpret_cast<const uint8_t*>(name.data()), name.size()});
    return {AddressKind::kEvm, ByteView{hash.bytes.data() + 12, 20}};
}
inline Hash256 hash_of(std::string_view text) {
    return crypto::keccak256({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

/// Knowledge in maps. Unlisted: nothing is known; ETH costs what `native_usd` says.
class TestKnowledge final : public Knowledge {
public:
    std::map<Address, std::vector<Label>> labels_by;
    std::map<Asset, AssetInfo> assets;
    std::map<Asset, double> prices;
    std::map<Address, UnixMillis> seen;
    std::map<std::pair<Address, Asset>, Amount> balances;

    std::vector<Label> labels(ChainId, const Address& address) const override {
        const auto found = labels_by.find(address);
        return found == labels_by.end() ? std::vector<Label>{} : found->second;
    }
    std::optional<AssetInfo> asset(ChainId, const Asset& asset) const override {
        return in(assets, asset);
    }
    std::optional<double> price(ChainId, const Asset& asset, UnixMillis) const override {
        return in(prices, asset);
    }
    std::optional<UnixMillis> first_seen(ChainId, const Address& address) const override {
        return in(seen, address);
    }
    std::optional<Amount> balance(ChainId, const Address& address,
                                  const Asset& asset) const override {
        return in(balances, std::pair{address, asset});
    }
    std::vector<Asset> assets_of(ChainId, const Address& address) const override {
        std::vector<Asset> all;
        for (const auto& [key, amount] : balances)
            if (key.first == address) all.push_back(key.second);
        return all;
    }

private:
    template <typename Map, typename Key>
    static std::optional<typename Map::mapped_type> in(const Map& map, const Key& key) {
        const auto found = map.find(key);
        return found == map.end() ? std::nullopt : std::optional{found->second};
    }
};

/// What was told, in order.
class CollectedAlerts final : public AlertSink {
public:
    std::vector<Alert> all;
    void raise(const Alert& alert) override { all.push_back(alert); }
    /// Of one detector, without the retracted.
    std::vector<Alert> of(std::string_view detector) const {
        std::vector<Alert> some;
        for (const Alert& alert : all)
            if (alert.detector == detector && alert.state != AlertState::kRetracted)
                some.push_back(alert);
        return some;
    }
};

/// Blocks of a chain, one after the other. Times are unix seconds.
class TestStream {
public:
    explicit TestStream(ChainId chain = kEthereum, int64_t start = 1'700'000'000)
        : chain_{chain}, time_{start} {}

    /// Moves the clock; the next block begins there.
    TestStream& wait(int64_t seconds) {
        time_ += seconds;
        return *this;
    }
    /// A txn of its own; several transfers may follow in the same one by `also`.
    TestStream& transfer(const Address& from, const Address& to, const Amount& amount,
                         const Asset& asset = {}) {
        return txn().also(from, to, amount, asset);
    }
    TestStream& txn() {
        TxnActivity activity;
        activity.hash = hash_of("txn " + std::to_string(++txns_) + salt_);
        activity.succeeded = true;
        open_.activity.txns.push_back(activity);
        open_.block.account_txns.push_back({activity.hash, {}, std::nullopt});
        return *this;
    }
    TestStream& also(const Address& from, const Address& to, const Amount& amount,
                     const Asset& asset = {}) {
        std::vector<Transfer>& transfers = open_.block.account_txns.back().transfers;
        transfers.push_back({static_cast<uint32_t>(transfers.size()), from, to, asset, amount,
                             asset.is_native() ? TransferKind::kNative : TransferKind::kToken});
        return *this;
    }
    /// The activity of the last txn, to be filled in.
    TxnActivity& activity() { return open_.activity.txns.back(); }
    Activity& block_activity() { return open_.activity; }
    /// Ends the block: the next one is `seconds` later. `fork` gives other hashes.
    std::shared_ptr<const FeedEvent> block(int64_t seconds = 12) {
        open_.block.chain = chain_;
        open_.block.header.number = ++number_;
        open_.block.header.time = from_unix_seconds(time_);
        open_.block.header.hash = hash_of("block " + std::to_string(number_) + salt_);
        open_.activity.has_txns = true;
        for (const TxnActivity& txn : open_.activity.txns) {
            open_.activity.has_logs |= !txn.logs.empty();
            open_.activity.has_calls |= !txn.calls.empty();
            open_.activity.has_changes |= !txn.changes.empty();
        }
        time_ += seconds;
        auto event = std::make_shared<const FeedEvent>(std::move(open_));
        open_ = {};
        return event;
    }
    /// Back to a block: what comes after it is another branch, with other hashes.
    std::shared_ptr<const FeedEvent> rewind(BlockNum keep, std::string_view salt) {
        number_ = keep;
        salt_ = salt;
        return std::make_shared<const FeedEvent>(Rewind{chain_, keep});
    }
    UnixMillis now() const { return from_unix_seconds(time_); }
    BlockNum number() const { return number_; }

private:
    ChainId chain_;
    int64_t time_;
    BlockNum number_ = 0;
    uint64_t txns_ = 0;
    std::string salt_;
    SeenBlock open_;
};

}  // namespace cordon::detect
