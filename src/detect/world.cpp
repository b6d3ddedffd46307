// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <bit>

#include "holdings.hpp"

namespace cordon::detect {
namespace {

constexpr uint64_t kCreations = 1U << 20;  // Contracts young enough to be of interest.
constexpr uint64_t kTickets = 1U << 10;
constexpr std::size_t kLabels = std::size_t{1} << 16;  // Answers that are kept.

struct Creation {
    Address creator;
    UnixMillis time;
};

/// What else the configuration says of an address than its set: of few.
struct Named {
    const Protocol* protocol = nullptr;
    const WatchedSafe* safe = nullptr;
    const WatchedBridge* bridge = nullptr;
    std::vector<const Allowed*> allowed;
};
struct Tracked {
    SetId set = 0;
    uint32_t name = 0;  // Of Impl::names; 0: nothing else.
    bool guarded = false;
    bool is_tracked() const noexcept { return set != 0 || guarded; }
};

}  // namespace

struct World::Impl {
    boost::unordered_flat_map<PlaceKey, Tracked, std::hash<PlaceKey>> places;  // Filled once.
    std::vector<Named> names = std::vector<Named>(1);
    Valuation valuation;
    Holdings holdings;

    Keyed<PlaceKey, uint32_t> seen;  // Unix seconds.
    Keyed<PlaceKey, Creation> created{kCreations};
    Keyed<uint32_t, Cents> spent{kTickets};  // Of a ticket, by its place in the configuration.

    std::vector<Movement> movements;
    struct Ends {
        const Tracked *from = nullptr, *to = nullptr;
        PlaceKey from_key, to_key;
        bool to_seen = false;  // It is in `seen`.
    };
    std::vector<Ends> ends;  // Of each movement.
    std::vector<Transfer> transfers;
    std::map<uint32_t, Cents> spending;  // What the txn at hand takes of tickets.
    // A cache, never iterated, no state; nullptr: nobody says anything, as of nearly all.
    boost::unordered_flat_map<PlaceKey, std::unique_ptr<const Label>, std::hash<PlaceKey>> labels;

    Impl(const Knowledge& knowledge, const std::vector<SetInfo>& sets, uint64_t addresses)
        : valuation{knowledge}, holdings{knowledge, valuation, sets}, seen{addresses} {}

    /// Two bits of one word for every place, and a word for four: nearly all addresses of a chain
    /// are nobody's, and are known as such by one look (all but one in sixty).
    std::vector<uint64_t> filter = std::vector<uint64_t>(1);

