// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "config.hpp"

#include <set>

#include <cordon/base/unicode.hpp>
#include <cordon/chain/text.hpp>

#include "yaml_reader.hpp"

namespace cordon::wallet {
namespace {

using chain::YamlNode;

constexpr std::array<std::string_view, 3> kNames{"hot", "warm", "cold"};
constexpr std::size_t kMaxAssets = 10'000;
constexpr std::size_t kMaxWallets = 10'000;

class Reader : YamlReader {
public:
    using YamlReader::YamlReader;

    Result<TierConfig> config(const YamlNode& root) const {
        CORDON_TRY(fields(root, {"version", "requester", "assets"}));
        CORDON_TRY(version_1(root));
        TierConfig out;
        CORDON_TRY(out.requester, text(root, "requester"));
        if (!is_plain_line(out.requester))
            return refuse(*root.find("requester"), "has signs that do not show");
        CORDON_TRY(const YamlNode* assets, list(root, "assets", kMaxAssets));
        std::set<std::pair<ChainId, Asset>> seen;
        for (const YamlNode& item : assets->items) {
            CORDON_TRY(AssetTiers one, asset(item));
            if (!seen.emplace(one.chain, one.asset).second)
                return fail(ErrorCode::kDuplicate, at(item, "this asset stands twice"));
            out.assets.push_back(std::move(one));
        }
        return out;
    }

private:
    Result<AssetTiers> asset(const YamlNode& node) const {
        CORDON_TRY(fields(node, {"chain", "asset", "hot", "warm", "cold"}));
        AssetTiers out;
        CORDON_TRY(const std::string chain, text(node, "chain"));
        CORDON_TRY(out.chain, in(node, parse_chain(chain)));
        CORDON_TRY(const std::string asset, text(node, "asset"));
        CORDON_TRY(out.asset, in(node, Asset::parse(asset)));
        if (!node.find("hot") || !node.find("cold"))
            return refuse(node, "expected hot and cold, and warm where there is one");
        std::set<Address> seen;
        for (const Tier tier : kTiers) {
            const YamlNode* at = node.find(to_string(tier));
            if (!at) continue;
            CORDON_TRY(TierRule rule, this->rule(*at, out.chain, tier != Tier::kCold));
            for (const Address& wallet : rule.wallets)
                if (!seen.insert(wallet).second)
                    return fail(ErrorCode::kDuplicate, this->at(*at, "a wallet stands twice"));
            out.tiers[static_cast<std::size_t>(tier)] = std::move(rule);
        }
        return out;
    }

    Result<TierRule> rule(const YamlNode& node, ChainId chain, bool bounded) const {
        TierRule out;
        out.bounded = bounded;
        if (bounded) {
            CORDON_TRY(fields(node, {"wallets", "floor", "target", "cap", "most", "delay"}));
            CORDON_TRY(out.floor, amount(node, "floor"));
            CORDON_TRY(out.target, amount(node, "target"));
            CORDON_TRY(out.cap, amount(node, "cap"));
            CORDON_TRY(out.most, amount(node, "most"));
            CORDON_TRY(out.delay, duration(node, "delay"));
            if (out.floor > out.target || out.target > out.cap || out.floor == out.cap)
                return refuse(node, "expected floor <= target <= cap, and floor < cap");
            if (out.most.is_zero()) return refuse(node, "most: expected more than nothing");
        } else {
            CORDON_TRY(fields(node, {"wallets"}));
        }
        CORDON_TRY(const YamlNode* wallets, list(node, "wallets", kMaxWallets));
        for (const YamlNode& item : wallets->items) {
            CORDON_TRY(Address wallet, in(item, chain::parse_address(chain, item.text)));
            out.wallets.push_back(wallet);
        }
        return out;
    }
};

}  // namespace

std::string_view to_string(Tier tier) noexcept { return kNames[static_cast<std::size_t>(tier)]; }

std::optional<Tier> AssetTiers::behind(Tier tier) const noexcept {
    if (tier == Tier::kCold) return std::nullopt;
    return tier == Tier::kHot && rule(Tier::kWarm) ? Tier::kWarm : Tier::kCold;
}

Result<TierConfig> parse_tiers(std::string_view yaml, std::string_view name) {
    CORDON_TRY(const YamlNode root, chain::parse_yaml(yaml, name));
    return Reader{name}.config(root);
}

}  // namespace cordon::wallet
