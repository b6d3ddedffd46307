// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "walk.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>

#include "clear_signing.hpp"
#include "encoding.hpp"
#include "known_calls.hpp"
#include "official.hpp"

namespace cordon::explain {
namespace {

bool allows(const BookEntry& entry, Vouch as) noexcept {
    switch (as) {
        case Vouch::kPayee: return entry.payee;
        case Vouch::kSpender: return entry.spender;
        case Vouch::kOwner: return entry.owner;
        case Vouch::kCode: return entry.code;
        case Vouch::kDelegatecall: return entry.delegatecall;
        case Vouch::kQueuer: return entry.queuer;
    }
    return false;
}

std::string selector_of(ByteView data) {
    return data.size() < 4 ? to_hex0x(data) : to_hex0x(data.first(4));
}

/// Contracts that the chain itself has: what they do is not in their code (addresses 1 to 0x1ff).
bool is_precompile(const Address& address) noexcept {
    const ByteView bytes = address.payload();
    constexpr std::size_t kLead = 18;
    for (std::size_t i = 0; i < kLead; ++i)
        if (bytes[i] != 0) return false;
    return bytes[18] <= 1 && !address.is_zero();
}

}  // namespace

std::string part_of(const Call& around, std::size_t number) {
    return around.where.empty() ? format("call {}", number) : format("{}.{}", around.where, number);
}

Asset Walk::token(const Call& call) { return Asset::contract(call.to); }

bool Walk::vouched(const Address& address, Vouch as) const {
    const BookEntry* known = words.entry(address);
    return known != nullptr && allows(*known, as);
}

Verdict Walk::by_book(const Address& address, Vouch as) const {
    if (vouched(address, as)) return Verdict::kOk;
    for (const BookEntry& entry : context_.book)
        if (entry.chain == words.chain() && allows(entry, as)) return Verdict::kBlock;
    return Verdict::kWarn;
}

void Walk::danger(Danger danger, const Address& who, const Address& to, const Asset& asset) {
    if (danger <= danger_) return;
    danger_ = danger;
    worst_ = {Party::Role::kTarget, who, to, asset, {}, {}};
}

void Walk::raise(std::string_view rule, Verdict severity, std::string text,
                 const std::string& where) {
    // What is worth knowing but no reason to stop gives way first, never what decides.
    if (++raised_[rule] > kMaxFindingsOfRule && severity <= out_.verdict) return;
    add(out_, {rule, severity, std::move(text), where});
}

void Walk::not_judged(std::string_view rule, std::string why) {
    for (const Finding& each : out_.findings)
        if (each.rule == rule && !each.judged) return;
    add(out_, {rule, Verdict::kOk, std::move(why), {}, false});
}

void Walk::effect(EffectKind kind, const Call& call, const Address& who, const Address& to,
                  std::string text) {
    Effect effect;
    effect.kind = kind;
    effect.who = chain::format_address(words.chain(), who);
    effect.to = chain::format_address(words.chain(), to);
    effect.text = std::move(text);
    effect.where = call.where;
    out_.effects.push_back(std::move(effect));
}

void Walk::fee(const Asset& asset, const Amount& amount) {
    out_.effects.back().asset = asset.text();
    out_.effects.back().amount = amount;
}

void Walk::pay(const Call& call, const Address& who, const Address& to, const Asset& asset,
               const Amount& amount, std::string_view remark) {
    effect(EffectKind::kTransfer, call, who, to,
           format("{} pays {} to {}{}", words.address(who), words.money(asset, amount),
                  words.address(to), remark));
    out_.effects.back().asset = asset.text();
    out_.effects.back().amount = amount;
    danger(Danger::kMoney, who, to, asset);
    parties_.push_back({Party::Role::kPayee, who, to, asset, amount, call.where});
    const bool to_token = !asset.is_native() && asset == Asset::contract(to);
    if (to.is_zero() || is_precompile(to) || to_token)
        raise("E9", Verdict::kWarn,
              format("{} goes to {}, from where nobody gets it back.", words.money(asset, amount),
                     to_token ? "the token's own contract" : words.address(to)),
              call.where);
}

void Walk::allow(const Call& call, const Address& who, const Address& spender, const Asset& asset,
                 const Amount& amount, std::string_view remark) {
    const bool ends = amount.is_zero();
    const bool unlimited = is_unlimited(amount);
    effect(EffectKind::kAllowance, call, who, spender,
           ends ? format("{} may no longer take {} from {}{}", words.address(spender),
                         words.asset(asset), words.address(who), remark)
                : format("{} may from now on take {} from {}{}", words.address(spender),
                         words.allowance(asset, amount), words.address(who), remark));
    out_.effects.back().asset = asset.text();
    out_.effects.back().amount = amount;
    out_.effects.back().unlimited = unlimited;
    if (ends) return;
    danger(Danger::kAllowance, who, spender, asset);
    parties_.push_back({Party::Role::kSpender, who, spender, asset,
                        unlimited ? std::nullopt : std::optional{amount}, call.where});
    const Verdict severity = by_book(spender, Vouch::kSpender);
    const bool vouched = severity == Verdict::kOk;
    if (unlimited)
        raise("E2", severity,
              format("{} could take every {} that {} has or will ever have{}.",
                     words.address(spender), words.asset(asset), words.address(who),
                     vouched ? "; your book allows it to" : ""),
              call.where);
    if (!vouched)
        raise("E3", severity, format("Nobody vouches for {} as a spender.", words.address(spender)),
              call.where);
}

void Walk::allow_all(const Call& call, const Address& who, const Address& spender,
                     const Address& collection, bool allowed) {
    const Asset asset = Asset::contract(collection);
    effect(EffectKind::kAllowanceAll, call, who, spender,
           format("{} {} take every token of the collection {} from {}", words.address(spender),
                  allowed ? "may from now on" : "may no longer", words.address(collection),
                  words.address(who)));
    out_.effects.back().asset = asset.text();
    if (!allowed) return;
    danger(Danger::kAllowance, who, spender, asset);
    parties_.push_back({Party::Role::kSpender, who, spender, asset, {}, call.where});
    raise("E2", by_book(spender, Vouch::kSpender),
          format("{} could take the whole collection {} of {} at any time.", words.address(spender),
                 words.address(collection), words.address(who)),
          call.where);
}

void Walk::power(EffectKind kind, const Call& call, const Address& who, const Address& to, Vouch as,
                 std::string text) {
    effect(kind, call, who, to, std::move(text));
    // Code does what its author wants: unlike a person it cannot be asked. And who is given a whole
    // contract (Radiant's lending pools) can do with it what he likes, at once and for ever; one
    // more owner among several cannot. Both have to be vouched for.
    const bool known = vouched(to, as);
    const bool whole = as == Vouch::kCode || kind == EffectKind::kOwnership;
    const Verdict severity = whole && !known ? Verdict::kBlock : by_book(to, as);
    const std::string_view said = known ? ", as your book allows."
                                  : severity == Verdict::kBlock
                                      ? ", and no book allows it."
                                      : ". Make sure over a second channel that this is meant.";
    raise("R5", severity,
          format("{} gets power over {}{}", words.address(to), words.address(who), said),
          call.where);
    raise("R2", severity,
          format("What controls {} is written: {}.", words.address(who), out_.effects.back().text),
          call.where);
    if (!known) danger(Danger::kControl, who, to);
    parties_.push_back({as == Vouch::kOwner ? Party::Role::kPower : Party::Role::kCode,
                        who,
                        to,
                        Asset{},
                        {},
                        call.where});
}

void Walk::unknown(const Call& call, std::string_view why) {
    effect(EffectKind::kUnknown, call, call.from, call.to,
           format("{} is called by {} with {} of data that {} (it begins {}): it may do whatever "
                  "it can do to {}",
                  words.address(call.to), words.address(call.from),
                  counted(call.data.size(), "byte", "bytes"), why, selector_of(call.data),
                  words.address(call.from)));
    // Which of the unknown things it is must tell payloads apart.
    out_.effects.back().text += format(" [data fingerprint {}]", data_code(call.data));
    name_words(call);
    danger(Danger::kUnknown, call.from, call.to);
    parties_.push_back({Party::Role::kTarget, call.from, call.to, Asset{}, {}, call.where});
    raise("E1", call.to == call.from && !call.from.empty() ? Verdict::kBlock : Verdict::kWarn,
          format("What {} does with this data is not known: it {}. Have it explained by somebody "
                 "who knows the contract.",
                 words.address(call.to), why),
          call.where);
}

void Walk::name_words(const Call& call) {
    constexpr std::size_t kMostNamed = 8, kWord = 32, kLead = 12, kSelector = 4;
    for (std::size_t at = kSelector; at + kWord <= call.data.size(); at += kWord) {
        const ByteView word = call.data.subspan(at, kWord);
        const auto zero = [&](std::size_t from, std::size_t count) {
            return std::all_of(word.begin() + static_cast<std::ptrdiff_t>(from),
                               word.begin() + static_cast<std::ptrdiff_t>(from + count),
                               [](uint8_t byte) { return byte == 0; });
        };
        // As a number it would have to be between 2^128 and 2^160: few are.
        if (!zero(0, kLead) || zero(kLead, 4)) continue;
        const std::string text =
            chain::display_address(words.chain(), Address{AddressKind::kEvm, word.subspan(kLead)});
        if (std::any_of(out_.details.begin(), out_.details.end(),
                        [&](const Field& each) { return each.value == text; }))
            continue;
        if (++named_ > kMostNamed) return;
        out_.details.push_back({"in its data", text});
    }
}

void Walk::misused(const Call& call) {
    unknown(call, "is of a library that works by delegatecall only");
    raise("E13", Verdict::kWarn, "Called plainly, this library of the Safe refuses.", call.where);
}

bool Walk::bounded(const Call& call) {
    const bool deep = call.depth > kMaxCallDepth;
    if (!deep && ++calls_ <= kMaxCalls) return true;
    if (deep || calls_ == kMaxCalls + 1) {
        effect(EffectKind::kUnknown, call, call.from, call.to,
               deep
                   ? format("Calls in calls go deeper than {}: the rest is not read", kMaxCallDepth)
                   : format("There are more than {} calls: the rest is not read", kMaxCalls));
        out_.effects.back().text += format(" [data fingerprint {}]", data_code(call.data));
        danger(Danger::kEverything, call.from, call.to);
        raise("E6", Verdict::kBlock,
              "The payload is larger or deeper than anything that is signed in earnest; not all "
              "of it was read.",
              call.where);
    }
    return false;
}

void Walk::call(const Call& call) {
    if (!bounded(call)) return;
    if (call.delegate) return delegate(call);
    if (!call.value.is_zero()) pay(call, call.from, call.to, Asset{}, call.value);
    if (call.data.empty()) {
        if (call.value.is_zero())
            effect(
                EffectKind::kCall, call, call.from, call.to,
                call.to == call.from && !call.from.empty()
                    ? format("{} does nothing: only the nonce is used up", words.address(call.from))
                    : format("{} is called with nothing", words.address(call.to)));
        return;
    }
    describe(call);
    const ReadyCall* known = find_call(call.data);
    if (known == nullptr) return unknown(call, "is of no known call");
    const auto values = chain::decode_abi_call(known->signature, call.data);
    if (!values)
        return unknown(call, format("looks like {} and is not: {}", known->signature.text,
                                    values.error().message));
    const Canonical form = canonical(known->signature.arguments, *values, call.data.subspan(4));
    if (!form.same)
        return unknown(call,
                       format("is encoded as no compiler would encode {}", known->signature.text));
    known->known->read(*this, call, values->items);
    if (form.trailing > 0) {
        const ByteView rest = call.data.last(form.trailing);
        effect(
            EffectKind::kCall, call, call.from, call.to,
            format("{} after the arguments go to {} too: {}", counted(rest.size(), "byte", "bytes"),
                   words.address(call.to), clipped(to_hex0x(rest), 2 + 64)));
        if (rest.size() > 32)
            out_.effects.back().text += format(" [data fingerprint {}]", data_code(rest));
        raise("E5", Verdict::kWarn,
              format("{} after the arguments of {} are not declared: most contracts ignore them.",
                     counted(rest.size(), "byte", "bytes"), known->signature.text),
              call.where);
    }
}

void Walk::describe(const Call& call) {
    // The words of a call are those of the calls in it, too.
    for (std::string around = call.where; !around.empty();) {
        const std::size_t dot = around.rfind('.');
        around.resize(dot == std::string::npos ? 0 : dot);
        if (described_.contains(around)) return;
    }
    if (add_clear_words(out_, context_,
                        {words.chain(), call.from.empty() ? std::nullopt : std::optional{call.from},
                         call.to, call.value, call.data},
                        call.where))
        described_.insert(call.where);
}

void Walk::delegate(const Call& call) {
    if (!call.value.is_zero())
        effect(EffectKind::kCall, call, call.from, call.to,
               format("the value of {} is ignored: a delegatecall sends none",
                      words.money(Asset{}, call.value)));
    const Official* official = find_official(call.to);
    if (official != nullptr && read_official(*this, call)) return;

    effect(EffectKind::kCode, call, call.from, call.to,
           format("the code of {} runs as {} itself and may do anything with it: take all it "
                  "holds, change its owners or replace its code",
                  words.address(call.to), words.address(call.from)));
    out_.effects.back().text += format(" ({} of data, beginning {}) [data fingerprint {}]",
                                       counted(call.data.size(), "byte", "bytes"),
                                       selector_of(call.data), data_code(call.data));
    name_words(call);
    parties_.push_back({Party::Role::kCode, call.from, call.to, Asset{}, {}, call.where});
    danger(Danger::kEverything, call.from, call.to);
    if (vouched(call.to, Vouch::kDelegatecall)) {
        raise("R1", Verdict::kOk,
              format("A delegatecall to {}, which your book allows.", words.address(call.to)),
              call.where);
        return;
    }
    raise("R1", Verdict::kBlock,
          official != nullptr
              ? format("A delegatecall to {} ({}) with data that is none of its calls.",
                       words.address(call.to), to_string(*official))
              : format("A delegatecall to {}, which is on no list of contracts that may act as {}.",
                       words.address(call.to), words.address(call.from)),
          call.where);
    if (!context_.simulation)
        raise("R2", Verdict::kBlock,
              format("The code of {} can write any slot of {}, slot 0 (which code it runs) "
                     "included.",
                     words.address(call.to), words.address(call.from)),
              call.where);
    if (const ReadyCall* mask = find_call(call.data))
        raise("R6", Verdict::kBlock,
              format("The data looks like {}, but under a delegatecall the code of {} decides "
                     "what it means.",
                     mask->signature.text, words.address(call.to)),
              call.where);
}

}  // namespace cordon::explain
