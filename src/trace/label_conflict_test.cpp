// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "label_conflict.hpp"

#include <gtest/gtest.h>

#include "trace.hpp"

namespace cordon::trace {
namespace {

Label said(Category category, std::string text, std::string entity = {}) {
    return Label{.chain = std::nullopt,
                 .address = {},
                 .text = std::move(text),
                 .category = category,
                 .source = "source of " + std::string{to_string(category)},
                 .confidence = 0.5,
                 .entity = std::move(entity)};
}

bool disagree(std::vector<Label> labels) {
    return label_conflict(labels, default_stop_categories()).has_value();
}

TEST(LabelConflict, a_service_for_one_and_a_thief_for_another_is_shown_with_both) {
    const std::vector labels{said(Category::kExchange, "Binance 14"),
                             said(Category::kTheft, "Exploiter")};
    const auto why = label_conflict(labels, default_stop_categories());
    ASSERT_TRUE(why);
    EXPECT_NE(why->find("exchange \"Binance 14\" (source of exchange"), std::string::npos) << *why;
    EXPECT_NE(why->find("theft \"Exploiter\""), std::string::npos) << *why;
}

TEST(LabelConflict, one_name_written_in_three_ways_is_one_name) {
    EXPECT_FALSE(disagree({said(Category::kExchange, "Binance 14"),
                           said(Category::kExchange, "hot wallet", "binance"),
                           said(Category::kDeposit, "Binance.com: Deposit")}));
}

TEST(LabelConflict, two_services_are_two_to_ask) {
    EXPECT_TRUE(disagree({said(Category::kExchange, "Binance"), said(Category::kExchange, "OKX")}));
    EXPECT_TRUE(disagree({said(Category::kTheft, "x"), said(Category::kExchange, "OKX")}));
}

TEST(LabelConflict, none_and_one_and_those_who_are_no_service_agree) {
    EXPECT_FALSE(disagree({}));
    EXPECT_FALSE(disagree({said(Category::kMixer, "A")}));
    EXPECT_FALSE(disagree({said(Category::kScam, "A"), said(Category::kTheft, "B")}));
    EXPECT_FALSE(disagree({said(Category::kExchange, "A"), said(Category::kOther, "B")}));
}

TEST(LabelConflict, follows_the_categories_that_this_trace_stops_at) {
    const std::vector labels{said(Category::kExchange, "A"), said(Category::kMixer, "A")};
    EXPECT_FALSE(label_conflict(labels, default_stop_categories()));
    EXPECT_TRUE(label_conflict(labels, std::vector{Category::kMixer}));
    EXPECT_FALSE(label_conflict(labels, {}));
}

}  // namespace
}  // namespace cordon::trace
