// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "context.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
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

// As in context.cpp: questions before the labels are counted, and labels that one question pays
// for.
constexpr unsigned kFirstLook = 64, kLabelsAQuestion = 16;

std::vector<Label> labels_of(unsigned first, unsigned count) {
    std::vector<Label> labels;
    for (unsigned i = first; i < first + count; ++i)
        labels.push_back({kEthereum, test::address(i), "name " + std::to_string(i),
                          Category::kService, "test", 0.5});
    return labels;
}

/// Asks about addresses that nobody has labelled.
void ask(const RecordsContext& context, unsigned questions) {
    static unsigned next = 1'000'000;
    for (unsigned i = 0; i < questions; ++i)
        ASSERT_FALSE(context.label(kEthereum, test::address(next++)));
}

TEST(RecordsContext, lists_who_is_labelled_once_that_costs_less_than_asking) {
    for (const unsigned labels :
         {1U, 10U, kFirstLook * kLabelsAQuestion, kFirstLook * kLabelsAQuestion + 1, 3'000U}) {
        const Records records;
        ASSERT_TRUE(records.store->put_labels(labels_of(0, labels)));
        const RecordsContext context{*records.store};
        const unsigned paid =
            std::max(kFirstLook, (labels + kLabelsAQuestion - 1) / kLabelsAQuestion);
        ask(context, paid - 1);
        EXPECT_EQ(context.labelled_addresses(kEthereum), nullptr) << labels;
        ask(context, 1);
        const auto* listed = context.labelled_addresses(kEthereum);
        ASSERT_NE(listed, nullptr) << labels;
        EXPECT_EQ(listed->size(), labels);
        for (unsigned i = 0; i < labels; ++i) EXPECT_TRUE(listed->contains(test::address(i))) << i;
        EXPECT_FALSE(context.error());
    }
}

TEST(RecordsContext, says_the_same_by_its_list_and_one_by_one) {
    const Records records;
    std::vector<Label> labels = labels_of(0, 40);
    for (Label& label : labels_of(20, 40)) {  // Half of them twice, and half for every chain.
        label.chain.reset();
        label.text = "another " + label.text;
        label.confidence = 0.75;
        labels.push_back(label);
    }
    ASSERT_TRUE(records.store->put_labels(labels));
    const RecordsContext listed{*records.store};
    ask(listed, kFirstLook);
    ASSERT_NE(listed.labelled_addresses(kEthereum), nullptr);
    unsigned found = 0;
    for (unsigned i = 0; i < 80; ++i) {
        const RecordsContext asked{*records.store};  // Of few questions, so without a list.
        for (const ChainId chain : {kEthereum, kBitcoin}) {
            const Address who = test::address(i);
            EXPECT_EQ(listed.label(chain, who), asked.label(chain, who)) << i;
            EXPECT_EQ(listed.labels(chain, who), asked.labels(chain, who)) << i;
            EXPECT_EQ(asked.labels(chain, who), records.store->labels(chain, who).value()) << i;
            found += asked.label(chain, who).has_value();
        }
        EXPECT_EQ(asked.labelled_addresses(kEthereum), nullptr);
    }
    EXPECT_EQ(found, 60 + 40);  // All on Ethereum, and on Bitcoin those for every chain.
}

TEST(RecordsContext, changes_no_answer_when_labels_change_between) {
    const Records records;
    const auto list = [&](unsigned first) {
        const std::string version(64, static_cast<char>('0' + first));
        ASSERT_TRUE(
            records.store->put_label_list({"list", "labels", {}, version}, labels_of(first, 2)));
    };
    list(0);
    const RecordsContext context{*records.store};
    const auto text = [&](unsigned who) {
        const auto label = context.label(kEthereum, test::address(who));
        return label ? label->text : "";
    };
    EXPECT_EQ(text(0), "name 0");
    EXPECT_EQ(text(2), "");
    list(1);  // Its next version: 0 is gone, 2 has come.
    ask(context, kFirstLook);
    const auto* listed = context.labelled_addresses(kEthereum);
    ASSERT_NE(listed, nullptr);
    EXPECT_TRUE(listed->contains(test::address(0))) << "label() says something about it";
    EXPECT_EQ(text(0), "name 0");
    EXPECT_EQ(text(1), "name 1") << "asked for the first time";
    EXPECT_EQ(text(2), "");
    list(2);
    EXPECT_EQ(text(1), "name 1");
    EXPECT_EQ(text(3), "") << "came after the list was read";
    const RecordsContext next{*records.store};
    EXPECT_FALSE(next.label(kEthereum, test::address(1)));
    EXPECT_EQ(next.label(kEthereum, test::address(3))->text, "name 3");
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
