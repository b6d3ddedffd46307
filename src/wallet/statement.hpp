// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>
#include <cordon/base/time.hpp>
#include <cordon/chain/json_tree.hpp>
#include <cordon/model/withdrawal.hpp>

/// What people sign when they agree: plain text that says all of it, so that what is read is what
/// is signed (docs/formats/statement.md). The gate and the offline signer check it each by itself.
namespace cordon::wallet {

/// A request as a person reads it and as digests and approvals cover it: "cordon withdrawal v1" and
/// a line a field. Of the payload its type and SHA-256. kMalformed: the id is empty; id, requester
/// or payload type is longer than 128 bytes or has signs that do not show (base/unicode.hpp);
/// `from` or `to` is missing.
Result<std::string> withdrawal_text(const WithdrawalRequest& request);
/// Whether somebody asked for it himself: as NAME, or as NAME/ANYTHING, as programs of his ask
/// (docs/formats/withdrawal.md). Nobody agrees to his own.
bool is_own(const WithdrawalRequest& request, std::string_view name) noexcept;
/// SHA-256 of that text.
Result<Hash256> digest_of(const WithdrawalRequest& request);

/// What a statement is about.
enum class Subject : uint8_t {
    kWithdrawal,  ///< Its text is withdrawal_text().
    kPolicy,      ///< Its text is policy_text().
    kBreaker,     ///< Its text is breaker_text().
};
std::string_view to_string(Subject subject) noexcept;

/// A new policy: "cordon policy v1", its version, its digest, the earliest moment it may begin.
std::string policy_text(uint64_t version, const Hash256& digest, UnixMillis begins);
/// A breaker is to be reset: "cordon breaker v1", which (guard::BreakerKey::text()), and since when
/// it is tripped, so that the statement is over this time alone. kMalformed as withdrawal_text().
Result<std::string> breaker_text(std::string_view breaker, UnixMillis since);

/// Fields are as they stand in the text; times to the second.
struct Statement {
    bool approves = true;  ///< Or rejects.
    Subject subject{};
    Hash256 policy;      ///< SHA-256 of the policy under which it is given.
    std::string by;      ///< Who, by the name that the policy has for the person.
    UnixMillis time;     ///< When it was signed.
    UnixMillis expires;  ///< It counts before this moment only.
    std::string about;   ///< The text that it is about, to its last newline.

    /// SHA-256 of `about`.
    Hash256 digest() const;
    /// "cordon statement v1", a line a field, an empty line, then `about`. What parse_statement()
    /// refuses, it refuses as well of this: who signs parses first what is to be signed.
    std::string text() const;
    friend bool operator==(const Statement&, const Statement&) = default;
};
/// The one form that text() writes: parse(text(x)) == x and text(parse(t)) == t. kMalformed, with
/// the line. At most 64 KiB.
Result<Statement> parse_statement(std::string_view text);

/// What somebody signs with. The private part is with the person: in a file, or in a FIDO2
/// authenticator that never gives it away.
struct ApproverKey {
    enum class Kind : uint8_t {
        kEd25519,      ///< RFC 8032 over the text.
        kFidoEs256,    ///< A FIDO2 assertion with a P-256 key (COSE -7).
        kFidoEd25519,  ///< A FIDO2 assertion with an Ed25519 key (COSE -8).
    };
    Kind kind = Kind::kEd25519;
    std::string rp;  ///< FIDO2: the relying party that the key was made for, "cordon.example".
    Bytes key;       ///< 32 bytes; of P-256 65 bytes (SEC 1, uncompressed).
    /// "ed25519:BASE64", "fido2-es256:RP:BASE64", "fido2-ed25519:RP:BASE64".
    std::string text() const;
    friend bool operator==(const ApproverKey&, const ApproverKey&) = default;
};
/// kMalformed says what is wrong.
Result<ApproverKey> parse_approver_key(std::string_view text);

/// A statement with what its signer made.
struct SignedStatement {
    std::string text;  ///< Statement::text().
    Bytes signature;   ///< Ed25519: 64 bytes. ES256: DER.
    /// FIDO2 (WebAuthn §6.1, CTAP2): what the authenticator said of itself.
    Bytes authenticator_data;
    /// WebAuthn: the client data, whose challenge is the text's SHA-256. Empty: that hash is itself
    /// the client data hash, as fido2-assert takes it.
    std::string client_data;
    friend bool operator==(const SignedStatement&, const SignedStatement&) = default;
};
/// One line of JSON (docs/formats/statement.md) and back. kMalformed; at most 128 KiB.
std::string format_signed(const SignedStatement& signed_statement);
Result<SignedStatement> parse_signed(std::string_view json);
Result<SignedStatement> parse_signed(const chain::JsonValue& object);

/// kChecksum: this key did not sign this text. Of FIDO2 also: the relying party is another, or the
/// person was not both present and verified (flags UP and UV are demanded). A FIDO2 key's counter
/// is not looked at: it tells clones of keys, and passkeys do not have it.
Status verify_signed(const SignedStatement& signed_statement, const ApproverKey& key);

}  // namespace cordon::wallet
