// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "btc.hpp"

#include <gtest/gtest.h>
#include <algorithm>

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/bitcoin/descriptor.hpp>
#include <cordon/chain/bitcoin/psbt_builder.hpp>
#include <cordon/chain/bitcoin/script.hpp>
#include <cordon/chain/bitcoin/sighash.hpp>
#include <cordon/chain/bitcoin/txn.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::explain {
namespace {

using namespace chain::test;

constexpr uint64_t kBtc = 100'000'000;

Address address_of(const Bytes& script) { return chain::address_of_script(script); }
std::string text_of(const Bytes& script) {
    return chain::format_address(kBitcoin, address_of(script));
}
std::string_view view(const Bytes& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// One coin of 10 BTC at p2wpkh(1), of which `paid` goes to p2wpkh(2), and the rest but the fee of
/// 1,000 sat back.
struct Story {
    uint64_t paid = 3 * kBtc, fee = 1'000;
    Bytes from = p2wpkh_script(1), to = p2wpkh_script(2), back = p2wpkh_script(1);
    Rows input = {};
    Context context = {};

    PsbtMaps maps() const {
        PsbtMaps out = psbt_v0(
            simple_txn({{Hash256{{9}}, 0}}, {{paid, to}, {10 * kBtc - paid - fee, back}}), 1, 2);
        out.inputs[0] = {{{0x01}, output_bytes(10 * kBtc, from)}};
        out.inputs[0].insert(out.inputs[0].end(), input.begin(), input.end());
        return out;
    }
    Explanation explained() const {
        const Bytes bytes = maps().bytes();
        auto all = explain_psbt(view(bytes), context);
        EXPECT_TRUE(all) << all.error().message;
        return all->front();
    }
};

Verdict of_rule(const Explanation& explanation, std::string_view rule) {
    Verdict worst = Verdict::kOk;
    for (const Finding& each : explanation.findings)
        if (each.rule == rule) worst = std::max(worst, each.severity);
    return worst;
}
bool raised(const Explanation& explanation, std::string_view rule) {
    return std::any_of(explanation.findings.begin(), explanation.findings.end(),
                       [&](const Finding& each) { return each.rule == rule && each.judged; });
}

TEST(ExplainPsbt, says_who_gets_what_and_what_comes_back) {
    const Explanation out = Story{}.explained();
    EXPECT_EQ(out.verdict, Verdict::kOk) << out.findings[0].text;
    EXPECT_NE(out.summary.find("pays 3 BTC to " + text_of(p2wpkh_script(2))), std::string::npos)
        << out.summary;
    EXPECT_NE(out.summary.find("6.99999 BTC comes back"), std::string::npos) << out.summary;
    EXPECT_EQ(out.effects.size(), 2U);  // The payment and the fee.
}

TEST(ExplainPsbt, reads_hex_and_base64_too) {
    const Bytes bytes = Story{}.maps().bytes();
    const auto binary = explain_psbt(view(bytes), {});
    EXPECT_EQ(explain_psbt(to_hex(bytes) + "\n", {})->front().summary, binary->front().summary);
    EXPECT_EQ(explain_psbt(to_base64(bytes) + "\n", {})->front().summary, binary->front().summary);
    EXPECT_FALSE(explain_psbt("", {}));
    EXPECT_FALSE(explain_psbt("psbt", {}));
}

TEST(ExplainPsbt, does_not_call_a_strange_output_change) {
    Story story;
    story.back = p2wpkh_script(3);
    const Explanation out = story.explained();
    EXPECT_EQ(out.effects.size(), 3U);
    EXPECT_NE(out.summary.find("Nothing comes back"), std::string::npos);
}

TEST(ExplainPsbt, takes_claimed_change_for_a_payment_and_warns) {
    // Both keys are said to be of one master; nothing derives one from the other.
    const auto generator = crypto::PublicKey::generator();
    const auto key_of = [&](uint8_t number) {
        Hash256 scalar;
        scalar.bytes[31] = number;
        const auto bytes = generator.times(scalar)->compressed();
        return Bytes(bytes.begin(), bytes.end());
    };
    const auto script_of = [](const Bytes& key) {
        return *chain::script_of_address(
            Address{AddressKind::kP2wpkh, crypto::hash160(ByteView{key})});
    };
    const Bytes mine = key_of(1), other = key_of(2);
    Story story;
    story.from = script_of(mine);
    story.back = script_of(other);
    story.input = {{joined({0x06}, mine), joined(le32(7), le32(0))}};
    PsbtMaps maps = story.maps();
    maps.outputs[1] = {{joined({0x02}, other), joined(le32(7), le32(1))}};
    const Bytes bytes = maps.bytes();
    const Explanation out = explain_psbt(view(bytes), {})->front();
    EXPECT_EQ(of_rule(out, "B4"), Verdict::kWarn);
    EXPECT_NE(out.summary.find("said to be its own"), std::string::npos) << out.summary;
}

TEST(ExplainPsbt, knows_change_by_a_descriptor) {
    chain::ExtKey key{0x0488b21e, 0, {}, 0, {}, crypto::PublicKey::generator()};
    const std::string text = format("wpkh({}/<0;1>/*)", chain::format_ext_key(key));
    Story story;
    story.back = chain::Descriptor::parse(text)->scripts(1, 12).value()[0];
    EXPECT_EQ(story.explained().effects.size(), 3U);
    story.context.descriptors = {text};
    const Explanation out = story.explained();
    EXPECT_EQ(out.effects.size(), 2U);
    EXPECT_FALSE(raised(out, "B4"));
    story.context.descriptors = {"wpkh(nonsense)"};
    EXPECT_FALSE(explain_psbt(view(story.maps().bytes()), story.context));
}

TEST(ExplainPsbt, does_not_take_a_joint_payers_address_for_its_own) {
    // A thief adds a coin of his own, so that his address is one that the txn spends from.
    PsbtMaps maps = psbt_v0(
        simple_txn({{Hash256{{9}}, 0}, {Hash256{{8}}, 0}}, {{10 * kBtc, p2wpkh_script(7)}}), 2, 1);
    maps.inputs[0] = {{{0x01}, output_bytes(10 * kBtc, p2wpkh_script(1))}};
    maps.inputs[1] = {{{0x01}, output_bytes(1'000, p2wpkh_script(7))}};
    const Bytes bytes = maps.bytes();
    Context context;
    for (const bool told : {false, true}) {
        if (told) context.account = address_of(p2wpkh_script(1));
        const Explanation out = explain_psbt(view(bytes), context)->front();
        EXPECT_NE(out.summary.find("Nothing comes back"), std::string::npos) << out.summary;
        EXPECT_NE(out.verdict, Verdict::kOk);
        EXPECT_NE(out.summary.find("10 BTC to " + text_of(p2wpkh_script(7))), std::string::npos);
    }
}

TEST(ExplainPsbt, blocks_signatures_that_others_can_use) {
    Story story;
    story.input = {{{0x03}, le32(chain::kSighashNone)}};
    EXPECT_EQ(of_rule(story.explained(), "B3"), Verdict::kBlock);
    story.input = {{{0x03}, le32(chain::kSighashSingle)}};
    EXPECT_EQ(of_rule(story.explained(), "B3"), Verdict::kBlock);
    story.input = {{{0x03}, le32(chain::kSighashAll | chain::kSighashAnyoneCanPay)}};
    EXPECT_EQ(of_rule(story.explained(), "B3"), Verdict::kWarn);
    story.input = {{{0x03}, le32(chain::kSighashAll)}};
    EXPECT_FALSE(raised(story.explained(), "B3"));
}

TEST(ExplainPsbt, blocks_an_absurd_fee) {
    Story story;
    story.fee = kBtc / 10;
    EXPECT_EQ(of_rule(story.explained(), "B2"), Verdict::kBlock);
    EXPECT_FALSE(raised(Story{}.explained(), "B2"));
}

TEST(ExplainPsbt, blocks_a_claim_about_an_input_without_witness) {
    Story story;
    story.from = p2pkh_script(1);
    story.back = story.from;
    EXPECT_EQ(of_rule(story.explained(), "B5"), Verdict::kBlock);
}

TEST(ExplainPsbt, blocks_what_is_not_the_approved_request) {
    Story story;
    story.context.request =
        ApprovedRequest{"wd-1", kBitcoin, {}, address_of(story.to), Asset{}, Amount{story.paid}};
    EXPECT_EQ(of_rule(story.explained(), "R12"), Verdict::kOk);
    story.context.request->amount = Amount{story.paid - 1};
    EXPECT_EQ(of_rule(story.explained(), "R12"), Verdict::kBlock);
}

TEST(ExplainPsbt, blocks_outputs_that_anybody_or_nobody_can_take) {
    Story story;
    story.to = {0x52, 2, 1, 1};  // A witness version without rules.
    EXPECT_EQ(of_rule(story.explained(), "B10"), Verdict::kBlock);
    story.to = {0x6a, 2, 'h', 'i'};
    EXPECT_EQ(of_rule(story.explained(), "B10"), Verdict::kBlock);
    story.paid = 0;
    const Explanation note = story.explained();
    EXPECT_NE(note.verdict, Verdict::kBlock);
    EXPECT_NE(note.summary.find("\"hi\""), std::string::npos) << note.summary;
}

/// A txn of version 2 with a locktime, as a wallet that makes change writes it.
Bytes earlier_txn() {
    Bytes txn =
        simple_txn({{Hash256{{5}}, 0}}, {{kBtc, p2wpkh_script(2)}, {8 * kBtc, p2wpkh_script(1)}});
    txn[txn.size() - 4] = 1;  // Locktime 1.
    return txn;
}

TEST(ExplainBtc, blocks_what_the_wallet_itself_would_not_make) {
    const Bytes before = earlier_txn();
    const Hash256 txid = chain::txid_of(*chain::parse_txn(before));
    Context context;
    context.account = address_of(p2wpkh_script(1));
    context.txns = {before};
    const auto explained = [&](const Bytes& txn) {
        return explain_btc(to_hex(txn), context)->front();
    };
    Bytes usual =
        simple_txn({{txid, 1}}, {{kBtc, p2wpkh_script(2)}, {7 * kBtc - 1000, p2wpkh_script(1)}});
    usual[usual.size() - 4] = 2;
    EXPECT_FALSE(raised(explained(usual), "B15"));
    EXPECT_FALSE(raised(explained(usual), "B7"));
    const Bytes theft = simple_txn({{txid, 1}}, {{8 * kBtc - 1000, p2pkh_script(7)}});
    const Explanation out = explained(theft);
    EXPECT_EQ(of_rule(out, "B15"), Verdict::kBlock);
    for (const std::string_view rule : {"B7", "B8", "B9"}) EXPECT_TRUE(raised(out, rule)) << rule;
    // One sign alone is no proof.
    Bytes sweep = simple_txn({{txid, 1}}, {{8 * kBtc - 1000, p2wpkh_script(2)}});
    sweep[sweep.size() - 4] = 2;
    EXPECT_EQ(explained(sweep).verdict, Verdict::kWarn);
}

TEST(ExplainBtc, does_not_believe_a_script_about_its_payer) {
    // The script of an unsigned txn can say anything: here, that the payee pays.
    const Bytes redeem{0x51};
    const Bytes self =
        *chain::script_of_address(Address{AddressKind::kP2sh, crypto::hash160(ByteView{redeem})});
    Bytes txn = simple_txn({{Hash256{{9}}, 0}}, {{kBtc, self}});
    txn.insert(txn.begin() + 41, {1, 0x51});
    txn.erase(txn.begin() + 43);
    const auto out = explain_btc(to_hex(txn), {});
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_NE(out->front().summary.find("Nothing comes back"), std::string::npos)
        << out->front().summary;
}

TEST(ExplainBtc, warns_when_amounts_are_unknown_to_who_signs) {
    const Bytes txn = simple_txn({{Hash256{{9}}, 0}}, {{kBtc, p2wpkh_script(2)}});
    EXPECT_EQ(of_rule(explain_btc(to_hex(txn), {})->front(), "B1"), Verdict::kWarn);
    EXPECT_FALSE(explain_btc("", {}));
    EXPECT_FALSE(explain_btc("00", {}));
}

TEST(ExplainBtc, puts_outputs_to_one_payee_together) {
    const Bytes txn = simple_txn(
        {{Hash256{{9}}, 0}},
        {{kBtc, p2wpkh_script(2)}, {2 * kBtc, p2wpkh_script(2)}, {3 * kBtc, p2wpkh_script(2)}});
    const Explanation out = explain_btc(to_hex(txn), {})->front();
    EXPECT_NE(out.summary.find("pays 6 BTC to " + text_of(p2wpkh_script(2)) + " in 3 outputs"),
              std::string::npos)
        << out.summary;
    EXPECT_EQ(out.effects.size(), 4U);
}

TEST(ExplainBitcoinMessage, judges_the_signature) {
    const std::string address = text_of(p2wpkh_script(1));
    const auto asked = [&](std::string_view signature) {
        return format(R"({{"address":"{}","message":"hello","signature":"{}"}})", address,
                      signature);
    };
    EXPECT_TRUE(is_bitcoin_message(asked("")));
    EXPECT_FALSE(is_bitcoin_message("{}"));
    EXPECT_FALSE(is_bitcoin_message("hello"));
    EXPECT_EQ(of_rule(explain_bitcoin_message(asked("AA=="), {})->front(), "M4"), Verdict::kBlock);
    EXPECT_EQ(of_rule(explain_bitcoin_message(asked("smp"), {})->front(), "M4"), Verdict::kBlock);
    const auto unsigned_one =
        explain_bitcoin_message(format(R"({{"address":"{}","message":"hello"}})", address), {});
    ASSERT_TRUE(unsigned_one);
    EXPECT_EQ(unsigned_one->front().verdict, Verdict::kOk);
    EXPECT_FALSE(explain_bitcoin_message(R"({"address":"x","message":"y"})", {}));
}

}  // namespace
}  // namespace cordon::explain
