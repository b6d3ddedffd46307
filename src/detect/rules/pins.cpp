// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "pins.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>

namespace cordon::detect {
namespace {

/// The fields that events of a type are looked up by; the first says more about what happened, the
/// second about where.
struct Pinned {
    std::string_view first, second;
};
constexpr std::array<Pinned, kEventTypes> kPinned{{{"asset", "to"},
                                                   {"txn.selector", "txn.to"},
                                                   {"topic0", "contract"},
                                                   {"selector", "to"},
                                                   {"slot", "contract"},
                                                   {"asset", "to"},
                                                   {"detector", "subject"},
                                                   {"", ""}}};
/// More pairs than this and one of the two alone is better.
constexpr std::size_t kMaxPairs = 1024;

uint64_t mix(uint64_t x) noexcept {  // SplitMix64.
    x += 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
}
/// Two values with one key cost a look at the condition, nothing else.
uint64_t hash_of(const Value& value) noexcept {
    return std::visit(
        [](const auto& v) -> uint64_t {
            using T = std::decay_t<decltype(v)>;
            if constexpr (std::is_same_v<T, std::monostate> ||
                          std::is_same_v<T, std::span<const std::string>>)
                return 0;
            else
                return mix(std::hash<T>{}(v));
        },
        value);
}
uint64_t key_of(EventType event, Pin pin, uint64_t hash) noexcept {
    return mix(hash ^ (static_cast<uint64_t>(event) << 8 | static_cast<uint64_t>(pin)));
}
uint64_t pair_of(uint64_t first, uint64_t second) noexcept { return mix(first) ^ (second * 3); }

struct Keys {
    std::optional<std::set<uint64_t>> first, second;
    bool ours = false;
};

std::optional<std::set<uint64_t>> both(std::optional<std::set<uint64_t>> a,
                                       std::optional<std::set<uint64_t>> b) {
    if (!a) return b;
    if (!b) return a;
    return a->size() <= b->size() ? a : b;  // Either is enough: the condition is looked at anyway.
}
std::optional<std::set<uint64_t>> either(std::optional<std::set<uint64_t>> a,
                                         const std::optional<std::set<uint64_t>>& b) {
    if (!a || !b) return std::nullopt;
    a->insert(b->begin(), b->end());
    return a;
}

class Finder {
public:
    Finder(EventType event, Scope& scope)
        : event_{event}, pinned_{kPinned[static_cast<std::size_t>(event)]}, scope_{scope} {}

    Keys find(const Ast& ast) {
        Keys keys;
        switch (ast.op) {
            case Op::kAnd:
                for (const Ast& part : ast.parts) {
                    Keys one = find(part);
                    keys = {both(std::move(keys.first), std::move(one.first)),
                            both(std::move(keys.second), std::move(one.second)),
                            keys.ours || one.ours};
                }
                return keys;
            case Op::kOr:
                keys = find(ast.parts[0]);
                for (std::size_t i = 1; i < ast.parts.size(); ++i) {
                    const Keys one = find(ast.parts[i]);
                    keys = {either(std::move(keys.first), one.first),
                            either(std::move(keys.second), one.second), keys.ours && one.ours};
                }
                return keys;
            case Op::kIs: {
                const auto found = scope_.arena.signatures.find(ast.parts[1].text);
                if (found == scope_.arena.signatures.end()) return keys;
                const chain::AbiSignature& signature = *found->second;
                const std::array<uint8_t, 4> selector = signature.selector();
                const Value value =
                    event_ == EventType::kLog
                        ? Value{signature.hash}
                        : Value{std::string_view{reinterpret_cast<const char*>(selector.data()),
                                                 selector.size()}};
                keys.first.emplace().insert(hash_of(value));
                return keys;
            }
            case Op::kEq:
                note(ast.parts[0], {&ast.parts[1]}, keys);
                note(ast.parts[1], {&ast.parts[0]}, keys);
                return keys;
            case Op::kIn: {
                if (ast.parts[1].op != Op::kList) return keys;
                std::vector<const Ast*> items;
                for (const Ast& item : ast.parts[1].parts) items.push_back(&item);
                note(ast.parts[0], items, keys);
                return keys;
            }
            case Op::kExists: note(ast.parts[0], {}, keys); return keys;
            case Op::kName: keys.ours = ast.text == "leaves"; return keys;
            default: return keys;
        }
    }

private:
    void note(const Ast& name, const std::vector<const Ast*>& items, Keys& keys) {
        if (name.op != Op::kName) return;
        if (event_ == EventType::kTransfer &&
            (name.text == "from.set" || name.text == "from.tier" || name.text == "from.entity"))
            keys.ours = true;
        if (items.empty() || (name.text != pinned_.first && name.text != pinned_.second)) return;
        const Field* one = field(name.text);
        std::set<uint64_t> values;
        for (const Ast* item : items) {
            // A name stands for something else in each event, except a constant.
            std::optional<Value> value;
            for (const Constant& constant : constants())
                if (item->op == Op::kName && constant.name == item->text) value = constant.value;
            if (!value && item->op == Op::kName) {
                Scope probe = scope_;
                if (resolve(item->text, probe)) return;
            }
            if (!value) {
                const std::optional<Literal> literal =
                    literal_as(*item, one->type, one->words, scope_);
                if (literal) value = literal->fixed;
            }
            if (!value) return;
            values.insert(hash_of(*value));
        }
        (name.text == pinned_.first ? keys.first : keys.second) = std::move(values);
    }

