// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "p256.hpp"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include <cordon/base/hex.hpp>

#include "hash.hpp"

namespace cordon::crypto {
namespace {

// RFC 6979, A.2.5: "sample" with SHA-256.
const std::string kPoint =
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
const std::string kR = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716";
const std::string kS = "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
const std::string kOrder = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

P256Key key() {
    P256Key out{};
    EXPECT_TRUE(parse_hex_into(kPoint, out));
    return out;
}
Hash256 digest() {
    const std::string text = "sample";
    return sha256({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}
bool holds(const std::string& der_hex) {
    return verify_p256(parse_hex(der_hex).value(), digest(), key());
}

TEST(P256, agrees_with_the_published_vector) {
    EXPECT_TRUE(holds("3046022100" + kR + "022100" + kS));
    Hash256 other = digest();
    other.bytes[31] ^= 1;
    EXPECT_FALSE(verify_p256(parse_hex("3046022100" + kR + "022100" + kS).value(), other, key()));
}

TEST(P256, refuses_other_forms_of_the_same_signature) {
    EXPECT_FALSE(holds(""));
    EXPECT_FALSE(holds("3046022100" + kR + "022100" + kS + "00"));
    EXPECT_FALSE(holds("308146022100" + kR + "022100" + kS));
    EXPECT_FALSE(holds("304702220000" + kR + "022100" + kS));
    EXPECT_FALSE(holds("30440220" + kR + "0220" + kS)) << "negative numbers";
    EXPECT_FALSE(holds(kR + kS)) << "P1363";
}

TEST(P256, refuses_numbers_out_of_range) {
    EXPECT_FALSE(holds("3006020100020100"));
    EXPECT_FALSE(holds("3026020100022100" + kS));
    EXPECT_FALSE(holds("3046022100" + kR + "022100" + kOrder));
    EXPECT_FALSE(holds("3046022100" + kOrder + "022100" + kS));
    EXPECT_FALSE(holds("3046022100" + std::string(64, 'f') + "022100" + kS));
}

TEST(P256, takes_points_of_the_curve_in_one_form) {
    EXPECT_TRUE(is_p256_key(key()));
    P256Key bad = key();
    bad[64] ^= 1;
    EXPECT_FALSE(is_p256_key(bad));
    for (const uint8_t form : std::array<uint8_t, 5>{0, 2, 3, 6, 7}) {
        bad = key();
        bad[0] = form;
        EXPECT_FALSE(is_p256_key(bad)) << int{form};
    }
    bad.fill(0);
    bad[0] = 4;
    EXPECT_FALSE(is_p256_key(bad)) << "infinity";
    bad.fill(0xff);
    bad[0] = 4;
    EXPECT_FALSE(is_p256_key(bad)) << "beyond the field";
}

}  // namespace
}  // namespace cordon::crypto
