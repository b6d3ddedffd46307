// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "simulation.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>

#include "fields.hpp"

namespace cordon::explain {
namespace {

using boost::json::object;

constexpr std::string_view kWhat = "simulation";

/// The slots of a Safe, the same in all releases (contracts/libraries/SafeStorage.sol).
enum : uint8_t { kSingleton, kModules, kOwners, kOwnerCount, kThreshold, kNonce };

Hash256 small_slot(uint8_t number) {
    Hash256 slot;
    slot.bytes[31] = number;
    return slot;
}

/// keccak256 of a text, less one where EIP-1967 says so.
Hash256 text_slot(std::string_view text, bool less_one) {
    Hash256 slot = crypto::keccak256({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    if (less_one)
        for (std::size_t i = slot.bytes.size(); i-- > 0;)
            if (slot.bytes[i]-- != 0) break;
    return slot;
}

struct NamedSlot {
    Hash256 slot;
    std::string_view name;
    EffectKind kind{};  ///< The effect that foretells the write.
};

const std::vector<NamedSlot>& named_slots() {
    static const std::vector<NamedSlot> kSlots{
        {small_slot(kSingleton), "slot 0 (which code it runs)", EffectKind::kImplementation},
        {small_slot(kOwnerCount), "slot 3 (how many owners)", EffectKind::kOwner},
        {small_slot(kThreshold), "slot 4 (the threshold)", EffectKind::kThreshold},
        {text_slot("guard_manager.guard.address", false), "the guard", EffectKind::kGuard},
        {text_slot("fallback_manager.handler.address", false), "the fallback handler",
         EffectKind::kHandler},
        {text_slot("module_manager.module_guard.address", false), "the module guard",
         EffectKind::kGuard},
        {text_slot("eip1967.proxy.implementation", true), "the EIP-1967 implementation",
         EffectKind::kImplementation},
        {text_slot("eip1967.proxy.admin", true), "the EIP-1967 admin", EffectKind::kOwnership},
        {text_slot("eip1967.proxy.beacon", true), "the EIP-1967 beacon",
         EffectKind::kImplementation},
    };
    return kSlots;
}

/// nullptr for a slot of no known meaning.
const NamedSlot* find_slot(const Hash256& slot) {
    for (const NamedSlot& each : named_slots())
        if (each.slot == slot) return &each;
    return nullptr;
}

Result<Hash256> word_of(const boost::json::value& value) {
    object holder;
    holder["word"] = value;
    CORDON_TRY(const auto hash, Fields(holder, kWhat).hash({"word"}));
    return hash.value_or(Hash256{});
}

Result<Hash256> slot_of(std::string_view text) { return word_of(boost::json::string{text}); }

Result<const object*> part(const Fields& fields, std::string_view name) {
    const auto* value = fields.find({name});
    if (value == nullptr || !value->is_object())
        return fields.refuse(name, "expected an object; was the tracer in diffMode?");
    return &value->get_object();
}

const object* member(const object& of, std::string_view name) {
    const auto* value = of.if_contains(name);
    return value != nullptr && value->is_object() ? &value->get_object() : nullptr;
}

Status read_account(std::string_view name, const object& before, const object& after,
                    Simulation& out) {
    object holder;
    holder["account"] = boost::json::string{name};
    CORDON_TRY(const auto account, Fields(holder, kWhat).address({"account"}));
    static const object kNothing;
    const object* old = member(before, "storage");
    const object* now = member(after, "storage");
    if (old == nullptr) old = &kNothing;
    if (now == nullptr) now = &kNothing;
    std::set<std::string> slots;
    for (const auto* side : {old, now})
        for (const auto& each : *side) slots.emplace(each.key());
    for (const std::string& slot : slots) {
        SlotChange change{*account, {}, {}, {}};
        CORDON_TRY(change.slot, slot_of(slot));
        if (const auto* value = old->if_contains(slot)) {
            CORDON_TRY(change.before, word_of(*value));
        }
        if (const auto* value = now->if_contains(slot)) {
            CORDON_TRY(change.after, word_of(*value));
        }
        if (change.before != change.after) out.slots.push_back(change);
    }
    const Fields was{before, kWhat}, is{after, kWhat};
    CORDON_TRY(const auto had, was.number({"balance"}));
    CORDON_TRY(const auto has, is.number({"balance"}));
    // Only what changed is in `post`.
    if (has) out.balances.push_back({*account, had.value_or(Amount{}), *has});
    if (after.contains("code")) out.code_changes.push_back(*account);
    return {};
}

}  // namespace

Result<Simulation> parse_simulation(std::string_view json) {
    CORDON_TRY(const auto objects, parse_objects(json));
    if (objects.size() != 1)
        return fail(ErrorCode::kMalformed, "simulation: expected one JSON object");
    const object* root = &objects.front();
    if (const object* result = member(*root, "result")) root = result;
    const Fields fields{*root, kWhat};
    CORDON_TRY(const object* const before, part(fields, "pre"));
    CORDON_TRY(const object* const after, part(fields, "post"));
    static const object kNothing;
    std::set<std::string> accounts;
    for (const auto* side : {before, after})
        for (const auto& each : *side) accounts.emplace(each.key());
    Simulation out;
    for (const std::string& name : accounts) {
        const object* was = member(*before, name);
        const object* is = member(*after, name);
        // What is in `pre` alone was deleted, or only read.
        if (is == nullptr) continue;
        CORDON_TRY(read_account(name, was != nullptr ? *was : kNothing, *is, out));
    }
    return out;
}

void judge_simulation(Walk& walk, const Address& account) {
    if (!walk.context().simulation) return;
    const Simulation& seen = *walk.context().simulation;
    // What the calls foretell was judged by the book already: the write itself adds nothing.
    Verdict judged = Verdict::kOk;
    for (const Finding& each : walk.out().findings)
        if (each.rule == "R2") judged = std::max(judged, each.severity);
    const std::string name = to_hex0x(account.payload());
    const auto foretold = [&](EffectKind kind) {
        return std::any_of(
            walk.out().effects.begin(), walk.out().effects.end(),
            [&](const Effect& each) { return each.kind == kind && each.who == name; });
    };
    bool written = false;
    for (const SlotChange& change : seen.slots) {
        if (change.account != account || change.slot == small_slot(kNonce)) continue;
        written = true;
        const NamedSlot* slot = find_slot(change.slot);
        // Owners and modules lie in slots that are hashes: any other slot may be one of them.
        const bool known = slot != nullptr
                               ? foretold(slot->kind)
                               : foretold(EffectKind::kOwner) || foretold(EffectKind::kModule);
        const Verdict severity = known             ? judged
                                 : slot != nullptr ? Verdict::kBlock
                                                   : std::max(judged, Verdict::kWarn);
        walk.raise(
            "R2", severity,
            format("The simulation writes {} of {}: from {} to {}.",
                   slot != nullptr ? std::string{slot->name}
                                   : format("the slot {}", to_hex0x(change.slot)),
                   walk.words.address(account), to_hex0x(change.before), to_hex0x(change.after)));
    }
    for (const Address& each : seen.code_changes)
        if (each == account)
            walk.raise(
                "R2", Verdict::kBlock,
                format("The simulation changes the code at {}.", walk.words.address(account)));
    if (!written)
        walk.raise("R2", Verdict::kOk,
                   format("The simulation writes nothing at {} but its nonce.",
                          walk.words.address(account)));
}

}  // namespace cordon::explain
