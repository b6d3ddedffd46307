// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <cordon/model/feed_event.hpp>

#include "keyed.hpp"
#include "keys.hpp"

/// What detectors may ask about the world: what is ours, what things are worth, who is known, who
/// is new. It is brought up to date before the detectors see an event, and undone with them.
namespace cordon::detect {

/// What is known beside the stream: labels, assets, prices and history, from records and ledger.
/// Same question, same answer, as long as a watch runs. Implemented by engine; tests use a map.
class Knowledge {
public:
    virtual ~Knowledge() = default;
    virtual std::vector<Label> labels(ChainId, const Address&) const { return {}; }
    virtual std::optional<AssetInfo> asset(ChainId, const Asset&) const { return std::nullopt; }
    /// The last price at or before `time`, in USD per whole unit.
    virtual std::optional<double> price(ChainId, const Asset&, UnixMillis /*time*/) const {
        return std::nullopt;
    }
    /// When the ledger saw this address first; none: not in it.
    virtual std::optional<UnixMillis> first_seen(ChainId, const Address&) const {
        return std::nullopt;
    }
    /// What an address held before the stream began; none: not known.
    virtual std::optional<Amount> balance(ChainId, const Address&, const Asset&) const {
        return std::nullopt;
    }
    /// Assets of which balance() knows something for this address.
    virtual std::vector<Asset> assets_of(ChainId, const Address&) const { return {}; }
};

/// A wallet set by its number, from 1; 0: not ours.
using SetId = uint32_t;

struct SetInfo {
    std::string name, entity, tier;
    std::vector<Place> addresses;  ///< Sorted.
};

/// A transfer, with what all detectors want to know about it.
struct Movement {
    const Transfer* transfer = nullptr;
    std::optional<Cents> usd;  ///< None: unpriced, never 0.
    SetId from_set = 0, to_set = 0;
    bool allowed = false;  ///< The destination is ours, or on the allow-list of `from_set`.
    bool planned = false;  ///< A ticket of `from_set` covers it.
    bool guarded = false;  ///< From or to a protocol, a bridge or a Safe that we guard.
    /// When the destination was first paid or paid somebody; none: this txn is the first.
    std::optional<UnixMillis> to_first_seen;
    /// It leaves a set of ours for somebody else who is not on the allow-list.
    bool leaves() const noexcept { return from_set != 0 && !allowed; }
    /// And nobody announced it.
    bool is_outflow() const noexcept { return leaves() && !planned; }
};

/// One txn, as detectors see it. Views: valid during the call.
struct TxnView {
    ChainId chain;
    const BlockHeader* block = nullptr;  ///< nullptr: pending, in no block yet.
    UnixMillis time;
    Hash256 hash;
    std::span<const Movement> movements;    ///< On UTXO chains one per output that is not change.
    const TxnActivity* activity = nullptr;  ///< nullptr: the source gives transfers only.
    const UtxoTxn* utxo = nullptr;          ///< UTXO chains.
    bool has_logs = false, has_calls = false, has_changes = false;
    /// Of what was read from its call tree (moves_of); 0: nobody has yet. Whoever shows another txn
    /// with the same view sets it back.
    mutable uint64_t reading = 0;
    bool pending() const noexcept { return block == nullptr; }
};

/// So many txns ahead memory is asked for: for the place of an entry, then for what is there.
enum class Ahead : uint8_t { kPlace = 8, kEntry = 4 };

/// Confined to one thread. Lifetime: `config` and `knowledge` must outlive it.
class World {
public:
    /// How many addresses are remembered; beyond them the one that was silent longest is forgotten.
    static constexpr uint64_t kDefaultAddresses = 10'000'000;

    World(const WatchConfig& config, const Knowledge& knowledge,
          uint64_t addresses = kDefaultAddresses);

    const WatchConfig& config() const noexcept { return config_; }
    const Knowledge& knowledge() const noexcept { return knowledge_; }

