// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include <cordon/base/format.hpp>

namespace cordon::detect {
namespace {

constexpr uint64_t kBalances = 1U << 18;   // Addresses of ours times assets they hold.
constexpr uint64_t kCreations = 1U << 20;  // Contracts young enough to be of interest.
constexpr uint64_t kPrices = 1U << 16;

/// An address of a chain in 24 bytes. Payloads are hashes: 20 bytes of them are as hard to meet as
/// an EVM address.
struct PlaceKey {
    std::array<uint8_t, 20> payload{};
    uint32_t chain = 0;
    friend auto operator<=>(const PlaceKey&, const PlaceKey&) = default;
};

PlaceKey key_of(ChainId chain, const Address& address) noexcept {
    PlaceKey key;
    const ByteView payload = address.payload();
    std::copy_n(payload.begin(), std::min(payload.size(), key.payload.size()), key.payload.begin());
    key.chain = static_cast<uint32_t>(std::hash<ChainId>{}(chain) >> 32) ^
                static_cast<uint32_t>(address.kind());
    return key;
}

struct BalanceKey {
    ChainId chain;
    Address address;
    Asset asset;
    friend auto operator<=>(const BalanceKey&, const BalanceKey&) = default;
};

struct Balance {
    Amount amount;
    bool overspent = false;  // More went out than was known: what is left is not known either.
};

struct Creation {
    Address creator;
    UnixMillis time;
};

struct PriceKey {
    ChainId chain;
    Asset asset;
    friend auto operator<=>(const PriceKey&, const PriceKey&) = default;
};

struct LastPrice {
    double usd = 0;
    UnixMillis time;
};

}  // namespace
}  // namespace cordon::detect

template <>
struct std::hash<cordon::detect::PlaceKey> {
    std::size_t operator()(const cordon::detect::PlaceKey& key) const noexcept {
        uint64_t a;
        uint64_t b;
        std::memcpy(&a, key.payload.data() + 4, 8);
        std::memcpy(&b, key.payload.data() + 12, 8);
        return (a ^ (b * 0x9E3779B97F4A7C15ULL)) + key.chain;
    }
};
template <>
struct std::hash<cordon::detect::BalanceKey> {
    std::size_t operator()(const cordon::detect::BalanceKey& key) const noexcept {
        return std::hash<cordon::Address>{}(key.address) ^
               (std::hash<cordon::Asset>{}(key.asset) * 3) ^
               std::hash<cordon::ChainId>{}(key.chain);
    }
};
template <>
struct std::hash<cordon::detect::PriceKey> {
    std::size_t operator()(const cordon::detect::PriceKey& key) const noexcept {
        return std::hash<cordon::Asset>{}(key.asset) ^ std::hash<cordon::ChainId>{}(key.chain);
    }
};
template <>
struct std::hash<cordon::detect::Place> {
    std::size_t operator()(const cordon::detect::Place& place) const noexcept {
        return std::hash<cordon::Address>{}(place.address) ^
               std::hash<cordon::ChainId>{}(place.chain);
    }
};

namespace cordon::detect {

struct World::Impl {
    std::unordered_map<Place, SetId> sets;
    std::unordered_map<Place, std::vector<const Allowed*>> allowed;
    std::unordered_map<Place, const Protocol*> protocols;
    std::unordered_map<Place, const WatchedSafe*> safes;
    std::unordered_map<Place, const WatchedBridge*> bridges;

    Keyed<PlaceKey, uint32_t> seen;  // Unix seconds.
    Keyed<PlaceKey, Creation> created{kCreations};
    Keyed<BalanceKey, Balance> balances{kBalances};
    Keyed<PriceKey, LastPrice> prices{kPrices};

    std::vector<Movement> movements;
    std::vector<Transfer> transfers;

    explicit Impl(uint64_t addresses) : seen{addresses} {}

