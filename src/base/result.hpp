// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace cordon {

/// Stable names of what can go wrong. They appear in machine output, in HTTP problems and in tests,
/// so a code is never renamed; message texts may change (docs/errors.md lists them all).
enum class ErrorCode {
    kInvalidParam,  ///< A parameter of ours is outside its documented range.
    kMalformed,     ///< Bytes or text do not follow their format.
    kTruncated,     ///< Input ended before the format was complete.
    kTrailing,      ///< Input goes on after the format was complete.
    kChecksum,      ///< A checksum, hash or commitment does not match.
    kOverflow,      ///< A number does not fit its type.
    kOrder,         ///< Rows, blocks or fields are not in the required order.
    kDuplicate,     ///< The same thing twice where once is allowed.
    kConflict,      ///< Two sources disagree about the same thing.
    kWrongChain,    ///< An address, hash or block belongs to another chain.
    kUnsupported,   ///< Valid, but not something this version understands.
    kNotFound,      ///< The named file, block, txn or address does not exist.
    kIo,            ///< The operating system refused to read or write.
    kNoSpace,       ///< The disk is full.
    kPermission,    ///< No right to read or write.
    kLocked,        ///< Another process holds the only writer's place.
    kCorrupt,       ///< Stored data fails its own checksum.
    kLimit,         ///< A stated bound was reached.
    kUnavailable,   ///< A source did not answer.
    kCancelled,     ///< The user stopped it.
};

/// The stable text of a code, e.g. "malformed". Never fails.
std::string_view to_string(ErrorCode code) noexcept;

/// What went wrong, for a program (`code`) and for a person (`message`: what, where, what was
/// expected, what to do).
struct Error {
    ErrorCode code;
    std::string message;

    /// The same error seen from further out: "`where`: message".
    Error in(std::string_view where) const&;
};

/// A value or the reason why there is none. Wraps tl::expected; becomes std::expected with C++23.
template <typename T>
using Result = tl::expected<T, Error>;

/// Success without a value.
using Status = Result<void>;

/// The failing side of a Result.
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
    return tl::unexpected<Error>{Error{code, std::move(message)}};
}
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
    return tl::unexpected<Error>{std::move(error)};
}

}  // namespace cordon

// CORDON_TRY(expr)           – returns the error of a Status from the enclosing function.
// CORDON_TRY(auto x, expr)   – the same, and binds the value otherwise.
#define CORDON_TRY_CONCAT2(a, b) a##b
#define CORDON_TRY_CONCAT(a, b) CORDON_TRY_CONCAT2(a, b)
#define CORDON_TRY_PICK(_1, _2, NAME, ...) NAME
#define CORDON_TRY(...) \
    CORDON_TRY_PICK(__VA_ARGS__, CORDON_TRY_VALUE, CORDON_TRY_STATUS, )(__VA_ARGS__)
#define CORDON_TRY_STATUS(expr) \
    CORDON_TRY_STATUS_IMPL(CORDON_TRY_CONCAT(cordon_status_, __COUNTER__), expr)
#define CORDON_TRY_STATUS_IMPL(tmp, expr)                        \
    do {                                                         \
        auto tmp = (expr);                                       \
        if (!tmp) return ::cordon::fail(std::move(tmp).error()); \
    } while (false)
#define CORDON_TRY_VALUE(decl, expr) \
    CORDON_TRY_VALUE_IMPL(CORDON_TRY_CONCAT(cordon_result_, __COUNTER__), decl, expr)
#define CORDON_TRY_VALUE_IMPL(tmp, decl, expr)               \
    auto tmp = (expr);                                       \
    if (!tmp) return ::cordon::fail(std::move(tmp).error()); \
    decl = std::move(*tmp)