    SetId set_of(ChainId chain, const Address& address) const noexcept;
    std::size_t sets() const noexcept { return sets_.size(); }
    const SetInfo& set(SetId id) const { return sets_[id - 1]; }
    bool is_allowed(SetId from, ChainId chain, const Address& to, UnixMillis time) const noexcept;
    /// The ticket that covers a set at a time, whatever is left of it; nullptr when none does.
    const ChangeTicket* ticket(SetId set, UnixMillis time) const noexcept;
    /// A wallet of ours, or of a protocol, bridge or Safe that we guard.
    bool is_tracked(ChainId chain, const Address& address) const noexcept;
    /// Only the latter.
    bool is_guarded(ChainId chain, const Address& address) const noexcept;
    const Protocol* protocol_of(ChainId chain, const Address& contract) const noexcept;
    const WatchedSafe* safe_of(ChainId chain, const Address& address) const noexcept;
    const WatchedBridge* bridge_of(ChainId chain, const Address& contract) const noexcept;

    /// The most confident label; nothing when nobody says anything.
    std::optional<Label> label(ChainId chain, const Address& address) const;
    /// US cents of an amount at a time; none: no price at or before it, or decimals unknown.
    std::optional<Cents> usd(ChainId chain, const Asset& asset, const Amount& amount,
                             UnixMillis time) const;
    /// An asset of a chain, for tables.
    AssetKey asset_key(ChainId chain, const Asset& asset) const;
    /// "12.5 ETH", or the smallest units when decimals are unknown.
    std::string amount_text(ChainId chain, const Asset& asset, const Amount& amount) const;

    /// When an address was first seen, in the stream or before it.
    std::optional<UnixMillis> first_seen(ChainId chain, const Address& address) const;
    /// When a contract was created, if the stream saw it.
    std::optional<UnixMillis> created(ChainId chain, const Address& contract) const;
    /// Who created it.
    std::optional<Address> creator(ChainId chain, const Address& contract) const;

    /// What an address of ours or of a protocol or bridge holds, as far as known: the balance
    /// before the stream plus what moved since; none: more went out than was ever known.
    std::optional<Amount> balance(ChainId chain, const Address& address, const Asset& asset) const;
    /// The same over all addresses of a set on a chain.
    std::optional<Amount> set_balance(SetId set, ChainId chain, const Asset& asset) const;
    /// Assets that an address of ours has been seen to hold, sorted.
    std::vector<Asset> assets_of(ChainId chain, const Address& address) const;
    std::vector<Asset> assets_of(SetId set, ChainId chain) const;
    /// All that a set holds on a chain in US cents; unpriced assets count nothing.
    Cents set_value(SetId set, ChainId chain, UnixMillis time) const;
    Cents set_value(SetId set, UnixMillis time) const;

    // --- For Watch alone.
    void price(const Price& price);
    /// Says what comes next, so that what is known of the addresses behind the first is at hand
    /// when they come. `activity` has the same txns or more, for it lists those that moved nothing.
    void look_ahead(ChainId chain, std::span<const AccountTxn> txns,
                    std::span<const TxnActivity> activity) const noexcept;
    /// What a txn moves, with what is known before it. The view lives until the next call.
    std::span<const Movement> movements(ChainId chain, std::span<const Transfer> transfers,
                                        UnixMillis time);
    /// The outputs of a UTXO txn as transfers from its first input's address: one for each output
    /// that does not go back to an address or a set of the inputs. The view lives until the next
    /// call.
    std::span<const Transfer> transfers_of(ChainId chain, const UtxoTxn& txn);
    /// Takes the txn in: balances, first seen, created. After the detectors saw it. REQUIRES:
    /// movements() was asked last for the same transfers.
    void apply(ChainId chain, std::span<const Transfer> transfers, const TxnActivity* activity,
               const UtxoTxn* utxo, UnixMillis time);
    std::vector<Table*> tables();

private:
    bool is_planned(const Movement& movement, UnixMillis time,
                    std::map<uint32_t, Cents>& spending) const;

    struct Impl;
    struct Free {
        void operator()(Impl* impl) const noexcept;
    };
    const WatchConfig& config_;
    const Knowledge& knowledge_;
    std::vector<SetInfo> sets_;
    std::unique_ptr<Impl, Free> impl_;
};

}  // namespace cordon::detect
