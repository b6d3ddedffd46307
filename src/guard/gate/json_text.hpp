// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace cordon::guard {

/// JSON written straight into text, without a tree of values: entries are made under the gate's
/// lock, where each allocation is waited for by all. What is not plain is quoted by the library.
/// Names and order are the caller's.
class JsonText {
public:
    explicit JsonText(std::size_t expected_size) { out_.reserve(expected_size); }

    void open(char bracket) {
        separate();
        out_ += bracket;
        first_ = true;
    }
    void close(char bracket) {
        out_ += bracket;
        first_ = false;
    }
    void name(std::string_view name) {
        text(name);
        out_ += ':';
        first_ = true;
    }
    void text(std::string_view value) {
        separate();
        if (is_plain(value)) {
            out_ += '"';
            out_ += value;
            out_ += '"';
        } else {
            out_ += boost::json::serialize(boost::json::string_view{value.data(), value.size()});
        }
    }
    void number(uint64_t value) {
        separate();
        out_ += std::to_string(value);
    }
    void field(std::string_view key, std::string_view value) {
        name(key);
        text(value);
    }
    void field(std::string_view key, uint64_t value) {
        name(key);
        number(value);
    }
    std::string take() && { return std::move(out_); }

private:
    void separate() {
        if (!first_) out_ += ',';
        first_ = false;
    }
    static bool is_plain(std::string_view text) noexcept {
        for (const char c : text)
            if (c < ' ' || c > '~' || c == '"' || c == '\\') return false;
        return true;
    }

    std::string out_;
    bool first_ = true;  // Nothing stands before what comes next.
};

}  // namespace cordon::guard
