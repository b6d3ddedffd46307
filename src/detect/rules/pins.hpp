// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "checker.hpp"

/// Which rules an event can concern at all: those that name its topic, selector, contract, ...
/// Ten thousand rules about other things cost nothing.
namespace cordon::detect {

/// What an event is looked up by. kPair: by the first two of its type at once.
enum class Pin : uint8_t { kNone, kFirst, kSecond, kPair, kOurs };

/// Which part of which rule.
struct PartRef {
    uint32_t rule = 0, part = 0;
    friend auto operator<=>(const PartRef&, const PartRef&) = default;
};

/// The keys that a condition demands, and in what.
struct PinnedKeys {
    Pin pin = Pin::kNone;
    std::vector<uint64_t> keys;
    std::string words;  ///< "logs with topic0 in 2 values".
};
/// REQUIRES: the condition compiles for the event.
PinnedKeys pins_of(const Ast& condition, EventType event, Scope& scope);

class RuleIndex {
public:
    void add(EventType event, const PinnedKeys& pinned, PartRef part);
    /// In rising order, each once.
    void find(RuleEvent& event, std::vector<PartRef>& found) const;
    bool has(EventType event) const noexcept { return used_[static_cast<std::size_t>(event)] != 0; }

private:
    std::array<uint32_t, kEventTypes> used_{};  // Bits of Pin.
    std::array<std::vector<PartRef>, kEventTypes> all_;
    std::unordered_map<uint64_t, std::vector<PartRef>> by_key_;  // Looked up only.
};

}  // namespace cordon::detect
