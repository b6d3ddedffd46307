// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/amount.hpp>
#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>
#include <cordon/model/address.hpp>

/// Calls and logs of contracts, decoded and encoded by the text of their signature (Solidity ABI
/// specification, "Contract ABI").
namespace cordon::chain {

struct AbiType {
    enum class Kind : uint8_t {
        kUint,
        kInt,
        kBool,
        kAddress,
        kFixedBytes,
        kBytes,
        kString,
        kArray,
        kTuple
    };
    Kind kind{};
    /// kUint, kInt: bits. kFixedBytes: bytes. kArray: length, 0 for one that says it itself.
    uint32_t size = 0;
    std::vector<AbiType> parts{};  ///< kTuple: its types. kArray: the one of its elements.
    bool indexed = false;          ///< Of an event's argument: it stands in the topics.
    std::string name{};            ///< Of an argument or a tuple's part, where it was given.
    friend bool operator==(const AbiType&, const AbiType&) = default;
};

/// A decoded value. Lifetime: `bytes` looks into what was decoded.
struct AbiValue {
    Amount number;                ///< kUint; kBool as 0 or 1; kInt as two's complement of 256 bits.
    Address address;              ///< kAddress, as an EVM address.
    ByteView bytes;               ///< kFixedBytes, kBytes, kString.
    std::vector<AbiValue> items;  ///< kArray, kTuple.
};

/// "transfer(address,uint256)", or of an event "Transfer(address indexed,address indexed,uint256)".
struct AbiSignature {
    std::string text;        ///< Canonical: full type names, without blanks, names and "indexed".
    Hash256 hash;            ///< keccak256 of the text: an event's first topic.
    AbiType arguments;       ///< A tuple.
    AbiType results;         ///< A tuple; of JSON only, a text says nothing of them.
    bool anonymous = false;  ///< An event whose hash is in no topic.

    /// The first four bytes of the hash: what a call begins with.
    std::array<uint8_t, 4> selector() const noexcept;
};

// What no real signature or call comes near; decoding stays bounded whatever the bytes say.
inline constexpr std::size_t kMaxAbiDepth = 16;  ///< Tuples and arrays in one another.
inline constexpr std::size_t kMaxAbiTypes = 256;
inline constexpr std::size_t kMaxAbiArray = 1024;                 ///< Of fixed length.
inline constexpr std::size_t kMaxAbiHead = std::size_t{1} << 20;  ///< Bytes of a type.
/// A batch of 10,000 calls with an array each has a third of it; a value takes 130 bytes.
inline constexpr std::size_t kMaxAbiValues = std::size_t{1} << 18;

/// "uint" and "int" are uint256 and int256. Arguments may have names, tuples the word before them,
/// and arguments a place: "swap(tuple(address to, uint amount)[] calldata orders)". kMalformed with
/// the offset; kLimit. "fixed128x18" is the integer that it is written as,
/// "function" the 24 bytes of address and selector.
Result<AbiSignature> parse_abi_signature(std::string_view text);

enum class AbiEntry : uint8_t { kFunction, kEvent, kError };
struct AbiDeclaration {
    AbiEntry entry{};
    AbiSignature signature;
};
/// The functions, events and errors of a contract's JSON ABI, an array or one of its objects; what
/// cannot be called by name (constructor, fallback, receive) is left out. As
/// parse_abi_signature(), and as parse_json_tree().
Result<std::vector<AbiDeclaration>> parse_abi_json(std::string_view json);

/// Arguments as a tuple. Strict: numbers within their bits, clean padding, bools 0 or 1, offsets
/// that point forward past the heads and within the data. What follows the last argument, or lies
/// between two, is not looked at: contracts ignore it, and callers put marks there; whoever must
/// account for every byte compares with encode_abi(). kTruncated, kMalformed, kLimit; each with
/// the offset.
Result<AbiValue> decode_abi(const AbiType& arguments, ByteView data);

/// The arguments of a call: kMalformed when it does not begin with the selector.
Result<AbiValue> decode_abi_call(const AbiSignature& signature, ByteView input);

/// The arguments of a log in the order of the signature. An indexed argument of a dynamic type is
/// in the topics by its hash only: it comes as 32 bytes. kMalformed when the topics are not those
/// of the signature.
Result<AbiValue> decode_abi_log(const AbiSignature& signature, std::span<const Hash256> topics,
                                ByteView data);

/// The one encoding without gaps, as compilers make it. kInvalidParam when the value is not of the
/// type.
Result<Bytes> encode_abi(const AbiType& arguments, const AbiValue& value);
/// What abi.encodePacked() gives: values without padding, elements of arrays with it. Different
/// values can have the same bytes. kUnsupported for tuples and arrays of dynamic things, as in
/// Solidity.
Result<Bytes> encode_abi_packed(const AbiType& arguments, const AbiValue& value);

}  // namespace cordon::chain
