// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "hash_form.hpp"

#include <gtest/gtest.h>

namespace cordon::explain {
namespace {

Bytes bytes_of(std::string_view hex) { return *hash_bytes(hex); }

TEST(HashForm, words_are_those_of_the_paper) {
    // arXiv:0901.4016: 127.0.0.1 is lusab-babad, 63.84.220.193 is gutih-tugad.
    EXPECT_TRUE(word_form(bytes_of("7f000001"))->starts_with("lusab babad "));
    EXPECT_TRUE(word_form(bytes_of("3f54dcc1"))->starts_with("gutih tugad "));
}

TEST(HashForm, words_of_a_hash_are_seventeen_and_read_back) {
    const Bytes hash =
        bytes_of("0xb3476d061aeb8fc1d605a873c483a2402d88a68a9cdd1a8b47655dd55ba004f8");
    const std::string words = *word_form(hash);
    EXPECT_EQ(words.size(), 17U * 6 - 1);
    EXPECT_EQ(*parse_word_form(words), hash);
    std::string spoken = words;
    for (char& c : spoken) c = c == ' ' ? '-' : static_cast<char>(c & ~0x20);
    EXPECT_EQ(*parse_word_form("  " + spoken + "\n"), hash);
}

TEST(HashForm, a_misheard_a_missing_and_a_swapped_word_are_noticed) {
    const std::string words = *word_form(bytes_of("00112233445566778899aabbccddeeff"));
    for (std::size_t i = 0; i + 11 < words.size(); i += 6) {
        std::string misheard = words;
        misheard[i] = misheard[i] == 'b' ? 'd' : 'b';
        EXPECT_EQ(parse_word_form(misheard).error().code, ErrorCode::kChecksum);
        std::string missing = words;
        missing.erase(i, 6);
        EXPECT_EQ(parse_word_form(missing).error().code, ErrorCode::kChecksum);
        const std::string swapped =
            words.substr(0, i) + words.substr(i + 6, 6) + words.substr(i, 6) + words.substr(i + 12);
        EXPECT_EQ(parse_word_form(swapped).error().code, ErrorCode::kChecksum);
    }
}

TEST(HashForm, what_is_no_word_is_named) {
    EXPECT_EQ(parse_word_form("lusab xylem").error().code, ErrorCode::kMalformed);
    EXPECT_EQ(parse_word_form("lusa").error().code, ErrorCode::kMalformed);
    EXPECT_EQ(parse_word_form("").error().code, ErrorCode::kMalformed);
    EXPECT_FALSE(word_form(bytes_of("010203")));
    EXPECT_FALSE(hash_bytes("0xabc"));
}

TEST(HashForm, devices_show_capitals_or_small_digits_in_fours) {
    const Bytes hash =
        bytes_of("0xb3476d061aeb8fc1d605a873c483a2402d88a68a9cdd1a8b47655dd55ba004f8");
    EXPECT_EQ(ledger_form(hash),
              "0xB3476D061AEB8FC1D605A873C483A2402D88A68A9CDD1A8B47655DD55BA004F8");
    EXPECT_EQ(grouped_form(hash),
              "b347 6d06 1aeb 8fc1 d605 a873 c483 a240\n2d88 a68a 9cdd 1a8b 4765 5dd5 5ba0 04f8");
}

}  // namespace
}  // namespace cordon::explain
