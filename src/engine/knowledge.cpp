// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "knowledge.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "ingest.hpp"

namespace cordon::engine {
namespace {

// Up to so many labels the addresses that have one are kept in memory, 50 bytes each: most
// addresses of a stream have none, and a question to records costs 9 us.
constexpr uint64_t kMostListed = 4'000'000;
// Balances of so many addresses are remembered; ours, and those of what we guard.
constexpr std::size_t kMostBalances = 100'000;

bool is_before(const Price& a, const Price& b) { return a.time < b.time; }

}  // namespace

Result<std::unique_ptr<LedgerKnowledge>> LedgerKnowledge::open(const std::string& directory,
                                                               SideRows rows) {
    auto knowledge = std::make_unique<LedgerKnowledge>();
    if (!directory.empty()) {
        CORDON_TRY(knowledge->reader_, ledger::open_reader(directory));
        CORDON_TRY(knowledge->store_, records::Store::open_read_only(records_path(directory)));
        for (const ledger::ChainSummary& chain : knowledge->reader_->chains())
            knowledge->chains_.push_back(chain.chain);
        CORDON_TRY(const auto counts, knowledge->store_->counts());
        if (counts.labels <= kMostListed) {
            CORDON_TRY(const auto labelled, knowledge->store_->labelled());
            knowledge->labelled_.emplace(labelled.begin(), labelled.end());
        }
    }
    const auto add_label = [&](Label& label) {
        knowledge->labels_[label.address].push_back(std::move(label));
    };
    for (Label& label : rows.labels) add_label(label);
    for (ReadList& list : rows.lists)
        for (Label& label : list.published.labels) add_label(label);
    for (AssetInfo& info : rows.assets)
        knowledge->assets_.insert_or_assign({info.chain, info.asset}, std::move(info));
    for (const Price& price : rows.prices)
        knowledge->prices_[{price.chain, price.asset}].push_back(price);
    // Of the same moment the later row counts, as in records.
    for (auto& [key, prices] : knowledge->prices_)
        std::stable_sort(prices.begin(), prices.end(), is_before);
    knowledge->wallets_ = std::move(rows.wallets);
    return knowledge;
}

void LedgerKnowledge::follow(std::shared_ptr<const ledger::Reader> reader) {
    reader_ = std::move(reader);
    chains_.clear();
    for (const ledger::ChainSummary& chain : reader_->chains()) chains_.push_back(chain.chain);
    balances_.clear();
}

void LedgerKnowledge::begin(ChainId chain, BlockNum first) { begin_.try_emplace(chain, first); }

void LedgerKnowledge::add_balances(std::span<const feed::Holding> holdings) {
    for (const feed::Holding& holding : holdings)
        told_[{holding.chain, holding.address}].insert_or_assign(holding.asset, holding.amount);
    balances_.clear();
}

std::vector<Asset> LedgerKnowledge::assets(ChainId chain) const {
    std::vector<Asset> all;
    for (const auto& [key, info] : assets_)
        if (key.first == chain && info.status != AssetStatus::kCounterfeit)
            all.push_back(key.second);
    return all;
}

template <typename T>
T LedgerKnowledge::or_nothing(Result<T> answer) const {
    if (answer) return *std::move(answer);
    if (!error_) error_ = answer.error();
    return {};
}

Result<std::vector<WalletAddress>> LedgerKnowledge::wallets() const {
    std::map<std::pair<ChainId, Address>, WalletAddress> all;
    if (store_) {
        CORDON_TRY(const auto stored, store_->wallets());
        for (const WalletAddress& wallet : stored)
            all.insert_or_assign({wallet.chain, wallet.address}, wallet);
    }
    for (const WalletAddress& wallet : wallets_)
        all.insert_or_assign({wallet.chain, wallet.address}, wallet);
    std::vector<WalletAddress> wallets;
    for (auto& [place, wallet] : all) wallets.push_back(std::move(wallet));
    return wallets;
}

bool LedgerKnowledge::may_have_labels(const Address& address) const {
    return store_ && (!labelled_ || labelled_->contains(address));
}

std::vector<Label> LedgerKnowledge::labels(ChainId chain, const Address& address) const {
    std::vector<Label> all;
    if (may_have_labels(address)) all = or_nothing(store_->labels(chain, address));
    if (const auto mine = labels_.find(address); mine != labels_.end())
        for (const Label& label : mine->second)
            if (!label.chain || *label.chain == chain) all.push_back(label);
    std::stable_sort(all.begin(), all.end(), [](const Label& a, const Label& b) {
        return std::tie(b.confidence, a.source, a.text) < std::tie(a.confidence, b.source, b.text);
    });
    return all;
}

std::optional<AssetInfo> LedgerKnowledge::asset(ChainId chain, const Asset& asset) const {
    if (const auto mine = assets_.find({chain, asset}); mine != assets_.end()) return mine->second;
    if (!store_) return std::nullopt;
    const auto [known, fresh] = known_assets_.try_emplace({chain, asset});
    if (fresh) known->second = or_nothing(store_->asset(chain, asset));
    return known->second;
}

const std::vector<Price>& LedgerKnowledge::prices(ChainId chain, const Asset& asset) const {
    const auto [known, fresh] = prices_.try_emplace({chain, asset});
    // A prices: file beside the stream speaks for its asset alone.
    if (fresh && store_) known->second = or_nothing(store_->prices(chain, asset));
    return known->second;
}

std::optional<double> LedgerKnowledge::price(ChainId chain, const Asset& asset,
                                             UnixMillis time) const {
    const std::vector<Price>& all = prices(chain, asset);
    const auto later =
        std::upper_bound(all.begin(), all.end(), time,
                         [](UnixMillis moment, const Price& price) { return moment < price.time; });
    return later == all.begin() ? std::nullopt : std::optional{std::prev(later)->usd};
}

Result<std::optional<UnixMillis>> LedgerKnowledge::read_first_seen(ChainId chain,
                                                                   const Address& address) const {
    CORDON_TRY(const auto id, reader_->address_id(chain, address));
    if (!id) return std::nullopt;
    const auto txns = is_utxo(chain)
                          ? reader_->utxo_txns_of(chain, address, ledger::Side::kEither,
                                                  ledger::Order::kAscending, std::nullopt)
                          : reader_->account_txns_of(chain, address, ledger::Side::kEither,
                                                     ledger::Order::kAscending, std::nullopt);
    CORDON_TRY(const auto first, txns->next());
    if (!first) return std::nullopt;
    if (const auto begin = begin_.find(chain);
        begin != begin_.end() && first->block >= begin->second)
        return std::nullopt;
    CORDON_TRY(const auto block, reader_->block(chain, first->block));
    return block ? block->time : std::nullopt;
}

std::optional<UnixMillis> LedgerKnowledge::first_seen(ChainId chain, const Address& address) const {
    if (!std::binary_search(chains_.begin(), chains_.end(), chain)) return std::nullopt;
    return or_nothing(read_first_seen(chain, address));
}

Result<LedgerKnowledge::Balances> LedgerKnowledge::read_balances(ChainId chain,
                                                                 const Address& address,
                                                                 BlockNum before) const {
    constexpr std::size_t kPage = 1'024;
    Balances balances;
    CORDON_TRY(const auto id, reader_->address_id(chain, address));
    if (!id) return balances;
    if (is_utxo(chain)) {
        const auto outputs =
            reader_->outputs_of(chain, address, ledger::Order::kAscending, std::nullopt);
        std::vector<ledger::PlacedOutput> page(kPage);
        uint64_t sum = 0;
        for (;;) {
            CORDON_TRY(const std::size_t count, outputs->next(page));
            if (count == 0) break;
            for (std::size_t i = 0; i < count; ++i)
                if (page[i].at.block < before &&
                    (!page[i].spent_by || page[i].spent_by->block >= before))
                    sum += page[i].value;
        }
        balances[Asset{}] = Amount{sum};
        return balances;
    }
    const auto transfers = reader_->transfers_of(chain, address, {});
    std::vector<ledger::PlacedTransfer> page(kPage);
    for (;;) {
        CORDON_TRY(const std::size_t count, transfers->next(page));
        if (count == 0) return balances;
        for (std::size_t i = 0; i < count; ++i) {
            const Transfer& transfer = page[i].transfer;
            if (page[i].at.block >= before) return balances;
            std::optional<Amount>& sum =
                balances.try_emplace(transfer.asset, Amount{}).first->second;
            if (!sum || transfer.from == transfer.to) continue;
            if (transfer.to == address)
                sum = checked_add(*sum, transfer.amount);
            else
                sum = transfer.amount > *sum ? std::nullopt : std::optional{*sum - transfer.amount};
        }
    }
}

const LedgerKnowledge::Balances& LedgerKnowledge::balances(ChainId chain,
                                                           const Address& address) const {
    if (balances_.size() >= kMostBalances) balances_.clear();
    const auto [known, fresh] = balances_.try_emplace({chain, address});
    if (fresh && std::binary_search(chains_.begin(), chains_.end(), chain)) {
        const auto begin = begin_.find(chain);
        known->second = or_nothing(
            read_balances(chain, address, begin == begin_.end() ? ~BlockNum{0} : begin->second));
    }
    if (const auto told = fresh ? told_.find({chain, address}) : told_.end(); told != told_.end())
        for (const auto& [asset, amount] : told->second)
            known->second.insert_or_assign(asset, amount);
    return known->second;
}

std::optional<Amount> LedgerKnowledge::balance(ChainId chain, const Address& address,
                                               const Asset& asset) const {
    const Balances& all = balances(chain, address);
    const auto found = all.find(asset);
    return found == all.end() ? std::nullopt : found->second;
}

std::vector<Asset> LedgerKnowledge::assets_of(ChainId chain, const Address& address) const {
    std::vector<Asset> assets;
    for (const auto& [asset, amount] : balances(chain, address)) assets.push_back(asset);
    return assets;
}

}  // namespace cordon::engine
