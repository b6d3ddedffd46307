// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <cordon/detect/world.hpp>
#include <cordon/feed/balances.hpp>
#include <cordon/ledger/ledger.hpp>
#include <cordon/records/store.hpp>

#include "open.hpp"

namespace cordon::engine {

/// What a watch knows beside its stream: the rows of side files, then records and ledger of one
/// directory.
///
/// History ends where the stream begins (begin): a ledger that holds the replayed blocks, too, must
/// not tell what comes. Confined to one thread.
class LedgerKnowledge final : public detect::Knowledge {
public:
    /// `directory` may be empty: no ledger. kNotFound and kCorrupt as their stores say.
    static Result<std::unique_ptr<LedgerKnowledge>> open(const std::string& directory,
                                                         SideRows rows);

    /// History is of this snapshot from now on. Records are asked as they are anyway; which
    /// addresses have labels there at all stays as it was at open().
    void follow(std::shared_ptr<const ledger::Reader> reader);

    /// The stream's first block of a chain. Only the first call of a chain counts.
    void begin(ChainId chain, BlockNum first);
    const std::map<ChainId, BlockNum>& beginnings() const noexcept { return begin_; }

    /// What a node said that addresses held when the stream began: counts before the ledger.
    void add_balances(std::span<const feed::Holding> holdings);
    /// Of a chain, that side files name: by asset; no counterfeits.
    std::vector<Asset> assets(ChainId chain) const;

    /// Ours by wallets: files and the ledger's records, by (chain, address).
    Result<std::vector<WalletAddress>> wallets() const;

    std::vector<Label> labels(ChainId chain, const Address& address) const override;
    std::optional<AssetInfo> asset(ChainId chain, const Asset& asset) const override;
    std::optional<double> price(ChainId chain, const Asset& asset, UnixMillis time) const override;
    std::optional<UnixMillis> first_seen(ChainId chain, const Address& address) const override;
    std::optional<Amount> balance(ChainId chain, const Address& address,
                                  const Asset& asset) const override;
    std::vector<Asset> assets_of(ChainId chain, const Address& address) const override;

    /// The first error of records or ledger; the answers after it were "nothing": a watch must say
    /// so and stop.
    const std::optional<Error>& error() const noexcept { return error_; }

private:
    /// None: more went out than ever came in, so that the ledger does not hold all of it.
    using Balances = std::map<Asset, std::optional<Amount>>;

    template <typename T>
    T or_nothing(Result<T> answer) const;
    bool may_have_labels(const Address& address) const;
    const std::vector<Price>& prices(ChainId chain, const Asset& asset) const;
    const Balances& balances(ChainId chain, const Address& address) const;
    Result<Balances> read_balances(ChainId chain, const Address& address, BlockNum before) const;
    Result<std::optional<UnixMillis>> read_first_seen(ChainId chain, const Address& address) const;

    std::unique_ptr<records::Store> store_;         // May be absent.
    std::shared_ptr<const ledger::Reader> reader_;  // Absent with it. Shared with its snapshot.
    std::vector<ChainId> chains_;                   // Of the ledger; sorted.
    std::map<ChainId, BlockNum> begin_;
    std::unordered_map<Address, std::vector<Label>> labels_;  // Of side files; looked up only.
    std::map<std::pair<ChainId, Asset>, AssetInfo> assets_;   // Of side files.
    std::vector<WalletAddress> wallets_;                      // Of side files.
    std::optional<std::unordered_set<Address>> labelled_;     // In records; looked up only.
    mutable std::map<std::pair<ChainId, Asset>, std::vector<Price>> prices_;  // By time.
    mutable std::map<std::pair<ChainId, Asset>, std::optional<AssetInfo>> known_assets_;
    std::map<std::pair<ChainId, Address>, Balances> told_;  // By a node.
    mutable std::map<std::pair<ChainId, Address>, Balances> balances_;
    mutable std::optional<Error> error_;
};

}  // namespace cordon::engine
