// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>

#include "typed_data.hpp"

namespace cordon::chain {

struct JsonValue;

/// A member's type, taken apart.
struct TypedShape {
    std::string base;               ///< Without arrays, as written.
    AbiType::Kind kind{};           ///< Of the base; kTuple: a struct.
    uint32_t size = 0;              ///< kUint, kInt: bits. kFixedBytes: bytes.
    std::size_t structure = 0;      ///< kTuple: its place among the structs.
    std::vector<uint32_t> lengths;  ///< Of the arrays around it, the innermost first; 0: any.

    /// The type of what `levels` of the arrays hold together.
    std::string text(std::size_t levels) const;
};

/// The "types" of a request: names and shapes of members as they stand.
Result<std::vector<TypedStruct>> parse_typed_structs(const JsonValue& types);

/// Structs that are known to fit each other. Lifetime: looks into what it is made of.
class TypedTypes {
public:
    /// kMalformed for a name that is none or a struct that holds itself, kNotFound for a type that
    /// is nowhere, kDuplicate, kLimit.
    static Result<TypedTypes> make(const std::vector<TypedStruct>& structs);

    Result<std::size_t> find(std::string_view name) const;
    const TypedStruct& at(std::size_t index) const { return (*structs_)[index]; }
    const TypedShape& shape(std::size_t index, std::size_t member) const {
        return shapes_[index][member];
    }
    /// encodeType() of EIP-712: the struct, then those that it uses, by name.
    std::string encode(std::size_t index) const;
    /// keccak256 of that.
    const Hash256& hash(std::size_t index);

private:
    Status check_name(const TypedStruct& structure) const;
    Result<TypedShape> parse_shape(std::string_view type) const;
    Status check_cycles() const;
    void collect(std::size_t index, std::vector<bool>& used) const;

    const std::vector<TypedStruct>* structs_ = nullptr;
    std::vector<std::size_t> by_name_;             // Places in *structs_, sorted by name.
    std::vector<std::vector<TypedShape>> shapes_;  // As the members of *structs_.
    std::vector<std::optional<Hash256>> hashes_;   // Made when first asked for.
};

}  // namespace cordon::chain
