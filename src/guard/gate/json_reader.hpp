// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/json_tree.hpp>

#include "entry.hpp"

/// JSON of the gate's own files, read strictly. Private to the gate.
namespace cordon::guard {

using chain::JsonValue;

inline tl::unexpected<Error> bad(std::string_view name, std::string_view expected) {
    return fail(ErrorCode::kMalformed, format("log entry: {}: expected {}", name, expected));
}

/// The members of an object, each asked for by name.
class Reader {
public:
    explicit Reader(const JsonValue& object) noexcept : object_{object} {}

    bool has(std::string_view name) const noexcept { return object_.find(name) != nullptr; }
    Result<const JsonValue*> get(std::string_view name, JsonValue::Kind kind) const {
        const JsonValue* value = object_.find(name);
        if (!value || !value->is(kind)) return bad(name, chain::to_string(kind));
        return value;
    }
    Result<std::string> text(std::string_view name) const {
        CORDON_TRY(const JsonValue* value, get(name, JsonValue::Kind::kString));
        return value->text;
    }
    /// Of what older programs did not write.
    Result<std::string> text_or_empty(std::string_view name) const {
        return has(name) ? text(name) : Result<std::string>{std::string{}};
    }
    Result<uint64_t> number(std::string_view name) const {
        CORDON_TRY(const JsonValue* value, get(name, JsonValue::Kind::kNumber));
        uint64_t number = 0;
        const char* end = value->text.data() + value->text.size();
        const auto [at, error] = std::from_chars(value->text.data(), end, number);
        if (error != std::errc{} || at != end) return bad(name, "a whole number");
        return number;
    }
    Result<Reader> object(std::string_view name) const {
        CORDON_TRY(const JsonValue* value, get(name, JsonValue::Kind::kObject));
        return Reader{*value};
    }
    Result<std::span<const JsonValue>> array(std::string_view name) const {
        CORDON_TRY(const JsonValue* value, get(name, JsonValue::Kind::kArray));
        return std::span<const JsonValue>{value->items};
    }
    Result<UnixMillis> time(std::string_view name) const {
        CORDON_TRY(const std::string value, text(name));
        return parse_time(value);
    }
    Result<Hash256> hash(std::string_view name) const {
        CORDON_TRY(const std::string value, text(name));
        Hash256 hash;
        CORDON_TRY(parse_hex_into(value, hash.bytes));
        return hash;
    }
    Result<std::string> base64(std::string_view name) const {
        CORDON_TRY(const std::string value, text(name));
        CORDON_TRY(const Bytes bytes, parse_base64(value));
        return std::string{bytes.begin(), bytes.end()};
    }
    /// Of put_long(): the text, or its digest in `left_out`.
    Result<std::string> long_text(std::string_view name, std::optional<Hash256>& left_out) const {
        CORDON_TRY(const Hash256 digest, hash("sha256"));
        if (!has(name)) {
            left_out = digest;
            return std::string{};
        }
        CORDON_TRY(std::string value, base64(name));
        if (digest_of_text(value) != digest)
            return bad("sha256", "the digest of what stands there");
        return value;
    }
    Result<BreakerKey> breaker() const {
        CORDON_TRY(const std::string value, text("breaker"));
        return parse_breaker_key(value);
    }

private:
    const JsonValue& object_;
};

}  // namespace cordon::guard
