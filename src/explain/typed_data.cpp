// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "typed_data.hpp"

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/evm/typed_data.hpp>
#include <cordon/chain/text.hpp>

#include "clear_signing.hpp"
#include "encoding.hpp"
#include "fields.hpp"
#include "safe.hpp"
#include "typed_readers.hpp"

namespace cordon::explain {
namespace {

using chain::TypedData;
using chain::TypedValue;
using Kind = chain::AbiType::Kind;

/// More fields than a person reads; all are in the hash.
constexpr std::size_t kMaxFields = 200;
constexpr std::size_t kMaxValue = 256;  // Bytes of a value that are shown.

std::string value_text(const TypedValue& value, ChainId chain) {
    switch (value.kind) {
        case Kind::kUint: return value.number.to_string();
        case Kind::kInt:
            if (value.number.bit_width() < 256) return value.number.to_string();
            return "-" + (Amount::max() - value.number + Amount{uint64_t{1}}).to_string();
        case Kind::kBool: return value.number.is_zero() ? "false" : "true";
        case Kind::kAddress: return chain::display_address(chain, value.address);
        case Kind::kString: return format("\"{}\"", clipped(value.text(), kMaxValue));
        default: return clipped(to_hex0x(value.bytes), kMaxValue);
    }
}

void add_fields(Explanation& out, const TypedValue& value, const std::string& path, ChainId chain) {
    if (value.kind != Kind::kTuple && value.kind != Kind::kArray) {
        if (out.details.size() == kMaxFields) out.details.push_back({"…", "more fields follow"});
        if (out.details.size() < kMaxFields)
            out.details.push_back({path, value_text(value, chain)});
        return;
    }
    for (std::size_t i = 0; i < value.items.size(); ++i)
        add_fields(out, value.items[i],
                   value.kind == Kind::kArray ? format("{}[{}]", path, i)
                                              : format("{}.{}", path, value.items[i].name),
                   chain);
}

struct Domain {
    std::optional<uint64_t> chain;
    Address contract;
    std::string name;
};

Domain domain_of(const TypedData& data) {
    Domain out;
    if (const auto* chain = data.domain.find("chainId");
        chain != nullptr && chain->kind == Kind::kUint && chain->number.fits_u64())
        out.chain = chain->number.low_u64();
    if (const auto* contract = data.domain.find("verifyingContract");
        contract != nullptr && contract->kind == Kind::kAddress)
        out.contract = contract->address;
    if (const auto* name = data.domain.find("name"); name != nullptr && name->kind == Kind::kString)
        out.name = clipped(name->text(), kMaxValue);
    return out;
}

void judge_domain(Walk& walk, const Domain& domain, bool safe) {
    const auto& expected = walk.context().chain;
    if (!domain.chain && !safe)
        walk.raise("E11", Verdict::kWarn,
                   "Its domain names no chain: the signature may hold on every chain.");
    else if (domain.chain && expected && expected->reference != *domain.chain)
        walk.raise("E11", Verdict::kBlock,
                   format("Its domain is of {}, and {} was expected.",
                          to_string(walk.words.chain()), to_string(*expected)));
    if (domain.contract.empty())
        walk.raise("E11", Verdict::kWarn,
                   "Its domain names no contract: whoever takes the signature is not known.");
}

void generic(Walk& walk, const Call& call, const TypedData& data, const Domain& domain) {
    std::string fields;
    std::size_t count = 0;
    for (const TypedValue& each : data.message.items) {
        if (each.kind == Kind::kTuple || each.kind == Kind::kArray) continue;
        if (++count > 8) break;  // A sentence; all of them are among the details.
        fields += format("{}{} {}", fields.empty() ? "" : ", ", each.name,
                         clipped(value_text(each, walk.words.chain()), 80));
    }
    walk.effect(
        EffectKind::kUnknown, call, call.from, call.to,
        format("{} signs \"{}\" for {} ({}): what it allows is not known. It says: {} "
               "[data fingerprint {}]",
               walk.words.address(call.from), clipped(data.primary_type, 80),
               domain.name.empty() ? "somebody" : domain.name,
               call.to.empty() ? "no contract" : walk.words.address(call.to),
               fields.empty() ? "nothing that can be read" : fields, data_code(data.encoded)));
    walk.danger(Danger::kUnknown, call.from, call.to);
    walk.raise("E1", Verdict::kWarn,
               format("What a signature under \"{}\" allows is not known here: every field is "
                      "shown, and somebody who knows the contract has to read them.",
                      clipped(data.primary_type, 80)));
}

/// SafeTx is explained as what it is, when it hashes as one.
std::optional<Explanation> as_safe(std::string_view json, const TypedData& data,
                                   const Context& context) {
    if (data.primary_type != "SafeTx") return std::nullopt;
    const auto proposals = parse_safe_proposals(json, context);
    if (!proposals || proposals->size() != 1) return std::nullopt;
    for (const SafeDomain domain : kSafeDomains) {
        if (hash_safe_txn(proposals->front().txn, domain).safe_txn != data.digest) continue;
        SafeProposal proposal = proposals->front();
        proposal.safe_hash = data.digest;
        proposal.version.reset();
        Explanation out = explain_safe(proposal, context);
        out.type = "typed-data";
        return out;
    }
    return std::nullopt;
}

bool read_safe_message(Walk& walk, const Call& call, const TypedData& data) {
    if (data.encoded_type != "SafeMessage(bytes message)") return false;
    const Bytes& message = data.message.items[0].bytes;
    const bool text = is_plain_text(message);
    const std::string what =
        text ? format("the text \"{}\"",
                      clipped({reinterpret_cast<const char*>(message.data()), message.size()},
                              kMaxValue))
             : format("the bytes {}", clipped(to_hex0x(message), kMaxValue));
    walk.effect(text ? EffectKind::kMessage : EffectKind::kApprovedHash, call, call.to, {},
                format("an owner of {} signs {} in its name [data fingerprint {}]",
                       walk.words.address(call.to), what, data_code(message)));
    if (!text)
        walk.raise("E12", Verdict::kWarn,
                   format("With enough owners everybody can use this as a signature of {}: an "
                          "order, a permit or a login may stand behind it.",
                          walk.words.address(call.to)));
    return true;
}

Result<Explanation> explain_one(std::string_view json, const Context& context) {
    CORDON_TRY(const TypedData data, chain::parse_typed_data(json));
    if (auto safe = as_safe(json, data, context)) return *std::move(safe);
    Explanation out;
    out.type = "typed-data";
    const Domain domain = domain_of(data);
    const ChainId chain = domain.chain ? ChainId{ChainFamily::kEvm, *domain.chain}
                          : context.chain && context.chain->family == ChainFamily::kEvm
                              ? *context.chain
                              : kEthereum;
    out.hashes = {{"domain hash", to_hex0x(data.domain_separator)},
                  {"message hash", to_hex0x(data.message_hash)},
                  {"EIP-712 digest", to_hex0x(data.digest)}};
    add_fields(out, data.domain, "domain", chain);
    out.details.push_back({"type", clipped(data.encoded_type, 1'024)});
    add_fields(out, data.message, "message", chain);

    Walk walk{out, context, chain};
    const Call call{context.account.value_or(Address{}), domain.contract, {}, {}, false, {}, 0};
    bool read = read_safe_message(walk, call, data);
    if (!domain.contract.empty())
        for (const TypedReader& each : typed_readers())
            read = read || (each.type == data.primary_type && each.read(walk, call, data));
    if (!read) generic(walk, call, data, domain);
    if (data.primary_type == "SafeTx")
        walk.raise("E7", Verdict::kBlock,
                   "It calls itself a Safe transaction and does not hash as one.");
    judge_domain(walk, domain, data.primary_type.starts_with("Safe"));
    for (const std::string& each : data.ignored)
        walk.raise("E7", Verdict::kWarn,
                   format("The field {} is shown and not signed.", clipped(each, kMaxValue)));
    for (const std::string& each : data.misspelt)
        walk.raise("E7", Verdict::kWarn,
                   format("The address in {} fails its checksum (EIP-55): a digit or its case was "
                          "changed.",
                          clipped(each, kMaxValue)));
    add_clear_words(out, context, data);
    walk.judge();
    out.summary = summarise(out.effects);
    out.worst_case = walk.worst_case();
    finish(out);
    return out;
}

}  // namespace

Result<std::vector<Explanation>> explain_typed_data(std::string_view json, const Context& context) {
    CORDON_TRY(const auto slices, split_objects(json));
    std::vector<Explanation> out;
    for (const std::string_view slice : slices) {
        auto one = explain_one(slice, context);
        if (!one)
            return fail(slices.size() == 1 ? one.error()
                                           : one.error().in(format("object {}", out.size() + 1)));
        out.push_back(*std::move(one));
    }
    return out;
}

}  // namespace cordon::explain
