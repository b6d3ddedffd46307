// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "evm.hpp"

#include <gtest/gtest.h>

#include "message.hpp"
#include "test_payload.hpp"
#include "typed_data.hpp"

namespace cordon::explain {
namespace {

using namespace test;

Explanation only(Result<std::vector<Explanation>> all) {
    EXPECT_TRUE(all) << (all ? "" : all.error().message);
    if (!all || all->size() != 1) return {};
    return all->front();
}

Explanation call(const Bytes& data, Context context = {}) {
    context.target = kToken;
    return only(explain_evm(to_hex0x(data), context));
}

// EIP-155's example, of the account 0x9d8a….
constexpr std::string_view kSigned =
    "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028"
    "ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800"
    "ccf555c9f3dc64214b297fb1966a3b6d83";

TEST(Evm, recovers_who_signed) {
    const Explanation out = only(explain_evm(kSigned, {}));
    EXPECT_EQ(out.verdict, Verdict::kOk);
    ASSERT_EQ(out.effects.size(), 2U);
    EXPECT_EQ(out.effects[0].who, "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");
    EXPECT_EQ(out.effects[1].kind, EffectKind::kFee);
    Context other;
    other.account = kStranger;
    EXPECT_EQ(raised(only(explain_evm(kSigned, other)), "E7"), Verdict::kBlock);
    other = {};
    other.chain = ChainId{ChainFamily::kEvm, 137};
    EXPECT_EQ(raised(only(explain_evm(kSigned, other)), "E11"), Verdict::kBlock);
}

TEST(Evm, reads_requests_of_wallets) {
    const std::string json = format(
        R"({{"chainId":"0x1","from":"{}","to":"{}","value":"0xde0b6b3a7640000","input":"0x"}})",
        to_hex0x(kPayee.payload()), to_hex0x(kStranger.payload()));
    const Explanation out = only(explain_evm(json, {}));
    EXPECT_EQ(out.effects.at(0).text.find("1 ETH") != std::string::npos, true);
    EXPECT_FALSE(explain_evm(R"({"to":5})", {}));
    EXPECT_FALSE(explain_evm("", {}));
    EXPECT_FALSE(explain_evm("0x", {}));
    EXPECT_FALSE(explain_evm("0xzz", {}));
    EXPECT_FALSE(explain_evm(kSigned.substr(0, 40), {}));
}

TEST(Evm, blocks_the_set_up_of_a_wallet_in_use) {
    const Bytes data = selector("initWallet(address[],uint256,uint256)") +
                       word(Amount{uint64_t{96}}) + word(Amount{uint64_t{1}}) + word(Amount{}) +
                       word(Amount{uint64_t{1}}) + word(kStranger);
    const Explanation out = call(data);
    EXPECT_EQ(raised(out, "R5"), Verdict::kBlock);
    EXPECT_EQ(raised(out, "R2"), Verdict::kBlock);
}

TEST(Evm, asks_about_unlimited_allowances_and_lets_them_end) {
    const Bytes approve = selector("approve(address,uint256)") + word(kStranger);
    EXPECT_EQ(raised(call(approve + word(Amount::max())), "E2"), Verdict::kWarn);
    EXPECT_TRUE(call(approve + word(Amount::max())).effects.at(0).unlimited);
    EXPECT_EQ(call(approve + word(Amount{})).verdict, Verdict::kOk);
    Context context;
    context.book.push_back({kEthereum, kStranger, "Router", false, false, false, false, true});
    EXPECT_EQ(call(approve + word(Amount::max()), context).verdict, Verdict::kOk);
    context.book[0].address = kPayee;
    EXPECT_EQ(call(approve + word(Amount::max()), context).verdict, Verdict::kBlock);
}

TEST(Evm, follows_calls_in_calls) {
    const Bytes inner = selector("transferOwnership(address)") + word(kStranger);
    const Bytes exec = with_bytes("execute(address,uint256,bytes)",
                                  word(kPayee) + word(Amount{uint64_t{3}}), inner);
    const Explanation out = call(exec);
    ASSERT_EQ(out.effects.size(), 2U);
    EXPECT_EQ(out.effects[0].who, to_hex0x(kToken.payload()));
    EXPECT_EQ(out.effects[1].kind, EffectKind::kOwnership);
    EXPECT_EQ(out.effects[1].where, "call 1");
    EXPECT_EQ(raised(out, "R5"), Verdict::kBlock);
}

TEST(Evm, gives_a_whole_contract_to_those_only_who_are_vouched_for) {
    const Bytes hand_over = selector("transferOwnership(address)") + word(kStranger);
    EXPECT_EQ(call(hand_over).verdict, Verdict::kBlock);
    Context context;
    context.book.push_back({kEthereum, kStranger, "Timelock", false, false, true});
    EXPECT_EQ(call(hand_over, context).verdict, Verdict::kOk);
}

TEST(Evm, blocks_a_delegation_to_code_nobody_vouches_for) {
    const std::string json = format(
        R"({{"chainId":1,"from":"{0}","to":"{0}","authorizationList":[{{"chainId":0,"address":"{1}","nonce":1}}]}})",
        to_hex0x(kPayee.payload()), to_hex0x(kStranger.payload()));
    const Explanation out = only(explain_evm(json, {}));
    EXPECT_EQ(raised(out, "E4"), Verdict::kBlock);
    EXPECT_EQ(raised(out, "E11"), Verdict::kWarn);
}

std::string permit(std::string_view amount, std::string_view extra = "") {
    return format(
        R"({{"types":{{"Permit":[{{"name":"owner","type":"address"}},{{"name":"spender","type":"address"}},)"
        R"({{"name":"value","type":"uint256"}},{{"name":"nonce","type":"uint256"}},)"
        R"({{"name":"deadline","type":"uint256"}}]}},"primaryType":"Permit",)"
        R"("domain":{{"name":"T","chainId":1,"verifyingContract":"{}"}},)"
        R"("message":{{"owner":"{}","spender":"{}","value":"{}","nonce":0,"deadline":1900000000{}}}}})",
        to_hex0x(kToken.payload()), to_hex0x(kPayee.payload()), to_hex0x(kStranger.payload()),
        amount, extra);
}

TEST(TypedData, says_what_a_permit_gives_away) {
    const Explanation out = only(explain_typed_data(permit("5"), {}));
    ASSERT_EQ(out.effects.size(), 1U);
    EXPECT_EQ(out.effects[0].kind, EffectKind::kAllowance);
    EXPECT_EQ(out.effects[0].amount, Amount{uint64_t{5}});
    EXPECT_EQ(raised(out, "E10"), Verdict::kWarn);
    EXPECT_EQ(out.hashes.back().name, "EIP-712 digest");
    Context wrong;
    wrong.chain = ChainId{ChainFamily::kEvm, 10};
    EXPECT_EQ(raised(only(explain_typed_data(permit("5"), wrong)), "E11"), Verdict::kBlock);
    EXPECT_EQ(raised(only(explain_typed_data(permit("5", R"(,"note":"gift")"), {})), "E7"),
              Verdict::kWarn);
}

TEST(TypedData, shows_and_warns_of_what_it_does_not_know) {
    const std::string json =
        R"({"types":{"Foo":[{"name":"a","type":"string"}]},"primaryType":"Foo",)"
        R"("domain":{"name":"T"},"message":{"a":"hello"}})";
    const Explanation out = only(explain_typed_data(json, {}));
    EXPECT_EQ(out.effects.at(0).kind, EffectKind::kUnknown);
    EXPECT_EQ(raised(out, "E1"), Verdict::kWarn);
    EXPECT_NE(out.summary.find("hello"), std::string::npos);
    EXPECT_FALSE(explain_typed_data("{}", {}));
    EXPECT_FALSE(explain_typed_data("", {}));
}

TEST(Message, lets_words_pass_and_no_hashes) {
    EXPECT_EQ(only(explain_message("I agree to the terms.", {})).verdict, Verdict::kOk);
    EXPECT_EQ(only(explain_message("0x" + std::string(64, 'a'), {})).verdict, Verdict::kBlock);
    EXPECT_EQ(only(explain_message(std::string(32, '\xff'), {})).verdict, Verdict::kBlock);
    EXPECT_EQ(only(explain_message("please confirm your seed phrase", {})).verdict, Verdict::kWarn);
}

}  // namespace
}  // namespace cordon::explain
