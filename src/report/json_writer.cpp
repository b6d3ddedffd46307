// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "json_writer.hpp"

#include <cmath>

#include <cordon/base/format.hpp>
#include <cordon/base/unicode.hpp>

#include "text.hpp"

namespace cordon::report {

namespace {
/// Large enough that a sink that writes to a file is called rarely, small enough to stay in the
/// cache.
constexpr std::size_t kBufferSize = 64 * 1024;
}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    for (std::size_t i = 0; i < text.size();) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c == '"' || c == '\\') {
            out += '\\', out += static_cast<char>(c), ++i;
        } else if (c < 0x20 || c == 0x7F) {
            out += format("\\u{:04x}", c), ++i;
        } else if (c < 0x80) {
            out += static_cast<char>(c), ++i;
        } else if (const std::size_t n = utf8_length(text.substr(i)); n > 0) {
            out += text.substr(i, n), i += n;
        } else {
            out += "\xEF\xBF\xBD", ++i;
        }
    }
    out += '"';
}

JsonWriter& JsonWriter::key(std::string_view name) {
    before_value();
    append_json_string(buffer_, name);
    buffer_ += ':';
    after_key_ = true;
    return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
    before_value();
    append_json_string(buffer_, text);
    flush_if_full();
    return *this;
}

JsonWriter& JsonWriter::value(double number) {
    if (!std::isfinite(number)) return null();
    // Whole numbers without exponent or ".0": "1", not "1.0"; both are the same number to every
    // reader.
    if (number == std::floor(number) && std::abs(number) < 1e15)
        return raw(format("{}", static_cast<int64_t>(number)));
    return raw(format("{}", number));
}

JsonWriter& JsonWriter::raw(std::string_view text) {
    before_value();
    buffer_ += text;
    return *this;
}

void JsonWriter::before_value() {
    if (after_key_) {
        after_key_ = false;
        return;
    }
    if (!first_.empty()) {
        if (!first_.back()) buffer_ += ',';
        first_.back() = false;
    }
    if (break_next_) buffer_ += '\n';
    break_next_ = false;
}

JsonWriter& JsonWriter::open(char bracket) {
    before_value();
    buffer_ += bracket;
    first_.push_back(true);
    return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
    if (break_next_) buffer_ += '\n';
    break_next_ = false;
    buffer_ += bracket;
    first_.pop_back();
    flush_if_full();
    return *this;
}

void JsonWriter::flush_if_full() {
    if (buffer_.size() < kBufferSize) return;
    if (status_) status_ = sink_(buffer_);
    buffer_.clear();
}

Status JsonWriter::finish() {
    if (status_ && !buffer_.empty()) status_ = sink_(buffer_);
    buffer_.clear();
    return status_;
}

}  // namespace cordon::report
