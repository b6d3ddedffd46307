// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "fido_assert.hpp"

#include <gtest/gtest.h>

#include "test_signer.hpp"

namespace cordon::wallet {
namespace {

TEST(FidoAssert, gives_a_statement_that_verifies) {
    Statement statement;
    statement.subject = Subject::kBreaker;
    statement.by = "bob";
    statement.time = from_unix_seconds(1'767'225'600);
    statement.expires = statement.time + Seconds{3600};
    statement.about = breaker_text("global", statement.time).value();
    TestSigner signer{ApproverKey::Kind::kFidoEs256, 8};
    const SignedStatement made = signer.sign(statement);

    Bytes cbor{0x58, 37};
    cbor.insert(cbor.end(), made.authenticator_data.begin(), made.authenticator_data.end());
    const std::string hash = to_base64(crypto::sha256(test_view(made.text)));
    const std::string good =
        hash + "\ncordon.example\n" + to_base64(cbor) + "\n" + to_base64(made.signature) + "\n";
    const auto read = signed_by_fido2_assert(made.text, good);
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, made);
    EXPECT_TRUE(verify_signed(*read, signer.key()));
    EXPECT_TRUE(signed_by_fido2_assert(made.text, good + "AAAA\n"));

    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(signed_by_fido2_assert(made.text, good.substr(0, size)));
    EXPECT_EQ(signed_by_fido2_assert(made.text + "x: y\n", good).error().code,
              ErrorCode::kConflict);
    for (const Bytes& bad : {Bytes{}, Bytes{0x58}, Bytes{0x59, 0}, Bytes{0x5b, 0, 0, 0, 0},
                             Bytes{0x42, 1}, Bytes{0x41, 1, 2}, Bytes{0x61, 1}})
        EXPECT_FALSE(signed_by_fido2_assert(
            made.text, hash + "\nr\n" + to_base64(bad) + "\n" + to_base64(made.signature) + "\n"));
}

}  // namespace
}  // namespace cordon::wallet
