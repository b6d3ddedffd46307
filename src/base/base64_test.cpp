// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "base64.hpp"

#include <gtest/gtest.h>

namespace cordon {
namespace {

std::string text(std::string_view words) {
    return to_base64({reinterpret_cast<const uint8_t*>(words.data()), words.size()});
}

TEST(Base64, writes_the_examples_of_rfc_4648) {
    EXPECT_EQ(text(""), "");
    EXPECT_EQ(text("f"), "Zg==");
    EXPECT_EQ(text("fo"), "Zm8=");
    EXPECT_EQ(text("foobar"), "Zm9vYmFy");
}

TEST(Base64, reads_what_it_writes) {
    Bytes bytes;
    for (unsigned i = 0; i < 300; ++i) {
        EXPECT_EQ(parse_base64(to_base64(bytes)).value(), bytes);
        bytes.push_back(static_cast<uint8_t>(i * 7));
    }
}

TEST(Base64, refuses_every_other_form) {
    for (const std::string_view bad : {"Zg", "Zg=", "Zg===", "Z===", "====", "Zh==", "Zm9=",
                                       "Zm9vYmF\n", "Zm9v YmFy", "=Zm9", "Zm=v", "Zm8=Zm8="})
        EXPECT_FALSE(parse_base64(bad)) << bad;
}

}  // namespace
}  // namespace cordon
