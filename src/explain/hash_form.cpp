// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "hash_form.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::explain {
namespace {

// The letters of the paper, by value.
constexpr std::string_view kConsonants = "bdfghjklmnprstvz";
constexpr std::string_view kVowels = "aiou";
constexpr std::size_t kLetters = 5;
constexpr std::size_t kMaxWords = 4096;  // No hash has more than 32.

std::string word_of(uint16_t value) {
    const auto consonant = [&](unsigned shift) { return kConsonants[(value >> shift) & 0xfU]; };
    const auto vowel = [&](unsigned shift) { return kVowels[(value >> shift) & 0x3U]; };
    return {consonant(12), vowel(10), consonant(6), vowel(4), consonant(0)};
}

std::optional<uint16_t> value_of(std::string_view word) {
    if (word.size() != kLetters) return std::nullopt;
    unsigned value = 0;
    for (std::size_t i = 0; i < kLetters; ++i) {
        const bool vowel = i % 2 == 1;
        const char small =
            static_cast<char>(word[i] >= 'A' && word[i] <= 'Z' ? word[i] | 0x20 : word[i]);
        const std::size_t at = (vowel ? kVowels : kConsonants).find(small);
        if (at == std::string_view::npos) return std::nullopt;
        value = value << (vowel ? 2U : 4U) | static_cast<unsigned>(at);
    }
    return static_cast<uint16_t>(value);
}

/// The last word: the first 16 bits of SHA-256 over the bytes.
uint16_t check_of(ByteView bytes) {
    const Hash256 hash = crypto::sha256(bytes);
    return static_cast<uint16_t>(hash.bytes[0] << 8U | hash.bytes[1]);
}

}  // namespace

Result<Bytes> hash_bytes(std::string_view hex) {
    return parse_hex(hex.starts_with("0x") ? hex.substr(2) : hex);
}

std::string ledger_form(ByteView hash) {
    std::string digits = to_hex(hash);
    for (char& c : digits)
        if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
    return "0x" + digits;
}

std::string grouped_form(ByteView hash) {
    constexpr std::size_t kGroup = 4;
    constexpr std::size_t kLine = 8;
    const std::string digits = to_hex(hash);
    std::string out;
    for (std::size_t i = 0; i < digits.size(); i += kGroup) {
        if (i != 0) out += i / kGroup % kLine == 0 ? '\n' : ' ';
        out += digits.substr(i, kGroup);
    }
    return out;
}

Result<std::string> word_form(ByteView hash) {
    if (hash.size() % 2 != 0)
        return fail(ErrorCode::kInvalidParam, "words are for an even number of bytes");
    std::string out;
    for (std::size_t i = 0; i < hash.size(); i += 2)
        out += word_of(static_cast<uint16_t>(hash[i] << 8U | hash[i + 1])) + ' ';
    return out + word_of(check_of(hash));
}

Result<Bytes> parse_word_form(std::string_view words) {
    constexpr std::string_view kBetween = " \t\r\n,-";
    std::vector<uint16_t> values;
    while (true) {
        words.remove_prefix(std::min(words.find_first_not_of(kBetween), words.size()));
        if (words.empty()) break;
        const std::string_view word = words.substr(0, words.find_first_of(kBetween));
        const auto value = value_of(word);
        if (!value)
            return fail(ErrorCode::kMalformed,
                        format("word {}, \"{}\": expected five letters such as \"lusab\"",
                               values.size() + 1, word.substr(0, 20)));
        if (values.size() == kMaxWords) return fail(ErrorCode::kLimit, "too many words");
        values.push_back(*value);
        words.remove_prefix(word.size());
    }
    if (values.empty()) return fail(ErrorCode::kMalformed, "no words");
    Bytes bytes;
    for (std::size_t i = 0; i + 1 < values.size(); ++i) {
        bytes.push_back(static_cast<uint8_t>(values[i] >> 8U));
        bytes.push_back(static_cast<uint8_t>(values[i] & 0xffU));
    }
    if (check_of(bytes) != values.back())
        return fail(ErrorCode::kChecksum,
                    "the words do not belong together: one was misheard, left out or swapped");
    return bytes;
}

}  // namespace cordon::explain
