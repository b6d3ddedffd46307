// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "typed_readers.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/base/time.hpp>
#include <cordon/chain/text.hpp>

#include "encoding.hpp"

namespace cordon::explain {
namespace {

using chain::TypedData;
using chain::TypedValue;
using Kind = chain::AbiType::Kind;

/// Uniswap's Permit2 is at one address on all chains (but for zkSync and its kin).
constexpr std::string_view kPermit2 = "0x000000000022d473030f116ddee9f6b43ac78ba3";

const TypedValue* member(const TypedValue& of, std::string_view name, Kind kind) {
    const TypedValue* found = of.find(name);
    return found != nullptr && found->kind == kind ? found : nullptr;
}

/// "until 2025-…", or what the number says where it is no time.
std::string until(const TypedValue* deadline) {
    if (deadline == nullptr) return "";
    constexpr uint64_t kYear3000 = 32'503'680'000;
    if (!deadline->number.fits_u64() || deadline->number.low_u64() >= kYear3000)
        return ", for ever";
    return format(
        ", until {}",
        format_rfc3339(from_unix_seconds(static_cast<int64_t>(deadline->number.low_u64()))));
}

/// Nobody has to send anything for it: whoever holds the signature can.
void usable_by_others(Walk& w, const Call& c, const Address& spender, const TypedValue* deadline) {
    w.raise("E10", spender.empty() ? Verdict::kWarn : w.by_book(spender, Vouch::kSpender),
            format("It takes effect without a transaction of {}: whoever gets the signature can "
                   "use it{}.",
                   w.words.address(c.from), until(deadline)),
            c.where);
}

bool permit(Walk& w, const Call& c, const TypedData& data) {
    const TypedValue& m = data.message;
    const TypedValue* spender = member(m, "spender", Kind::kAddress);
    if (spender == nullptr) return false;
    if (const TypedValue* owner = member(m, "owner", Kind::kAddress)) {  // ERC-2612
        const TypedValue* value = member(m, "value", Kind::kUint);
        const TypedValue* deadline = member(m, "deadline", Kind::kUint);
        if (value == nullptr || deadline == nullptr || m.items.size() != 5) return false;
        w.allow(c, owner->address, spender->address, Walk::token(c), value->number,
                until(deadline));
        usable_by_others(w, c, spender->address, deadline);
        return true;
    }
    const TypedValue* holder = member(m, "holder", Kind::kAddress);  // DAI
    const TypedValue* allowed = member(m, "allowed", Kind::kBool);
    const TypedValue* expiry = member(m, "expiry", Kind::kUint);
    if (holder == nullptr || allowed == nullptr || expiry == nullptr || m.items.size() != 5)
        return false;
    // DAI: an expiry of 0 is none.
    const TypedValue* deadline = expiry->number.is_zero() ? nullptr : expiry;
    w.allow(c, holder->address, spender->address, Walk::token(c),
            allowed->number.is_zero() ? Amount{} : Amount::max(), until(deadline));
    usable_by_others(w, c, spender->address, deadline);
    return true;
}

void expect_permit2(Walk& w, const Call& c) {
    if (to_hex0x(c.to.payload()) != kPermit2)
        w.raise("E7", Verdict::kWarn,
                format("It is of the form of Permit2, and {} is not Permit2's address.",
                       w.words.address(c.to)),
                c.where);
}

/// One struct of token and amount, or an array of them; empty when it is anything else.
std::vector<const TypedValue*> token_amounts(const TypedValue* one_or_many) {
    std::vector<const TypedValue*> all;
    if (one_or_many == nullptr) return all;
    if (one_or_many->kind == Kind::kArray)
        for (const TypedValue& each : one_or_many->items) all.push_back(&each);
    else
        all.push_back(one_or_many);
    const bool fits = std::all_of(all.begin(), all.end(), [](const TypedValue* each) {
        return member(*each, "token", Kind::kAddress) != nullptr &&
               member(*each, "amount", Kind::kUint) != nullptr;
    });
    return fits ? all : std::vector<const TypedValue*>{};
}

bool permit2_allowance(Walk& w, const Call& c, const TypedData& data) {
    const TypedValue* spender = member(data.message, "spender", Kind::kAddress);
    const auto all = token_amounts(data.message.find("details"));
    if (spender == nullptr || all.empty()) return false;
    expect_permit2(w, c);
    for (const TypedValue* each : all)
        w.allow(c, c.from, spender->address, Asset::contract(each->find("token")->address),
                each->find("amount")->number,
                " through Permit2" + until(member(*each, "expiration", Kind::kUint)));
    usable_by_others(w, c, spender->address, member(data.message, "sigDeadline", Kind::kUint));
    return true;
}

bool permit2_transfer(Walk& w, const Call& c, const TypedData& data) {
    const TypedValue* spender = member(data.message, "spender", Kind::kAddress);
    const auto all = token_amounts(data.message.find("permitted"));
    if (spender == nullptr || all.empty()) return false;
    expect_permit2(w, c);
    const TypedValue* deadline = member(data.message, "deadline", Kind::kUint);
    for (const TypedValue* each : all)
        w.allow(c, c.from, spender->address, Asset::contract(each->find("token")->address),
                each->find("amount")->number, ", once, through Permit2" + until(deadline));
    // The witness binds the transfer to an order; what it means its contract knows.
    if (const TypedValue* witness = data.message.find("witness"))
        w.amend(format(", on the terms of its witness {} [data fingerprint {}]", witness->type,
                       data_code(data.encoded)));
    usable_by_others(w, c, spender->address, deadline);
    return true;
}

bool authorization(Walk& w, const Call& c, const TypedData& data) {
    const TypedValue* from = member(data.message, "from", Kind::kAddress);
    const TypedValue* to = member(data.message, "to", Kind::kAddress);
    const TypedValue* value = member(data.message, "value", Kind::kUint);
    const TypedValue* deadline = member(data.message, "validBefore", Kind::kUint);
    if (from == nullptr || to == nullptr || value == nullptr || deadline == nullptr) return false;
    w.pay(c, from->address, to->address, Walk::token(c), value->number,
          ", as soon as anybody sends this" + until(deadline));
    usable_by_others(w, c, {}, deadline);
    return true;
}

Asset token_of(const TypedValue& token) {
    return token.address.is_zero() ? Asset{} : Asset::contract(token.address);
}

/// Seaport: what is given, and what is asked for it and by whom it is got.
bool seaport(Walk& w, const Call& c, const TypedData& data) {
    const TypedValue* offerer = member(data.message, "offerer", Kind::kAddress);
    const TypedValue* offer = member(data.message, "offer", Kind::kArray);
    const TypedValue* wanted = member(data.message, "consideration", Kind::kArray);
    if (offerer == nullptr || offer == nullptr || wanted == nullptr) return false;
    const auto whole = [](const TypedValue& item) {
        return member(item, "token", Kind::kAddress) != nullptr &&
               member(item, "itemType", Kind::kUint) != nullptr &&
               member(item, "identifierOrCriteria", Kind::kUint) != nullptr &&
               member(item, "startAmount", Kind::kUint) != nullptr &&
               member(item, "endAmount", Kind::kUint) != nullptr;
    };
    const auto told = [&](const TypedValue& item) {
        const std::string amount =
            w.words.money(token_of(*item.find("token")), item.find("startAmount")->number);
        const std::string last =
            item.find("endAmount")->number == item.find("startAmount")->number
                ? ""
                : format(" falling to {}", item.find("endAmount")->number.to_string());
        const bool nft = item.find("itemType")->number > Amount{uint64_t{1}};
        return nft ? format("{}{} (number {})", amount, last,
                            item.find("identifierOrCriteria")->number.to_string())
                   : amount + last;
    };
    for (const TypedValue& each : offer->items)
        if (!whole(each)) return false;
    for (const TypedValue& each : wanted->items)
        if (!whole(each) || member(each, "recipient", Kind::kAddress) == nullptr) return false;
    for (const TypedValue& each : offer->items) {
        w.effect(EffectKind::kOrder, c, offerer->address, {},
                 format("{} gives {}", w.words.address(offerer->address), told(each)));
        w.danger(Danger::kAllowance, offerer->address, {}, token_of(*each.find("token")));
    }
    bool paid = false;
    for (const TypedValue& each : wanted->items) {
        const Address& to = each.find("recipient")->address;
        w.effect(EffectKind::kOrder, c, offerer->address, to,
                 format("in exchange {} gets {}", w.words.address(to), told(each)));
        paid = paid || (to == offerer->address && !each.find("endAmount")->number.is_zero());
    }
    if (!paid && !offer->items.empty())
        w.raise("E10", Verdict::kBlock,
                format("{} gets nothing for what it gives.", w.words.address(offerer->address)));
    usable_by_others(w, c, {}, member(data.message, "endTime", Kind::kUint));
    return true;
}

/// CoW Protocol, 0x v4 and whatever else exchanges one amount of a token for another.
bool swap_order(Walk& w, const Call& c, const TypedData& data) {
    struct Names {
        std::string_view gives, gives_amount, gets, gets_amount, receiver, deadline;
    };
    static constexpr auto kForms = std::to_array<Names>({
        {"sellToken", "sellAmount", "buyToken", "buyAmount", "receiver", "validTo"},
        {"makerToken", "makerAmount", "takerToken", "takerAmount", "", "expiry"},
        {"makerAsset", "makingAmount", "takerAsset", "takingAmount", "receiver", ""},
    });
    const TypedValue& m = data.message;
    for (const Names& form : kForms) {
        const TypedValue* gives = member(m, form.gives, Kind::kAddress);
        const TypedValue* amount = member(m, form.gives_amount, Kind::kUint);
        const TypedValue* gets = member(m, form.gets, Kind::kAddress);
        const TypedValue* price = member(m, form.gets_amount, Kind::kUint);
        if (gives == nullptr || amount == nullptr || gets == nullptr || price == nullptr) continue;
        const TypedValue* receiver = member(m, form.receiver, Kind::kAddress);
        const bool own =
            receiver == nullptr || receiver->address.is_zero() || receiver->address == c.from;
        const Address to = own ? c.from : receiver->address;
        w.effect(EffectKind::kOrder, c, c.from, to,
                 format("{} gives {} and {} gets {} for it", w.words.address(c.from),
                        w.words.money(Asset::contract(gives->address), amount->number),
                        w.words.address(to),
                        w.words.money(Asset::contract(gets->address), price->number)));
        w.danger(Danger::kAllowance, c.from, to, Asset::contract(gives->address));
        if (!own) w.party({Party::Role::kPayee, c.from, to, Asset{}, {}, c.where});
        if (price->number.is_zero())
            w.raise("E10", Verdict::kBlock, "What is given is given for nothing.", c.where);
        usable_by_others(w, c, {}, member(m, form.deadline, Kind::kUint));
        return true;
    }
    return false;
}

}  // namespace

std::span<const TypedReader> typed_readers() noexcept {
    static constexpr auto kReaders = std::to_array<TypedReader>({
        {"Permit", permit},
        {"PermitSingle", permit2_allowance},
        {"PermitBatch", permit2_allowance},
        {"PermitTransferFrom", permit2_transfer},
        {"PermitBatchTransferFrom", permit2_transfer},
        {"PermitWitnessTransferFrom", permit2_transfer},
        {"PermitBatchWitnessTransferFrom", permit2_transfer},
        {"TransferWithAuthorization", authorization},
        {"ReceiveWithAuthorization", authorization},
        {"OrderComponents", seaport},
        {"Order", swap_order},
        {"LimitOrder", swap_order},
        {"RfqOrder", swap_order},
    });
    return kReaders;
}

}  // namespace cordon::explain
