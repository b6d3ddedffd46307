// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <cordon/base/amount.hpp>
#include <cordon/base/time.hpp>

#include "sink.hpp"

namespace cordon::report {

/// Writes JSON as a stream: memory stays at one buffer, whatever the size of the document.
///
/// Text from outside may be anything: bytes that are no UTF-8 become U+FFFD, control characters are
/// escaped. Doubles are the shortest text that reads back to the same value; NaN and infinity
/// become null. Names and values are written in the order of the calls; the caller keeps them
/// paired. After the first Error of the sink nothing more is written and finish() returns it.
/// Confined to one thread.
class JsonWriter {
public:
    explicit JsonWriter(const Sink& sink) : sink_{sink} {}

    JsonWriter& begin_object() { return open('{'); }
    JsonWriter& end_object() { return close('}'); }
    JsonWriter& begin_array() { return open('['); }
    JsonWriter& end_array() { return close(']'); }
    JsonWriter& key(std::string_view name);

    JsonWriter& value(std::string_view text);
    JsonWriter& value(const char* text) { return value(std::string_view{text}); }
    JsonWriter& value(const std::string& text) { return value(std::string_view{text}); }
    JsonWriter& value(const Amount& amount) {
        return value(amount.to_string());
    }  ///< A decimal string.
    JsonWriter& value(UnixMillis time) { return value(format_rfc3339(time)); }
    JsonWriter& value(double number);
    JsonWriter& value(bool flag) { return raw(flag ? "true" : "false"); }
    template <std::unsigned_integral T>
        requires(!std::is_same_v<T, bool>)
    JsonWriter& value(T number) {
        return raw(std::to_string(number));
    }
    JsonWriter& null() { return raw("null"); }

    /// key() and value() in one.
    template <typename T>
    JsonWriter& field(std::string_view name, const T& v) {
        return key(name).value(v);
    }

    /// A line break before the next element: rows of a large array stay readable and comparable by
    /// line.
    JsonWriter& new_line() {
        break_next_ = true;
        return *this;
    }

    /// Hands what is left to the sink.
    Status finish();

private:
    JsonWriter& open(char bracket);
    JsonWriter& close(char bracket);
    JsonWriter& raw(std::string_view text);
    void before_value();
    void flush_if_full();

    const Sink& sink_;
    std::string buffer_;
    std::vector<bool> first_;  // One for each open bracket: nothing is in it yet.
    bool after_key_ = false;
    bool break_next_ = false;
    Status status_;
};

/// `text` as JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text);

}  // namespace cordon::report
