// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "canonical_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include <cordon/base/format.hpp>

namespace cordon::report {
namespace {

/// ECMA-262, Number::toString. std::to_chars gives the same shortest digits; only their form is
/// another.
void append_number(std::string& out, double number) {
    if (number == 0) {
        out += '0';  // Negative zero, too.
        return;
    }
    std::array<char, 32> text{};
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number,
                                            std::chars_format::scientific);
    std::string_view whole{text.data(), static_cast<std::size_t>(end - text.data())};
    static_cast<void>(error);  // 32 bytes hold every double.
    if (whole.front() == '-') out += '-', whole.remove_prefix(1);
    const std::size_t e = whole.find('e');
    int exponent = 0;
    std::string_view power = whole.substr(e + 1);
    if (power.front() == '+') power.remove_prefix(1);
    std::from_chars(power.data(), power.data() + power.size(), exponent);
    std::string digits{whole.substr(0, 1)};
    if (e > 2) digits += whole.substr(2, e - 2);

    // 0.DIGITS times 10 to the `point`: the names of the specification are n and k.
    const int point = exponent + 1;
    const int count = static_cast<int>(digits.size());
    constexpr int kLongest = 21, kSmallest = -6;  // ECMA-262: beyond these with an exponent.
    if (count <= point && point <= kLongest) {
        out += digits + std::string(static_cast<std::size_t>(point - count), '0');
    } else if (0 < point && point <= kLongest) {
        out += digits.substr(0, static_cast<std::size_t>(point)) + "." +
               digits.substr(static_cast<std::size_t>(point));
    } else if (kSmallest < point && point <= 0) {
        out += "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
    } else {
        out += digits.substr(0, 1);
        if (count > 1) out += "." + digits.substr(1);
        out += format("e{}{}", point > 0 ? "+" : "-", std::abs(point - 1));
    }
}

void append_text(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\b': out += "\\b"; break;
            case '\t': out += "\\t"; break;
            case '\n': out += "\\n"; break;
            case '\f': out += "\\f"; break;
            case '\r': out += "\\r"; break;
            default:
                if (static_cast<unsigned char>(c) < 0x20)
                    out += format("\\u{:04x}", static_cast<unsigned>(c));
                else
                    out += c;
        }
    }
    out += '"';
}

/// UTF-8 sorts as code points. UTF-16 differs where a surrogate pair (from U+10000 on, D800…)
/// meets U+E000 to U+FFFF.
bool utf16_before(std::string_view a, std::string_view b) {
    const auto [at, bt] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    if (at == a.end() || bt == b.end()) return at == a.end() && bt != b.end();
    const auto x = static_cast<unsigned char>(*at), y = static_cast<unsigned char>(*bt);
    // The first byte that differs may be inside a character; then both have the same length there.
    const bool x_pair = x >= 0xF0, y_pair = y >= 0xF0;
    if (x_pair != y_pair && (x_pair ? y : x) >= 0xEE) return x_pair;
    return x < y;
}

using simdjson::dom::element;
using simdjson::dom::element_type;

Status append(std::string& out, const element& value);

Status append_object(std::string& out, const simdjson::dom::object& object) {
    std::vector<simdjson::dom::key_value_pair> fields;
    for (const auto& field : object) fields.push_back(field);
    std::sort(fields.begin(), fields.end(),
              [](const auto& a, const auto& b) { return utf16_before(a.key, b.key); });
    out += '{';
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (i > 0 && fields[i - 1].key == fields[i].key)
            return fail(ErrorCode::kMalformed, "JSON: a name stands twice in one object");
        if (i > 0) out += ',';
        append_text(out, fields[i].key);
        out += ':';
        CORDON_TRY(append(out, fields[i].value));
    }
    out += '}';
    return {};
}

Status append(std::string& out, const element& value) {
    switch (value.type()) {
        case element_type::NULL_VALUE: out += "null"; return {};
        case element_type::BOOL: out += bool{value} ? "true" : "false"; return {};
        case element_type::INT64:
            append_number(out, static_cast<double>(int64_t{value}));
            return {};
        case element_type::UINT64:
            append_number(out, static_cast<double>(uint64_t{value}));
            return {};
        case element_type::DOUBLE: {
            // Written as an integer that no parser of 64 bits would take back.
            const double number = value;
            if ((number >= 0x1p64 && number < 1e21) || (number < -0x1p63 && number > -1e21))
                return fail(ErrorCode::kMalformed, "JSON: an integer beyond 64 bits");
            append_number(out, number);
            return {};
        }
        case element_type::STRING: append_text(out, std::string_view{value}); return {};
        case element_type::OBJECT: return append_object(out, value);
        case element_type::ARRAY: break;
    }
    out += '[';
    bool first = true;
    for (const element item : simdjson::dom::array{value}) {
        if (!first) out += ',';
        first = false;
        CORDON_TRY(append(out, item));
    }
    out += ']';
    return {};
}

}  // namespace

Result<std::string> canonical_json(std::string_view text, std::size_t max_depth) {
    simdjson::dom::parser parser;
    element root;
    simdjson::error_code error = parser.allocate(text.size(), max_depth);
    if (!error) error = parser.parse(text.data(), text.size()).get(root);
    if (error)
        return fail(ErrorCode::kMalformed, format("JSON: {}", simdjson::error_message(error)));
    std::string out;
    CORDON_TRY(append(out, root));
    return out;
}

}  // namespace cordon::report
