// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>
#include <cordon/crypto/ed25519.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/crypto/p256.hpp>

#include "json_fields.hpp"
#include "request_json.hpp"
#include "statement.hpp"

namespace cordon::wallet {
namespace {

// Twice a statement with all its escapes.
constexpr std::size_t kMaxSigned = std::size_t{128} << 10;
// WebAuthn §5.8.1: browsers write about 150 bytes.
constexpr std::size_t kMaxClientData = std::size_t{4} << 10;
constexpr std::size_t kMaxRp = 253;  // A domain name (RFC 1035).

// Authenticator data (WebAuthn §6.1): SHA-256 of the RP id, flags, counter; extensions if ED.
constexpr std::size_t kPlainSize = 37;
constexpr std::size_t kMaxAuthenticatorData = std::size_t{1} << 10;
constexpr uint8_t kPresent = 0x01;         // UP
constexpr uint8_t kVerified = 0x04;        // UV
constexpr uint8_t kBackupEligible = 0x08;  // BE
constexpr uint8_t kBackedUp = 0x10;        // BS
constexpr uint8_t kAttested = 0x40;        // AT: of registrations alone.
constexpr uint8_t kExtensions = 0x80;      // ED

constexpr std::array<std::string_view, 3> kKinds{"ed25519", "fido2-es256", "fido2-ed25519"};

ByteView view(std::string_view text) noexcept {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

template <std::size_t N>
std::optional<std::array<uint8_t, N>> exactly(ByteView bytes) noexcept {
    if (bytes.size() != N) return std::nullopt;
    std::array<uint8_t, N> out;
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return out;
}

/// The name of a relying party is a domain (WebAuthn §5.1.2), here in lower case.
bool is_domain(std::string_view text) noexcept {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    return !text.empty() && text.size() <= kMaxRp && text.front() != '.' && text.back() != '.' &&
           std::all_of(text.begin(), text.end(), fits);
}

tl::unexpected<Error> refuse(std::string_view what) {
    return fail(ErrorCode::kChecksum, format("signature: {}", what));
}

bool verify_ed25519(ByteView signature, ByteView message, ByteView key) noexcept {
    const auto sig = exactly<64>(signature);
    const auto point = exactly<32>(key);
    return sig && point && crypto::verify_ed25519(*sig, message, *point);
}

/// The origin that a browser wrote must be the relying party's or one below it, over https
/// (WebAuthn §7.2, step 13): "https://HOST[:PORT]"; of "localhost" itself also over http, since
/// that never leaves the machine and browsers take it for secure (WebAuthn Level 3 §4, "RP ID"; W3C
/// Secure Contexts §3.1). The port is no part of a relying party.
bool is_origin_of(std::string_view origin, std::string_view rp) noexcept {
    constexpr std::string_view kScheme = "https://";
    constexpr std::string_view kLocal = "http://localhost";
    if (rp == "localhost" && (origin == kLocal || origin.starts_with("http://localhost:")))
        origin.remove_prefix(kLocal.size() - rp.size());
    else if (origin.starts_with(kScheme))
        origin.remove_prefix(kScheme.size());
    else
        return false;
    if (const std::size_t colon = origin.find(':'); colon != std::string_view::npos) {
        const std::string_view port = origin.substr(colon + 1);
        if (port.empty() || port.size() > 5 ||
            !std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; }))
            return false;
        origin = origin.substr(0, colon);
    }
    if (!is_domain(origin) || !origin.ends_with(rp)) return false;
    return origin.size() == rp.size() || origin[origin.size() - rp.size() - 1] == '.';
}

/// Base64url without padding (RFC 4648 §5), as WebAuthn writes a challenge.
std::string base64url(ByteView bytes) {
    std::string out = to_base64(bytes);
    while (out.ends_with('=')) out.pop_back();
    std::replace(out.begin(), out.end(), '+', '-');
    std::replace(out.begin(), out.end(), '/', '_');
    return out;
}

/// WebAuthn §7.2, steps 10 to 14.
Status check_client_data(std::string_view json, const Hash256& challenge, std::string_view rp) {
    if (json.size() > kMaxClientData) return refuse("the client data is too long");
    const Result<JsonValue> data = chain::parse_json_tree(json);
    if (!data || !data->is(JsonValue::Kind::kObject))
        return refuse("the client data is no JSON object");
    const auto is_text = [&](std::string_view name) -> const std::string* {
        const JsonValue* value = data->find(name);
        return value && value->is(JsonValue::Kind::kString) ? &value->text : nullptr;
    };
    const std::string* type = is_text("type");
    if (!type || *type != "webauthn.get") return refuse("the client data is of another ceremony");
    const std::string* told = is_text("challenge");
    if (!told || *told != base64url(challenge)) return refuse("it was made for another text");
    const std::string* origin = is_text("origin");
    if (!origin || !is_origin_of(*origin, rp))
        return refuse(format("it was made on another site than {}", rp));
    const JsonValue* cross = data->find("crossOrigin");
    if ((cross && (!cross->is(JsonValue::Kind::kBool) || cross->flag)) || data->find("topOrigin"))
        return refuse("it was made inside a page of another site");
    return {};
}

/// WebAuthn §6.1 and §7.2, steps 15 to 18.
Status check_authenticator_data(ByteView data, std::string_view rp) {
    if (data.size() < kPlainSize || data.size() > kMaxAuthenticatorData)
        return refuse("the authenticator data has a size that it cannot have");
    const Hash256 party = crypto::sha256(view(rp));
    if (!std::equal(party.bytes.begin(), party.bytes.end(), data.begin()))
        return refuse(format("its key is of another relying party than {}", rp));
    const uint8_t flags = data[32];
    if (!(flags & kPresent)) return refuse("nobody touched the authenticator");
    if (!(flags & kVerified))
        return refuse("the authenticator did not verify who touches it (PIN or fingerprint)");
    if ((flags & kBackedUp) && !(flags & kBackupEligible))
        return refuse("the flags of the authenticator contradict each other");
    if (flags & kAttested) return refuse("this is a registration, not an assertion");
    // Extensions are a CBOR map; they are signed and nothing of them is used.
    constexpr uint8_t kCborMap = 5;
    const bool extended = data.size() > kPlainSize;
    if (extended != ((flags & kExtensions) != 0) || (extended && data[kPlainSize] >> 5 != kCborMap))
        return refuse("the authenticator data has extensions that its flags do not tell");
    return {};
}

}  // namespace

