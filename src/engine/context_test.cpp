// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "context.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "builders.hpp"

namespace cordon::engine {
namespace {

struct Records {
    // Each test is a process of its own, and two of them run at a time.
    std::filesystem::path folder = std::filesystem::path{testing::TempDir()} /
                                   ("cordon-context-test-" + std::to_string(::getpid()));
    std::unique_ptr<records::Store> store;

    Records() {
        std::filesystem::remove_all(folder);
        std::filesystem::create_directories(folder);
        store = records::Store::open((folder / "records.sqlite").string()).value();
    }
    ~Records() {
        store.reset();
        std::filesystem::remove_all(folder);
    }
};

TEST(RecordsContext, knows_the_same_labels_however_many_addresses_it_is_asked_about) {
    const Records records;
    std::vector<Label> labels;
    for (unsigned i = 0; i < 50; ++i)
        labels.push_back({i % 2 == 0 ? std::optional{kEthereum} : std::nullopt,
                          test::address(i * 100), "name " + std::to_string(i), Category::kExchange,
                          "test", 0.5});
    ASSERT_TRUE(records.store->put_labels(labels));
    const RecordsContext context{*records.store};
    for (unsigned i = 0; i < 5'000; ++i) {
        const auto label = context.label(kEthereum, test::address(i));
        ASSERT_EQ(label.has_value(), i % 100 == 0) << i;
        if (label) {
            EXPECT_EQ(label->text, "name " + std::to_string(i / 100));
        }
    }
    EXPECT_FALSE(context.label(kBitcoin, test::address(0)));
    EXPECT_TRUE(context.label(kBitcoin, test::address(100)));
    EXPECT_FALSE(context.error());
}
TEST(RecordsContext, prices_at_the_last_price_before_and_never_without_one) {
    const Records records;
    ASSERT_TRUE(records.store->put_prices(
        std::vector{Price{kBitcoin, Asset{}, from_unix_seconds(100), 10.0},
                    Price{kBitcoin, Asset{}, from_unix_seconds(200), 20.0}}));
    const RecordsContext context{*records.store};
    const auto usd = [&](ChainId chain, int64_t seconds) {
        return context.usd(chain, Asset{}, Amount{50'000'000U}, from_unix_seconds(seconds));
    };
    EXPECT_EQ(usd(kBitcoin, 99), std::nullopt);
    EXPECT_EQ(usd(kBitcoin, 100), 5.0);
    EXPECT_EQ(usd(kBitcoin, 199), 5.0);
    EXPECT_EQ(usd(kBitcoin, 9999), 10.0);
    EXPECT_EQ(usd(kEthereum, 9999), std::nullopt);
    EXPECT_EQ(context.usd(kBitcoin, Asset{}, Amount{1U}, std::nullopt), std::nullopt);
}

}  // namespace
}  // namespace cordon::engine
