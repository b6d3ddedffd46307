// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "message.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/evm/message.hpp>

#include "encoding.hpp"
#include "fields.hpp"
#include "safe.hpp"
#include "walk.hpp"

namespace cordon::explain {
namespace {

constexpr std::size_t kMostOfText = 500;  // Bytes of a message in a sentence.

std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
    return out;
}

/// The host of an RFC 3986 URI, with its port.
std::string host_of(std::string_view uri) {
    const std::size_t scheme = uri.find("://");
    if (scheme == std::string_view::npos) return {};
    const std::string_view rest = uri.substr(scheme + 3);
    return lower(rest.substr(0, rest.find_first_of("/?#")));
}

void explain_siwe(Walk& walk, const Call& call, std::string_view text) {
    const auto siwe = chain::parse_siwe(text);
    if (!siwe) {
        walk.effect(
            EffectKind::kMessage, call, call.from, {},
            format("{} signs words that look like a sign-in and are none [data fingerprint {}]",
                   walk.words.address(call.from),
                   data_code({reinterpret_cast<const uint8_t*>(text.data()), text.size()})));
        return walk.raise(
            "M3", Verdict::kBlock,
            format("It pretends to be a sign-in (EIP-4361): {}.", siwe.error().message));
    }
    walk.effect(
        EffectKind::kMessage, call, siwe->address, {},
        format("{} signs in at {}{}", walk.words.address(siwe->address), siwe->domain,
               siwe->statement ? format(" and says \"{}\"", clipped(*siwe->statement, kMostOfText))
                               : ""));
    if (!siwe->resources.empty()) {
        walk.amend(format(", with access to {}", clipped(siwe->resources.front(), kMostOfText)));
        if (siwe->resources.size() > 1)
            walk.amend(format(" and {} more", siwe->resources.size() - 1));
    }
    if (host_of(siwe->uri) != lower(siwe->domain))
        walk.raise("M3", Verdict::kBlock,
                   format("It names {} as the site and {} as the address of the page.",
                          siwe->domain, siwe->uri));
    if (!call.from.empty() && call.from != siwe->address)
        walk.raise("M3", Verdict::kBlock,
                   format("It signs in {}, not {}.", walk.words.address(siwe->address),
                          walk.words.address(call.from)));
    const Context& context = walk.context();
    if (context.chain && context.chain->reference != siwe->chain_id)
        walk.raise("M3", Verdict::kWarn,
                   format("It is for chain {}, and {} was expected.", siwe->chain_id,
                          to_string(*context.chain)));
    if (!context.now)
        walk.not_judged("M3", "Whether the sign-in is of now is not known: no time was given.");
    else if ((siwe->expires_at && *siwe->expires_at <= *context.now) ||
             (siwe->not_before && *siwe->not_before > *context.now))
        walk.raise("M3", Verdict::kWarn,
                   format("It does not hold at {}.", format_rfc3339(*context.now)));
}

void judge_words(Walk& walk, std::string_view text) {
    // What no site needs in a signed message, and thieves ask people to confirm.
    static constexpr auto kAsking =
        std::to_array<std::string_view>({"seed phrase", "recovery phrase", "private key",
                                         "mnemonic", "setapprovalforall", "permit", "transfer"});
    const std::string words = lower(text);
    for (const std::string_view each : kAsking)
        if (words.find(each) != std::string::npos)
            return walk.raise("M1", Verdict::kWarn,
                              format("It speaks of \"{}\": a message that is only signed needs no "
                                     "such word.",
                                     each));
}

}  // namespace

Result<std::vector<Explanation>> explain_message(std::string_view text, const Context& context) {
    if (text.size() > kMaxPayload)
        return fail(ErrorCode::kLimit, format("the payload is larger than {} bytes", kMaxPayload));
    const ByteView bytes{reinterpret_cast<const uint8_t*>(text.data()), text.size()};
    Explanation out;
    out.type = "message";
    out.hashes.push_back({"EIP-191 digest", to_hex0x(chain::personal_message_hash(bytes))});
    out.details.push_back({"bytes", std::to_string(bytes.size())});
    Walk walk{out, context, context.chain.value_or(kEthereum)};
    const Call call{context.account.value_or(Address{}), {}, {}, {}, false, {}, 0};
    std::string_view hex = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
    if (hex.starts_with("0x")) hex.remove_prefix(2);
    const bool all_hex = hex.size() >= 8 &&
                         hex.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
    const std::string code = data_code(bytes);
    if (chain::looks_like_siwe(text)) {
        explain_siwe(walk, call, text);
    } else if (!is_plain_text(bytes) || all_hex) {
        const bool hash = bytes.size() == 32 || (all_hex && hex.size() == 64);
        walk.effect(EffectKind::kMessage, call, call.from, {},
                    format("{} signs {} [data fingerprint {}]", walk.words.address(call.from),
                           hash      ? "a hash, which may stand for anything"
                           : all_hex ? "hex, which may stand for anything"
                                     : "bytes that are no text",
                           code));
        walk.raise("M2", hash ? Verdict::kBlock : Verdict::kWarn,
                   hash ? "Behind a hash may be a transaction, a Safe transaction or an order: "
                          "have what is behind it explained instead."
                        : "What these bytes stand for is not known.");
        if (hash) walk.danger(Danger::kUnknown, call.from, {});
    } else {
        walk.effect(EffectKind::kMessage, call, call.from, {},
                    format("{} signs the words \"{}\"", walk.words.address(call.from),
                           clipped(text, kMostOfText)));
        if (text.size() > kMostOfText) walk.amend(format(" [data fingerprint {}]", code));
        judge_words(walk, text);
    }
    walk.judge();
    out.summary = summarise(out.effects);
    out.worst_case = walk.worst_case();
    finish(out);
    std::vector<Explanation> all;
    all.push_back(std::move(out));
    return all;
}

}  // namespace cordon::explain
