// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cordon/chain/evm/delay_module.hpp>

#include "safe.hpp"
#include "test_payload.hpp"

namespace cordon::explain::test {
namespace {

const Address kDelay = account(0xde), kOther = account(0x44);

Context book() {
    Context out;
    BookEntry delay{kEthereum, kDelay, "Delay"};
    delay.delay_of = kSafe;
    out.book.push_back(delay);
    return out;
}
/// A call of the Delay around another one: to, value, bytes, operation.
Bytes around(std::string_view signature, const Address& to, uint64_t value, uint8_t operation = 0) {
    return selector(signature) + word(to) + word(Amount{value}) + word(Amount{128U}) +
           word(Amount{operation}) + word(Amount{0U});
}
constexpr std::string_view kQueue = "execTransactionFromModule(address,uint256,bytes,uint8)";
constexpr std::string_view kExecute = "executeNextTx(address,uint256,bytes,uint8)";

TEST(DelayCalls, tell_what_waits_as_the_payment_of_the_account_behind) {
    for (const std::string_view signature : {kQueue, kExecute}) {
        const auto out = explain_safe(proposal(kDelay, around(signature, kPayee, 5)), book());
        ASSERT_EQ(out.effects.size(), 2U) << signature;
        EXPECT_EQ(out.effects[1].kind, EffectKind::kTransfer);
        EXPECT_EQ(out.effects[1].who, chain::format_address(kEthereum, kSafe));
        EXPECT_EQ(out.effects[1].to, chain::format_address(kEthereum, kPayee));
    }
    // Without the book nobody is said to pay who does not.
    const auto out = explain_safe(proposal(kDelay, around(kExecute, kPayee, 5)), {});
    EXPECT_EQ(out.effects.at(1).who, "");
}

TEST(DelayCalls, block_foreign_code_that_waits) {
    const auto out = explain_safe(proposal(kDelay, around(kQueue, kStranger, 0, 1)), book());
    EXPECT_EQ(out.verdict, Verdict::kBlock);
    const auto odd = explain_safe(proposal(kDelay, around(kQueue, kStranger, 0, 2)), book());
    EXPECT_EQ(odd.effects.back().kind, EffectKind::kUnknown);
}

TEST(DelayCalls, want_who_may_queue_in_the_book_for_just_that) {
    const auto add = proposal(kDelay, selector("enableModule(address)") + word(kOther));
    Context context = book();
    EXPECT_EQ(explain_safe(add, context).verdict, Verdict::kWarn);
    context.book.push_back({kEthereum, kOther, "Queuer"});
    context.book.back().queuer = true;
    EXPECT_EQ(explain_safe(add, context).verdict, Verdict::kOk);
    // It vouches for nothing else: neither a module of the Safe nor an owner.
    for (const Bytes& more :
         {selector("enableModule(address)") + word(kOther),
          selector("addOwnerWithThreshold(address,uint256)") + word(kOther) + word(Amount{2U})})
        EXPECT_NE(explain_safe(proposal(kSafe, more), context).verdict, Verdict::kOk);
    const auto stranger = proposal(kDelay, selector("enableModule(address)") + word(kStranger));
    EXPECT_EQ(explain_safe(stranger, context).verdict, Verdict::kBlock);
}

TEST(DelayCalls, say_when_the_protection_ends) {
    const auto shorten = [](uint64_t seconds) {
        return proposal(kDelay, selector("setTxCooldown(uint256)") + word(Amount{seconds}));
    };
    EXPECT_EQ(raised(explain_safe(shorten(60), book()), "R5"), Verdict::kWarn);
    EXPECT_EQ(raised(explain_safe(shorten(0), book()), "R5"), Verdict::kBlock);
    const auto cancel =
        explain_safe(proposal(kDelay, selector("setTxNonce(uint256)") + word(Amount{8U})), book());
    EXPECT_EQ(cancel.verdict, Verdict::kOk);
    EXPECT_NE(cancel.summary.find("before number 8"), std::string::npos) << cancel.summary;
}

TEST(DelayCalls, name_the_address_that_is_made_and_who_may_change_it) {
    const auto make = [](const Address& owner, uint64_t cooldown) {
        const Bytes setup =
            chain::encode_delay_setup({owner, kSafe, kSafe, Amount{cooldown}, Amount{172'800U}})
                .value();
        Bytes data = selector("deployModule(address,bytes,uint256)") +
                     word(chain::delay_master_copy()) + word(Amount{96U}) + word(Amount{7U}) +
                     word(Amount{uint64_t{setup.size()}}) + setup;
        data.resize(data.size() + (32 - setup.size() % 32) % 32, 0);
        return proposal(chain::module_proxy_factory(), data);
    };
    const auto out = explain_safe(make(kSafe, 86'400), {});
    EXPECT_EQ(out.verdict, Verdict::kOk) << out.summary;
    EXPECT_NE(out.summary.find("1 day later"), std::string::npos) << out.summary;
    EXPECT_EQ(raised(explain_safe(make(kStranger, 86'400), {}), "E15"), Verdict::kWarn);
    EXPECT_EQ(raised(explain_safe(make(kSafe, 0), {}), "E15"), Verdict::kBlock);
    SafeProposal foreign = make(kSafe, 86'400);
    foreign.txn.to = kStranger;
    EXPECT_EQ(raised(explain_safe(foreign, {}), "E15"), Verdict::kWarn);
}

}  // namespace
}  // namespace cordon::explain::test
