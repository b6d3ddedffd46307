// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "delay_payload.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/evm/txn.hpp>
#include <cordon/chain/text.hpp>

#include "encoding.hpp"
#include "evm.hpp"
#include "fields.hpp"
#include "safe.hpp"
#include "walk.hpp"
#include "words.hpp"

namespace cordon::explain {
namespace {

using boost::json::object;

constexpr std::string_view kWhat = "delay";

Status only(const object& map, std::initializer_list<std::string_view> names,
            std::string_view what) {
    for (const auto& [name, value] : map)
        if (std::find(names.begin(), names.end(), std::string_view{name}) == names.end())
            return fail(ErrorCode::kMalformed, format("{}: there is no field \"{}\"", what,
                                                      std::string_view{name}.substr(0, 40)));
    return {};
}

template <typename T>
Result<T> required(const Fields& fields, Result<std::optional<T>> found, std::string_view name) {
    if (!found) return fail(found.error());
    if (!*found) return fields.refuse(name, "is missing");
    return **std::move(found);
}

/// What a payload is for. Nothing: for none of what is signed for a Delay.
struct Act {
    enum class Kind : uint8_t { kQueue, kAllow, kForbid, kEnable, kCancel, kPassOver };
    Kind kind{};
    Address to;  ///< What the request must name.
    Asset asset;
    Amount amount;  ///< kQueue: that is paid; kCancel: the first number that stays.
};

/// The arguments, when the bytes are this call in its one encoding.
std::optional<std::vector<chain::AbiValue>> arguments_of(std::string_view signature,
                                                         ByteView data) {
    const auto parsed = chain::parse_abi_signature(signature);
    if (!parsed) return std::nullopt;
    const auto values = chain::decode_abi_call(*parsed, data);
    if (!values) return std::nullopt;
    const auto again = chain::encode_abi_call(signature, *values);
    if (!again || !std::equal(again->begin(), again->end(), data.begin(), data.end()))
        return std::nullopt;
    return values->items;
}

std::optional<Act> queued(const Address& to, const Amount& value, ByteView data) {
    if (data.empty() && !value.is_zero()) return Act{Act::Kind::kQueue, to, Asset{}, value};
    const auto pays = arguments_of("transfer(address,uint256)", data);
    if (!pays || !value.is_zero()) return std::nullopt;
    return Act{Act::Kind::kQueue, (*pays)[0].address, Asset::contract(to), (*pays)[1].number};
}

std::optional<Act> act_of(const DelayPayload& payload, const Address& to, ByteView data,
                          bool by_safe) {
    if (!by_safe) {
        const auto queue =
            arguments_of("execTransactionFromModule(address,uint256,bytes,uint8)", data);
        if (to != payload.delay || !queue || !(*queue)[3].number.is_zero()) return std::nullopt;
        return queued((*queue)[0].address, (*queue)[1].number, (*queue)[2].bytes);
    }
    if (to == payload.safe) {
        const auto enabled = arguments_of("enableModule(address)", data);
        if (!enabled || (*enabled)[0].address != payload.delay) return std::nullopt;
        return Act{Act::Kind::kEnable, payload.delay, {}, {}};
    }
    if (to != payload.delay) return std::nullopt;
    if (const auto allowed = arguments_of("enableModule(address)", data))
        return Act{Act::Kind::kAllow, (*allowed)[0].address, {}, {}};
    if (const auto forbidden = arguments_of("disableModule(address,address)", data))
        return Act{Act::Kind::kForbid, (*forbidden)[1].address, {}, {}};
    if (const auto below = arguments_of("setTxNonce(uint256)", data))
        return Act{Act::Kind::kCancel, payload.delay, {}, (*below)[0].number};
    if (arguments_of("skipExpired()", data))
        return Act{Act::Kind::kPassOver, payload.delay, {}, {}};
    return std::nullopt;
}

/// Of the signed call, without what explain says of it: two readers must agree.
Result<std::optional<Act>> read_act(const DelayPayload& payload, const Context& context) {
    if (payload.type == "evm") {
        CORDON_TRY(const Bytes bytes, parse_hex0x(payload.data));
        CORDON_TRY(const chain::EvmTxn txn, chain::parse_evm_txn(bytes));
        if (!txn.to || !txn.value.is_zero()) return std::optional<Act>{};
        return act_of(payload, *txn.to, txn.data, false);
    }
    CORDON_TRY(const auto all, parse_safe_proposals(payload.data, context));
    if (all.size() != 1)
        return fail(ErrorCode::kConflict, format("{}: expected one Safe transaction", kWhat));
    const SafeTx& txn = all.front().txn;
    if (txn.safe != payload.safe)
        return fail(ErrorCode::kConflict,
                    format("{}: the transaction is for another Safe than the Delay", kWhat));
    if (txn.operation != 0 || !txn.value.is_zero() || !txn.gas_price.is_zero())
        return std::optional<Act>{};
    return act_of(payload, txn.to, txn.data, true);
}

std::string times_of(const DelayPayload& payload) {
    const std::string waits = format("{} after it was queued", duration(payload.setup.cooldown));
    if (payload.setup.expiration.is_zero()) return waits + ", and is never void";
    return format("{}, and is void {} after that", waits, duration(payload.setup.expiration));
}

std::string words_of(const Act& act, const DelayPayload& payload, Words& words) {
    const std::string delay = words.address(payload.delay), safe = words.address(payload.safe);
    switch (act.kind) {
        case Act::Kind::kQueue:
            return format(
                "{} is queued in {}: {} pays {} to {}. Anybody may have it done {}; until then "
                "the owners of {} can cancel it",
                words.money(act.asset, act.amount), delay, safe, words.money(act.asset, act.amount),
                words.address(act.to), times_of(payload), safe);
        case Act::Kind::kAllow:
            return format(
                "{} may from now on queue anything in the name of {}. What it queues can leave {}; "
                "until then the owners of {} can cancel it",
                words.address(act.to), safe, times_of(payload), safe);
        case Act::Kind::kForbid:
            return format(
                "{} may no longer queue in the name of {}. What it has queued stays: cancel that, "
                "too",
                words.address(act.to), safe);
        case Act::Kind::kEnable:
            return format(
                "{} may from now on act as {} without a signature of its owners, and does what "
                "was queued there. It can leave {}. It was made so that {} alone may change it",
                delay, safe, times_of(payload), safe);
        case Act::Kind::kCancel:
            return format(
                "all that was queued in {} before number {} and is not done yet is cancelled: it "
                "never leaves. The first that can still leave is number {}",
                delay, act.amount.to_string(), act.amount.to_string());
        case Act::Kind::kPassOver:
            return format("what is void at the head of the queue of {} is passed over", delay);
    }
    return {};
}

/// Why it is not what was asked for; empty: it is.
std::vector<std::string> differences(const std::optional<Act>& act, const DelayPayload& payload,
                                     const ApprovedRequest& request, Words& words) {
    if (!act)
        return {
            "it is none of: a payment that is queued, a queuer added or taken out, the Delay "
            "enabled, cancelling"};
    std::vector<std::string> out;
    if (request.chain != words.chain())
        out.push_back(
            format("it is for {}, not for {}", to_string(words.chain()), to_string(request.chain)));
    if (!request.from || *request.from != payload.safe)
        out.push_back(format("it is for the account {}", words.address(payload.safe)));
    if (request.to != act->to)
        out.push_back(format("it is about {}, and {} was approved", words.address(act->to),
                             words.address(request.to)));
    const bool pays = act->kind == Act::Kind::kQueue;
    if (request.asset != (pays ? act->asset : Asset{}) ||
        request.amount != (pays ? act->amount : Amount{}))
        out.push_back(pays ? format("it queues {}, and {} was approved",
                                    words.money(act->asset, act->amount),
                                    words.money(request.asset, request.amount))
                           : format("it pays nothing, and {} was approved",
                                    words.money(request.asset, request.amount)));
    return out;
}

Finding judge_request(const std::optional<Act>& act, const DelayPayload& payload,
                      const Context& context, Words& words) {
    if (!context.request) {
        if (context.request_required)
            return {"R12",
                    Verdict::kBlock,
                    "Nobody asked for this: there is no approved request for it.",
                    {}};
        return {"R12",
                Verdict::kOk,
                "Whether this is what was approved is not known: no request was given.",
                {},
                false};
    }
    const auto differs = differences(act, payload, *context.request, words);
    if (differs.empty())
        return {"R12",
                Verdict::kOk,
                format("It is what request {} asks for.", context.request->id),
                {}};
    std::string text = format("It is not what request {} asks for: ", context.request->id);
    for (std::size_t i = 0; i < differs.size(); ++i) text += (i == 0 ? "" : "; ") + differs[i];
    return {"R12", Verdict::kBlock, text + ".", {}};
}

}  // namespace

Result<DelayPayload> parse_delay_payload(std::string_view json) {
    CORDON_TRY(const auto objects, parse_objects(json));
    if (objects.size() != 1)
        return fail(ErrorCode::kConflict,
                    format("{}: {} payloads; one request is one", kWhat, objects.size()));
    const object& all = objects.front();
    CORDON_TRY(only(all, {"delay", "type", "by", "data"}, kWhat));
    const Fields fields{all, kWhat};
    DelayPayload out;
    CORDON_TRY(out.type, required(fields, fields.text({"type"}), "type"));
    const auto* made = fields.find({"delay"});
    if (made == nullptr || !made->is_object())
        return fields.refuse("delay", "expected an object: what the Delay was made of");
    CORDON_TRY(only(made->get_object(), {"safe", "cooldown", "expiration", "salt"}, kWhat));
    const Fields setup{made->get_object(), kWhat};
    CORDON_TRY(out.safe, required(setup, setup.address({"safe"}), "safe"));
    CORDON_TRY(out.setup.cooldown, required(setup, setup.number({"cooldown"}), "cooldown"));
    CORDON_TRY(out.setup.expiration, required(setup, setup.number({"expiration"}), "expiration"));
    CORDON_TRY(const Amount salt, required(setup, setup.number({"salt"}), "salt"));
    if (out.setup.cooldown.is_zero())
        return fail(ErrorCode::kInvalidParam,
                    format("{}: field cooldown: a Delay of nothing delays nothing", kWhat));
    out.setup.owner = out.setup.avatar = out.setup.target = out.by = out.safe;
    CORDON_TRY(const Bytes call, chain::encode_delay_setup(out.setup));
    out.delay = chain::module_proxy_address(chain::module_proxy_factory(),
                                            chain::delay_master_copy(), call, salt);
    const auto* data = fields.find({"data"});
    if (out.type == "safe") {
        if (data == nullptr || !data->is_object())
            return fields.refuse("data", "expected a Safe transaction as an object");
        if (all.contains("by")) return fields.refuse("by", "a Safe transaction is the Safe's");
        out.data = boost::json::serialize(*data);
        return out;
    }
    if (out.type != "evm")
        return fail(ErrorCode::kUnsupported, format("{}: field type: expected safe or evm", kWhat));
    CORDON_TRY(out.by, required(fields, fields.address({"by"}), "by"));
    CORDON_TRY(out.data, required(fields, fields.text({"data"}), "data"));
    return out;
}

Result<std::vector<Explanation>> explain_delay(std::string_view json, const Context& context) {
    CORDON_TRY(const DelayPayload payload, parse_delay_payload(json));
    CORDON_TRY(const std::optional<Act> act, read_act(payload, context));
    Context inner = context;
    inner.account = payload.by;
    inner.request.reset();
    inner.request_required = false;
    // What the address proves, and whom people agreed to by name.
    std::erase_if(inner.book, [&](const BookEntry& each) { return each.address == payload.delay; });
    const auto vouch = [&](const Address& address, std::string name) -> BookEntry& {
        BookEntry entry;
        entry.chain = context.chain.value_or(kEthereum);
        entry.address = address;
        entry.name = std::move(name);
        return inner.book.emplace_back(std::move(entry));
    };
    BookEntry& delay = vouch(payload.delay, "Delay");
    delay.delay_of = payload.safe;
    delay.code = true;
    const bool asked = act && context.request && act->to == context.request->to;
    if (asked && act->kind == Act::Kind::kAllow) vouch(act->to, {}).queuer = true;

    CORDON_TRY(auto all, payload.type == "safe" ? explain_safe(payload.data, inner)
                                                : explain_evm(payload.data, inner));
    if (all.size() != 1)
        return fail(ErrorCode::kConflict,
                    format("{}: {} payloads; one request is one", kWhat, all.size()));
    Explanation& out = all.front();
    out.type = "delay";
    std::erase_if(out.findings, [](const Finding& each) { return each.rule == "R12"; });
    // Whom we vouch for ourselves no book allows.
    constexpr std::string_view kBook = ", as your book allows.";
    const bool proven = act && act->kind == Act::Kind::kEnable;
    if (proven || (asked && act->kind == Act::Kind::kAllow))
        for (Finding& each : out.findings)
            if (each.text.ends_with(kBook))
                each.text.replace(each.text.size() - kBook.size(), kBook.size(),
                                  proven ? ": its address says what it was made of."
                                         : ", as the request names it.");
    const ChainId chain = context.chain.value_or(kEthereum);
    Words words{inner, chain};
    add(out, judge_request(act, payload, context, words));
    out.details.push_back({"delay", chain::display_address(chain, payload.delay)});
    out.details.push_back(
        {"made of", format("Safe {}, what is queued can leave {}",
                           chain::display_address(chain, payload.safe), times_of(payload))});
    const auto first = std::find_if(out.effects.begin(), out.effects.end(), [](const Effect& each) {
        return each.kind == EffectKind::kCall || each.kind == EffectKind::kModule;
    });
    if (act && first != out.effects.end()) {
        first->text = words_of(*act, payload, words);
        out.summary = summarise(out.effects);
    }
    finish(out);
    return all;
}

}  // namespace cordon::explain
