// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "hash.hpp"
#include "hash_many.hpp"

namespace cordon::crypto {
namespace {

Bytes pattern(std::size_t size) {
    Bytes out(size);
    for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<uint8_t>(i * 131 + size);
    return out;
}

/// Every way of this machine gives what the plain function gives.
void expect_all_right(const std::vector<Pieces>& messages) {
    for (const bool twice : {false, true})
        for (const std::size_t lanes : hash_lanes()) {
            std::vector<Hash256> out(messages.size());
            sha256_many_by(lanes, messages, out, twice);
            for (std::size_t i = 0; i < messages.size(); ++i) {
                Bytes whole;
                for (const ByteView part : messages[i].parts)
                    whole.insert(whole.end(), part.begin(), part.end());
                ASSERT_EQ(out[i], twice ? sha256d(whole) : sha256(whole))
                    << lanes << " lanes, message " << i << " of " << whole.size() << " bytes";
            }
        }
}

TEST(HashMany, agrees_with_the_plain_hash_at_every_length) {
    std::vector<Bytes> texts;
    for (std::size_t size = 0; size < 300; ++size) texts.push_back(pattern(size));
    std::vector<Pieces> messages;
    for (const Bytes& text : texts) messages.push_back({{text, {}, {}}});
    expect_all_right(messages);
}

TEST(HashMany, pieces_may_be_cut_anywhere) {
    const Bytes text = pattern(200);
    const ByteView all = text;
    std::vector<Pieces> messages;
    for (std::size_t a = 0; a <= 200; a += 3)
        for (std::size_t b = a; b <= 200; b += 7)
            messages.push_back({{all.first(a), all.subspan(a, b - a), all.subspan(b)}});
    expect_all_right(messages);
}

TEST(HashMany, one_long_message_among_short_ones_and_any_count_of_messages) {
    const Bytes longest = pattern(100'003);
    const Bytes little = pattern(33);
    for (std::size_t count = 0; count < 40; ++count)
        for (const std::size_t place : {std::size_t{0}, count / 2, count}) {
            std::vector<Pieces> messages(count, Pieces{{little, {}, {}}});
            messages.insert(messages.begin() + static_cast<std::ptrdiff_t>(place),
                            Pieces{{little, longest, little}});
            expect_all_right(messages);
        }
}

TEST(HashMany, lengths_all_mixed_up_and_any_count_of_messages) {
    const Bytes text = pattern(5000);
    std::size_t size = 1;
    for (std::size_t count = 0; count <= 40; ++count) {
        std::vector<Pieces> messages;
        for (std::size_t i = 0; i < count; ++i) {
            size = (size * 7919 + 13) % (i % 3 == 0 ? 5000 : 260);
            const ByteView all = ByteView{text}.first(size);
            messages.push_back({{all.first(size / 3), {}, all.subspan(size / 3)}});
        }
        expect_all_right(messages);
    }
}

TEST(HashMany, more_messages_than_are_ordered_at_once) {
    const Bytes text = pattern(700);
    std::vector<Pieces> messages;
    for (std::size_t i = 0; i < 2500; ++i)
        messages.push_back({{ByteView{text}.first(i * 31 % 700), {}, {}}});
    expect_all_right(messages);
}

TEST(HashMany, pairs_are_the_hash_of_two_hashes_also_in_place) {
    for (const std::size_t lanes : hash_lanes())
        for (std::size_t pairs = 0; pairs <= 70; ++pairs) {
            std::vector<Hash256> hashes(2 * pairs);
            for (std::size_t i = 0; i < hashes.size(); ++i) hashes[i] = sha256(pattern(i));
            std::vector<Hash256> expected;
            for (std::size_t i = 0; i < pairs; ++i) {
                Bytes both(hashes[2 * i].bytes.begin(), hashes[2 * i].bytes.end());
                both.insert(both.end(), hashes[2 * i + 1].bytes.begin(),
                            hashes[2 * i + 1].bytes.end());
                expected.push_back(sha256d(both));
            }
            sha256d_pairs_by(lanes, hashes, std::span{hashes}.first(pairs));
            hashes.resize(pairs);
            ASSERT_EQ(hashes, expected) << lanes << " lanes, " << pairs << " pairs";
        }
}

RC_GTEST_PROP(HashManyProperty, agrees_with_the_plain_hash, (const std::vector<Bytes>& texts)) {
    std::vector<Pieces> messages;
    for (const Bytes& text : texts) messages.push_back({{text, {}, text}});
    expect_all_right(messages);
}

TEST(HashMany, the_way_taken_is_one_that_the_machine_has) {
    const auto ways = hash_lanes();
    EXPECT_EQ(ways.front(), 1u);
    EXPECT_NE(std::find(ways.begin(), ways.end(), chosen_hash_lanes()), ways.end());
}

}  // namespace
}  // namespace cordon::crypto
