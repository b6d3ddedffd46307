// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "holder.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <cordon/base/hex.hpp>

namespace cordon {
namespace {

/// What an address is for its holder. Behind a name such a word tells addresses apart, not holders.
constexpr std::array<std::string_view, 14> kRoles{
    "account", "address", "cold",     "deposit", "deposits", "hot",  "multisig",
    "reserve", "safe",    "treasury", "user",    "vault",    "warm", "wallet"};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_separator(char c) noexcept { return c == ' ' || c == '_' || c == '#'; }
char small(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string in_small(std::string_view text) {
    std::string out{text};
    std::transform(out.begin(), out.end(), out.begin(), small);
    return out;
}

bool is_role(std::string_view word) {
    return std::find(kRoles.begin(), kRoles.end(), in_small(word)) != kRoles.end();
}

/// A number, or a piece of the address itself: both number the holder's addresses.
bool is_mark(std::string_view word, std::string_view address) {
    constexpr std::size_t kLeast = 4;  // Less of an address may be a word by accident.
    if (std::all_of(word.begin(), word.end(), is_digit)) return true;
    const std::string text = in_small(word);
    const auto is_hex = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
    const std::string_view digits = std::string_view{text}.substr(text.starts_with("0x") ? 2 : 0);
    if (!std::all_of(digits.begin(), digits.end(), is_hex)) return false;
    return digits.size() < text.size() ||
           (digits.size() >= kLeast && (address.starts_with(digits) || address.ends_with(digits)));
}

/// Where the last word begins; 0: there is one only.
std::size_t last_word(std::string_view name) {
    std::size_t begin = name.size();
    while (begin > 0 && !is_separator(name[begin - 1])) --begin;
    return begin;
}

std::string_view without_end(std::string_view name) {
    while (!name.empty() && is_separator(name.back())) name.remove_suffix(1);
    return name;
}

}  // namespace

std::string holder_of(const Label& label) {
    std::string name = label.entity.empty() ? label.text : label.entity;
    if (const auto at = name.find(" (cluster of "); at != std::string::npos) name.resize(at);
    if (!label.entity.empty()) return name;
    if (const auto at = name.find(": "); at != std::string::npos && at > 0) name.resize(at);
    const std::string address = to_hex(label.address.payload());
    std::string_view rest = name;
    // "Exchange 2", but not "2" and not "Gate24": a first word is a name, whatever it looks like.
    while (const std::size_t begin = last_word(rest)) {
        const std::string_view before = without_end(rest.substr(0, begin));
        if (before.empty() || !is_mark(rest.substr(begin), address)) break;
        rest = before;
    }
    const std::string_view numbered = rest;
    while (const std::size_t begin = last_word(rest)) {
        const std::string_view before = without_end(rest.substr(0, begin));
        const std::string_view word = rest.substr(begin);
        if (before.empty() || (!is_role(word) && !is_mark(word, address))) break;
        rest = before;
    }
    // "Hot wallet": words that say what it is, and nobody's name.
    return std::string{is_role(rest) ? numbered : rest};
}

}  // namespace cordon
