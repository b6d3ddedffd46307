// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <algorithm>

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/bitcoin/psbt.hpp>
#include <cordon/chain/bitcoin/psbt_make.hpp>
#include <cordon/chain/bitcoin/script.hpp>
#include <cordon/chain/bitcoin/test_builder.hpp>
#include <cordon/chain/evm/txn.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/explain/explainers.hpp>
#include <cordon/wallet/tiers/payload.hpp>

/// What the tiers would have signed, judged by what people read before they sign (R12). Here, since
/// neither room may know the other.
namespace cordon::engine {
namespace {

using namespace chain::test;

constexpr std::string_view kCold = "0x1111111111111111111111111111111111111111",
                           kHot = "0x2222222222222222222222222222222222222222",
                           kToken = "0x7777777777777777777777777777777777777777";
// Public keys of BIP-32's test vectors 1 and 2, with origins of our own.
constexpr std::string_view
    kXpubA =
        "[aaaaaaaa/48h/0h/0h/2h]xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29"
        "ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8/<0;1>/*",
    kXpubB =
        "[bbbbbbbb/48h/0h/0h/2h]xpub661MyMwAqRbcFW31YEwpkMuc5THy2PSt5bDMsktWQcFF8syAmRUapSCGu8E"
        "D9W6oDMSgv6Zz8idoc4a6mr8BDzTJY47LJhkJ8UB7WEGuduB/<0;1>/*";

WithdrawalRequest asked(ChainId chain, std::string_view from, std::string_view to, uint64_t amount,
                        std::string_view asset = "native") {
    WithdrawalRequest out;
    out.id = "refill-1";
    out.chain = chain;
    out.asset = *Asset::parse(asset);
    out.from = *chain::parse_address(chain, from);
    out.to = *chain::parse_address(chain, to);
    out.amount = Amount{amount};
    return out;
}

/// All that would be said of it, with the verdict of R12 alone apart.
struct Told {
    explain::Verdict verdict{}, r12 = explain::Verdict::kBlock;
    std::string text;
};
Told told(const WithdrawalRequest& request, const Payload& payload,
          std::vector<std::string> descriptors = {}) {
    explain::Context context;
    context.chain = request.chain;
    context.descriptors = std::move(descriptors);
    context.request = explain::ApprovedRequest{request.id, request.chain, request.from,
                                               request.to, request.asset, request.amount};
    context.request_required = true;
    if (request.chain.family == ChainFamily::kEvm) context.account = request.from;
    const auto all = explain::find_explainer(payload.type)->explain(payload.data, context);
    if (!all || all->size() != 1) return {.text = all ? "several" : all.error().message};
    Told out{all->front().verdict, explain::Verdict::kBlock, all->front().summary};
    for (const explain::Finding& each : all->front().findings) {
        if (each.rule == "R12" && each.judged) out.r12 = each.severity;
        if (each.severity != explain::Verdict::kOk)
            out.text += format("\n{} {}", each.rule, each.text);
    }
    return out;
}

std::vector<wallet::Purse> purses(const std::string& items) {
    auto out = wallet::parse_purses("version: 1\npurses:\n" + items, "purses.yaml");
    EXPECT_TRUE(out) << out.error().message;
    return out ? *out : std::vector<wallet::Purse>{};
}

std::string account() {
    return format(
        "  - {{chain: eth, address: \"{}\", nonce: 7, max_fee: \"30000000000\", priority_fee: "
        "\"1000000000\", gas: 65000}}\n",
        kCold);
}
std::string safe() {
    return format("  - {{chain: eth, address: \"{}\", safe: 1.4.1, nonce: 12}}\n", kCold);
}

TEST(TierPayload, of_accounts_and_safes_is_what_was_asked_for) {
    for (const std::string& purse : {account(), safe()})
        for (const std::string_view asset : {std::string_view{"native"}, kToken}) {
            auto ready = purses(purse);
            const auto request = asked(kEthereum, kCold, kHot, 250, asset);
            const auto payload = wallet::make_payload(request, ready);
            ASSERT_TRUE(payload) << payload.error().message;
            const Told good = told(request, *payload);
            EXPECT_EQ(good.r12, explain::Verdict::kOk) << good.text;
            EXPECT_NE(good.verdict, explain::Verdict::kBlock) << good.text;
            // And it is that alone.
            auto other = request;
            other.amount = Amount{251U};
            EXPECT_EQ(told(other, *payload).r12, explain::Verdict::kBlock);
            other = request;
            other.to = *chain::parse_address(kEthereum, kToken);
            EXPECT_EQ(told(other, *payload).r12, explain::Verdict::kBlock);
        }
}

TEST(TierPayload, never_uses_a_nonce_twice) {
    auto ready = purses(account());
    const auto request = asked(kEthereum, kCold, kHot, 1);
    for (const uint64_t nonce : {7U, 8U, 9U}) {
        const auto payload = wallet::make_payload(request, ready);
        const Bytes raw = *parse_hex0x(payload->data);
        EXPECT_EQ(chain::parse_evm_txn(raw)->nonce, nonce);
    }
    ready = purses(safe());
    EXPECT_NE(wallet::make_payload(request, ready)->data,
              wallet::make_payload(request, ready)->data);
}

TEST(TierPayload, says_what_it_cannot_pay) {
    auto ready = purses(account());
    EXPECT_EQ(wallet::make_payload(asked(kEthereum, kHot, kCold, 1), ready).error().code,
              ErrorCode::kNotFound);
    EXPECT_EQ(wallet::make_payload(asked(kEthereum, kCold, kHot, 1, "USDT"), ready).error().code,
              ErrorCode::kUnsupported);
}

/// A wallet with coins at its first receiving addresses.
struct CoinStory {
    std::string descriptor = format("wsh(sortedmulti(2,{},{}))", kXpubA, kXpubB);
    std::vector<uint64_t> coins{5 * chain::kCoin, 2 * chain::kCoin, 9 * chain::kCoin};
    uint64_t fee_rate = 12;