std::string ApproverKey::text() const {
    const std::string_view word = kKinds[static_cast<std::size_t>(kind)];
    if (kind == Kind::kEd25519) return format("{}:{}", word, to_base64(key));
    return format("{}:{}:{}", word, rp, to_base64(key));
}

Result<ApproverKey> parse_approver_key(std::string_view text) {
    constexpr std::string_view kExpected =
        "key of an approver: expected ed25519:BASE64, fido2-es256:RP:BASE64 or "
        "fido2-ed25519:RP:BASE64";
    const std::size_t colon = text.find(':');
    const auto word = std::find(kKinds.begin(), kKinds.end(), text.substr(0, colon));
    if (colon == std::string_view::npos || word == kKinds.end())
        return fail(ErrorCode::kMalformed, std::string{kExpected});
    ApproverKey out;
    out.kind = static_cast<ApproverKey::Kind>(word - kKinds.begin());
    text.remove_prefix(colon + 1);
    if (out.kind != ApproverKey::Kind::kEd25519) {
        const std::size_t end = text.find(':');
        if (end == std::string_view::npos)
            return fail(ErrorCode::kMalformed, std::string{kExpected});
        out.rp = text.substr(0, end);
        if (!is_domain(out.rp))
            return fail(ErrorCode::kMalformed,
                        "key of an approver: the relying party must be a domain in lower case");
        text.remove_prefix(end + 1);
    }
    CORDON_TRY(out.key, parse_base64(text));
    if (out.kind == ApproverKey::Kind::kFidoEs256) {
        const auto point = exactly<65>(out.key);
        if (!point || !crypto::is_p256_key(*point))
            return fail(ErrorCode::kMalformed,
                        "key of an approver: expected a point of P-256, 65 bytes from 04 on");
    } else if (out.key.size() != 32) {
        return fail(ErrorCode::kMalformed,
                    format("key of an approver: {} bytes; Ed25519 has 32", out.key.size()));
    }
    return out;
}

std::string format_signed(const SignedStatement& statement) {
    std::string out = format("{{\"text\":{},\"signature\":\"{}\"", json_text(statement.text),
                             to_base64(statement.signature));
    if (!statement.authenticator_data.empty())
        out += format(",\"authenticator_data\":\"{}\"", to_base64(statement.authenticator_data));
    if (!statement.client_data.empty())
        out += ",\"client_data\":" + json_text(statement.client_data);
    return out + "}";
}

Result<SignedStatement> parse_signed(const JsonValue& object) {
    constexpr std::string_view kWhat = "signed statement";
    static constexpr std::array<std::string_view, 4> kNames{"text", "signature",
                                                            "authenticator_data", "client_data"};
    CORDON_TRY(check_names(object, kWhat, kNames));
    SignedStatement out;
    CORDON_TRY(out.text, text_member(object, kWhat, "text"));
    CORDON_TRY(parse_statement(out.text));
    CORDON_TRY(const std::string signature, text_member(object, kWhat, "signature"));
    CORDON_TRY(out.signature, parse_base64(signature));
    CORDON_TRY(const std::string data, text_or_empty(object, kWhat, "authenticator_data"));
    CORDON_TRY(out.authenticator_data, parse_base64(data));
    CORDON_TRY(out.client_data, text_or_empty(object, kWhat, "client_data"));
    return out;
}

Result<SignedStatement> parse_signed(std::string_view json) {
    if (json.size() > kMaxSigned)
        return fail(ErrorCode::kLimit, format("signed statement: more than {} bytes", kMaxSigned));
    CORDON_TRY(const JsonValue object, chain::parse_json_tree(json));
    return parse_signed(object);
}

Status verify_signed(const SignedStatement& statement, const ApproverKey& key) {
    using Kind = ApproverKey::Kind;
    const ByteView text = view(statement.text);
    if (key.kind == Kind::kEd25519) {
        if (!statement.authenticator_data.empty() || !statement.client_data.empty())
            return refuse("is of a FIDO2 key; the key asked for is none");
        if (!verify_ed25519(statement.signature, text, key.key))
            return refuse("this key did not sign this text");
        return {};
    }
    const Hash256 challenge = crypto::sha256(text);
    CORDON_TRY(check_authenticator_data(statement.authenticator_data, key.rp));
    Hash256 client_hash = challenge;
    if (!statement.client_data.empty()) {
        CORDON_TRY(check_client_data(statement.client_data, challenge, key.rp));
        client_hash = crypto::sha256(view(statement.client_data));
    }
    Bytes message = statement.authenticator_data;
    message.insert(message.end(), client_hash.bytes.begin(), client_hash.bytes.end());
    bool good = false;
    if (key.kind == Kind::kFidoEd25519) {
        good = verify_ed25519(statement.signature, message, key.key);
    } else if (const auto point = exactly<65>(key.key)) {
        good = crypto::verify_p256(statement.signature, crypto::sha256(message), *point);
    }
    if (!good) return refuse("this key did not sign this text");
    return {};
}

}  // namespace cordon::wallet
