// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>

/// A small JSON document that is signed or that says what is signed: numbers as they were written,
/// since a double would change them, and no name twice, since readers disagree on which one counts.
namespace cordon::chain {

struct JsonValue {
    enum class Kind : uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };
    Kind kind = Kind::kNull;
    bool flag = false;             ///< kBool.
    std::string text;              ///< kNumber: its digits as written. kString: without escapes.
    std::string name;              ///< Of an object's member.
    std::vector<JsonValue> items;  ///< kArray, kObject: in their order.

    /// The member of an object, or nothing.
    const JsonValue* find(std::string_view member) const noexcept;
    bool is(Kind wanted) const noexcept { return kind == wanted; }
};
std::string_view to_string(JsonValue::Kind kind) noexcept;

// Twice the calldata of the largest txn in hex, and more levels and values than any real document.
inline constexpr std::size_t kMaxJsonBytes = std::size_t{8} << 20;
inline constexpr std::size_t kMaxJsonDepth = 64;
inline constexpr std::size_t kMaxJsonValues = std::size_t{1} << 18;

/// One object or array in UTF-8. kMalformed, kTrailing, kDuplicate, kLimit.
Result<JsonValue> parse_json_tree(std::string_view text);

}  // namespace cordon::chain