    std::pair<std::size_t, uint64_t> bits_of(const PlaceKey& key) const noexcept {
        const uint64_t mixed = key.bits() * 0x9E3779B97F4A7C15ULL;
        return {(mixed >> 20) & (filter.size() - 1),
                (uint64_t{1} << (mixed >> 58)) | (uint64_t{1} << ((mixed >> 52) & 63))};
    }
    void make_filter() {
        filter.assign(std::bit_ceil(places.size() / 4 + 1), 0);
        for (const auto& [key, what] : places) {
            const auto [word, bits] = bits_of(key);
            filter[word] |= bits;
        }
    }
    const Tracked& at(const PlaceKey& key) const noexcept {
        static const Tracked kNothing;
        const auto [word, bits] = bits_of(key);
        if ((filter[word] & bits) != bits) return kNothing;
        const auto found = places.find(key);
        return found == places.end() ? kNothing : found->second;
    }
    const Named& named(ChainId chain, const Address& address) const noexcept {
        return names[at(key_of(chain, address)).name];
    }
    Named& name(const Place& place, bool guarded) {
        Tracked& what = places[key_of(place)];
        what.guarded |= guarded;
        if (what.name == 0) {
            what.name = static_cast<uint32_t>(names.size());
            names.emplace_back();
        }
        return names[what.name];
    }
};

void World::Free::operator()(Impl* impl) const noexcept { delete impl; }

World::World(const WatchConfig& config, const Knowledge& knowledge, uint64_t addresses)
    : config_{config}, knowledge_{knowledge}, impl_{new Impl{knowledge, sets_, addresses}} {
    std::map<std::string, SetId> by_name;
    for (const WalletAddress& wallet : config.wallets) {
        auto [at, is_new] = by_name.try_emplace(wallet.set, static_cast<SetId>(sets_.size() + 1));
        if (is_new) sets_.push_back({wallet.set, wallet.entity, wallet.tier, {}});
        Tracked& place = impl_->places[key_of(wallet.chain, wallet.address)];
        if (place.set != 0) continue;
        place.set = at->second;
        sets_[at->second - 1].addresses.push_back({wallet.chain, wallet.address});
    }
    for (SetInfo& set : sets_) std::sort(set.addresses.begin(), set.addresses.end());
    for (const Allowed& allowed : config.allowed)
        impl_->name(allowed.place, false).allowed.push_back(&allowed);
    for (const Protocol& protocol : config.protocols)
        for (const Place& place : protocol.contracts) impl_->name(place, true).protocol = &protocol;
    for (const WatchedSafe& safe : config.safes) impl_->name(safe.place, true).safe = &safe;
    for (const WatchedBridge& bridge : config.bridges)
        for (const Place& place : bridge.contracts) impl_->name(place, true).bridge = &bridge;
    impl_->make_filter();
}

SetId World::set_of(ChainId chain, const Address& address) const noexcept {
    return impl_->at(key_of(chain, address)).set;
}

bool World::is_tracked(ChainId chain, const Address& address) const noexcept {
    return impl_->at(key_of(chain, address)).is_tracked();
}

bool World::is_guarded(ChainId chain, const Address& address) const noexcept {
    return impl_->at(key_of(chain, address)).guarded;
}

bool World::is_allowed(SetId from, ChainId chain, const Address& to,
                       UnixMillis time) const noexcept {
    if (from == 0) return false;
    const std::vector<const Allowed*>& all = impl_->named(chain, to).allowed;
    return std::any_of(all.begin(), all.end(), [&](const Allowed* allowed) {
        return (allowed->set.empty() || allowed->set == set(from).name) &&
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
    return impl_->named(chain, contract).protocol;
}

const WatchedSafe* World::safe_of(ChainId chain, const Address& address) const noexcept {
    return impl_->named(chain, address).safe;
}

const WatchedBridge* World::bridge_of(ChainId chain, const Address& contract) const noexcept {
    return impl_->named(chain, contract).bridge;
}

std::optional<Label> World::label(ChainId chain, const Address& address) const {
    const PlaceKey key = key_of(chain, address);
    const auto answer = [](const std::unique_ptr<const Label>& one) {
        return one ? std::optional{*one} : std::nullopt;
    };
    if (const auto known = impl_->labels.find(key); known != impl_->labels.end())
        return answer(known->second);
    const std::vector<Label> labels = knowledge_.labels(chain, address);
    const auto best = std::max_element(
        labels.begin(), labels.end(),
        [](const Label& a, const Label& b) { return a.confidence < b.confidence; });
    if (impl_->labels.size() >= kLabels) impl_->labels.clear();
    std::unique_ptr<const Label>& kept = impl_->labels[key];
    if (best != labels.end()) kept = std::make_unique<const Label>(*best);
    return answer(kept);
}

std::optional<Cents> World::usd(ChainId chain, const Asset& asset, const Amount& amount,
                                UnixMillis time) const {
    return impl_->valuation.usd(chain, asset, amount, time);
}

AssetKey World::asset_key(ChainId chain, const Asset& asset) const {
    return impl_->valuation.key(chain, asset);
}

std::string World::amount_text(ChainId chain, const Asset& asset, const Amount& amount) const {
    return impl_->valuation.text(chain, asset, amount);
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
    return impl_->holdings.balance(chain, address, asset);
}

std::optional<Amount> World::set_balance(SetId id, ChainId chain, const Asset& asset) const {
    return impl_->holdings.set_balance(id, chain, asset);
}

std::vector<Asset> World::assets_of(ChainId chain, const Address& address) const {
    return impl_->holdings.assets_of(chain, address);
}

std::vector<Asset> World::assets_of(SetId id, ChainId chain) const {
    return impl_->holdings.assets_of(id, chain);
}

Cents World::set_value(SetId id, ChainId chain, UnixMillis time) const {
    return impl_->holdings.value(id, chain, time);
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

void World::price(const Price& price) { impl_->valuation.price(price); }

bool World::is_planned(const Movement& movement, UnixMillis time,
                       std::map<uint32_t, Cents>& spending) const {
    for (uint32_t i = 0; i < config_.tickets.size(); ++i) {
        const ChangeTicket& ticket = config_.tickets[i];
        if (ticket.set != set(movement.from_set).name || time < ticket.from || time >= ticket.until)
            continue;
        if (!ticket.usd) return true;
        if (!movement.usd) continue;  // What cannot be valued is not known to be covered.
        const Cents* before = impl_->spent.find(i);
        Cents sum = (before ? *before : 0) + spending[i];
        if (__builtin_add_overflow(sum, *movement.usd, &sum) || sum > *ticket.usd) continue;
        spending[i] += *movement.usd;
        return true;
    }
    return false;
}

void World::look_ahead(ChainId chain, std::span<const AccountTxn> txns,
                       std::span<const TxnActivity> activity) const noexcept {
    // Four times memory is waited for, each so many txns ahead: the txn, what it says, where its
    // addresses would be, what is there.
    constexpr std::size_t kTxn = 24, kSaid = 14;
    constexpr std::size_t kMost = 8;  // Transfers of a txn: those after them lie behind them.
    const auto each = [&](Ahead by, auto&& call) {
        const auto ahead = static_cast<std::size_t>(by);
        if (ahead >= txns.size()) return;
        const std::vector<Transfer>& transfers = txns[ahead].transfers;
        for (std::size_t i = 0; i < std::min(transfers.size(), kMost); ++i) {
            call(key_of(chain, transfers[i].to));
            call(key_of(chain, transfers[i].from));
        }
        if (ahead < activity.size()) call(key_of(chain, activity[ahead].to));
    };
    const auto fetch_all = [](const auto* from) {
        constexpr std::size_t kLine = 64;
        for (std::size_t byte = 0; byte < sizeof *from; byte += kLine)
            fetch(reinterpret_cast<const char*>(from) + byte);
    };
    if (kTxn < txns.size()) fetch(&txns[kTxn]);
    if (kSaid < txns.size()) {
        fetch_all(txns[kSaid].transfers.data());
        if (kSaid < activity.size()) fetch_all(&activity[kSaid]);
    }
    each(Ahead::kPlace, [&](const PlaceKey& key) { impl_->seen.expect(key); });
    each(Ahead::kEntry, [&](const PlaceKey& key) { impl_->seen.expect_slot(key); });
}

std::span<const Movement> World::movements(ChainId chain, std::span<const Transfer> transfers,
                                           UnixMillis time) {
    impl_->movements.clear();
    impl_->ends.clear();
    impl_->spending.clear();
    for (const Transfer& transfer : transfers) {
        const PlaceKey from_key = key_of(chain, transfer.from);
        const PlaceKey to_key = key_of(chain, transfer.to);
        const Tracked& from = impl_->at(from_key);
        const Tracked& to = impl_->at(to_key);
        Movement movement;
        movement.transfer = &transfer;
        movement.usd = usd(chain, transfer.asset, transfer.amount, time);
        movement.from_set = from.set;
        movement.to_set = to.set;
        movement.guarded = from.guarded || to.guarded;
        const uint32_t* seen = impl_->seen.find(to_key);
        movement.to_first_seen = seen ? std::optional{from_unix_seconds(*seen)}
                                      : knowledge_.first_seen(chain, transfer.to);
        if (from.set != 0) {
            movement.allowed = to.set != 0 || is_allowed(from.set, chain, transfer.to, time);
            movement.planned = !movement.allowed && is_planned(movement, time, impl_->spending);
        }
        impl_->movements.push_back(movement);
        impl_->ends.push_back({&from, &to, from_key, to_key, seen != nullptr});
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
    const auto see_at = [&](const Address& address, const PlaceKey& key) {
        if (address.empty() || address.is_zero()) return;
        uint32_t* const first = impl_->seen.add(key, time);
        if (!first) return;
        const std::optional<UnixMillis> before = knowledge_.first_seen(chain, address);
        *first = before ? static_cast<uint32_t>(to_unix_seconds(*before)) : seconds;
    };
    const auto see = [&](const Address& address) { see_at(address, key_of(chain, address)); };
    const auto move_at = [&](const Tracked& place, const Address& address, const Asset& asset,
                             const Amount& amount, bool in) {
        if (place.is_tracked())
            impl_->holdings.move(chain, address, place.set, asset, amount, in, time);
    };
    const auto move = [&](const Address& address, const Asset& asset, const Amount& amount,
                          bool in) {
        move_at(impl_->at(key_of(chain, address)), address, asset, amount, in);
    };
    for (const auto& [ticket, usd] : impl_->spending) impl_->spent.at(ticket, time) += usd;
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
    CORDON_CHECK(impl_->ends.size() == transfers.size());
    for (std::size_t i = 0; i < transfers.size(); ++i) {
        const Transfer& transfer = transfers[i];
        const Impl::Ends& ends = impl_->ends[i];
        see_at(transfer.from, ends.from_key);
        if (!ends.to_seen) see_at(transfer.to, ends.to_key);
        move_at(*ends.from, transfer.from, transfer.asset, transfer.amount, false);
        move_at(*ends.to, transfer.to, transfer.asset, transfer.amount, true);
    }
    if (!activity) return;
    const bool told = !transfers.empty();  // Nearly always it names the same two again.
    if (!told || activity->from != transfers.front().from) see(activity->from);
    if (!told || activity->to != transfers.front().to) see(activity->to);
    const auto create = [&](const Address& contract, const Address& creator) {
        if (contract.empty()) return;
        see(contract);
        impl_->created.at(key_of(chain, contract), time) = {creator, time};
    };
    if (activity->calls.empty()) {
        if (activity->succeeded.value_or(true)) create(activity->created, activity->from);
        return;
    }
    const std::vector<Call>& calls = activity->calls;
    const auto creates = [](const Call& call) {
        return call.kind == CallKind::kCreate || call.kind == CallKind::kCreate2;
    };
    if (std::none_of(calls.begin(), calls.end(), creates)) return;  // Nearly all.
    std::vector<bool> failed(calls.size());
    for (std::size_t i = 0; i < calls.size(); ++i) {
        failed[i] = calls[i].failed || (calls[i].parent < i && failed[calls[i].parent]);
        if (!failed[i] && creates(calls[i])) create(calls[i].to, calls[i].from);
    }
}

std::vector<Table*> World::tables() {
    std::vector<Table*> all{&impl_->seen, &impl_->created, &impl_->spent, impl_->valuation.table()};
    for (Table* table : impl_->holdings.tables()) all.push_back(table);
    return all;
}

}  // namespace cordon::detect
