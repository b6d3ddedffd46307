// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "safe.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>

#include "encoding.hpp"
#include "official.hpp"
#include "safe_signatures.hpp"
#include "simulation.hpp"

namespace cordon::explain {
namespace {

constexpr std::chrono::hours kLately{24};  // R9, of domain practice: a day.

/// Which way of hashing holds, and what says so.
struct Decided {
    SafeDomain domain = SafeDomain::kChainId;
    bool sure = false;
    std::string why;
};

Decided decide(const SafeProposal& proposal, const Context& context) {
    if (proposal.version)
        return {domain_of(*proposal.version), true,
                format("the payload says version {}", proposal.version_text)};
    for (const SafeDomain domain : kSafeDomains) {
        const SafeHashes hashes = hash_safe_txn(proposal.txn, domain);
        if (proposal.safe_hash == hashes.safe_txn)
            return {domain, true, "only then is the hash the one that the payload claims"};
    }
    for (const SafeDomain domain : kSafeDomains) {
        const SafeHashes hashes = hash_safe_txn(proposal.txn, domain);
        if (signed_by_owner(proposal.signatures, hashes.safe_txn, context.owners))
            return {domain, true, "only then is a signature an owner's"};
    }
    return {SafeDomain::kChainId, false, "a guess, for the version is not said"};
}

void add_hashes(Explanation& out, const SafeHashes& hashes, std::string_view remark) {
    const auto add = [&](std::string_view name, const Hash256& hash) {
        out.hashes.push_back({std::string{name} + std::string{remark}, to_hex0x(hash)});
    };
    add("domain hash", hashes.domain);
    add("message hash", hashes.message);
    add("safe tx hash", hashes.safe_txn);
}

void judge_claims(Walk& walk, const SafeProposal& proposal, const SafeHashes& ours,
                  SafeDomain domain) {
    const auto compare = [&](const std::optional<Hash256>& claim, const Hash256& hash,
                             std::string_view name) {
        if (claim && *claim != hash)
            walk.raise("E7", Verdict::kBlock,
                       format("The payload says that its {} is {}; it is {}. What is shown is not "
                              "what would be signed.",
                              name, to_hex0x(*claim), to_hex0x(hash)));
    };
    compare(proposal.safe_hash, ours.safe_txn, "Safe hash");
    compare(proposal.message_hash, ours.message, "message hash");
    compare(proposal.domain_hash, ours.domain, "domain hash");
    if (walk.context().chain && walk.context().chain->reference != proposal.txn.chain)
        walk.raise("E11", Verdict::kBlock,
                   format("It is for {}, and {} was expected.", to_string(walk.words.chain()),
                          to_string(*walk.context().chain)));
    if (domain != SafeDomain::kChainId)
        walk.raise("R13", Verdict::kOk,
                   format("{}: no guard is possible, and the signatures hold on every chain where "
                          "this Safe has its address.",
                          to_string(domain)));
    else if (!proposal.version && !proposal.safe_hash)
        walk.not_judged("R13",
                        "How old the Safe is is not known: neither version nor hash is "
                        "said.");
}

void judge_rivals(Walk& walk, const SafeProposal& proposal, const Hash256& hash,
                  const std::vector<std::string>& rivals) {
    const std::string ours = to_hex0x(hash);
    std::set<std::string> others{rivals.begin(), rivals.end()};
    for (const Proposal& each : walk.context().proposals)
        if (each.nonce == proposal.txn.nonce) others.insert(each.hash);
    others.erase(ours);
    for (const std::string& each : others)
        walk.raise("R8", Verdict::kWarn,
                   format("Another proposal waits for nonce {}: {}. Only one of them can be meant.",
                          proposal.txn.nonce.to_string(), each));
}

void judge_failures(Walk& walk) {
    const Context& context = walk.context();
    if (context.failed_executions.empty())
        return walk.not_judged("R9",
                               "Whether an execution failed lately is not known: none is "
                               "given.");
    const UnixMillis last =
        *std::max_element(context.failed_executions.begin(), context.failed_executions.end());
    if (context.now && *context.now - last > kLately) return;
    walk.raise("R9", Verdict::kWarn,
               format("An execution of this Safe failed at {}: a signature may have been collected "
                      "for something else.",
                      format_rfc3339(last)));
}

void add_details(Explanation& out, const SafeProposal& proposal, const Decided& decided,
                 const Words& words) {
    const SafeTx& txn = proposal.txn;
    const auto add = [&](std::string name, std::string value) {
        out.details.push_back({std::move(name), std::move(value)});
    };
    const auto address = [&](const Address& each) {
        return chain::display_address(words.chain(), each);
    };
    add("safe", address(txn.safe));
    add("chain", format("{} ({})", to_string(words.chain()), txn.chain));
    add("to", address(txn.to));
    add("value", txn.value.to_string());
    const Official* library = txn.operation == 0 ? nullptr : find_official(txn.to);
    add("operation", txn.operation == 0 ? "0 (call)"
                     : library == nullptr
                         ? "1 (delegatecall)"
                         : format("1 (delegatecall to {}, released by Safe)", to_string(*library)));
    add("data", shown(txn.data));
    add("nonce", txn.nonce.to_string());
    add("safeTxGas", txn.safe_txn_gas.to_string());
    add("baseGas", txn.base_gas.to_string());
    add("gasPrice", txn.gas_price.to_string());
    add("gasToken", address(txn.gas_token));
    add("refundReceiver", address(txn.refund_receiver));
    add("hashed as", format("{}: {}", to_string(decided.domain), decided.why));
}

Explanation explain(const SafeProposal& proposal, const Context& context,
                    const std::vector<std::string>& rivals) {
    const SafeTx& txn = proposal.txn;
    Explanation out;
    out.type = "safe";
    const ChainId chain{ChainFamily::kEvm, txn.chain};
    const Decided decided = decide(proposal, context);
    const SafeHashes hashes = hash_safe_txn(txn, decided.domain);
    add_hashes(out, hashes, decided.sure ? "" : " (Safe 1.3.0 and later)");
    if (!decided.sure)
        add_hashes(out, hash_safe_txn(txn, SafeDomain::kNoChainId), " (Safe 1.0.0 to 1.2.0)");
    Walk walk{out, context, chain};
    add_details(out, proposal, decided, walk.words);

    const Call call{txn.safe, txn.to, txn.value, txn.data, txn.operation == 1, {}, 0};
    walk.call(call);
    judge_refund(
        walk, call, txn.safe,
        {txn.safe_txn_gas, txn.base_gas, txn.gas_price, txn.gas_token, txn.refund_receiver});
    judge_claims(walk, proposal, hashes, decided.domain);
    judge_signatures(walk, proposal.signatures, hashes.safe_txn);
    judge_rivals(walk, proposal, hashes.safe_txn, rivals);
    judge_failures(walk);
    judge_simulation(walk, txn.safe);
    walk.judge();
    out.summary = summarise(out.effects);
    out.worst_case = walk.worst_case();
    finish(out);
    return out;
}

}  // namespace

void judge_refund(Walk& walk, const Call& call, const Address& safe, const Refund& refund) {
    const bool chosen = !refund.token.is_zero() || !refund.receiver.is_zero();
    if (refund.gas_price.is_zero()) {
        if (chosen)
            walk.raise("R10", Verdict::kWarn,
                       "A gas token or a receiver of refunds is named. With a gas price of 0 it "
                       "has no effect; nobody needs it.",
                       call.where);
        return;
    }
    const Asset asset = refund.token.is_zero() ? Asset{} : Asset::contract(refund.token);
    Amount base = Amount::max();
    if (refund.base_gas.bit_width() + refund.gas_price.bit_width() <= 256)
        base = refund.base_gas * refund.gas_price;
    walk.effect(
        EffectKind::kFee, call, safe, refund.receiver,
        format("{} pays {} a unit of gas, at least {} in all, to {}", walk.words.address(safe),
               walk.words.money(asset, refund.gas_price), walk.words.money(asset, base),
               refund.receiver.is_zero() ? "whoever sends the transaction"
                                         : walk.words.address(refund.receiver)));
    walk.amend(format(" (gas of the call {}, on top {})", refund.safe_txn_gas.to_string(),
                      refund.base_gas.to_string()));
    walk.fee(asset, base);
    walk.danger(Danger::kMoney, safe, refund.receiver, asset);
    walk.party({Party::Role::kPayee, safe, refund.receiver, asset, base, call.where});
    const bool known = !refund.receiver.is_zero() && walk.vouched(refund.receiver, Vouch::kPayee);
    if (chosen)
        walk.raise(
            "R10", known ? Verdict::kWarn : Verdict::kBlock,
            format(
                "The Safe pays for gas {}{}: money can leave by this alone.",
                refund.token.is_zero() ? std::string{} : format("in {} ", walk.words.asset(asset)),
                refund.receiver.is_zero() ? std::string{"whoever sends the transaction"}
                                          : format("to {}", walk.words.address(refund.receiver))),
            call.where);
    if (refund.token.is_zero() && base >= kCoin)
        walk.raise("E8", Verdict::kBlock,
                   format("The refund for gas is at least {}.", walk.words.money(asset, base)),
                   call.where);
}

Explanation explain_safe(const SafeProposal& proposal, const Context& context) {
    return explain(proposal, context, {});
}

Result<std::vector<Explanation>> explain_safe(std::string_view json, const Context& context) {
    CORDON_TRY(const auto proposals, parse_safe_proposals(json, context));
    std::map<std::tuple<uint64_t, Address, Amount>, std::vector<std::string>> rivals;
    Context around = context;
    for (const SafeProposal& each : proposals) {
        const Decided decided = decide(each, context);
        const std::string hash = to_hex0x(hash_safe_txn(each.txn, decided.domain).safe_txn);
        rivals[{each.txn.chain, each.txn.safe, each.txn.nonce}].push_back(hash);
        around.explained.push_back(hash);
    }
    std::vector<Explanation> out;
    for (const SafeProposal& each : proposals)
        out.push_back(
            explain(each, around, rivals[{each.txn.chain, each.txn.safe, each.txn.nonce}]));
    return out;
}

std::string simulation_request(const SafeTx& txn, std::string_view code) {
    const std::string safe = to_hex0x(txn.safe.payload());
    return format(
        R"({{"jsonrpc":"2.0","id":1,"method":"debug_traceCall","params":[{{"from":"{0}","to":"{0}",)"
        R"("data":"{1}"}},"latest",{{"tracer":"prestateTracer","tracerConfig":{{"diffMode":true}},)"
        R"("stateOverrides":{{"{0}":{{"code":"{2}"}}}}}}]}})",
        safe, to_hex0x(txn.data), code);
}

bool is_plain_text(ByteView bytes) noexcept {
    if (bytes.empty()) return false;
    std::size_t i = 0;
    while (i < bytes.size()) {
        const uint8_t byte = bytes[i];
        const std::size_t more = byte < 0x80   ? 0
                                 : byte < 0xC2 ? 9
                                 : byte < 0xE0 ? 1
                                 : byte < 0xF0 ? 2
                                 : byte < 0xF5 ? 3
                                               : 9;
        if (more == 9 || bytes.size() - i <= more) return false;
        if (more == 0 && (byte < 0x20 || byte == 0x7F) && byte != '\t' && byte != '\n' &&
            byte != '\r')
            return false;
        for (std::size_t n = 1; n <= more; ++n)
            if ((bytes[i + n] & 0xC0) != 0x80) return false;
        i += 1 + more;
    }
    return true;
}

}  // namespace cordon::explain
