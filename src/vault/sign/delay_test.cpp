// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cordon/base/format.hpp>
#include <cordon/chain/evm/abi.hpp>
#include <cordon/chain/evm/txn.hpp>
#include <cordon/explain/delay_payload.hpp>
#include <cordon/explain/safe_tx.hpp>
#include <cordon/wallet/delay.hpp>

#include "../test_world.hpp"
#include "review.hpp"

namespace cordon::vault {
namespace {

using namespace test;

const Address kPayee =
    chain::parse_address(kEthereum, "0x00000000000000000000000000000000000c0ffe").value();
const Address kThief =
    chain::parse_address(kEthereum, "0x0000000000000000000000000000000000bad0ff").value();

/// A Safe with a Delay; a key that is one of its owners, and one that queues.
class Delays : public testing::Test {
protected:
    World world;
    KeyFile key = world.seed_key(world.facts(kEthereum, "delay"));
    KeyRing ring = KeyRing::make(key).value();
    Address owner = evm_account(ring, evm_path(0)).value();
    Address queuer = evm_account(ring, evm_path(1)).value();
    wallet::DelayPlan plan;
    std::vector<wallet::Purse> purses;
    Address delay;

    void SetUp() override {
        plan.chain = kEthereum;
        plan.safe =
            chain::parse_address(kEthereum, "0x5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a").value();
        plan.owners = {owner, kPayee};
        plan.threshold = 2;
        plan.queuers = {queuer};
        plan.cooldown = Seconds{86'400};
        plan.expiration = Seconds{2 * 86'400};
        plan.answer = Seconds{3'600};
        const auto text = [](const Address& a) { return chain::format_address(kEthereum, a); };
        purses = wallet::parse_purses(
                     format("version: 1\npurses:\n"
                            "  - {{chain: eth, address: \"{}\", nonce: 4, max_fee: 1000, "
                            "priority_fee: 0, gas: 200000}}\n"
                            "  - {{chain: eth, address: \"{}\", safe: 1.4.1, nonce: 7}}\n",
                            text(queuer), text(plan.safe)),
                     "purses.yaml")
                     .value();
        delay = wallet::delay_address(plan).value();
    }
    WithdrawalRequest asked(const Payload& payload, const Address& about, Amount amount = {},
                            const Address& by = {}) {
        WithdrawalRequest out =
            wallet::delay_request(plan, by, payload, about, Asset{}, amount).value();
        out.id = "D-1";
        out.requester = "dave";
        out.time = kNow - Seconds{900};
        return out;
    }
    WithdrawalRequest of_step(std::size_t at) {
        const auto steps = wallet::delay_setup(plan, queuer, purses).value();
        return asked(steps.at(at).payload, steps.at(at).about);
    }
    WithdrawalRequest queue(uint64_t wei) {
        const auto pays = wallet::payment_call(kEthereum, Asset{}, kPayee, Amount{wei}).value();
        return asked(wallet::delay_queue(plan, queuer, pays, purses).value(), kPayee, Amount{wei},
                     queuer);
    }
    WithdrawalRequest cancel(uint64_t below) {
        return asked(wallet::delay_cancel(plan, Amount{below}, purses).value(), delay);
    }
    Review judged(const WithdrawalRequest& request) {
        auto out = review(world.agreed(request), key.facts, {}, kNow);
        EXPECT_TRUE(out.has_value()) << (out ? "" : out.error().message);
        return out ? *std::move(out) : Review{};
    }
    bool refused(const WithdrawalRequest& request) {
        const auto out = review(world.agreed(request), key.facts, {}, kNow);
        return !out || !out->refusals.empty();
    }
    static WithdrawalRequest with(WithdrawalRequest request, std::string_view from,
                                  std::string_view to) {
        const std::size_t at = request.payload.data.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        request.payload.data.replace(at, from.size(), to);
        return request;
    }
};

TEST_F(Delays, are_set_up_in_plain_words_by_an_owner) {
    const WithdrawalRequest add = of_step(1);
    EXPECT_EQ(add.to, queuer);
    const Review said = judged(add);
    EXPECT_EQ(said.refusals, std::vector<std::string>{});
    for (const char* words : {"may from now on queue anything in the name of", "1 day after",
                              "void 2 days after that", "can cancel it"})
        EXPECT_NE(said.explanation.summary.find(words), std::string::npos)
            << said.explanation.summary;
    const auto made = sign_delay(ring, {add, key.facts});
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_NE(made->text.find(said.hash), std::string::npos);
    const WithdrawalRequest enable = of_step(2);
    EXPECT_EQ(enable.to, delay);
    EXPECT_EQ(judged(enable).refusals, std::vector<std::string>{});
    EXPECT_NE(judged(enable).explanation.summary.find("may from now on act as"), std::string::npos);
}

TEST_F(Delays, are_queued_in_by_the_key_that_may_and_for_just_that_payment) {
    const WithdrawalRequest pays = queue(5'000);
    const Review said = judged(pays);
    EXPECT_EQ(said.refusals, std::vector<std::string>{});
    const auto made = sign_delay(ring, {pays, key.facts});
    ASSERT_TRUE(made) << made.error().message;
    const Bytes raw = parse_hex0x(made->text).value();
    const auto txn = chain::parse_evm_txn(raw).value();
    EXPECT_EQ(chain::sender_of(txn).value(), queuer);
    EXPECT_EQ(txn.to, delay);
    WithdrawalRequest lie = pays;
    lie.amount = Amount{uint64_t{4'999}};
    EXPECT_TRUE(refused(lie));
    lie = pays;
    lie.to = kThief;
    EXPECT_TRUE(refused(lie));
    lie = pays;
    lie.from = queuer;
    EXPECT_TRUE(refused(lie));
}

TEST_F(Delays, are_cancelled_below_a_number_that_is_said) {
    const WithdrawalRequest stop = cancel(3);
    const Review said = judged(stop);
    EXPECT_EQ(said.refusals, std::vector<std::string>{});
    EXPECT_NE(said.explanation.summary.find("before number 3"), std::string::npos);
    EXPECT_TRUE(sign_delay(ring, {stop, key.facts}));
    WithdrawalRequest lie = stop;
    lie.amount = Amount{uint64_t{1}};
    EXPECT_TRUE(refused(lie));
    lie = stop;
    lie.to = kPayee;
    EXPECT_TRUE(refused(lie));
}

TEST_F(Delays, need_approvals_for_exactly_that_payload) {
    for (const WithdrawalRequest& request : {of_step(1), cancel(3), queue(5)}) {
        wallet::Bundle bundle = world.agreed(request);
        bundle.approvals.pop_back();
        EXPECT_FALSE(review(bundle, key.facts, {}, kNow)->refusals.empty());
        bundle = world.agreed(request);
        bundle.request.payload.data += " ";
        EXPECT_FALSE(review(bundle, key.facts, {}, kNow)->refusals.empty());
    }
    // A key for payments of a Safe is none for its delay.
    key.facts.kinds = {"safe", "evm"};
    EXPECT_TRUE(refused(cancel(3)));
}

TEST_F(Delays, that_were_made_otherwise_are_other_addresses_and_refused) {
    // A cooldown that is claimed and not the one in the address, another salt, another Safe.
    EXPECT_TRUE(refused(with(of_step(1), "86400", "86401")));
    EXPECT_TRUE(refused(with(cancel(3), R"("salt":"0")", R"("salt":"1")")));
    EXPECT_TRUE(refused(with(cancel(3), "5a5a", "5a5b")));
    EXPECT_TRUE(refused(with(of_step(1), R"("cooldown":"86400")", R"("cooldown":"0")")));
}

TEST_F(Delays, sign_nothing_that_is_no_act_of_theirs) {
    // The thief's address under the words of the queuer's; another contract as a module of the
    // Safe.
    WithdrawalRequest request = of_step(1);
    request.to = kThief;
    EXPECT_TRUE(refused(request));
    request = of_step(2);
    request.to = kThief;
    EXPECT_TRUE(refused(with(request, chain::format_address(kEthereum, delay).substr(2),
                             chain::format_address(kEthereum, kThief).substr(2))));
    // A payment past the delay, a shorter cooldown (setTxCooldown), another owner of the Delay.
    const auto call = [&](std::string_view signature) {
        const auto parsed = chain::parse_abi_signature(signature).value().selector();
        return to_hex(ByteView{parsed});
    };
    for (const char* other :
         {"setTxCooldown(uint256)", "setTxExpiration(uint256)", "transferOwnership(address)"})
        EXPECT_TRUE(refused(with(cancel(3), call("setTxNonce(uint256)"), call(other)))) << other;
    EXPECT_TRUE(refused(with(cancel(3), R"("operation":0)", R"("operation":1)")));
    EXPECT_TRUE(refused(with(cancel(3), R"("value":"0")", R"("value":"1")")));
}

TEST_F(Delays, are_read_strictly) {
    using explain::parse_delay_payload;
    const std::string good = cancel(3).payload.data;
    EXPECT_TRUE(parse_delay_payload(good));
    EXPECT_FALSE(parse_delay_payload(""));
    EXPECT_FALSE(parse_delay_payload("{}"));
    EXPECT_FALSE(parse_delay_payload(good + good));
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(parse_delay_payload(std::string_view{good}.substr(0, size))) << size;
    for (const auto& [from, to] : {std::pair{R"("type":"safe")", R"("type":"psbt")"},
                                   std::pair{R"("type":"safe")", R"("type":"safe","more":1)"},
                                   std::pair{R"("salt":"0")", R"("salt":"-1")"},
                                   std::pair{R"("salt":"0")", R"("sugar":"0")"}}) {
        std::string bad = good;
        bad.replace(bad.find(from), std::string_view{from}.size(), to);
        EXPECT_FALSE(parse_delay_payload(bad)) << to;
    }
}

}  // namespace
}  // namespace cordon::vault
