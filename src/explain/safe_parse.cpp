// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>

#include <cordon/base/format.hpp>

#include "fields.hpp"
#include "safe.hpp"

namespace cordon::explain {
namespace {

using boost::json::object;

constexpr std::string_view kWhat = "Safe transaction";

/// More signatures than any Safe has owners; the contract has no bound.
constexpr std::size_t kMaxSignatures = 1'000;

template <typename T>
Status required(const Fields& fields, Result<std::optional<T>> found, std::string_view name,
                T& out) {
    if (!found) return fail(found.error());
    if (!*found) return fields.refuse(name, "is missing");
    out = **std::move(found);
    return {};
}

template <typename T>
Status optional(Result<std::optional<T>> found, T& out) {
    if (!found) return fail(found.error());
    if (*found) out = **std::move(found);
    return {};
}

Result<Bytes> signature_of(const Fields& fields, const boost::json::value& value) {
    object holder;
    holder["signature"] = value;
    CORDON_TRY(auto bytes, Fields(holder, kWhat).bytes({"signature"}));
    if (!bytes) return fields.refuse("signatures", "expected 0x hex");
    return *std::move(bytes);
}

/// "signatures" as one blob or a list of texts, "confirmations" as the service has them.
Status read_signatures(const Fields& fields, SafeProposal& out) {
    const auto add = [&](std::optional<Address> owner, Bytes signature) -> Status {
        if (out.signatures.size() == kMaxSignatures)
            return fail(ErrorCode::kLimit,
                        format("{}: more than {} signatures", kWhat, kMaxSignatures));
        out.signatures.push_back({owner, std::move(signature)});
        return {};
    };
    if (const auto* all = fields.find({"confirmations"})) {
        if (!all->is_array()) return fields.refuse("confirmations", "expected a list");
        for (const auto& each : all->get_array()) {
            if (!each.is_object()) return fields.refuse("confirmations", "expected objects");
            const Fields one{each.get_object(), "confirmation"};
            CORDON_TRY(const auto owner, one.address({"owner"}));
            CORDON_TRY(auto signature, one.bytes({"signature"}));
            if (signature) CORDON_TRY(add(owner, *std::move(signature)));
        }
    }
    const auto* blob = fields.find({"signatures"});
    if (blob == nullptr) return {};
    if (!blob->is_array()) {
        CORDON_TRY(auto bytes, signature_of(fields, *blob));
        // The service repeats the confirmations here once the txn is executed.
        if (out.signatures.empty() && !bytes.empty()) CORDON_TRY(add({}, std::move(bytes)));
        return {};
    }
    for (const auto& each : blob->get_array()) {
        if (const auto* one = each.if_object()) {
            const Fields signature{*one, "signature"};
            CORDON_TRY(const auto owner, signature.address({"signer", "owner"}));
            CORDON_TRY(auto bytes, signature.bytes({"data", "signature"}));
            if (bytes) CORDON_TRY(add(owner, *std::move(bytes)));
            continue;
        }
        CORDON_TRY(auto bytes, signature_of(fields, each));
        CORDON_TRY(add({}, std::move(bytes)));
    }
    return {};
}

Status read_version(const Fields& fields, SafeProposal& out) {
    CORDON_TRY(const auto version, fields.text({"version", "safe_version", "safeVersion"}));
    if (!version) return {};
    out.version = parse_safe_version(*version);
    out.version_text = *version;
    if (!out.version) return fields.refuse("version", format("\"{}\" is no version", *version));
    return {};
}

/// {types, primaryType, domain, message}: the domain says account and chain. The hashes are ours:
/// that `types` says something else than SafeTx is told by explain_typed_data.
Result<object> from_typed_data(const object& typed) {
    const Fields fields{typed, "typed data"};
    const auto* domain = fields.find({"domain"});
    const auto* message = fields.find({"message"});
    if (domain == nullptr || message == nullptr || !domain->is_object() || !message->is_object())
        return fields.refuse("message", "expected the objects domain and message");
    object out = message->get_object();
    if (const auto* safe = domain->get_object().if_contains("verifyingContract"))
        out["safe"] = *safe;
    if (const auto* chain = domain->get_object().if_contains("chainId"))
        out["chainId"] = *chain;
    else
        out["version"] = out.contains("dataGas") ? "0.1.0" : "1.2.0";
    return out;
}

Result<SafeProposal> parse_one(const object& given, const Context& context) {
    const object* at = &given;
    object built;
    // {"type":"safe","data":{…}} of a withdrawal request.
    if (const auto* data = given.if_contains("data"); data != nullptr && data->is_object())
        at = &data->get_object();
    if (at->contains("domain") && at->contains("message") && at->contains("types")) {
        CORDON_TRY(built, from_typed_data(*at));
        at = &built;
    }
    const Fields fields{*at, kWhat};
    SafeProposal out;
    SafeTx& txn = out.txn;
    CORDON_TRY(auto safe, fields.address({"safe", "safeAddress", "safe_address"}));
    if (!safe) safe = context.account;
    if (!safe) return fields.refuse("safe", "is missing: which Safe is it?");
    txn.safe = *safe;
    CORDON_TRY(required(fields, fields.address({"to"}), "to", txn.to));
    CORDON_TRY(optional(fields.number({"value"}), txn.value));
    CORDON_TRY(optional(fields.bytes({"data"}), txn.data));
    CORDON_TRY(const auto operation, fields.small({"operation"}));
    // Left out it would have to be guessed, and the guess would be what Bybit believed.
    if (!operation) return fields.refuse("operation", "is missing: 0 (call) or 1 (delegatecall)");
    if (*operation > 1)
        return fields.refuse("operation", format("{} is neither 0 nor 1", *operation));
    txn.operation = static_cast<uint8_t>(*operation);
    CORDON_TRY(optional(fields.number({"safeTxGas", "safe_tx_gas"}), txn.safe_txn_gas));
    CORDON_TRY(optional(fields.number({"baseGas", "dataGas", "base_gas"}), txn.base_gas));
    CORDON_TRY(optional(fields.number({"gasPrice", "gas_price"}), txn.gas_price));
    const Address zero{AddressKind::kEvm, std::array<uint8_t, 20>{}};
    txn.gas_token = txn.refund_receiver = zero;
    CORDON_TRY(optional(fields.address({"gasToken", "gas_token"}), txn.gas_token));
    CORDON_TRY(
        optional(fields.address({"refundReceiver", "refund_receiver"}), txn.refund_receiver));
    CORDON_TRY(required(fields, fields.number({"nonce", "_nonce"}), "nonce", txn.nonce));
    CORDON_TRY(optional(fields.small({"chainId", "chain_id"}), txn.chain));
    if (txn.chain == 0 && context.chain && context.chain->family == ChainFamily::kEvm)
        txn.chain = context.chain->reference;
    if (txn.chain == 0)
        return fields.refuse("chainId", "is missing: on which chain is the Safe? (--chain)");
    CORDON_TRY(out.safe_hash, fields.hash({"safeTxHash", "contractTransactionHash"}));
    CORDON_TRY(out.domain_hash, fields.hash({"domainHash"}));
    CORDON_TRY(out.message_hash, fields.hash({"messageHash"}));
    CORDON_TRY(read_version(fields, out));
    CORDON_TRY(read_signatures(fields, out));
    return out;
}

}  // namespace

Result<std::vector<SafeProposal>> parse_safe_proposals(std::string_view json,
                                                       const Context& context) {
    CORDON_TRY(const auto objects, parse_objects(json));
    std::vector<SafeProposal> out;
    for (std::size_t i = 0; i < objects.size(); ++i) {
        auto one = parse_one(objects[i], context);
        if (!one)
            return fail(objects.size() == 1 ? one.error()
                                            : one.error().in(format("object {}", i + 1)));
        out.push_back(*std::move(one));
    }
    return out;
}

}  // namespace cordon::explain
