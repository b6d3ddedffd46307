// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "scenario.hpp"

#include <algorithm>
#include <cmath>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "play.hpp"

namespace cordon::heists {
namespace {

using namespace std::chrono_literals;

/// Customers and partners have been there for years; the house's addresses, too.
constexpr Seconds kKnownFor{400L * 86'400};
/// Normal days before the first step, where the file does not say, and after the last.
constexpr uint32_t kDaysBefore = 14;
constexpr Seconds kAfter{18L * 3'600};

template <typename Map, typename Key>
auto find_in(const Map& map, const Key& key) {
    using Value = typename Map::mapped_type;
    const auto found = map.find(key);
    return found == map.end() ? std::optional<Value>{} : std::optional<Value>{found->second};
}

/// Shares of a wallet's holdings by rank: equal, or as wealth goes (Zipf).
std::vector<double> shares(const Wallet& wallet) {
    std::vector<double> out;
    double sum = 0;
    for (uint32_t i = 0; i < wallet.copies; ++i) {
        out.push_back(wallet.skewed ? 1.0 / (i + 1.0) : 1.0);
        sum += out.back();
    }
    for (double& each : out) each /= sum;
    return out;
}

Status open_wallet(Play& play, const Wallet& wallet) {
    Held held;
    held.facts = &wallet;
    CORDON_TRY(held.chain, played_chain(wallet.chain));
    if (wallet.role == Role::kWallet) held.set = format("{} {}", play.facts.name, wallet.name);
    for (uint32_t i = 0; i < wallet.copies; ++i) {
        const std::string name = wallet.copies == 1 ? wallet.name : format("{}/{}", wallet.name, i);
        if (!wallet.address.empty()) {
            auto address = chain::parse_address(held.chain, wallet.address);
            if (!address)
                return fail(address.error().in(format("{}:{}", play.facts.file, wallet.line)));
            play.book.name(held.chain, name, *address);
        }
        held.addresses.push_back(play.book.address(held.chain, name));
        play.book.open(held.chain, held.addresses.back());
    }
    if (wallet.role == Role::kToken)
        play.book.token(wallet.chain, wallet.symbol, held.addresses.front());
    const std::vector<double> parts = shares(wallet);
    const auto hold = [&](const Coin& coin, const Amount& amount) {
        for (std::size_t i = 0; i < parts.size(); ++i)
            play.book.credit(coin, held.addresses[i],
                             scaled(amount, static_cast<uint64_t>(parts[i] * 1e6)));
        held.coins.push_back(coin);
        held.opening[coin.symbol] = amount;
    };
    for (const auto& [symbol, quantity] : wallet.holds) {
        const Coin& coin = play.book.coin(wallet.chain, symbol);
        hold(coin, units(coin, quantity));
    }
    // Further tokens: a few are worth much, most of them little, at prices of all sizes.
    Random random{play.seed, "tail " + play.facts.name + wallet.name};
    const double even = wallet.tail_tokens ? wallet.tail_usd / wallet.tail_tokens : 0;
    double given = 0;
    std::vector<double> worth;
    for (uint32_t i = 0; i < wallet.tail_tokens; ++i) {
        worth.push_back(random.log_normal(even, 1.2));
        given += worth.back();
    }
    for (uint32_t i = 0; i < wallet.tail_tokens; ++i) {
        const std::string symbol = format("T{:03}", i + 1);
        const auto [price, is_new] = play.prices.try_emplace(symbol, 0.0);
        if (is_new) price->second = std::pow(10.0, random.between(-3, 1.3));
        const Coin& coin = play.book.coin(wallet.chain, symbol);
        hold(coin, of_usd(coin, worth[i] / given * wallet.tail_usd, price->second));
    }
    play.house.push_back(std::move(held));
    return {};
}

/// What such a house would have told its watch.
void configure(Play& play) {
    detect::WatchConfig& config = play.out.config;
    detect::Protocol protocol;
    detect::WatchedBridge bridge;
    protocol.name = bridge.name = play.facts.name;
    double value = 0;
    for (const Held& held : play.house) {
        const detect::Place place{held.chain, held.addresses.front()};
        double worth = 0;
        for (const auto& [symbol, amount] : held.opening)
            worth +=
                static_cast<double>(play.cents(play.book.coin(held.facts->chain, symbol), amount));
        switch (held.facts->role) {
            case Role::kWallet:
                for (const Address& address : held.addresses)
                    config.wallets.push_back(
                        {held.chain, address, held.set, play.facts.victim, held.facts->tier});
                if (held.facts->tier != "deposit") ++play.out.watched;
                break;
            case Role::kBridge:
                bridge.contracts.push_back(place);
                for (const std::string& symbol : held.facts->mints)
                    bridge.tokens.push_back(
                        {held.chain, play.book.coin(held.facts->chain, symbol).token});
                value += worth;
                break;
            case Role::kKeeper:
                bridge.contracts.push_back(place);
                bridge.keepers.push_back(place);
                break;
            case Role::kToken:
            case Role::kProtocol:
                protocol.contracts.push_back(place);
                value += worth;
                break;
            case Role::kAdmin: protocol.admins.push_back(place); break;
        }
        if (held.is_safe()) {
            config.safes.push_back(
                {format("{} {}", play.facts.name, held.facts->name), place, {}, {}});
            if (held.set.empty()) ++play.out.watched;
        }
    }
    if (!bridge.contracts.empty()) {
        bridge.value = static_cast<Cents>(value);
        for (const detect::Place& place : bridge.contracts) (void)place, ++play.out.watched;
        config.bridges.push_back(std::move(bridge));
    }
    if (!protocol.contracts.empty()) {
        if (value > 0) protocol.value = static_cast<Cents>(value);
        for (const detect::Place& place : protocol.contracts) (void)place, ++play.out.watched;
        config.protocols.push_back(std::move(protocol));
    }
}

void know(Play& play, UnixMillis begin) {
    PlayedKnowledge& knowledge = play.out.knowledge;
    for (const Service& service : play.common.services) {
        const auto chain = played_chain(service.chain);
        if (!chain) continue;
        const Address address = play.who(*chain, service.name);
        Label label;
        label.chain = *chain;
        label.address = address;
        label.text = service.text;
        label.category = service.category;
        label.source = "public lists";
        label.confidence = 0.95;
        label.entity = service.text;
        knowledge.label_of[{*chain, address}].push_back(std::move(label));
        knowledge.seen[{*chain, address}] = begin - kKnownFor;
    }
    for (const Held& held : play.house)
        for (const Address& address : held.addresses) {
            knowledge.seen[{held.chain, address}] = begin - kKnownFor;
            for (const Coin& coin : held.coins)
                knowledge.balances[{{held.chain, address}, coin.asset}] =
                    play.book.balance(coin, address);
        }
}

void price_events(Play& play, UnixMillis begin, UnixMillis end) {
    Random random{play.seed, "prices " + play.facts.name};
    constexpr double kDailyMove = 0.02;  // A quiet market; coins at a dollar stand still.
    const auto tell = [&play](UnixMillis time, const std::string& symbol, double usd) {
        for (const Held& held : play.house) {
            if (!play.book.can_have(held.facts->chain, symbol)) continue;
            const Coin& coin = play.book.coin(held.facts->chain, symbol);
            play.tell(time, Price{coin.chain, coin.asset, time, usd});
        }
    };
    for (const auto& [symbol, usd] : std::map<std::string, double>{play.prices}) {
        const bool moves = usd < 0.95 || usd > 1.05;
        for (UnixMillis day = begin; day < end; day += 24h)
            tell(day, symbol, moves ? usd * std::exp(kDailyMove * random.normal()) : usd);
    }
}

struct Slot {
    ChainId chain;
    int64_t number = 0;
    friend auto operator<=>(const Slot&, const Slot&) = default;
};

/// Txns into blocks, blocks and everything else into one order of time.
void assemble(Play& play) {
    Scenario& out = play.out;
    std::vector<Made>& made = play.book.made();
    std::map<Slot, std::vector<Made*>> blocks;
    for (Made& txn : made) {
        const int64_t interval = rules_of(txn.chain).interval.count();
        const int64_t seconds = to_unix_seconds(txn.time);
        blocks[{txn.chain, (seconds + interval - 1) / interval}].push_back(&txn);
    }
    std::vector<std::pair<UnixMillis, FeedEvent>>& all = play.told;
    for (auto& [slot, txns] : blocks) {
        std::stable_sort(txns.begin(), txns.end(), [](const Made* a, const Made* b) {
            return std::pair{a->time, a->order} < std::pair{b->time, b->order};
        });
        const ChainRules rules = rules_of(slot.chain);
        SeenBlock seen;
        seen.block.chain = slot.chain;
        seen.block.header.number = static_cast<BlockNum>(slot.number);
        seen.block.header.time = from_unix_seconds(slot.number * rules.interval.count());
        seen.block.header.hash = play.book.fresh_hash("block");
        seen.activity.has_txns = seen.activity.has_logs = rules.has_logs;
        seen.activity.has_calls = seen.activity.has_changes = rules.has_calls;
        for (Made* txn : txns) {
            const Hash256 hash = txn->utxo ? txn->utxo->txid : txn->account.hash;
            if (txn->attack) out.attack.insert(hash);
            if (const auto loss = play.losses.find(hash); loss != play.losses.end())
                out.thefts.push_back({*seen.block.header.time, slot.chain, seen.block.header.number,
                                      hash, loss->second});
            if (txn->utxo) {
                seen.block.utxo_txns.push_back(std::move(*txn->utxo));
                continue;
            }
            if (!rules.has_logs && txn->account.transfers.empty()) continue;
            if (!txn->account.transfers.empty())
                seen.block.account_txns.push_back(std::move(txn->account));
            if (!rules.has_logs) continue;
            if (!rules.has_calls) {
                txn->activity.calls.clear();
                txn->activity.changes.clear();
            }
            seen.activity.txns.push_back(std::move(txn->activity));
        }
        out.txns += txns.size();
        all.emplace_back(*seen.block.header.time, std::move(seen));
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [time, event] : all)
        out.events.push_back(std::make_shared<const FeedEvent>(std::move(event)));
    std::stable_sort(out.thefts.begin(), out.thefts.end(),
                     [](const Theft& a, const Theft& b) { return a.time < b.time; });
    std::stable_sort(out.marks.begin(), out.marks.end(),
                     [](const Mark& a, const Mark& b) { return a.time < b.time; });
}

}  // namespace

std::vector<Label> PlayedKnowledge::labels(ChainId chain, const Address& address) const {
    return find_in(label_of, Place{chain, address}).value_or(std::vector<Label>{});
}
std::optional<AssetInfo> PlayedKnowledge::asset(ChainId chain, const Asset& asset) const {
    return find_in(assets, std::pair{chain, asset});
}
std::optional<UnixMillis> PlayedKnowledge::first_seen(ChainId chain, const Address& address) const {
    return find_in(seen, Place{chain, address});
}
std::optional<Amount> PlayedKnowledge::balance(ChainId chain, const Address& address,
                                               const Asset& asset) const {
    return find_in(balances, std::pair{Place{chain, address}, asset});
}
std::vector<Asset> PlayedKnowledge::assets_of(ChainId chain, const Address& address) const {
    std::vector<Asset> out;
    for (auto at = balances.lower_bound({{chain, address}, Asset{}});
         at != balances.end() && at->first.first == Place{chain, address}; ++at)
        out.push_back(at->first.second);
    return out;
}

Result<Scenario> make_scenario(const Common& common, const Facts& facts, uint64_t seed) {
    Play play{common, facts, seed};
    play.prices = facts.prices;
    for (const Service& service : common.services) {
        if (service.address.empty()) continue;
        CORDON_TRY(const ChainId chain, played_chain(service.chain));
        auto address = chain::parse_address(chain, service.address);
        if (!address) return fail(address.error().in("heists/common.yaml: " + service.name));
        play.book.name(chain, service.name, *address);
    }
    for (const Wallet& wallet : facts.wallets) CORDON_TRY(open_wallet(play, wallet));
    CORDON_TRY(plan_attack(play));
    const uint32_t days = facts.days ? facts.days : kDaysBefore;
    // Days of UTC: the traffic's hours are those of the house.
    play.out.begin = std::chrono::floor<std::chrono::days>(play.out.first_step) - days * 24h;
    play.out.end += kAfter;
    know(play, play.out.begin);
    configure(play);
    price_events(play, play.out.begin, play.out.end);
    plan_traffic(play, play.out.begin, play.out.end);
    while (!play.agenda.empty()) {
        auto first = play.agenda.extract(play.agenda.begin());
        if (first.key().first < play.out.end) first.mapped()(first.key().first);
    }
    assemble(play);
    // Assets are known once all of them have been named.
    for (const Held& held : play.house)
        for (const auto& [symbol, usd] : play.prices) {
            if (!play.book.can_have(held.facts->chain, symbol)) continue;
            const Coin& coin = play.book.coin(held.facts->chain, symbol);
            play.out.knowledge.assets[{coin.chain, coin.asset}] = {
                coin.chain, coin.asset, coin.symbol, coin.decimals, AssetStatus::kVerified};
        }
    if (play.out.thefts.empty())
        return fail(ErrorCode::kInvalidParam,
                    format("{}: nothing was stolen when it was played: the wallets do not hold "
                           "what the steps take",
                           facts.file));
    play.out.first_theft = play.out.thefts.front().time;
    return std::move(play.out);
}

}  // namespace cordon::heists