    EventType event_;
    Pinned pinned_;
    Scope& scope_;
};

/// kPinned as fields: a name is looked up once, not for each event.
struct PinnedFields {
    const Field *first = nullptr, *second = nullptr;
};
const PinnedFields& pinned_fields(EventType event) {
    static const std::array<PinnedFields, kEventTypes> kFieldsOf = [] {
        std::array<PinnedFields, kEventTypes> all;
        for (std::size_t i = 0; i < all.size(); ++i)
            all[i] = {field(kPinned[i].first), field(kPinned[i].second)};
        return all;
    }();
    return kFieldsOf[static_cast<std::size_t>(event)];
}

std::optional<uint64_t> hash_in(RuleEvent& event, const Field* one) {
    if (!one) return std::nullopt;
    const Value value = one->get(event);
    if (std::holds_alternative<std::monostate>(value)) return std::nullopt;
    return hash_of(value);
}

}  // namespace

PinnedKeys pins_of(const Ast& condition, EventType event, Scope& scope) {
    const Keys keys = Finder{event, scope}.find(condition);
    const Pinned& names = kPinned[static_cast<std::size_t>(event)];
    PinnedKeys pinned;
    const std::size_t first = keys.first ? keys.first->size() : 0;
    const std::size_t second = keys.second ? keys.second->size() : 0;
    const std::string what = format("{}s", to_string(event));
    if (first > 0 && second > 0 && first * second <= kMaxPairs) {
        pinned.pin = Pin::kPair;
        for (const uint64_t a : *keys.first)
            for (const uint64_t b : *keys.second) pinned.keys.push_back(pair_of(a, b));
        pinned.words = format("{} by {} and {}: {} pairs", what, names.first, names.second,
                              pinned.keys.size());
    } else if (first > 0 && (second == 0 || first <= second)) {
        pinned.pin = Pin::kFirst;
        pinned.keys.assign(keys.first->begin(), keys.first->end());
        pinned.words = format("{} by {}: {} values", what, names.first, first);
    } else if (second > 0) {
        pinned.pin = Pin::kSecond;
        pinned.keys.assign(keys.second->begin(), keys.second->end());
        pinned.words = format("{} by {}: {} values", what, names.second, second);
    } else if (keys.ours) {
        pinned.pin = Pin::kOurs;
        pinned.keys = {0};
        pinned.words = "transfers from wallets of ours";
    } else {
        pinned.words = format("every {}", to_string(event));
    }
    return pinned;
}

void RuleIndex::add(EventType event, const PinnedKeys& pinned, PartRef part) {
    const auto type = static_cast<std::size_t>(event);
    used_[type] |= 1U << static_cast<unsigned>(pinned.pin);
    if (pinned.pin == Pin::kNone) all_[type].push_back(part);
    for (const uint64_t key : pinned.keys) by_key_[key_of(event, pinned.pin, key)].push_back(part);
}

void RuleIndex::find(RuleEvent& event, std::vector<PartRef>& found) const {
    const auto type = static_cast<std::size_t>(event.type);
    const uint32_t used = used_[type];
    const PinnedFields& fields = pinned_fields(event.type);
    const auto uses = [used](Pin pin) { return (used >> static_cast<unsigned>(pin) & 1U) != 0; };
    found = all_[type];
    const auto look = [&](Pin pin, uint64_t hash) {
        const auto parts = by_key_.find(key_of(event.type, pin, hash));
        if (parts != by_key_.end())
            found.insert(found.end(), parts->second.begin(), parts->second.end());
    };
    std::optional<uint64_t> first;
    std::optional<uint64_t> second;
    if (uses(Pin::kFirst) || uses(Pin::kPair)) first = hash_in(event, fields.first);
    if (uses(Pin::kSecond) || uses(Pin::kPair)) second = hash_in(event, fields.second);
    if (uses(Pin::kFirst) && first) look(Pin::kFirst, *first);
    if (uses(Pin::kSecond) && second) look(Pin::kSecond, *second);
    if (uses(Pin::kPair) && first && second) look(Pin::kPair, pair_of(*first, *second));
    if (uses(Pin::kOurs) && event.movement && event.movement->from_set != 0) look(Pin::kOurs, 0);
    if (found.size() == all_[type].size()) return;  // They are in order.
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
}

}  // namespace cordon::detect
