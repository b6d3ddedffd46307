// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>
#include <cordon/base/time.hpp>
#include <cordon/model/address.hpp>

/// Words and bytes that an account signs outside of txns, and names of accounts.
namespace cordon::chain {

/// What personal_sign signs: EIP-191, version 0x45, "\x19Ethereum Signed Message:\n" and the
/// length.
Hash256 personal_message_hash(ByteView message);
/// Data for a contract that checks it: EIP-191, version 0x00.
Hash256 validator_message_hash(const Address& validator, ByteView data);

/// Sign-In with Ethereum (EIP-4361), field by field.
struct SiweMessage {
    std::optional<std::string> scheme;  ///< Of the origin, "https".
    std::string domain;                 ///< Who asks for the sign-in: authority of RFC 3986.
    Address address;
    std::optional<std::string> statement;
    std::string uri;
    uint64_t chain_id = 0;
    std::string nonce;
    UnixMillis issued_at;
    std::optional<UnixMillis> expires_at, not_before;
    std::optional<std::string> request_id;
    std::vector<std::string> resources;
};

/// Whether the text says of itself that it is a sign-in: then it must parse, or somebody wants it
/// to look like one.
bool looks_like_siwe(std::string_view text) noexcept;

/// Strict: every line of EIP-4361 in its place, a domain without user name, a statement of
/// printable ASCII, version 1, the address in EIP-55 case, a nonce of 8 or more letters and digits,
/// URIs with a scheme, times with date, time and zone. kMalformed with the line, kChecksum for the
/// address.
Result<SiweMessage> parse_siwe(std::string_view text);

/// ENS's hash of a name (ERC-137), ASCII letters as lower case. Names with other characters need
/// ENSIP-15's normalisation, which is not done: kUnsupported. kMalformed for an empty label.
Result<Hash256> ens_namehash(std::string_view name);

}  // namespace cordon::chain