    bool is_tracked(ChainId chain, const Address& address) const noexcept {
        const Place place{chain, address};
        return sets.contains(place) || protocols.contains(place) || bridges.contains(place) ||
               safes.contains(place);
    }
};

void World::Free::operator()(Impl* impl) const noexcept { delete impl; }

World::World(const WatchConfig& config, const Knowledge& knowledge, uint64_t addresses)
    : config_{config}, knowledge_{knowledge}, impl_{new Impl{addresses}} {
    std::map<std::string, SetId> by_name;
    for (const WalletAddress& wallet : config.wallets) {
        auto [at, is_new] = by_name.try_emplace(wallet.set, static_cast<SetId>(sets_.size() + 1));
        if (is_new) sets_.push_back({wallet.set, wallet.entity, wallet.tier, {}});
        if (impl_->sets.try_emplace({wallet.chain, wallet.address}, at->second).second)
            sets_[at->second - 1].addresses.push_back({wallet.chain, wallet.address});
    }
    for (SetInfo& set : sets_) std::sort(set.addresses.begin(), set.addresses.end());
    for (const Allowed& allowed : config.allowed) impl_->allowed[allowed.place].push_back(&allowed);
    for (const Protocol& protocol : config.protocols)
        for (const Place& place : protocol.contracts) impl_->protocols.emplace(place, &protocol);
    for (const WatchedSafe& safe : config.safes) impl_->safes.emplace(safe.place, &safe);
    for (const WatchedBridge& bridge : config.bridges)
        for (const Place& place : bridge.contracts) impl_->bridges.emplace(place, &bridge);
}

SetId World::set_of(ChainId chain, const Address& address) const noexcept {
    const auto found = impl_->sets.find({chain, address});
    return found == impl_->sets.end() ? 0 : found->second;
}

bool World::is_allowed(SetId from, ChainId chain, const Address& to,
                       UnixMillis time) const noexcept {
    if (from == 0) return false;
    const auto found = impl_->allowed.find({chain, to});
    if (found == impl_->allowed.end()) return false;
    const std::string& name = set(from).name;
    return std::any_of(found->second.begin(), found->second.end(), [&](const Allowed* allowed) {
        return (allowed->set.empty() || allowed->set == name) &&
               (!allowed->until || time < *allowed->until);
    });
}

const ChangeTicket* World::ticket(SetId id, UnixMillis time) const noexcept {
    if (id == 0) return nullptr;
    for (const ChangeTicket& ticket : config_.tickets)
        if (ticket.set == set(id).name && ticket.from <= time && time < ticket.until)
            return &ticket;
    return nullptr;
}

const Protocol* World::protocol_of(ChainId chain, const Address& contract) const noexcept {
    const auto found = impl_->protocols.find({chain, contract});
    return found == impl_->protocols.end() ? nullptr : found->second;
}

const WatchedSafe* World::safe_of(ChainId chain, const Address& address) const noexcept {
    const auto found = impl_->safes.find({chain, address});
    return found == impl_->safes.end() ? nullptr : found->second;
}

const WatchedBridge* World::bridge_of(ChainId chain, const Address& contract) const noexcept {
    const auto found = impl_->bridges.find({chain, contract});
    return found == impl_->bridges.end() ? nullptr : found->second;
}

std::optional<Label> World::label(ChainId chain, const Address& address) const {
    const std::vector<Label> labels = knowledge_.labels(chain, address);
    const auto best = std::max_element(
        labels.begin(), labels.end(),
        [](const Label& a, const Label& b) { return a.confidence < b.confidence; });
    return best == labels.end() ? std::nullopt : std::optional{*best};
}

std::optional<Cents> World::usd(ChainId chain, const Asset& asset, const Amount& amount,
                                UnixMillis time) const {
    std::optional<double> price;
    if (const LastPrice* last = impl_->prices.find({chain, asset}); last && last->time <= time)
        price = last->usd;
    if (!price) price = knowledge_.price(chain, asset, time);
    if (!price) return std::nullopt;
    const std::optional<AssetInfo> info = knowledge_.asset(chain, asset);
    if (!info && !asset.is_native()) return std::nullopt;
    const unsigned decimals = info ? info->decimals : native_decimals(chain);
    // One rounding each way at most: the same amount and price always give the same cents.
    const double cents = std::floor(amount.to_double() / std::pow(10.0, decimals) * *price * 100);
    constexpr double kLargest = 9.2e18;  // Below the end of int64.
    return static_cast<Cents>(std::min(cents, kLargest));
}

std::string World::amount_text(ChainId chain, const Asset& asset, const Amount& amount) const {
    const std::optional<AssetInfo> info = knowledge_.asset(chain, asset);
    if (info) return format("{} {}", format_units(amount, info->decimals), info->symbol);
    if (asset.is_native())
        return format("{} {}", format_units(amount, native_decimals(chain)), native_symbol(chain));
    return format("{} smallest units of {}", amount.to_string(), asset.text());
}

std::optional<UnixMillis> World::first_seen(ChainId chain, const Address& address) const {
    const uint32_t* seconds = impl_->seen.find(key_of(chain, address));
    if (seconds) return from_unix_seconds(*seconds);
    return knowledge_.first_seen(chain, address);
}

std::optional<UnixMillis> World::created(ChainId chain, const Address& contract) const {
    const Creation* creation = impl_->created.find(key_of(chain, contract));
    return creation ? std::optional{creation->time} : std::nullopt;
}

std::optional<Address> World::creator(ChainId chain, const Address& contract) const {
    const Creation* creation = impl_->created.find(key_of(chain, contract));
    return creation ? std::optional{creation->creator} : std::nullopt;
}

std::optional<Amount> World::balance(ChainId chain, const Address& address,
                                     const Asset& asset) const {
    const Balance* balance = impl_->balances.find({chain, address, asset});
    if (!balance) return knowledge_.balance(chain, address, asset);
    return balance->overspent ? std::nullopt : std::optional{balance->amount};
}

std::optional<Amount> World::set_balance(SetId id, ChainId chain, const Asset& asset) const {
    std::optional<Amount> sum;
    for (const Place& place : set(id).addresses) {
        if (place.chain != chain) continue;
        const std::optional<Amount> one = balance(chain, place.address, asset);
        if (one) sum = checked_add(sum.value_or(Amount{}), *one).value_or(Amount::max());
    }
    return sum;
}

std::vector<Asset> World::assets_of(ChainId chain, const Address& address) const {
    std::vector<Asset> assets = knowledge_.assets_of(chain, address);
    for (const BalanceKey& key : impl_->balances.keys())
        if (key.chain == chain && key.address == address) assets.push_back(key.asset);
    std::sort(assets.begin(), assets.end());
    assets.erase(std::unique(assets.begin(), assets.end()), assets.end());
    return assets;
}

Cents World::set_value(SetId id, ChainId chain, UnixMillis time) const {
    Cents sum = 0;
    for (const Place& place : set(id).addresses) {
        if (place.chain != chain) continue;
        for (const Asset& asset : assets_of(chain, place.address)) {
            const std::optional<Amount> amount = balance(chain, place.address, asset);
            const std::optional<Cents> cents =
                amount ? usd(chain, asset, *amount, time) : std::nullopt;
            if (cents && __builtin_add_overflow(sum, *cents, &sum))
                return std::numeric_limits<Cents>::max();
        }
    }
    return sum;
}

Cents World::set_value(SetId id, UnixMillis time) const {
    std::vector<ChainId> chains;
    for (const Place& place : set(id).addresses) chains.push_back(place.chain);
    chains.erase(std::unique(chains.begin(), chains.end()), chains.end());  // Addresses are sorted.
    Cents sum = 0;
    for (const ChainId chain : chains)
        if (__builtin_add_overflow(sum, set_value(id, chain, time), &sum))
            return std::numeric_limits<Cents>::max();
    return sum;
}

void World::price(const Price& price) {
    LastPrice& last = impl_->prices.at({price.chain, price.asset}, price.time);
    if (last.time <= price.time) last = {price.usd, price.time};
}

std::span<const Movement> World::movements(ChainId chain, std::span<const Transfer> transfers,
                                           UnixMillis time) {
    impl_->movements.clear();
    for (const Transfer& transfer : transfers) {
        Movement movement{&transfer,
                          usd(chain, transfer.asset, transfer.amount, time),
                          set_of(chain, transfer.from),
                          set_of(chain, transfer.to),
                          false,
                          first_seen(chain, transfer.to)};
        movement.allowed =
            movement.to_set != 0 || is_allowed(movement.from_set, chain, transfer.to, time);
        impl_->movements.push_back(movement);
    }
    return impl_->movements;
}

std::span<const Transfer> World::transfers_of(ChainId chain, const UtxoTxn& txn) {
    impl_->transfers.clear();
    // The payer is whoever put in the most: a helper's small input must not hide our wallet.
    const TxOut* largest = nullptr;
    for (const TxIn& input : txn.inputs)
        if (input.spent && (!largest || input.spent->value > largest->value))
            largest = &*input.spent;
    const Address payer = largest ? largest->address : Address{};
    const SetId payer_set = set_of(chain, payer);
    for (std::size_t i = 0; i < txn.outputs.size(); ++i) {
        const TxOut& output = txn.outputs[i];
        const bool is_change =
            (payer_set != 0 && set_of(chain, output.address) == payer_set) ||
            std::any_of(txn.inputs.begin(), txn.inputs.end(), [&](const TxIn& input) {
                return input.spent && input.spent->address == output.address;
            });
        if (!is_change)
            impl_->transfers.push_back({static_cast<uint32_t>(i), payer, output.address, Asset{},
                                        output.value, TransferKind::kNative});
    }
    return impl_->transfers;
}

void World::apply(ChainId chain, std::span<const Transfer> transfers, const TxnActivity* activity,
                  const UtxoTxn* utxo, UnixMillis time) {
    const auto seconds = static_cast<uint32_t>(to_unix_seconds(time));
    const auto see = [&](const Address& address) {
        if (address.empty() || address.is_zero()) return;
        const PlaceKey key = key_of(chain, address);
        if (impl_->seen.find(key)) return;
        const std::optional<UnixMillis> before = knowledge_.first_seen(chain, address);
        impl_->seen.at(key, time) =
            before ? static_cast<uint32_t>(to_unix_seconds(*before)) : seconds;
    };
    const auto move = [&](const Address& address, const Asset& asset, const Amount& amount,
                          bool in) {
        if (!impl_->is_tracked(chain, address)) return;
        const BalanceKey key{chain, address, asset};
        const bool is_new = impl_->balances.find(key) == nullptr;
        Balance& balance = impl_->balances.at(key, time);
        if (is_new) balance.amount = knowledge_.balance(chain, address, asset).value_or(Amount{});
        if (in) {
            balance.amount = checked_add(balance.amount, amount).value_or(Amount::max());
        } else if (balance.amount < amount) {
            balance = {Amount{}, true};
        } else {
            balance.amount -= amount;
        }
    };
    if (utxo) {
        for (const TxIn& input : utxo->inputs) {
            if (!input.spent) continue;
            see(input.spent->address);
            move(input.spent->address, Asset{}, input.spent->value, false);
        }
        for (const TxOut& output : utxo->outputs) {
            see(output.address);
            move(output.address, Asset{}, output.value, true);
        }
        return;
    }
    for (const Transfer& transfer : transfers) {
        see(transfer.from);
        see(transfer.to);
        move(transfer.from, transfer.asset, transfer.amount, false);
        move(transfer.to, transfer.asset, transfer.amount, true);
    }
    if (!activity) return;
    see(activity->from);
    see(activity->to);
    const auto create = [&](const Address& contract, const Address& creator) {
        if (contract.empty()) return;
        see(contract);
        impl_->created.at(key_of(chain, contract), time) = {creator, time};
    };
    if (activity->calls.empty()) {
        if (activity->succeeded.value_or(true)) create(activity->created, activity->from);
        return;
    }
    std::vector<bool> failed(activity->calls.size());
    for (std::size_t i = 0; i < activity->calls.size(); ++i) {
        const Call& call = activity->calls[i];
        failed[i] = call.failed || (call.parent < i && failed[call.parent]);
        if (!failed[i] && (call.kind == CallKind::kCreate || call.kind == CallKind::kCreate2))
            create(call.to, call.from);
    }
}

std::vector<Table*> World::tables() {
    return {&impl_->seen, &impl_->created, &impl_->balances, &impl_->prices};
}

}  // namespace cordon::detect
