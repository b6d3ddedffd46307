// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "delay.hpp"

#include <gtest/gtest.h>

#include <cordon/chain/text.hpp>

namespace cordon::wallet {
namespace {

std::string evm_text(char digit) { return "0x" + std::string(40, digit); }
Address evm(char digit) { return chain::parse_address(kEthereum, evm_text(digit)).value(); }

std::string plan_text() {
    return "version: 1\nchain: eth\nsafe: \"" + evm_text('5') + "\"\nowners: [\"" + evm_text('1') +
           "\", \"" + evm_text('2') + "\", \"" + evm_text('3') + "\"]\nthreshold: 2\nqueuers: [\"" +
           evm_text('4') +
           "\"]\ncooldown: 24h\nexpiration: 48h\nanswer: 4h\nwatchers: [treasury on call]\n";
}
std::string with(const std::string& before, const std::string& after) {
    std::string text = plan_text();
    text.replace(text.find(before), before.size(), after);
    return text;
}
std::vector<Purse> purses() {
    const AccountPurse account{7, Amount{30U}, Amount{1U}, Amount{500'000U}};
    return {{kEthereum, evm('4'), account},
            {kEthereum, evm('6'), account},
            {kEthereum, evm('5'), SafePurse{Amount{12U}, "1.4.1"}}};
}
void expect_refused(const std::string& text, std::string_view why) {
    const auto plan = parse_delay(text, "plan");
    ASSERT_FALSE(plan) << text;
    EXPECT_NE(plan.error().message.find(why), std::string::npos) << plan.error().message;
    EXPECT_NE(plan.error().message.find("plan:"), std::string::npos) << plan.error().message;
}

TEST(Delay, refuses_plans_that_stop_nothing) {
    ASSERT_TRUE(parse_delay(plan_text(), "plan"));
    expect_refused(with("answer: 4h", "answer: 24h"), "less than the cooldown");
    expect_refused(with("threshold: 2", "threshold: 1"), "at least 2");
    expect_refused(with("threshold: 2", "threshold: 4"), "at most 3");
    expect_refused(with(evm_text('4'), evm_text('1')), "both parts");
    expect_refused(with(evm_text('4'), evm_text('5')), "both parts");
    expect_refused(with(evm_text('4'), evm_text('0')), "nobody");
    expect_refused(with("cooldown: 24h", "cooldown: 0h"), "duration");
    expect_refused(with("chain: eth", "chain: btc"), "EVM");
    expect_refused(with("watchers: [treasury on call]", "watchers: []"), "watchers");
    expect_refused(with("version: 1", "version: 1\ncancellers: []"), "unknown field");
}

TEST(Delay, says_in_words_what_it_does_not_stop) {
    const DelayPlan plan = parse_delay(plan_text(), "plan").value();
    const std::string words = delay_words(plan).value();
    for (const std::string_view part :
         {"may leave 1 day later", "2 days after that it is void", "within 4 hours",
          "up to 1 of the owners", "2 stolen or deceived owners", "sleep longer than 1 day",
          "treasury on call: each TransactionAdded"})
        EXPECT_NE(words.find(part), std::string::npos) << part << "\n" << words;
    const DelayPlan never =
        parse_delay(with("expiration: 48h", "expiration: never"), "plan").value();
    EXPECT_NE(delay_words(never).value().find("never void"), std::string::npos);
}

TEST(Delay, has_another_address_when_anything_of_it_is_another) {
    const Address address = delay_address(parse_delay(plan_text(), "plan").value()).value();
    for (const auto& [before, after] : {std::pair{"cooldown: 24h", "cooldown: 25h"},
                                        std::pair{"expiration: 48h", "expiration: never"},
                                        std::pair{"answer: 4h", "answer: 4h\nsalt: 1"}})
        EXPECT_NE(delay_address(parse_delay(with(before, after), "plan").value()).value(), address)
            << after;
    // Who may queue is said later, and can change.
    EXPECT_EQ(
        delay_address(parse_delay(with(evm_text('4'), evm_text('9')), "plan").value()).value(),
        address);
}

TEST(Delay, is_set_up_last_of_all_with_the_right_to_act) {
    const DelayPlan plan = parse_delay(plan_text(), "plan").value();
    auto from = purses();
    const auto steps = delay_setup(plan, evm('6'), from).value();
    ASSERT_EQ(steps.size(), 3U);
    EXPECT_EQ(steps[0].payload.type, "evm");
    EXPECT_EQ(steps[1].payload.type, "safe");
    EXPECT_NE(steps[1].payload.data.find("\"nonce\":\"12\""), std::string::npos);
    EXPECT_EQ(steps[2].name, "enable");
    EXPECT_NE(steps[2].payload.data.find("\"nonce\":\"13\""), std::string::npos);
}

TEST(Delay, queues_for_queuers_and_cancels_by_the_safe_only) {
    const DelayPlan plan = parse_delay(plan_text(), "plan").value();
    auto from = purses();
    const ContractCall payment = payment_call(kEthereum, Asset{}, evm('8'), Amount{5U}).value();
    EXPECT_TRUE(delay_queue(plan, evm('4'), payment, from));
    EXPECT_EQ(delay_queue(plan, evm('6'), payment, from).error().code, ErrorCode::kInvalidParam);
    EXPECT_TRUE(delay_execute(plan, evm('6'), payment, from));
    EXPECT_EQ(delay_execute(plan, evm('7'), payment, from).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(delay_cancel(plan, Amount{}, from).error().code, ErrorCode::kInvalidParam);
    EXPECT_EQ(delay_cancel(plan, Amount{3U}, from).value().type, "safe");
}

}  // namespace
}  // namespace cordon::wallet
