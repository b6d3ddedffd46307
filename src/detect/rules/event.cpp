// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "event.hpp"

#include <algorithm>
#include <array>

namespace cordon::detect {
namespace {

constexpr std::array<std::string_view, kEventTypes> kNames{
    "transfer", "txn", "log", "call", "change", "withdrawal", "alert", "block"};
constexpr std::array<std::string_view, 16> kTypeNames{
    "yes or no", "number", "amount", "usd",  "duration", "time",  "share", "severity",
    "address",   "hash",   "bytes",  "text", "word",     "chain", "asset", "list of texts"};

}  // namespace

std::string_view to_string(EventType type) noexcept {
    return kNames[static_cast<std::size_t>(type)];
}

std::optional<EventType> parse_event_type(std::string_view text) noexcept {
    const auto* found = std::find(kNames.begin(), kNames.end(), text);
    if (found == kNames.end()) return std::nullopt;
    return static_cast<EventType>(found - kNames.begin());
}

std::string_view to_string(Type type) noexcept {
    return kTypeNames[static_cast<std::size_t>(type)];
}

PlaceSets::PlaceSets(const WatchConfig& config) {
    for (const Protocol& protocol : config.protocols) {
        admins.insert(protocol.admins.begin(), protocol.admins.end());
        timelocks.insert(protocol.timelocks.begin(), protocol.timelocks.end());
    }
    for (const WatchedBridge& bridge : config.bridges) {
        keepers.insert(bridge.keepers.begin(), bridge.keepers.end());
        tokens.insert(bridge.tokens.begin(), bridge.tokens.end());
    }
}

std::optional<Asset> RuleEvent::asset() const {
    if (movement) return movement->transfer->asset;
    if (withdrawal) return withdrawal->asset;
    if (log && log->contract.kind() == AddressKind::kEvm) return Asset::contract(log->contract);
    if (type == EventType::kTxn || type == EventType::kCall) return Asset{};
    return std::nullopt;
}

std::string_view RuleEvent::keep(std::string text) { return texts_.emplace_front(std::move(text)); }

RuleEvent::Known& RuleEvent::known(const Address& address) {
    for (Known& known : known_)
        if (known.address == address) return known;
    Known& fresh = known_.emplace_front();
    fresh.address = address;
    fresh.labels = world.knowledge().labels(chain, address);
    for (const Label& label : fresh.labels) {
        // As World::label(): the first of the most confident.
        if (!fresh.best || label.confidence > fresh.best->confidence) fresh.best = &label;
        fresh.categories.emplace_back(to_string(label.category));
    }
    std::sort(fresh.categories.begin(), fresh.categories.end());
    fresh.categories.erase(std::unique(fresh.categories.begin(), fresh.categories.end()),
                           fresh.categories.end());
    return fresh;
}

const Label* RuleEvent::label(const Address& address) { return known(address).best; }

std::span<const std::string> RuleEvent::categories(const Address& address) {
    return known(address).categories;
}

ByteView RuleEvent::input() const noexcept {
    if (call) return call->input;
    if (type == EventType::kTxn && activity()) return activity()->input;
    return {};
}

bool RuleEvent::is(const chain::AbiSignature& signature) const noexcept {
    if (log) {
        const auto indexed = static_cast<std::size_t>(
            std::count_if(signature.arguments.parts.begin(), signature.arguments.parts.end(),
                          [](const chain::AbiType& part) { return part.indexed; }));
        return log->topics.size() == indexed + 1 && log->topics.front() == signature.hash;
    }
    if (call && (call->kind == CallKind::kCreate || call->kind == CallKind::kCreate2)) return false;
    const ByteView data = input();
    const std::array<uint8_t, 4> selector = signature.selector();
    return data.size() >= selector.size() &&
           std::equal(selector.begin(), selector.end(), data.begin());
}

const chain::AbiValue* RuleEvent::arguments(const chain::AbiSignature& signature) {
    for (Decoded& decoded : decoded_)
        if (decoded.signature == &signature) return decoded.value ? &*decoded.value : nullptr;
    Decoded& fresh = decoded_.emplace_front(Decoded{&signature, std::nullopt});
    if (is(signature)) {
        Result<chain::AbiValue> decoded =
            log ? chain::decode_abi_log(signature, log->topics, log->data)
                : chain::decode_abi_call(signature, input());
        if (decoded) fresh.value = *std::move(decoded);
    }
    return fresh.value ? &*fresh.value : nullptr;
}

}  // namespace cordon::detect
