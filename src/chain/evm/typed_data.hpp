// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/amount.hpp>
#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>
#include <cordon/model/address.hpp>

#include "abi.hpp"

/// Structured data that an account signs: EIP-712, as wallets are asked by eth_signTypedData_v4.
namespace cordon::chain {

struct TypedMember {
    std::string type, name;
    friend bool operator==(const TypedMember&, const TypedMember&) = default;
};

struct TypedStruct {
    std::string name;
    std::vector<TypedMember> members;
    friend bool operator==(const TypedStruct&, const TypedStruct&) = default;
};

/// A value with its type and, in a struct, its name.
struct TypedValue {
    AbiType::Kind kind{};  ///< kTuple: a struct.
    uint32_t size = 0;     ///< kUint, kInt: bits. kFixedBytes: bytes. kArray: length, 0 for any.
    std::string type;      ///< As the types write it: "uint256", "Person[2]".
    std::string name;      ///< Of the member; empty for an element.
    Amount number;         ///< kUint; kBool as 0 or 1; kInt as two's complement of 256 bits.
    Address address;       ///< kAddress.
    Bytes bytes;           ///< kFixedBytes, kBytes, kString.
    std::vector<TypedValue> items;  ///< kArray, kTuple.

    /// The member of a struct, or nothing.
    const TypedValue* find(std::string_view member) const noexcept;
    /// kString.
    std::string_view text() const noexcept {
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
};

struct TypedData {
    std::vector<TypedStruct> types;  ///< As given, then "EIP712Domain" if that was left out.
    std::string primary_type;
    TypedValue domain, message;
    std::string encoded_type;  ///< "Mail(Person from,…)Person(…)", of the primary type.
    Bytes encoded;             ///< Type hash and members of the message, before the hash.
    Hash256 domain_separator;
    Hash256 message_hash;  ///< hashStruct(message).
    Hash256 digest;        ///< What is signed.
    /// Fields that were given and that no type names, as "message.note": shown by careless tools,
    /// and not signed.
    std::vector<std::string> ignored;
    /// Addresses whose mixed case fails EIP-55, as "message.to": most wallets sign them all the
    /// same, so they must be explained, and said.
    std::vector<std::string> misspelt;
};

inline constexpr std::string_view kTypedDomain = "EIP712Domain";

// More than any real request has; JSON's own limits bound the rest (json_tree.hpp).
inline constexpr std::size_t kMaxTypedStructs = 256;
inline constexpr std::size_t kMaxTypedMembers = 1024;  ///< Of all structs.

/// {types, domain, primaryType, message}. Strict: names without blanks or brackets, each once; no
/// struct named like a basic type; no struct that holds itself, not even through an array; every
/// member there, and not null; numbers within their type, as JSON numbers without point or
/// exponent, or as decimal or 0x texts; bools true or false; bytes as 0x texts; arrays of
/// their length. Without a type EIP712Domain, the
/// domain's type has the fields that are there in the order of EIP-712. "uint" and "int" mean 256
/// bits and stay as written, as wallets hash them. A primary type EIP712Domain has no message
/// (its digest is that of the domain alone). kMalformed, kOverflow, kNotFound (a type), kDuplicate,
/// kLimit; each with the way to the value.
Result<TypedData> parse_typed_data(std::string_view json);

/// keccak256 of 0x19 0x01, the domain's separator and the message's hash (EIP-712, EIP-191).
Hash256 typed_data_digest(const Hash256& domain_separator, const Hash256& message_hash);

}  // namespace cordon::chain
