// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/bitcoin/message.hpp>
#include <cordon/chain/bitcoin/policy.hpp>
#include <cordon/chain/bitcoin/script.hpp>
#include <cordon/chain/text.hpp>

#include "btc.hpp"
#include "fields.hpp"
#include "walk.hpp"

namespace cordon::explain {
namespace {

/// Words that a person takes in; the rest is in the details.
constexpr std::size_t kMostWords = 200;

struct Asked {
    ChainId chain;
    Address address;
    std::string message;
    std::optional<std::string> signature;
};

/// The networks share the old addresses: the context decides, else main net and then the others.
std::optional<std::pair<ChainId, Address>> bitcoin_address(std::string_view text,
                                                           std::optional<ChainId> chain) {
    for (const ChainId each : {kBitcoin, kBitcoinTestnet, kBitcoinRegtest}) {
        if (chain && is_utxo(*chain) && *chain != each) continue;
        if (const auto address = chain::parse_address(each, text)) return std::pair{each, *address};
    }
    return std::nullopt;
}

Result<Asked> read(std::string_view input, const Context& context) {
    CORDON_TRY(const auto objects, parse_objects(input));
    if (objects.size() != 1) return fail(ErrorCode::kMalformed, "expected one message");
    const Fields fields{objects[0], "Bitcoin message"};
    CORDON_TRY(const auto address, fields.text({"address"}));
    CORDON_TRY(auto message, fields.text({"message"}));
    CORDON_TRY(auto signature, fields.text({"signature"}));
    if (!address) return fields.refuse("address", "is missing");
    if (!message) return fields.refuse("message", "is missing");
    const auto found = bitcoin_address(*address, context.chain);
    if (!found) return fields.refuse("address", "is none of Bitcoin");
    return Asked{found->first, found->second, std::move(*message), std::move(signature)};
}

bool is_readable(std::string_view text) noexcept {
    for (const char c : text)
        if (static_cast<unsigned char>(c) < 32 && c != '\n' && c != '\r' && c != '\t') return false;
    return true;
}

void judge_signature(const Asked& asked, Walk& walk, Explanation& out) {
    const auto check = chain::check_message(asked.address, asked.message, *asked.signature);
    if (!check)
        return walk.raise("M4", Verdict::kBlock,
                          format("This is no signature: {}.", check.error().message));
    out.details.push_back({"form", std::string{to_string(check->form)}});
    const std::string& who = walk.words.address(asked.address);
    switch (check->verdict) {
        case chain::SpendVerdict::kValid:
            walk.raise(
                "M4", Verdict::kOk,
                format("The signature is by the owner of {} over exactly these words.", who));
            break;
        case chain::SpendVerdict::kInvalid:
            walk.raise("M4", Verdict::kBlock,
                       format("The signature is not by the owner of {} over these words: {}.", who,
                              check->why));
            break;
        case chain::SpendVerdict::kInconclusive:
            walk.raise(
                "M4", Verdict::kWarn,
                format("Whether the owner of {} signed cannot be said: {}.", who, check->why));
            break;
    }
    if (check->locktime != 0 || check->sequence != 0)
        walk.raise(
            "B12", Verdict::kOk,
            format("It counts from locktime {} and age {} on.", check->locktime, check->sequence));
    Amount funds;
    for (const chain::ClaimedFunds& each : check->funds) funds += Amount{each.output.value};
    if (!check->funds.empty())
        walk.raise(
            "B1", Verdict::kWarn,
            format("It claims {} in {}: that they exist and are unspent only a node can say.",
                   walk.words.money({}, funds), counted(check->funds.size(), "output", "outputs")));
}

}  // namespace

bool is_bitcoin_message(std::string_view input) {
    const auto objects = parse_objects(input);
    if (!objects || objects->size() != 1) return false;
    const boost::json::value* address = objects->front().if_contains("address");
    return address != nullptr && address->is_string() &&
           bitcoin_address(address->get_string(), std::nullopt).has_value();
}

Result<std::vector<Explanation>> explain_bitcoin_message(std::string_view input,
                                                         const Context& context) {
    CORDON_TRY(const Asked asked, read(input, context));
    Explanation out;
    out.type = "message";
    Walk walk{out, context, asked.chain};
    const std::string& who = walk.words.address(asked.address);
    const bool readable = is_readable(asked.message);
    const std::string words =
        readable ? format("\"{}\"", clipped(asked.message, kMostWords))
                 : format("{} that are no text", counted(asked.message.size(), "byte", "bytes"));
    walk.effect(EffectKind::kMessage, Call{}, asked.address, {},
                format("the owner of {} {} {}", who,
                       asked.signature ? "is said to have signed" : "signs", words));
    if (!readable)
        walk.raise("M2", Verdict::kWarn,
                   "The message holds bytes that are no text: nobody can say what is agreed to.");
    if (asked.signature) judge_signature(asked, walk, out);
    out.summary = summarise(out.effects);
    out.worst_case = "No coin moves by this; who reads it may take it for consent or proof.";
    if (const auto script = chain::script_of_address(asked.address)) {
        const chain::MessageHashes hashes = chain::message_hashes(*script, asked.message);
        out.hashes.push_back({"message hash (BIP-322)", to_hex(hashes.message)});
        out.hashes.push_back({"message hash (signmessage)", to_hex(hashes.legacy)});
    }
    out.details.push_back(
        {"message", readable
                        ? asked.message
                        : to_hex(ByteView{reinterpret_cast<const uint8_t*>(asked.message.data()),
                                          asked.message.size()})});
    finish(out);
    return std::vector{std::move(out)};
}

}  // namespace cordon::explain
