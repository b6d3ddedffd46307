// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

#include <cordon/base/result.hpp>

#include "json_tree.hpp"

/// Big JSON texts (blocks with traces), read once from front to back without a tree of them.
namespace cordon::chain {

class JsonCursor;

/// A function that is called during the call it is given to, and not kept.
template <typename... Args>
class JsonVisit {
public:
    template <typename Function>
        requires(!std::is_same_v<std::remove_cvref_t<Function>, JsonVisit>)
    JsonVisit(Function&& function) noexcept  // NOLINT(google-explicit-constructor)
        : object_{const_cast<void*>(static_cast<const void*>(&function))},
          call_{[](void* object, Args... args) -> Status {
              return (*static_cast<std::remove_reference_t<Function>*>(object))(args...);
          }} {}
    Status operator()(Args... args) const { return call_(object_, args...); }

private:
    void* object_;
    Status (*call_)(void*, Args...);
};

/// A value of a text at which reading stands. Ask for it once, before going on to the next one; a
/// value that is not asked for is passed over. Errors are kMalformed with the offset.
class JsonCursor {
public:
    using Kind = JsonValue::Kind;
    Result<Kind> kind();
    Result<bool> is_null();
    /// Without escapes. Lifetime of all texts: until JsonText::open.
    Result<std::string_view> string();
    /// Its digits as written.
    Result<std::string_view> number();
    Result<bool> boolean();
    /// An array or object as it is written.
    Result<std::string_view> raw();
    Status members(JsonVisit<std::string_view, JsonCursor&> visit);
    Status items(JsonVisit<JsonCursor&> visit);
    /// The members that have one of the names (at most 64), by the name's place; none twice.
    /// Returns a bit for each that was there. kDuplicate.
    Result<uint64_t> members(std::span<const std::string_view> names,
                             JsonVisit<std::size_t, JsonCursor&> visit);

private:
    friend class JsonText;
    JsonCursor(void* value, const char* start) noexcept : value_{value}, start_{start} {}
    template <typename T>
    Result<T> checked(int error, T found, std::string_view expected);
    Error error(int code, std::string_view expected) const;

    void* value_;
    const char* start_;
};

/// Puts what was read in its place.
template <typename T, typename U>
Status into(T& place, Result<U> value) {
    if (!value) return fail(std::move(value).error());
    place = std::move(*value);
    return {};
}

/// The text of one JSON object or array. Its memory is used again for the next text. Confined to
/// one thread.
class JsonText {
public:
    /// Of one text, unless said otherwise: four times the answer of a tracer for the largest block
    /// seen.
    static constexpr std::size_t kMaxBytes = std::size_t{64} << 20;

    explicit JsonText(std::size_t max_bytes = kMaxBytes);
    JsonText(JsonText&&) noexcept;
    JsonText& operator=(JsonText&&) noexcept;
    ~JsonText();

    /// Copies the text. kMalformed, kLimit.
    Status open(std::string_view text);
    /// From its front, as often as wanted. With `whole` nothing may follow the value: REQUIRES that
    /// `visit` reads all of it. REQUIRES: open().
    Status walk(JsonVisit<JsonCursor&> visit, bool whole = true);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace cordon::chain