    Bytes script(std::size_t branch, uint32_t index) const {
        return chain::Descriptor::parse(descriptor)->scripts(branch, index)->front();
    }
    std::string address(std::size_t branch, uint32_t index) const {
        return chain::format_address(kBitcoin, chain::address_of_script(script(branch, index)));
    }
    std::string yaml() const {
        std::string out = format(
            "  - chain: btc\n    address: {}\n    descriptor: \"{}\"\n    fee_rate: {}\n"
            "    change: 1/4\n    coins:\n",
            address(0, 0), descriptor, fee_rate);
        for (uint32_t i = 0; i < coins.size(); ++i)
            out += format("      - {{txn: \"{}\", output: 0, at: 0/{}}}\n",
                          to_hex(simple_txn({{Hash256{{static_cast<uint8_t>(i + 1)}}, 0}},
                                            {{coins[i], script(0, i)}})),
                          i);
        return out;
    }
    WithdrawalRequest request(uint64_t amount) const {
        const auto to = chain::format_address(
            kBitcoin, Address{AddressKind::kP2wpkh, std::array<uint8_t, 20>{7}});
        return asked(kBitcoin, address(0, 0), to, amount);
    }
};

TEST(TierPayload, of_coins_pays_once_and_brings_the_rest_back) {
    for (const std::string& form : {format("wsh(sortedmulti(2,{},{}))", kXpubA, kXpubB),
                                    format("wpkh({})", kXpubA), format("tr({})", kXpubB)}) {
        CoinStory story{form};
        for (const uint64_t amount : {chain::kCoin, 6 * chain::kCoin, 15 * chain::kCoin}) {
            auto ready = purses(story.yaml());
            ASSERT_EQ(ready.size(), 1U);
            const auto request = story.request(amount);
            const auto payload = wallet::make_payload(request, ready);
            ASSERT_TRUE(payload) << payload.error().message;
            const Told good = told(request, *payload, {story.descriptor});
            EXPECT_EQ(good.r12, explain::Verdict::kOk) << good.text;
            EXPECT_NE(good.verdict, explain::Verdict::kBlock) << good.text;
            const Bytes bytes = *parse_base64(payload->data);
            const auto psbt = chain::parse_psbt(bytes);
            ASSERT_TRUE(psbt) << psbt.error().message;
            uint64_t in = 0, out = 0;
            for (std::size_t i = 0; i < psbt->inputs.size(); ++i) {
                EXPECT_TRUE(chain::psbt_input_faults(*psbt, i).empty());
                EXPECT_TRUE(psbt->inputs[i].proven);
                in += psbt->inputs[i].proven->value;
            }
            for (const auto& output : psbt->txn.outputs) out += output.value;
            // The fee is at the rate or above, and not twice as much.
            EXPECT_GE(in - out, psbt->txn.stripped_size() * story.fee_rate);
            EXPECT_LE(in - out,
                      (psbt->txn.stripped_size() + 150 * psbt->inputs.size()) * story.fee_rate);
            EXPECT_EQ(psbt->txn.outputs[1].script.size(), story.script(1, 4).size());
            EXPECT_FALSE(psbt->outputs[1].keys.empty());
        }
    }
}

TEST(TierPayload, of_coins_spends_none_twice_and_none_that_is_not_there) {
    CoinStory story;
    auto ready = purses(story.yaml());
    ASSERT_TRUE(wallet::make_payload(story.request(chain::kCoin), ready));
    // What is left lies at other addresses: whoever is named as the payer must be one.
    EXPECT_EQ(wallet::make_payload(story.request(chain::kCoin), ready).error().code,
              ErrorCode::kLimit);
    ready = purses(story.yaml());
    EXPECT_EQ(wallet::make_payload(story.request(16 * chain::kCoin), ready).error().code,
              ErrorCode::kLimit);
    // Change that would be dust goes to the miner.
    ready = purses(story.yaml());
    story.coins = {chain::kCoin};
    ready = purses(story.yaml());
    const auto payload = wallet::make_payload(story.request(chain::kCoin - 2'900), ready);
    ASSERT_TRUE(payload) << payload.error().message;
    const Bytes bytes = *parse_base64(payload->data);
    EXPECT_EQ(chain::parse_psbt(bytes)->txn.outputs.size(), 1U);
}

TEST(TierPayload, refuses_purses_that_are_not_what_they_say) {
    const CoinStory story;
    const auto refused = [](std::string text, const std::string& old, const std::string& with) {
        const std::size_t at = text.find(old);
        EXPECT_NE(at, std::string::npos) << old;
        text.replace(at, old.size(), with);
        const auto read = wallet::parse_purses("version: 1\npurses:\n" + text, "p.yaml");
        EXPECT_FALSE(read) << with;
        if (!read) {
            EXPECT_EQ(read.error().message.substr(0, 7), "p.yaml:") << read.error().message;
        }
    };
    refused(story.yaml(), "at: 0/1", "at: 0/2");
    refused(story.yaml(), "at: 0/1", "at: 2/1");
    refused(story.yaml(), "at: 0/1", "at: 1");
    refused(story.yaml(), "at: 0/1", "at: 0/2147483648");
    refused(story.yaml(), "output: 0", "output: 1");
    refused(story.yaml(), "fee_rate: 12", "fee_rate: 0");
    refused(story.yaml(), "fee_rate: 12", "fee_rate: 10001");
    refused(story.yaml(), "txn: \"02", "txn: \"0200");
    refused(account(), "gas: 65000", "gas: -1");
    refused(account(), "nonce: 7", "nonce: 18446744073709551614");
    refused(account(), "priority_fee: \"1000000000\"", "priority_fee: \"30000000001\"");
    refused(account(), "nonce: 7", "safe: 1.3.0");
    refused(safe() + safe(), "nonce: 12", "nonce: 13");
    for (const char* bad : {"", "[]", "version: 2\npurses: []", "version: 1\npurses: []",
                            "version: 1\npurses: [x]", "version: 1\npurses: [{chain: tron}]"})
        EXPECT_FALSE(wallet::parse_purses(bad, "p.yaml")) << bad;
}

TEST(CombinePsbts, has_the_signatures_of_both_and_of_one_txn_only) {
    CoinStory story;
    auto ready = purses(story.yaml());
    const Bytes blank = *parse_base64(wallet::make_payload(story.request(5), ready)->data);
    // BIP-174: a partial signature is a row 0x02 and the key. Any bytes: nothing here verifies.
    const auto signed_by = [&](std::size_t key) {
        chain::Psbt psbt = *chain::parse_psbt(blank);
        Bytes name{0x02}, value(71, 0x30);
        const ByteView public_key = psbt.inputs[0].keys[key].key;
        name.insert(name.end(), public_key.begin(), public_key.end());
        value.back() = 1;
        chain::PsbtEntry row;
        row.key = name;
        row.value = value;
        psbt.inputs[0].entries.push_back(row);
        Bytes out;
        chain::append_psbt(out, psbt);
        return out;
    };
    const Bytes a = signed_by(0), b = signed_by(1);
    const auto both = chain::combine_psbts(a, b);
    ASSERT_TRUE(both) << both.error().message;
    EXPECT_EQ(chain::parse_psbt(*both)->inputs[0].signatures.size(), 2U);
    EXPECT_EQ(*chain::combine_psbts(*both, a), *both);
    EXPECT_EQ(*chain::combine_psbts(blank, blank), blank);
    ready = purses(story.yaml());
    const Bytes more = *parse_base64(wallet::make_payload(story.request(6), ready)->data);
    EXPECT_EQ(chain::combine_psbts(a, more).error().code, ErrorCode::kConflict);
    for (std::size_t size = 0; size < a.size(); size += 7)
        EXPECT_FALSE(chain::combine_psbts(ByteView{a}.first(size), b));
}

}  // namespace
}  // namespace cordon::engine
