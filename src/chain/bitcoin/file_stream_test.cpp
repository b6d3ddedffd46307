// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "file_stream.hpp"

#include <gtest/gtest.h>
#include <initializer_list>

namespace cordon::chain {
namespace {

Bytes pattern(std::size_t size) {
    Bytes out(size);
    for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<uint8_t>(i * 131 + (i >> 8));
    return out;
}

/// Byte by byte, as the definition says.
void xor_plainly(Bytes& bytes, ByteView key) {
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] ^= key[i % key.size()];
}

TEST(FileStream, takes_the_key_off_at_any_offset_and_length) {
    for (const std::size_t key_size : {8U, 5U}) {
        const Bytes key = pattern(100 + key_size);
        const ByteView first = ByteView{key}.last(key_size);
        const Bytes plain = pattern(100);
        Bytes all = plain;
        xor_plainly(all, first);
        for (std::size_t from = 0; from < 20; ++from)
            for (std::size_t size = 0; from + size <= 100; ++size) {
                Bytes part(all.begin() + static_cast<std::ptrdiff_t>(from),
                           all.begin() + static_cast<std::ptrdiff_t>(from + size));
                apply_key(part, first, from);
                ASSERT_TRUE(std::equal(part.begin(), part.end(),
                                       plain.begin() + static_cast<std::ptrdiff_t>(from)));
            }
    }
}

TEST(FileStream, reads_more_than_its_buffer_in_one_call) {
    const Bytes plain = pattern(5 * FileStream::kBuffer / 2 + 77);
    const Bytes key{1, 2, 3, 4, 5, 6, 7, 200};
    Bytes stored = plain;
    xor_plainly(stored, key);
    const InputFile file = memory_file("blk", stored);
    auto stream = FileStream::open(file).value();
    stream.set_key(key);
    Bytes head(13);
    ASSERT_EQ(stream.read(head).value(), 13u);
    Bytes rest(plain.size());  // 13 more than there are.
    ASSERT_EQ(stream.read(rest).value(), plain.size() - 13);
    EXPECT_EQ(stream.offset(), plain.size());
    EXPECT_TRUE(std::equal(plain.begin() + 13, plain.end(), rest.begin()));
    EXPECT_EQ(stream.read(rest).value(), 0u);
    EXPECT_TRUE(stream.peek(1).value().empty());
}

TEST(FileStream, skips_within_its_buffer_beyond_it_and_up_to_the_end) {
    const Bytes plain = pattern(100'000);
    const Bytes key{9, 8, 7, 6, 5, 4, 3, 2};
    Bytes stored = plain;
    xor_plainly(stored, key);
    const InputFile file = memory_file("blk", stored);
    for (const std::size_t buffer : {512U, 16'384U, 262'144U}) {
        auto stream = FileStream::open(file, buffer).value();
        stream.set_key(key);
        ASSERT_EQ(stream.buffer(), buffer);
        for (const uint64_t step :
             std::initializer_list<uint64_t>{0, 9, 600, 511, 30'000, 1, 60'000}) {
            ASSERT_EQ(stream.skip(step).value(), step);
            ASSERT_FALSE(stream.peek(buffer).value().empty());
            Bytes piece(5);
            const auto at = static_cast<std::ptrdiff_t>(stream.offset());
            ASSERT_EQ(stream.read(piece).value(), 5u);
            ASSERT_TRUE(std::equal(piece.begin(), piece.end(), plain.begin() + at));
        }
        const uint64_t left = plain.size() - stream.offset();
        EXPECT_EQ(stream.skip(left + 1).value(), left);
        EXPECT_EQ(stream.offset(), plain.size());
        EXPECT_EQ(stream.skip(1).value(), 0u);
        EXPECT_TRUE(stream.peek(1).value().empty());
    }
}

}  // namespace
}  // namespace cordon::chain
