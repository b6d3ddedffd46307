// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/amount.hpp>
#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>
#include <cordon/chain/evm/abi.hpp>
#include <cordon/chain/evm/typed_data.hpp>

/// What clear signing (ERC-7730) reads its values from: the arguments of a call or the fields of a
/// typed message as one tree with names, and the paths that point into it.
namespace cordon::explain {

struct ClearValue {
    enum class Kind : uint8_t {
        kUint,
        kInt,  ///< `number` is the two's complement of 256 bits.
        kBool,
        kAddress,
        kBytes,
        kString,
        kArray,
        kTuple
    };
    Kind kind = Kind::kTuple;
    Amount number;                   ///< kUint, kInt, kBool.
    Bytes bytes;                     ///< kAddress (20), kBytes, kString.
    std::vector<std::string> names;  ///< kTuple: of its items; may be empty texts.
    std::vector<ClearValue> items;   ///< kArray, kTuple.

    const ClearValue* member(std::string_view name) const noexcept;
    static ClearValue uint(const Amount& number);
    static ClearValue address(ByteView bytes);
    static ClearValue text(std::string_view text);
};

/// The decoded arguments under the names of the signature.
ClearValue named_value(const chain::AbiType& type, const chain::AbiValue& value);

/// A struct of typed data, or what is in it.
ClearValue named_value(const chain::TypedValue& value);

/// One step of a path: a member, one element, all elements, or a part of an array or of bytes.
struct ClearStep {
    enum class Kind : uint8_t { kName, kIndex, kSlice };
    Kind kind = Kind::kName;
    std::string name;
    /// kIndex: `from` only. kSlice: both may be missing; below zero counts from the end.
    std::optional<int64_t> from, to;
};

struct ClearPath {
    char root = 0;  ///< '#' the data, '@' what carries it, '$' the descriptor, 0 relative.
    std::vector<ClearStep> steps;
};
/// kMalformed with the text; kLimit beyond 32 steps.
Result<ClearPath> parse_clear_path(std::string_view text);

/// What a path points at when every array it goes through as a whole is at the element that
/// `indices` names, in order. A part of a number or of bytes is a value of its own.
Result<ClearValue> pick(const ClearValue& root, const ClearPath& path,
                        const std::vector<std::size_t>& indices);

/// The indices by which `pick` reaches every single value below a path, in order; at most `most`,
/// and only those that begin with `first`. An array at its end is gone through as well. One empty
/// list for a path without arrays.
Result<std::vector<std::vector<std::size_t>>> expand(const ClearValue& root, const ClearPath& path,
                                                     const std::vector<std::size_t>& first,
                                                     std::size_t most);

}  // namespace cordon::explain
