// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <rapidcheck.h>
#include <memory>
#include <numeric>
#include <random>

#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/wallet/ur/bytewords.hpp>

#include "dice.hpp"
#include "gf256.hpp"
#include "sskr.hpp"

namespace cordon::vault {
namespace {

/// Random bytes that a test can have again.
Random seeded(uint32_t seed) {
    return [engine = std::make_shared<std::mt19937>(seed)](std::span<uint8_t> out) {
        for (uint8_t& byte : out) byte = static_cast<uint8_t>((*engine)());
    };
}

Bytes secret_of(std::size_t size, uint32_t seed) {
    Bytes out(size);
    seeded(seed ^ 0x5eedU)(out);
    return out;
}

static_assert(gf_multiply(0x57, 0x83) == 0xc1);  // FIPS 197 §4.2.
static_assert(gf_inverse(0x53) == 0xca && gf_inverse(0) == 0 && gf_inverse(1) == 1);

TEST(Gf256, is_a_field) {
    for (unsigned a = 1; a < 256; ++a) {
        const auto x = static_cast<uint8_t>(a);
        EXPECT_EQ(gf_multiply(x, gf_inverse(x)), 1);
        for (unsigned b = 0; b < 256; ++b) {
            const auto y = static_cast<uint8_t>(b);
            EXPECT_EQ(gf_multiply(x, y), gf_multiply(y, x));
            EXPECT_EQ(gf_multiply(3, static_cast<uint8_t>(a ^ b)),
                      gf_multiply(3, x) ^ gf_multiply(3, y));
        }
    }
}

TEST(Shamir, any_shares_that_are_enough_restore_and_fewer_do_not) {
    EXPECT_TRUE(rc::check([](uint32_t seed) {
        const auto size = 2 * *rc::gen::inRange<std::size_t>(8, 17);
        const auto count = *rc::gen::inRange(2U, 17U);
        const auto threshold = *rc::gen::inRange(2U, count + 1);
        const Bytes secret = secret_of(size, seed);
        auto shares = split_secret(secret, threshold, count, seeded(seed)).value();
        std::shuffle(shares.begin(), shares.end(), std::mt19937{seed});
        const std::span<const ShamirShare> all = shares;
        for (unsigned some = threshold; some <= count; ++some) {
            const auto joined = join_secret(all.first(some), threshold, size).value();
            RC_ASSERT(std::ranges::equal(joined.view().first(size), secret));
        }
        RC_ASSERT(join_secret(all.first(threshold - 1), threshold, size).error().code ==
                  ErrorCode::kTruncated);
        // Who lies about the threshold gets nothing, either: the digest does not fit.
        if (threshold > 2)
            RC_ASSERT(join_secret(all.first(threshold - 1), threshold - 1, size).error().code ==
                      ErrorCode::kChecksum);
    }));
}

TEST(Shamir, one_changed_bit_is_noticed) {
    EXPECT_TRUE(rc::check([](uint32_t seed) {
        auto shares = split_secret(secret_of(16, seed), 3, 5, seeded(seed)).value();
        const auto which = *rc::gen::inRange<std::size_t>(0, 5);
        const auto bit = *rc::gen::inRange<std::size_t>(0, 128);
        shares[which].y.bytes()[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
        RC_ASSERT(join_secret(shares, 3, 16).error().code == ErrorCode::kChecksum);
    }));
}

TEST(Shamir, one_share_of_two_tells_nothing_of_a_byte) {
    // Of 2 shares a byte is s(0) = the line through (254, digest) and (255, secret) at 0. For each
    // of two secrets the values of one share are counted over many splits: both look uniform, so a
    // share says as much of one secret as of the other. Chi-square, 255 degrees of freedom; 350 is
    // passed once in 20,000 times, and the seeds are fixed.
    constexpr unsigned kSplits = 256 * 40;
    for (const uint8_t value : {uint8_t{0}, uint8_t{0xa7}}) {
        const Bytes secret(16, value);
        std::array<unsigned, 256> seen{};
        const Random random = seeded(7);
        // Byte 8 lies behind the digest's four bytes, where all of the digest share is random.
        for (unsigned i = 0; i < kSplits; ++i)
            ++seen[split_secret(secret, 2, 3, random).value()[1].y.bytes()[8]];
        double chi = 0;
        for (const unsigned times : seen) chi += (times - 40.0) * (times - 40.0) / 40.0;
        EXPECT_LT(chi, 350);
        EXPECT_GT(chi, 170);
    }
}

TEST(Shamir, senseless_sizes_are_refused) {
    const Random random = seeded(1);
    const Bytes secret(16, 1);
    for (const auto& [threshold, count] :
         std::vector<std::pair<unsigned, unsigned>>{{0, 1}, {3, 2}, {1, 2}, {2, 17}, {0, 0}})
        EXPECT_EQ(split_secret(secret, threshold, count, random).error().code,
                  ErrorCode::kInvalidParam);
    for (const std::size_t size : {0U, 15U, 17U, 34U})
        EXPECT_FALSE(split_secret(Bytes(size, 1), 2, 3, random));
    const auto shares = split_secret(secret, 2, 3, random).value();
    EXPECT_EQ(join_secret(std::vector{shares[0], shares[0]}, 2, 16).error().code,
              ErrorCode::kDuplicate);
    EXPECT_FALSE(join_secret({}, 1, 16));
    EXPECT_FALSE(join_secret(shares, 0, 16));
}

std::vector<std::string> words(const std::vector<SskrShare>& shares) {
    std::vector<std::string> out;
    for (const SskrShare& share : shares) out.push_back(share.words);
    return out;
}

TEST(Sskr, groups_that_are_enough_restore_and_one_fewer_does_not) {
    EXPECT_TRUE(rc::check([](uint32_t seed) {
        SskrPlan plan;
        const auto groups = *rc::gen::inRange(1U, 5U);
        plan.threshold = groups == 1 ? 1 : *rc::gen::inRange(2U, groups + 1);
        for (unsigned i = 0; i < groups; ++i) {
            const auto count = *rc::gen::inRange(1U, 5U);
            plan.groups.push_back({count == 1 ? 1 : *rc::gen::inRange(2U, count + 1), count});
        }
        const Bytes secret = secret_of(32, seed);
        const auto shares = split_sskr(secret, plan, seeded(seed)).value();
        std::mt19937 engine{seed};
        std::vector<unsigned> order(groups);
        std::iota(order.begin(), order.end(), 1U);
        std::shuffle(order.begin(), order.end(), engine);
        std::vector<std::string> taken;
        for (unsigned i = 0; i < plan.threshold; ++i) {
            std::vector<std::string> members;
            for (const SskrShare& share : shares)
                if (share.group == order[i]) members.push_back(share.words);
            std::shuffle(members.begin(), members.end(), engine);
            members.resize(plan.groups[order[i] - 1].threshold);
            taken.insert(taken.end(), members.begin(), members.end());
        }
        std::shuffle(taken.begin(), taken.end(), engine);
        RC_ASSERT(join_sskr(taken).value() == secret);
        RC_ASSERT(join_sskr(words(shares)).value() == secret);
        taken.push_back(taken.front());
        RC_ASSERT(join_sskr(taken).value() == secret);
        taken.pop_back();
        taken.pop_back();
        RC_ASSERT(join_sskr(taken).error().code == ErrorCode::kTruncated);
    }));
}

TEST(Sskr, shares_of_two_backups_do_not_mix) {
    const SskrPlan plan{1, {{2, 3}}};
    const auto one = words(split_sskr(secret_of(16, 1), plan, seeded(1)).value());
    const auto two = words(split_sskr(secret_of(16, 1), plan, seeded(2)).value());
    EXPECT_EQ(join_sskr(std::vector{one[0], two[1]}).error().code, ErrorCode::kConflict);
    EXPECT_EQ(join_sskr(std::vector{one[0], one[1], two[2]}).error().code, ErrorCode::kConflict);
    EXPECT_TRUE(join_sskr(std::vector{one[0], one[2]}));
}

TEST(Sskr, a_wrong_word_is_told_by_its_place_and_not_shown) {
    auto shares = words(split_sskr(secret_of(32, 3), {1, {{2, 2}}}, seeded(3)).value());
    EXPECT_EQ(std::ranges::count(shares[0], ' '), 45);
    std::string changed = shares[1];
    changed.replace(60, 4, changed.substr(60, 4) == "able" ? "acid" : "able");
    EXPECT_EQ(join_sskr(std::vector{shares[0], changed}).error().code, ErrorCode::kChecksum);
    changed.replace(60, 4, "hunt");
    const auto refused = join_sskr(std::vector{shares[0], changed});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, testing::HasSubstr("share 2: word 13"));
    EXPECT_THAT(refused.error().message, testing::Not(testing::HasSubstr("hunt")));
    // As people type: capitals, line breaks.
    std::string typed = "  " + shares[0] + "\n";
    for (std::size_t i = 0; i < typed.size(); ++i) {
        typed[i] = static_cast<char>(std::toupper(typed[i]));
        if (typed[i] == ' ' && i % 3 == 0) typed[i] = '\n';
    }
    EXPECT_TRUE(join_sskr(std::vector{typed, shares[1]}));
}

TEST(Sskr, hostile_shares_are_refused) {
    EXPECT_FALSE(join_sskr({}));
    for (const std::string text : {"", " ", "able", "ur:sskr/", "ur:bytes/aeadaolazmjendeoti"})
        EXPECT_FALSE(join_sskr(std::vector{text}));
    const auto share = [](std::string_view hex) {
        return wallet::to_bytewords(parse_hex(hex).value(), wallet::WordStyle::kWords);
    };
    const std::string value(32, '7');
    EXPECT_TRUE(
        join_sskr(std::vector{share("d99d7555"
                                    "0001000000" +
                                    value)}));  // 1 of 1.
    EXPECT_FALSE(
        join_sskr(std::vector{share("d99d7555"
                                    "0001000010" +
                                    value)}));  // Reserved bits.
    EXPECT_FALSE(
        join_sskr(std::vector{share("d99d7555"
                                    "0001100000" +
                                    value)}));  // 2 of 1 groups.
    EXPECT_FALSE(
        join_sskr(std::vector{share("d99d7555"
                                    "0001001000" +
                                    value)}));  // Group 2 of 1.
    EXPECT_FALSE(
        join_sskr(std::vector{share("d99d7545"
                                    "0001000000")}));
    EXPECT_FALSE(
        join_sskr(std::vector{share("d99d7655"
                                    "0001000000" +
                                    value)}));  // Another tag.
}

TEST(Dice, are_what_sha256sum_says) {
    const std::string rolls =
        "162534461352614253364152163425361452631425364152635142635241362514263514265342615342"
        "156234651234563";
    ASSERT_EQ(rolls.size(), 99U);
    const auto dice = entropy_of_dice(rolls, 32).value();
    EXPECT_EQ(
        to_hex(dice.entropy.view()),
        to_hex(crypto::sha256({reinterpret_cast<const uint8_t*>(rolls.data()), rolls.size()})));
    const auto spaced = entropy_of_dice(" " + rolls.substr(0, 50) + "\n" + rolls.substr(50), 32);
    EXPECT_EQ(spaced->entropy.bytes(), dice.entropy.bytes());
    EXPECT_NE(entropy_of_dice(rolls, 32, seeded(1))->entropy.bytes(), dice.entropy.bytes());
    EXPECT_TRUE(entropy_of_dice(rolls, 16));
}

TEST(Dice, too_few_or_no_rolls_are_refused) {
    EXPECT_EQ(entropy_of_dice(std::string(98, '3'), 32).error().code, ErrorCode::kTruncated);
    EXPECT_EQ(entropy_of_dice(std::string(49, '3'), 16).error().code, ErrorCode::kTruncated);
    EXPECT_EQ(entropy_of_dice(std::string(99, '7'), 32).error().code, ErrorCode::kMalformed);
    EXPECT_EQ(entropy_of_dice(std::string(99, '3'), 33).error().code, ErrorCode::kInvalidParam);
    EXPECT_FALSE(entropy_of_dice("", 16));
    EXPECT_EQ(entropy_of_dice(std::string(10'001, '3'), 16).error().code, ErrorCode::kLimit);
}

TEST(Dice, what_no_die_does_is_warned_of_and_what_dice_do_is_not) {
    std::string pattern, honest;
    for (int i = 0; i < 99; ++i) pattern += static_cast<char>('1' + i % 6);
    EXPECT_FALSE(entropy_of_dice(pattern, 32)->warnings.empty());
    EXPECT_GE(entropy_of_dice(std::string(99, '4'), 32)->warnings.size(), 2U);
    std::mt19937 engine{11};
    std::string biased;
    for (int i = 0; i < 99; ++i)
        biased += static_cast<char>(engine() % 3 == 0 ? '6' : '1' + engine() % 6);
    EXPECT_FALSE(entropy_of_dice(biased, 32)->warnings.empty());
    unsigned warned = 0;
    for (int series = 0; series < 2000; ++series) {
        honest.clear();
        for (int i = 0; i < 99; ++i) honest += static_cast<char>('1' + engine() % 6);
        warned += !entropy_of_dice(honest, 32)->warnings.empty();
    }
    EXPECT_LE(warned, 6U);
}

}  // namespace
}  // namespace cordon::vault
