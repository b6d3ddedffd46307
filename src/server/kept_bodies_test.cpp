// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "kept_bodies.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace cordon::server {
namespace {

KeptBodies::Text text_of(char sign, std::size_t size = 100'000) {
    return std::make_shared<const std::string>(size, sign);
}

TEST(KeptBodies, makes_each_form_once) {
    KeptBodies kept;
    const auto text = text_of('a');
    EXPECT_EQ(kept.name(text), content_name(*text));
    const auto coded = kept.coded(text, Coding::kGzip);
    ASSERT_TRUE(coded);
    EXPECT_EQ(gunzip(*coded), *text);
    EXPECT_EQ(kept.coded(text, Coding::kGzip), coded);
    EXPECT_NE(kept.coded(text, Coding::kZstd), coded);
    EXPECT_EQ(kept.coded(text, Coding::kNone), nullptr);
}

TEST(KeptBodies, keeps_what_does_not_shrink_as_it_is) {
    KeptBodies kept;
    EXPECT_EQ(kept.coded(text_of('a', 3), Coding::kGzip), nullptr);
}

TEST(KeptBodies, never_takes_a_text_for_one_that_was_at_its_address) {
    KeptBodies kept;
    // One place for both: what the next allocation gives is nobody's promise.
    std::string place(100'000, 'a');
    KeptBodies::Text first{&place, [](const std::string*) {}};
    const std::string name = kept.name(first);
    ASSERT_TRUE(kept.coded(first, Coding::kZstd));
    first.reset();
    place.assign(100'000, 'b');
    const KeptBodies::Text second{&place, [](const std::string*) {}};
    EXPECT_NE(kept.name(second), name);
    const auto coded = kept.coded(second, Coding::kGzip);
    ASSERT_TRUE(coded);
    EXPECT_EQ(gunzip(*coded), place);
}

TEST(KeptBodies, is_bounded_and_forgets_what_nobody_asks_for) {
    constexpr std::size_t kMost = 4'000;
    KeptBodies kept{kMost};
    std::vector<KeptBodies::Text> texts;
    for (int i = 0; i < 100; ++i) {
        texts.push_back(text_of(static_cast<char>('a' + i % 26)));
        ASSERT_TRUE(kept.coded(texts.back(), Coding::kGzip));
        EXPECT_LE(kept.bytes(), kMost);
    }
    // One that is larger than all that may be kept is made, and not kept.
    KeptBodies none{0};
    EXPECT_TRUE(none.coded(texts.front(), Coding::kGzip));
    EXPECT_EQ(none.bytes(), 0u);
}

TEST(KeptBodies, serves_many_at_once) {
    KeptBodies kept{3'000};
    std::vector<KeptBodies::Text> texts;
    for (int i = 0; i < 8; ++i) texts.push_back(text_of(static_cast<char>('a' + i)));
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&, i] {
            for (int n = 0; n < 200; ++n) {
                const auto& text = texts[static_cast<std::size_t>(n + i) % texts.size()];
                const auto coded = kept.coded(text, Coding::kZstd);
                ASSERT_TRUE(coded);
                ASSERT_EQ(kept.name(text), content_name(*text));
            }
        });
    for (std::thread& each : threads) each.join();
}

}  // namespace
}  // namespace cordon::server
