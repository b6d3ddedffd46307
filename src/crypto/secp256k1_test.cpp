// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "secp256k1.hpp"

#include <gtest/gtest.h>

#include <cordon/base/hex.hpp>

#include "hash.hpp"

namespace cordon::crypto {
namespace {

Bytes hex(std::string_view text) { return parse_hex(text).value(); }
Hash256 hash(std::string_view text) {
    Hash256 out;
    EXPECT_TRUE(parse_hex_into(text, out.bytes));
    return out;
}

// The generator itself: the key of the secret 1 (SEC 2, section 2.4.1).
constexpr std::string_view kX = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
constexpr std::string_view kY = "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8";
constexpr std::string_view kOrder =
    "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

PublicKey generator() { return PublicKey::parse_x_only(hex(kX)).value(); }

// With the secret 1, nonce 1 and digest z, ECDSA gives r = Gx and s = z + r: a signature that can
// be written down by hand. z = 1.
EcdsaSignature by_hand() {
    return {hash(kX), hash("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81799")};
}
const Hash256 kOne = hash("0000000000000000000000000000000000000000000000000000000000000001");

TEST(PublicKey, has_three_forms) {
    const PublicKey key = generator();
    EXPECT_EQ(to_hex(key.compressed()), "02" + std::string{kX});
    EXPECT_EQ(to_hex(key.uncompressed()), "04" + std::string{kX} + std::string{kY});
    EXPECT_EQ(to_hex(key.x_only()), kX);
    EXPECT_FALSE(key.has_odd_y());
    EXPECT_EQ(PublicKey::parse(key.compressed()), key);
    EXPECT_EQ(PublicKey::parse(key.uncompressed()), key);
    auto other = key.compressed();
    other[0] = 0x03;
    EXPECT_TRUE(PublicKey::parse(other)->has_odd_y());
}

TEST(PublicKey, refuses_what_is_no_point) {
    EXPECT_FALSE(PublicKey::parse({}));
    EXPECT_FALSE(PublicKey::parse(Bytes(34, 0x02)));
    EXPECT_FALSE(PublicKey::parse(Bytes(65, 0x04)));
    EXPECT_FALSE(PublicKey::parse(Bytes(10'000, 0x04)));
    auto hybrid = generator().uncompressed();
    hybrid[0] = 0x06;
    EXPECT_FALSE(PublicKey::parse(hybrid));
    EXPECT_FALSE(PublicKey::parse_x_only(Bytes(32, 0xFF)));  // Not below the field's prime.
    EXPECT_FALSE(PublicKey::parse_x_only(Bytes(31, 0x01)));
}

TEST(PublicKey, adds_a_scalar_times_the_generator) {
    // 1 + 1 = 2: twice the generator.
    const auto twice = generator().add(kOne);
    EXPECT_EQ(to_hex(twice->x_only()),
              "c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5");
    EXPECT_FALSE(generator().add(hash(kOrder)));
    // order - 1 leads to infinity.
    EXPECT_FALSE(
        generator().add(hash("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140")));
}

TEST(Ecdsa, verifies_and_recovers) {
    EXPECT_TRUE(verify(by_hand(), kOne, generator()));
    EXPECT_FALSE(verify(by_hand(), Hash256{}, generator()));
    EXPECT_EQ(recover(by_hand(), kOne, false), generator());
    EXPECT_NE(recover(by_hand(), kOne, true), generator());
    EXPECT_FALSE(recover(by_hand(), kOne, false, true));  // r + order is beyond the field.
}

TEST(Ecdsa, a_high_s_verifies_and_is_told) {
    EcdsaSignature high = by_hand();
    // order - s, so the parity turns around, too.
    high.s = hash("8641998106234453aa5f9d6a3178f4f7b812e00b817a776265dfdd31b93e29a8");
    EXPECT_FALSE(high.has_low_s());
    EXPECT_TRUE(by_hand().has_low_s());
    EXPECT_TRUE(verify(high, kOne, generator()));
    EXPECT_EQ(recover(high, kOne, true), generator());
}

TEST(Ecdsa, numbers_are_in_range) {
    const auto bytes = [](std::string_view r, std::string_view s) {
        return hex(std::string{r} + std::string{s});
    };
    const std::string zero(64, '0');
    EXPECT_TRUE(parse_ecdsa(bytes(kX, kX)));
    EXPECT_FALSE(parse_ecdsa(bytes(zero, kX)));
    EXPECT_FALSE(parse_ecdsa(bytes(kX, zero)));
    EXPECT_FALSE(parse_ecdsa(bytes(kOrder, kX)));
    EXPECT_FALSE(parse_ecdsa(bytes(kX, kOrder)));
    EXPECT_FALSE(parse_ecdsa({}));
    EXPECT_FALSE(parse_ecdsa(Bytes(65, 1)));
    EXPECT_FALSE(verify({}, kOne, generator()));
}

TEST(Ecdsa, der_is_strict) {
    const auto good = parse_ecdsa_der(hex("3006020101020102"));
    ASSERT_TRUE(good);
    EXPECT_EQ(good->r, kOne);
    EXPECT_FALSE(parse_ecdsa_der(hex("300602010102010200")));  // Something follows.
    EXPECT_FALSE(parse_ecdsa_der(hex("300702020001020102")));  // A zero too many.
    EXPECT_FALSE(parse_ecdsa_der(hex("308106020101020102")));  // A length too long.
    EXPECT_FALSE(parse_ecdsa_der(hex("3006020100020102")));    // r = 0.
    EXPECT_FALSE(parse_ecdsa_der(hex("3006020181020102")));    // r is negative.
    EXPECT_FALSE(parse_ecdsa_der({}));
}

// BIP-340, test-vectors.csv, index 0: the key of the secret 3.
TEST(Schnorr, verifies) {
    const Hash256 key = hash("f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9");
    Bytes signature =
        hex("e907831f80848d1069a5371b402410364bdf1c5f8307b0084c55f1ce2dca8215"
            "25f66a4a85ea8b71e482a74f382d2ce5ebeee8fdb2172f477df4900d310536c0");
    EXPECT_TRUE(verify_schnorr(signature, Hash256{}, key));
    EXPECT_FALSE(verify_schnorr(signature, kOne, key));
    EXPECT_FALSE(verify_schnorr(ByteView{signature}.first(63), Hash256{}, key));
    signature[40] ^= 1;
    EXPECT_FALSE(verify_schnorr(signature, Hash256{}, key));
}

}  // namespace
}  // namespace cordon::crypto
