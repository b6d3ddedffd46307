// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <forward_list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cordon/chain/evm/abi.hpp>

#include "../detector.hpp"
#include "value.hpp"

namespace cordon::detect {

enum class EventType : uint8_t {
    kTransfer,
    kTxn,
    kLog,
    kCall,
    kChange,
    kWithdrawal,
    kAlert,
    kBlock,
};
inline constexpr std::size_t kEventTypes = 8;
std::string_view to_string(EventType type) noexcept;
std::optional<EventType> parse_event_type(std::string_view text) noexcept;
/// Sets of event types.
constexpr uint32_t bit(EventType type) noexcept { return 1U << static_cast<unsigned>(type); }

/// Addresses that the configuration names for a purpose, beside those that World knows.
struct PlaceSets {
    std::set<Place> admins, timelocks, keepers, tokens;
    explicit PlaceSets(const WatchConfig& config);
};

/// One event as rules see it. Built anew for each; what rules ask of it several times is kept.
/// Lifetime: within one call of a detector.
class RuleEvent {
public:
    RuleEvent(EventType what, const World& around, const PlaceSets& named, ChainId where,
              UnixMillis when) noexcept
        : type{what}, world{around}, places{named}, chain{where}, time{when} {}

    const EventType type;
    const World& world;
    const PlaceSets& places;
    const ChainId chain;
    const UnixMillis time;
    const BlockHeader* block = nullptr;
    const TxnView* txn = nullptr;
    const Movement* movement = nullptr;
    const Log* log = nullptr;
    const Call* call = nullptr;
    const StateChange* change = nullptr;
    const WithdrawalRequest* withdrawal = nullptr;
    const Alert* alert = nullptr;
    bool failed = false;  ///< The call, one around it, or the txn had no effect.
    // Of a correlation, for `having` and `output`.
    Value value{};
    uint64_t events = 0;

    /// What the event moves; of a log the contract as a token. None: nothing.
    std::optional<Asset> asset() const;
    /// The txn's own activity; nullptr when the source does not give it.
    const TxnActivity* activity() const noexcept { return txn ? txn->activity : nullptr; }

    /// A text that lives as long as the event.
    std::string_view keep(std::string text);
    /// The most confident label; nullptr when nobody says anything.
    const Label* label(const Address& address);
    /// Of all labels.
    std::span<const std::string> categories(const Address& address);
    /// Whether the log, call or txn is of this signature (topics or selector; not the arguments).
    bool is(const chain::AbiSignature& signature) const noexcept;
    /// Its arguments; nullptr when it is another, or they do not decode.
    const chain::AbiValue* arguments(const chain::AbiSignature& signature);
    /// Calldata of a call or txn.
    ByteView input() const noexcept;

private:
    struct Known {
        Address address;
        std::vector<Label> labels;
        std::vector<std::string> categories;
        const Label* best = nullptr;
    };
    struct Decoded {
        const chain::AbiSignature* signature;
        std::optional<chain::AbiValue> value;
    };
    Known& known(const Address& address);

    std::forward_list<std::string> texts_;  // Lists, so that what they hold stays where it is.
    std::forward_list<Known> known_;
    std::forward_list<Decoded> decoded_;
};

}  // namespace cordon::detect
