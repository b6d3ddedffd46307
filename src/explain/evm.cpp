// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "evm.hpp"

#include <array>
#include <boost/json.hpp>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/evm/account.hpp>
#include <cordon/chain/text.hpp>

#include "encoding.hpp"
#include "fields.hpp"
#include "simulation.hpp"
#include "walk.hpp"

namespace cordon::explain {
namespace {

using chain::EvmAuthorization;
using chain::EvmTxn;
using chain::EvmTxnType;

constexpr std::string_view kWhat = "transaction";
/// Gas of a blob (EIP-4844).
constexpr uint64_t kGasPerBlob = uint64_t{1} << 17;

Amount product(const Amount& a, const Amount& b) {
    const unsigned bits = a.bit_width() + b.bit_width();
    if (bits <= 64) return Amount{a.low_u64() * b.low_u64()};  // What fees are; the rest is slow.
    return bits <= 256 ? a * b : Amount::max();
}

void explain_authorization(Walk& walk, const Call& call, const EvmAuthorization& authorization,
                           const Address& who) {
    const Address& code = authorization.address;
    const bool ends = code.is_zero();
    walk.effect(EffectKind::kDelegation, call, who, code,
                ends ? format("{} is an ordinary account again: no code acts as it",
                              walk.words.address(who))
                     : format("{} runs the code of {} from now on, which may do anything with it",
                              walk.words.address(who), walk.words.address(code)));
    if (authorization.chain_id.is_zero()) {
        walk.amend(", on every chain");
        walk.raise("E11", Verdict::kWarn,
                   "The delegation holds on every chain that knows EIP-7702.", call.where);
    } else if (authorization.chain_id != Amount{walk.words.chain().reference}) {
        walk.amend(format(", on chain {}", authorization.chain_id.to_string()));
    }
    if (ends) return;
    walk.danger(Danger::kEverything, who, code);
    const bool vouched = walk.vouched(code, Vouch::kCode);
    walk.raise("E4", vouched ? Verdict::kOk : Verdict::kBlock,
               vouched ? format("Your book allows {} as code.", walk.words.address(code))
                       : format("{} hands itself to the code of {}, which nobody vouches for.",
                                walk.words.address(who), walk.words.address(code)),
               call.where);
    walk.party({Party::Role::kCode, who, code, Asset{}, {}, call.where});
}

void explain_fee(Walk& walk, const Call& call, const EvmTxn& txn) {
    Amount most = product(txn.gas_limit, txn.max_fee_per_gas);
    const Amount blobs =
        product(Amount{uint64_t{txn.blob_hashes.size()} * kGasPerBlob}, txn.max_fee_per_blob_gas);
    most = checked_add(most, blobs).value_or(Amount::max());
    if (!most.is_zero()) {
        walk.effect(EffectKind::kFee, call, call.from, {},
                    format("the transaction costs {} at most {}",
                           call.from.empty() ? "whoever signs" : walk.words.address(call.from),
                           walk.words.money(Asset{}, most)));
        walk.fee(Asset{}, most);
    }
    if (most >= kCoin)
        walk.raise("E8", Verdict::kWarn,
                   format("The fee may be as much as {}: is the gas price in the right unit?",
                          walk.words.money(Asset{}, most)));
    if (txn.max_priority_fee_per_gas > txn.max_fee_per_gas)
        walk.raise("E8", Verdict::kWarn, "The tip is larger than the whole fee: no node takes it.");
}

void explain_creation(Walk& walk, const Call& call, std::optional<uint64_t> nonce) {
    Address made;
    if (nonce && !call.from.empty()) made = chain::created_address(call.from, *nonce);
    if (!made.empty() && !call.value.is_zero())
        walk.pay(call, call.from, made, Asset{}, call.value);
    walk.effect(EffectKind::kDeploy, call, call.from, made,
                format("a contract is deployed{} from {} of code [data fingerprint {}]",
                       made.empty() ? "" : format(" at {}", walk.words.address(made)),
                       counted(call.data.size(), "byte", "bytes"), data_code(call.data)));
    if (made.empty() && !call.value.is_zero())
        walk.amend(format(", and gets {}", walk.words.money(Asset{}, call.value)));
    walk.danger(Danger::kUnknown, call.from, made);
    walk.raise("E15", Verdict::kWarn, "The code of a new contract is not read here.");
    if (!call.value.is_zero())
        walk.raise("E9", Verdict::kWarn,
                   format("{} goes to the new contract: if its code cannot give it back, it is "
                          "lost.",
                          walk.words.money(Asset{}, call.value)));
}

void end(Walk& walk, Explanation& out, const std::optional<Address>& account) {
    if (account) judge_simulation(walk, *account);
    walk.judge();
    out.summary = summarise(out.effects);
    out.worst_case = walk.worst_case();
    finish(out);
}

ChainId chain_of(std::optional<uint64_t> said, const Context& context) {
    if (said) return {ChainFamily::kEvm, *said};
    return context.chain && context.chain->family == ChainFamily::kEvm ? *context.chain : kEthereum;
}

void judge_chain(Walk& walk, std::optional<uint64_t> said) {
    if (!said)
        return walk.raise("E11", Verdict::kWarn,
                          "The transaction names no chain: once signed, anybody can send it on "
                          "every chain.");
    const auto& expected = walk.context().chain;
    if (expected && expected->reference != *said)
        walk.raise("E11", Verdict::kBlock,
                   format("It is for {}, and {} was expected.", to_string(walk.words.chain()),
                          to_string(*expected)));
}

void add_details(Explanation& out, const EvmTxn& txn, const Call& call, Walk& walk) {
    const auto add = [&](std::string name, std::string value) {
        out.details.push_back({std::move(name), std::move(value)});
    };
    add("type", format("{}{}", static_cast<unsigned>(txn.type), txn.signature ? ", signed" : ""));
    add("chain",
        txn.chain_id ? format("{} ({})", to_string(walk.words.chain()), *txn.chain_id) : "none");
    if (!call.from.empty()) add("from", walk.words.address(call.from));
    add("to", txn.to ? walk.words.address(*txn.to) : "none: a contract is made");
    add("nonce", std::to_string(txn.nonce));
    add("value", txn.value.to_string());
    add("gas limit", txn.gas_limit.to_string());
    add(txn.type < EvmTxnType::kDynamicFee ? "gas price" : "max fee per gas",
        txn.max_fee_per_gas.to_string());
    if (txn.type >= EvmTxnType::kDynamicFee)
        add("max priority fee per gas", txn.max_priority_fee_per_gas.to_string());
    if (!txn.data.empty()) add("data", shown(txn.data));
    for (const auto& each : txn.access_list)
        add("access", format("{}, {}", walk.words.address(each.address),
                             counted(each.count(), "slot", "slots")));
    for (const Hash256& each : txn.blob_hashes) add("blob", to_hex0x(each));
}

/// Fields of a request that need not be a whole txn.
struct Request {
    std::optional<uint64_t> chain, nonce, gas;
    std::optional<Address> from, to;
    Amount value;
    Bytes data;
    std::optional<Amount> gas_price, max_fee, tip;
    std::vector<EvmAuthorization> authorizations;
    bool whole = false;  ///< Everything that is signed is there, and nothing more.
};

Result<EvmAuthorization> read_authorization(const boost::json::value& value) {
    if (!value.is_object())
        return fail(ErrorCode::kMalformed, "transaction: field authorizationList: objects");
    const Fields fields{value.get_object(), "authorization"};
    EvmAuthorization out;
    CORDON_TRY(const auto chain, fields.number({"chainId"}));
    CORDON_TRY(const auto address, fields.address({"address", "contractAddress"}));
    CORDON_TRY(const auto nonce, fields.small({"nonce"}));
    CORDON_TRY(const auto parity, fields.small({"yParity", "v"}));
    CORDON_TRY(const auto r, fields.number({"r"}));
    CORDON_TRY(const auto s, fields.number({"s"}));
    if (!address) return fields.refuse("address", "is missing");
    out.chain_id = chain.value_or(Amount{});
    out.address = *address;
    out.nonce = nonce.value_or(0);
    out.y_parity = static_cast<uint8_t>(parity.value_or(0) & 0xff);
    if (r) out.r.bytes = r->to_big_endian();
    if (s) out.s.bytes = s->to_big_endian();
    return out;
}

Result<Request> read_request(const boost::json::object& object) {
    const Fields fields{object, kWhat};
    Request out;
    CORDON_TRY(out.chain, fields.small({"chainId", "chain_id"}));
    CORDON_TRY(out.from, fields.address({"from"}));
    CORDON_TRY(out.to, fields.address({"to"}));
    CORDON_TRY(const auto value, fields.number({"value"}));
    CORDON_TRY(auto data, fields.bytes({"data"}));
    CORDON_TRY(auto input, fields.bytes({"input"}));
    if (data && input && *data != *input)
        return fields.refuse("data", "differs from input: which of them is signed?");
    CORDON_TRY(out.nonce, fields.small({"nonce"}));
    CORDON_TRY(out.gas, fields.small({"gas", "gasLimit"}));
    CORDON_TRY(out.gas_price, fields.number({"gasPrice"}));
    CORDON_TRY(out.max_fee, fields.number({"maxFeePerGas"}));
    CORDON_TRY(out.tip, fields.number({"maxPriorityFeePerGas"}));
    out.value = value.value_or(Amount{});
    if (data || input) out.data = data ? *std::move(data) : *std::move(input);
    if (const auto* list = fields.find({"authorizationList"})) {
        if (!list->is_array()) return fields.refuse("authorizationList", "expected a list");
        for (const auto& each : list->get_array()) {
            CORDON_TRY(auto authorization, read_authorization(each));
            out.authorizations.push_back(authorization);
        }
    }
    const bool more = fields.find({"accessList"}) != nullptr ||
                      fields.find({"blobVersionedHashes"}) != nullptr ||
                      !out.authorizations.empty();
    out.whole = !more && out.chain && out.nonce && out.gas &&
                (out.gas_price.has_value() != (out.max_fee && out.tip));
    return out;
}

Explanation explain_request(const Request& request, const Context& context) {
    if (request.whole) {
        EvmTxn txn;
        txn.type = request.gas_price ? EvmTxnType::kLegacy : EvmTxnType::kDynamicFee;
        txn.chain_id = request.chain;
        txn.nonce = *request.nonce;
        txn.gas_limit = *request.gas;
        txn.max_fee_per_gas = request.gas_price ? *request.gas_price : *request.max_fee;
        txn.max_priority_fee_per_gas = request.gas_price ? *request.gas_price : *request.tip;
        txn.to = request.to;
        txn.value = request.value;
        txn.data = request.data;
        const Bytes encoded = chain::encode_evm_txn(txn);
        if (const auto parsed = chain::parse_evm_txn(encoded)) {
            if (!request.from) return explain_evm_txn(*parsed, context);
            Context known = context;
            known.account = request.from;
            return explain_evm_txn(*parsed, known);
        }
    }
    Explanation out;
    out.type = "evm";
    Walk walk{out, context, chain_of(request.chain, context)};
    const std::optional<Address> from = request.from ? request.from : context.account;
    const Call call{from.value_or(Address{}),
                    request.to.value_or(Address{}),
                    request.value,
                    request.data,
                    false,
                    {},
                    0};
    out.details = {{"to", request.to ? walk.words.address(*request.to) : "none"},
                   {"value", request.value.to_string()},
                   {"data", shown(request.data)}};
    if (from) out.details.insert(out.details.begin(), {"from", walk.words.address(*from)});
    if (request.to)
        walk.call(call);
    else
        explain_creation(walk, call, request.nonce);
    for (const EvmAuthorization& each : request.authorizations)
        explain_authorization(walk, call, each,
                              each.authority().value_or(from.value_or(Address{})));
    if (request.chain) judge_chain(walk, request.chain);
    end(walk, out, request.to);
    return out;
}

/// EIP-7702: what an account signs to be delegated.
Explanation explain_delegation(const EvmAuthorization& authorization, const Context& context) {
    Explanation out;
    out.type = "evm";
    const auto chain = authorization.chain_id.fits_u64() && !authorization.chain_id.is_zero()
                           ? std::optional{authorization.chain_id.low_u64()}
                           : std::nullopt;
    out.hashes.push_back({"authorisation hash", to_hex0x(authorization.signing_hash())});
    Walk walk{out, context, chain_of(chain, context)};
    out.details = {{"chain", authorization.chain_id.to_string()},
                   {"address", walk.words.address(authorization.address)},
                   {"nonce", std::to_string(authorization.nonce)}};
    explain_authorization(walk, {}, authorization, context.account.value_or(Address{}));
    if (chain) judge_chain(walk, chain);
    end(walk, out, {});
    return out;
}

Result<Explanation> explain_hex(std::string_view text, const Context& context) {
    CORDON_TRY(const Bytes bytes, text.starts_with("0x") ? parse_hex0x(text) : parse_hex(text));
    if (context.target) {
        Request request;
        request.to = context.target;
        request.data = bytes;
        if (context.chain && context.chain->family == ChainFamily::kEvm)
            request.chain = context.chain->reference;
        return explain_request(request, context);
    }
    if (!bytes.empty() && bytes[0] == chain::kAuthorizationMagic) {
        CORDON_TRY(const auto authorization, chain::parse_evm_authorization(bytes));
        return explain_delegation(authorization, context);
    }
    auto txn = chain::parse_evm_txn(bytes);
    if (!txn)
        return fail(txn.error().code,
                    format("{}\nfor bare calldata say who is called (--to)", txn.error().message));
    return explain_evm_txn(*txn, context);
}

}  // namespace

Explanation explain_evm_txn(const EvmTxn& txn, const Context& context) {
    Explanation out;
    out.type = "evm";
    Walk walk{out, context, chain_of(txn.chain_id, context)};
    out.hashes.push_back({"signing hash", to_hex0x(txn.signing_hash)});
    if (txn.hash) out.hashes.push_back({"transaction hash", to_hex0x(*txn.hash)});
    std::optional<Address> from = context.account;
    if (txn.signature) {
        const auto signer = chain::sender_of(txn);
        if (!signer) {
            walk.raise("E7", Verdict::kBlock,
                       format("Nobody can have made its signature: {}.", signer.error().message));
        } else {
            if (from && *from != *signer)
                walk.raise("E7", Verdict::kBlock,
                           format("It is signed by {}, not by {}.", walk.words.address(*signer),
                                  walk.words.address(*from)));
            from = *signer;
        }
    }
    const Call call{
        from.value_or(Address{}), txn.to.value_or(Address{}), txn.value, txn.data, false, {}, 0};
    add_details(out, txn, call, walk);
    if (txn.to)
        walk.call(call);
    else
        explain_creation(walk, call, txn.nonce);
    for (const EvmAuthorization& each : txn.authorizations) {
        const auto authority = each.authority();
        if (authority) {
            explain_authorization(walk, call, each, *authority);
            continue;
        }
        walk.effect(EffectKind::kCall, call, {}, each.address,
                    format("a delegation to {} is void: {}", walk.words.address(each.address),
                           authority.error().message));
    }
    explain_fee(walk, call, txn);
    judge_chain(walk, txn.chain_id);
    end(walk, out, txn.to);
    return out;
}

Result<std::vector<Explanation>> explain_evm(std::string_view input, const Context& context) {
    constexpr std::string_view kBlank = " \t\r\n";
    if (input.size() > kMaxPayload)
        return fail(ErrorCode::kLimit, format("the payload is larger than {} bytes", kMaxPayload));
    const std::size_t first = input.find_first_not_of(kBlank);
    if (first == std::string_view::npos)
        return fail(ErrorCode::kMalformed, "no transaction: the input is empty");
    std::vector<Explanation> out;
    if (input[first] == '{' || input[first] == '[') {
        CORDON_TRY(const auto objects, parse_objects(input));
        for (const auto& object : objects) {
            CORDON_TRY(const auto raw, Fields(object, kWhat).text({"rawTx", "raw"}));
            if (raw) {
                CORDON_TRY(auto explained, explain_hex(*raw, context));
                out.push_back(std::move(explained));
                continue;
            }
            CORDON_TRY(const auto request, read_request(object));
            out.push_back(explain_request(request, context));
        }
        return out;
    }
    for (std::size_t at = first; at < input.size();) {
        const std::size_t end = std::min(input.find_first_of(kBlank, at), input.size());
        auto explained = explain_hex(input.substr(at, end - at), context);
        if (!explained) return fail(explained.error().in(format("at offset {}", at)));
        out.push_back(*std::move(explained));
        at = std::min(input.find_first_not_of(kBlank, end), input.size());
    }
    return out;
}

}  // namespace cordon::explain
