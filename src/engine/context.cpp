// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "context.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "cluster_labels.hpp"

namespace cordon::engine {

namespace {

// A large trace asks about a million addresses of which few have a label. One question costs as
// much as reading so many of the list of those; memory goes up to so many labels.
constexpr uint64_t kLabelsAQuestion = 16;
constexpr uint64_t kMostListed = 4'000'000;
constexpr uint64_t kFirstLook = 64;  // Questions after which the labels are counted.

}  // namespace

bool RecordsContext::has_labels(const Address& address) const {
    if (++asked_ == kFirstLook)
        if (const auto counts = store_.counts()) label_count_ = counts->labels;
    // The list is read when as much has been spent on questions.
    if (!labelled_ && label_count_ <= std::min(kMostListed, asked_ * kLabelsAQuestion)) {
        // An error here is met again, and told, when an address is asked for.
        if (const auto all = store_.labelled()) {
            labelled_.emplace(all->begin(), all->end());
            // Who had a label when asked has it to the end, whatever a new version of a list says.
            for (const auto& [chain, known] : labels_)
                for (const auto& [asked, labels] : known)
                    if (!labels.empty()) labelled_->insert(asked);
        } else {
            label_count_ = kUncounted;
        }
    }
    return !labelled_ || labelled_->contains(address);
}

const std::vector<Price>& RecordsContext::prices(ChainId chain, const Asset& asset) const {
    const auto [known, fresh] = prices_[chain].try_emplace(asset);
    if (!fresh) return known->second;
    auto all = store_.prices(chain, asset);
    if (all)
        known->second = std::move(*all);
    else if (!error_)
        error_ = all.error();
    return known->second;
}

const std::vector<Label>& RecordsContext::known_labels(ChainId chain,
                                                       const Address& address) const {
    // Nothing is kept of addresses that have none: they are many, and the list says so at once.
    static const std::vector<Label> kNone;
    if (labelled_ && !labelled_->contains(address) && !clusters_.contains(chain)) return kNone;
    const auto [known, fresh] = labels_[chain].try_emplace(address);
    if (fresh) {
        if (has_labels(address)) {
            auto labels = store_.labels(chain, address);
            if (labels)
                known->second = std::move(*labels);
            else if (!error_)
                error_ = labels.error();
        }
        if (known->second.empty())
            if (auto label = cluster_label(chain, address)) known->second.push_back(*label);
    }
    return known->second;
}

std::optional<Label> RecordsContext::label(ChainId chain, const Address& address) const {
    const std::vector<Label>& known = known_labels(chain, address);
    return known.empty() ? std::nullopt : std::optional{known.front()};
}

std::vector<Label> RecordsContext::labels(ChainId chain, const Address& address) const {
    return known_labels(chain, address);
}

void RecordsContext::add_clusters(Clusters clusters) {
    clusters_.insert_or_assign(clusters.chain, std::move(clusters));
}

std::optional<Label> RecordsContext::cluster_label(ChainId chain, const Address& address) const {
    const auto at = clusters_.find(chain);
    if (at == clusters_.end()) return std::nullopt;
    const Clusters& clusters = at->second;
    const auto id = clusters.reader->address_id(chain, address);
    if (!id) {
        if (!error_) error_ = id.error();
        return std::nullopt;
    }
    if (!*id || clusters.forest.size(**id) == 1) return std::nullopt;
    const auto [known, fresh] =
        by_cluster_.try_emplace({chain, clusters.forest.cluster(**id)}, std::nullopt);
    if (fresh) {
        auto found = cluster_labels(clusters, **id, store_);
        if (!found) {
            if (!error_) error_ = found.error();
        } else if (!found->labels.empty() && !found->conflict) {
            ClusterLabel& best = found->labels.front();
            known->second = std::move(best.label);
            known->second->text +=
                format(" (cluster of {})", chain::format_address(chain, known->second->address));
            known->second->confidence = best.confidence;
        }
    }
    std::optional<Label> label = known->second;
    if (label) label->address = address;
    return label;
}

std::optional<AssetInfo> RecordsContext::asset(ChainId chain, const Asset& asset) const {
    auto& known = assets_[chain];
    if (const auto found = known.find(asset); found != known.end()) return found->second;
    auto info = store_.asset(chain, asset);
    if (!info && !error_) error_ = info.error();
    std::optional<AssetInfo> answer = info ? std::move(*info) : std::nullopt;
    if (!answer && asset.is_native())
        answer = AssetInfo{chain, asset, std::string{native_symbol(chain)}, native_decimals(chain),
                           AssetStatus::kVerified};
    known.emplace(asset, answer);
    return answer;
}

const RecordsContext::Priced& RecordsContext::priced(ChainId chain, const Asset& asset_id) const {
    if (last_priced_ && last_priced_->chain == chain && last_priced_->asset == asset_id)
        return *last_priced_;
    Priced& out = last_priced_.emplace(Priced{chain, asset_id});
    if (const auto info = asset(chain, asset_id)) {
        out.units = std::pow(10.0, info->decimals);
        out.prices = &prices(chain, asset_id);
    }
    return out;
}

std::optional<double> RecordsContext::usd(ChainId chain, const Asset& asset_id,
                                          const Amount& amount,
                                          std::optional<UnixMillis> time) const {
    if (!time) return std::nullopt;
    const Priced& priced = this->priced(chain, asset_id);
    if (priced.prices == nullptr) return std::nullopt;
    const std::vector<Price>& all = *priced.prices;
    const auto later =
        std::upper_bound(all.begin(), all.end(), *time,
                         [](UnixMillis moment, const Price& price) { return moment < price.time; });
    if (later == all.begin()) return std::nullopt;
    return amount.to_double() / priced.units * std::prev(later)->usd;
}

bool RecordsContext::is_verified_symbol(ChainId chain, std::string_view symbol) const {
    const auto [known, fresh] = verified_symbols_.try_emplace({chain, std::string{symbol}}, false);
    if (!fresh) return known->second;
    const auto same = [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) ==
               std::tolower(static_cast<unsigned char>(b));
    };
    const std::string_view native = native_symbol(chain);
    if (std::equal(symbol.begin(), symbol.end(), native.begin(), native.end(), same))
        return known->second = true;
    const auto infos = store_.assets_by_symbol(chain, symbol);
    if (!infos) {
        if (!error_) error_ = infos.error();
        return false;
    }
    known->second = std::any_of(infos->begin(), infos->end(), [](const AssetInfo& info) {
        return info.status == AssetStatus::kVerified;
    });
    return known->second;
}

template <typename T>
std::vector<T> RecordsContext::or_nothing(Result<std::vector<T>> rows) const {
    if (rows) return *std::move(rows);
    if (!error_) error_ = rows.error();
    return {};
}

std::vector<Address> RecordsContext::labelled(ChainId chain, Category category) const {
    auto found = or_nothing(store_.labelled(chain, category));
    std::erase_if(found, [&](const Address& address) {
        const auto shown = label(chain, address);
        return !shown || shown->category != category;
    });
    return found;
}

std::vector<Fact> RecordsContext::facts_of(ChainId chain, const Hash256& txn) const {
    return or_nothing(store_.facts(chain, txn));
}

std::vector<Fact> RecordsContext::facts_with(FactKind kind, std::string_view key) const {
    return or_nothing(store_.facts(kind, key));
}

std::vector<Fact> RecordsContext::facts_on(ChainId chain, FactKind kind) const {
    return or_nothing(store_.facts(chain, kind));
}

}  // namespace cordon::engine
