// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "message.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/amount.hpp>
#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

#include "../text.hpp"

namespace cordon::chain {
namespace {

constexpr std::string_view kSignIn = " wants you to sign in with your Ethereum account:";
constexpr std::size_t kMinNonce = 8;  // EIP-4361.

ByteView view(std::string_view text) noexcept {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Characters of a URI (RFC 3986): nothing that a screen could hide or break a line at.
bool is_uri_text(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return is_letter(c) || is_digit(c) ||
               std::string_view{"-._~:/?#[]@!$&'()*+,;=%"}.find(c) != std::string_view::npos;
    });
}

bool is_scheme(std::string_view text) noexcept {
    return !text.empty() && is_letter(text.front()) &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
           });
}

bool is_uri(std::string_view text) noexcept {
    const std::size_t colon = text.find(':');
    return colon != text.npos && is_scheme(text.substr(0, colon)) && is_uri_text(text);
}

/// Lines one after the other, counted from 1.
class Lines {
public:
    explicit Lines(std::string_view text) : rest_{text} {}

    bool done() const noexcept { return done_; }
    std::size_t number() const noexcept { return number_; }
    std::string_view peek() const noexcept { return rest_.substr(0, rest_.find('\n')); }
    std::string_view next() noexcept {
        const std::string_view line = peek();
        ++number_;
        done_ = line.size() == rest_.size();
        rest_.remove_prefix(line.size() + (done_ ? 0 : 1));
        return line;
    }
    tl::unexpected<Error> refuse(std::string_view expected) const {
        return fail(ErrorCode::kMalformed, format("sign-in message, line {}: expected {}",
                                                  std::max<std::size_t>(number_, 1), expected));
    }
    /// What follows the label of the next line.
    Result<std::string_view> field(std::string_view label) {
        const std::string_view line = done_ ? std::string_view{} : next();
        if (!line.starts_with(label)) return refuse(format("\"{}\"", label));
        return line.substr(label.size());
    }
    /// The same, or nothing when the next line has another label.
    std::optional<std::string_view> optional_field(std::string_view label) {
        if (done_ || !peek().starts_with(label)) return std::nullopt;
        return next().substr(label.size());
    }
    Result<UnixMillis> time(std::string_view text) const {
        // RFC 3339 with a time of day; parse_time() takes shorter forms, too.
        const auto time = parse_time(text);
        if (!time || text.size() < 20 || (text[10] != 'T' && text[10] != 't'))
            return refuse("a date and time with zone (RFC 3339)");
        return *time;
    }

private:
    std::string_view rest_;
    std::size_t number_ = 0;
    bool done_ = false;
};

Status read_origin(Lines& lines, SiweMessage& message) {
    std::string_view line = lines.next();
    if (!line.ends_with(kSignIn)) return lines.refuse(format("…{}", kSignIn));
    line.remove_suffix(kSignIn.size());
    const std::size_t end = line.find("://");
    if (end != line.npos) {
        if (!is_scheme(line.substr(0, end))) return lines.refuse("a scheme before ://");
        message.scheme = line.substr(0, end);
        line.remove_prefix(end + 3);
    }
    // No user name before it, although RFC 3986 has one: "bank.example@thief.example" is a thief's.
    if (line.empty() || !is_uri_text(line) || line.find_first_of("/?#@") != line.npos)
        return lines.refuse("a domain, with or without a port");
    message.domain = line;
    return {};
}

Status read_statement(Lines& lines, SiweMessage& message) {
    if (lines.done() || !lines.next().empty()) return lines.refuse("an empty line");
    if (lines.done()) return lines.refuse("a statement or an empty line");
    // Without a statement, a second empty line stands in its place.
    const std::string_view line = lines.next();
    if (line.empty()) return {};
    if (!std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; }))
        return lines.refuse("a statement of printable ASCII");
    message.statement = line;
    if (lines.done() || !lines.next().empty()) return lines.refuse("an empty line");
    return {};
}

