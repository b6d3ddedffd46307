// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "note.hpp"

#include <gtest/gtest.h>

#include <cordon/base/hex.hpp>

namespace cordon::tlog {
namespace {

using Kind = PublicKey::Kind;

TEST(Note, signs_and_recognises_its_signature) {
    const SigningKey key = SigningKey::generate("example.org/log", Kind::kLog).value();
    SignedNote note{"hello\n", {}};
    sign_note(note, key);
    const SignedNote read = parse_note(note.format()).value();
    EXPECT_EQ(read.text, "hello\n");
    EXPECT_TRUE(is_signed_by(read, key.public_key()));
    SignedNote other = read;
    other.text = "hellO\n";
    EXPECT_FALSE(is_signed_by(other, key.public_key()));
    const SigningKey stranger = SigningKey::generate("example.org/log", Kind::kLog).value();
    EXPECT_FALSE(is_signed_by(read, stranger.public_key()));
}

TEST(Note, a_witness_signs_when_it_saw_it) {
    const SigningKey key = SigningKey::generate("witness", Kind::kWitness).value();
    SignedNote note{"hello\n", {}};
    sign_note(note, key, from_unix_seconds(1'700'000'000));
    UnixMillis time;
    ASSERT_TRUE(is_signed_by(note, key.public_key(), &time));
    EXPECT_EQ(time, from_unix_seconds(1'700'000'000));
    note.signatures[0].bytes[7] ^= 1;  // Another time.
    EXPECT_FALSE(is_signed_by(note, key.public_key()));
}

// RFC 8032 §7.1, TEST 1.
TEST(Note, signs_as_ed25519_says) {
    PublicKey who{"x", Kind::kLog, {}};
    ASSERT_TRUE(parse_hex_into("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                               who.key));
    SignedNote note{"", {}};
    NoteSignature signature{"x", who.id(), Bytes(64)};
    ASSERT_TRUE(
        parse_hex_into("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                       "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
                       signature.bytes));
    note.signatures.push_back(signature);
    EXPECT_TRUE(is_signed_by(note, who));
    note.signatures[0].bytes[63] ^= 1;
    EXPECT_FALSE(is_signed_by(note, who));
}

TEST(Note, keys_come_back_from_their_text_and_show_damage) {
    const SigningKey key = SigningKey::generate("log", Kind::kLog).value();
    EXPECT_EQ(parse_public_key(key.public_key().text()).value(), key.public_key());
    const SigningKey again = SigningKey::parse(key.secret_text()).value();
    EXPECT_EQ(again.public_key(), key.public_key());
    std::string text = key.public_key().text();
    text[0] = 'b';
    EXPECT_EQ(parse_public_key(text).error().code, ErrorCode::kChecksum);
    for (const std::string_view bad : {"", "a", "a+b", "+00000000+AA==", "a+00000000+AA==",
                                       "a b+00000000+AA==", "a+0000000g+AA=="})
        EXPECT_FALSE(parse_public_key(bad)) << bad;
    EXPECT_FALSE(SigningKey::generate("a b", Kind::kLog));
    EXPECT_FALSE(SigningKey::parse(key.public_key().text()));
}

TEST(Note, refuses_text_that_is_no_note) {
    for (const std::string_view bad :
         {"", "\n", "text\n", "text\n\n", "text\n\nname AAAA\n", "text\n\n\u2014 name\n",
          "text\n\n\u2014 name AAAA\n", "text\n\n\u2014 name AAAAAAAA", "text\n\n\u2014 n !!!!\n"})
        EXPECT_FALSE(parse_note(bad)) << bad;
}

TEST(Checkpoint, comes_back_from_its_text) {
    const Checkpoint checkpoint{"log", 42, Hash256{{1, 2, 3}}, {"more"}};
    EXPECT_EQ(parse_checkpoint(checkpoint.text()).value(), checkpoint);
    for (const std::string_view bad :
         {"", "log\n", "log\n1\n", "log\n1\nAAAA\n", "log\n01\nAAAA\n", "\n1\nAAAA\n",
          "log\n-1\nAAAA\n", "log\n99999999999999999999\nAAAA\n"})
        EXPECT_FALSE(parse_checkpoint(bad)) << bad;
    EXPECT_FALSE(parse_checkpoint(checkpoint.text() + "\n"));
    EXPECT_FALSE(parse_checkpoint(checkpoint.text() + "unfinished"));
}

}  // namespace
}  // namespace cordon::tlog