Status read_required(Lines& lines, SiweMessage& message) {
    CORDON_TRY(message.uri, lines.field("URI: "));
    if (!is_uri(message.uri)) return lines.refuse("a URI with its scheme");
    CORDON_TRY(const std::string_view version, lines.field("Version: "));
    if (version != "1") return lines.refuse("version 1");
    CORDON_TRY(const std::string_view chain, lines.field("Chain ID: "));
    const auto chain_id = Amount::parse(chain);
    if (!chain_id || !chain_id->fits_u64()) return lines.refuse("a chain's number");
    message.chain_id = chain_id->low_u64();
    CORDON_TRY(message.nonce, lines.field("Nonce: "));
    if (message.nonce.size() < kMinNonce ||
        !std::all_of(message.nonce.begin(), message.nonce.end(),
                     [](char c) { return is_letter(c) || is_digit(c); }))
        return lines.refuse(format("a nonce of {} or more letters and digits", kMinNonce));
    CORDON_TRY(const std::string_view issued, lines.field("Issued At: "));
    CORDON_TRY(message.issued_at, lines.time(issued));
    return {};
}

Status read_optional(Lines& lines, SiweMessage& message) {
    if (const auto time = lines.optional_field("Expiration Time: ")) {
        CORDON_TRY(message.expires_at, lines.time(*time));
    }
    if (const auto time = lines.optional_field("Not Before: ")) {
        CORDON_TRY(message.not_before, lines.time(*time));
    }
    if (const auto id = lines.optional_field("Request ID: ")) {
        if (!is_uri_text(*id) || id->find_first_of("/?#[]") != id->npos)
            return lines.refuse("a request id of the characters of a path segment");
        message.request_id = *id;
    }
    if (const auto list = lines.optional_field("Resources:")) {
        if (!list->empty()) return lines.refuse("nothing after \"Resources:\"");
        while (!lines.done()) {
            CORDON_TRY(message.resources.emplace_back(), lines.field("- "));
            if (!is_uri(message.resources.back())) return lines.refuse("a URI with its scheme");
        }
    }
    if (!lines.done()) return lines.refuse("the end of the line before");
    return {};
}

}  // namespace

Hash256 personal_message_hash(ByteView message) {
    const std::string prefix = format(
        "\x19"
        "Ethereum Signed Message:\n{}",
        message.size());
    return crypto::keccak256_of({view(prefix), message});
}

Hash256 validator_message_hash(const Address& validator, ByteView data) {
    constexpr std::array<uint8_t, 2> kMark{0x19, 0x00};
    return crypto::keccak256_of({kMark, validator.payload(), data});
}

bool looks_like_siwe(std::string_view text) noexcept {
    const std::string_view first = text.substr(0, text.find('\n'));
    return first.find("wants you to sign in with your") != first.npos;
}

Result<SiweMessage> parse_siwe(std::string_view text) {
    SiweMessage message;
    Lines lines{text};
    CORDON_TRY(read_origin(lines, message));
    const std::string_view address = lines.done() ? std::string_view{} : lines.next();
    auto parsed = parse_address(kEthereum, address);
    if (!parsed) return fail(parsed.error().in(format("sign-in message, line {}", lines.number())));
    message.address = *parsed;
    if (display_address(kEthereum, message.address) != address)
        return fail(ErrorCode::kChecksum,
                    "sign-in message, line 2: the address needs its case "
                    "(EIP-55)");
    CORDON_TRY(read_statement(lines, message));
    CORDON_TRY(read_required(lines, message));
    CORDON_TRY(read_optional(lines, message));
    return message;
}

Result<Hash256> ens_namehash(std::string_view name) {
    Hash256 node;
    while (!name.empty()) {
        const std::size_t dot = name.rfind('.');
        std::string label{name.substr(dot == name.npos ? 0 : dot + 1)};
        name = name.substr(0, dot == name.npos ? 0 : dot);
        if (label.empty() || (dot == 0))
            return fail(ErrorCode::kMalformed, "ENS name: an empty label");
        for (char& c : label) {
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
            if (!is_letter(c) && !is_digit(c) && c != '-' && c != '_')
                return fail(ErrorCode::kUnsupported,
                            "ENS name: only ASCII letters, digits, - and _ are normalised here");
        }
        node = crypto::keccak256_of({node, crypto::keccak256(view(label))});
    }
    return node;
}

}  // namespace cordon::chain
