// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "contract_facts.hpp"

#include <gtest/gtest.h>

#include <builders.hpp>

#include <cordon/base/hex.hpp>
#include <cordon/chain/evm/abi.hpp>

#include "bridge_messages.hpp"

namespace cordon::patterns {
namespace {

constexpr ChainId kPolygon{ChainFamily::kEvm, 137};

std::string word(const Amount& number) { return to_hex(number.to_big_endian()); }
std::string word(const Address& address) {
    return std::string(24, '0') + to_hex(address.payload());
}
std::string selector(std::string_view signature) {
    return to_hex(chain::parse_abi_signature(signature)->selector());
}
/// The only argument of type bytes, padded.
std::string bytes_tail(std::string text) {
    const std::size_t size = text.size() / 2;
    text.append((64 - text.size() % 64) % 64, '0');
    return word(Amount{uint64_t{size}}) + text;
}

std::optional<Fact> read(const std::string& call, const Hash256& txn = {},
                         const Amount& value = {}) {
    const Bytes input = parse_hex(call).value();
    return contract_facts().read_call(
        {kEthereum, txn, test::address(1), test::address(2), value, input});
}

TEST(ContractFacts, read_a_deposit_into_a_router_of_multichain) {
    const auto fact = read(selector("anySwapOutUnderlying(address,address,uint256,uint256)") +
                               word(test::address(3)) + word(test::address(4)) + word(Amount{77U}) +
                               word(Amount{137U}),
                           test::hash(9));
    ASSERT_TRUE(fact);
    EXPECT_EQ(fact->kind, FactKind::kBridgeDeposit);
    EXPECT_EQ(fact->key, "multichain:" + to_hex0x(test::hash(9)));
    EXPECT_EQ(fact->sender, test::address(1));
    EXPECT_EQ(fact->contract, test::address(2));
    EXPECT_EQ(fact->receiver, test::address(4));
    EXPECT_EQ(fact->asset, Asset::contract(test::address(3)));
    EXPECT_EQ(fact->amount, Amount{77U});
    EXPECT_EQ(fact->far_chain, kPolygon);
}

TEST(ContractFacts, read_the_payout_that_names_the_deposit) {
    const auto fact = read(selector("anySwapInAuto(bytes32,address,address,uint256,uint256)") +
                           to_hex(test::hash(9)) + word(test::address(3)) + word(test::address(4)) +
                           word(Amount{70U}) + word(Amount{1U}));
    ASSERT_TRUE(fact);
    EXPECT_EQ(fact->kind, FactKind::kBridgeWithdrawal);
    EXPECT_EQ(fact->key, "multichain:" + to_hex0x(test::hash(9)));
    EXPECT_EQ(fact->far_chain, kEthereum);
}

TEST(ContractFacts, take_native_coin_from_the_value) {
    const auto fact = read(selector("anySwapOutNative(address,address,uint256)") +
                               word(test::address(3)) + word(test::address(4)) + word(Amount{137U}),
                           {}, Amount{5U});
    ASSERT_TRUE(fact);
    EXPECT_TRUE(fact->asset.is_native());
    EXPECT_EQ(fact->amount, Amount{5U});
}

/// sender 1, receiver 2, token 3, amount 4, from chain 5, to chain 6, id 7.
std::string relay_request(const std::string& amount = "22026400") {
    return "0a14" + to_hex(test::address(5).payload()) + "1214" +
           to_hex(test::address(6).payload()) + "1a14" + to_hex(test::address(7).payload()) +
           amount + "2801" + "308901" + "3a20" + to_hex(test::hash(8));
}
std::string relay_call(const std::string& request) {
    return selector("relay(bytes,bytes[],address[],uint256[])") + word(Amount{128U}) +
           word(Amount{uint64_t{128 + bytes_tail(request).size() / 2}}) +
           word(Amount{uint64_t{160 + bytes_tail(request).size() / 2}}) +
           word(Amount{uint64_t{192 + bytes_tail(request).size() / 2}}) + bytes_tail(request) +
           word(Amount{}) + word(Amount{}) + word(Amount{});
}

TEST(ContractFacts, read_the_message_inside_a_relay_of_celer) {
    const auto fact = read(relay_call(relay_request()));
    ASSERT_TRUE(fact);
    EXPECT_EQ(fact->key, "celer:" + to_hex0x(test::hash(8)));
    EXPECT_EQ(fact->sender, test::address(5));
    EXPECT_EQ(fact->receiver, test::address(6));
    EXPECT_EQ(fact->amount, Amount{0x6400U});
    EXPECT_EQ(fact->far_chain, kEthereum);
}

TEST(ContractFacts, say_nothing_of_a_message_that_is_cut_or_repeats_itself) {
    const std::string good = relay_request();
    EXPECT_FALSE(read(relay_call(good.substr(0, good.size() - 2))));
    EXPECT_FALSE(read(relay_call(good + "2801")));
    EXPECT_FALSE(read(relay_call("")));
    EXPECT_FALSE(read(relay_call("ffffffffffffffffffffff")));
}

TEST(ContractFacts, say_nothing_of_other_calls_and_of_bytes) {
    EXPECT_FALSE(
        read(selector("transfer(address,uint256)") + word(test::address(1)) + word(Amount{1U})));
    EXPECT_FALSE(read(""));
    EXPECT_FALSE(read("cdd1b2"));
    EXPECT_FALSE(read(selector("anySwapOut(address,address,uint256,uint256)")));
    EXPECT_FALSE(contract_facts().read_log({kEthereum, {}, 0, {}, {}, {}}));
}

std::string poly_message(const std::string& method = "unlock") {
    const std::string arguments = "14" + to_hex(test::address(3).payload()) + "14" +
                                  to_hex(test::address(4).payload()) + "0102" +
                                  std::string(60, '0');
    return "02abcd" + std::string{"0101"} + "0102" + "1100000000000000" + "0103" + "06" +
           to_hex({reinterpret_cast<const uint8_t*>(method.data()), method.size()}) + "4a" +
           arguments;
}

TEST(PolyMessage, is_read_with_its_amount_from_the_low_end) {
    const Bytes bytes = parse_hex(poly_message()).value();
    const auto message = parse_poly_message(bytes);
    ASSERT_TRUE(message) << message.error().message;
    EXPECT_EQ(message->amount, Amount{0x0201U});
    EXPECT_EQ(message->receiver, test::address(4));
    EXPECT_EQ(to_hex(message->txn_id), "abcd");
    for (std::size_t cut = 0; cut < bytes.size(); ++cut)
        EXPECT_FALSE(parse_poly_message(ByteView{bytes}.first(cut))) << cut;
    EXPECT_FALSE(parse_poly_message(parse_hex(poly_message("unlocK")).value()));
}

TEST(ContractFacts, read_the_proof_of_poly_and_the_log_of_its_deposit_alike) {
    const std::string leaf = "0109" + std::string{"0200000000000000"} + poly_message();
    const std::string proof = to_hex(Bytes{static_cast<uint8_t>(leaf.size() / 2)}) + leaf;
    const std::size_t size = bytes_tail(proof).size() / 2;
    std::string call =
        selector("verifyHeaderAndExecuteTx(bytes,bytes,bytes,bytes,bytes)") + word(Amount{160U});
    for (uint64_t i = 0; i < 4; ++i) call += word(Amount{160 + size + 32 * i});
    call += bytes_tail(proof) + std::string(4 * 64, '0');
    const auto paid = read(call);
    ASSERT_TRUE(paid);
    EXPECT_EQ(paid->key, "poly:2:0xabcd");
    EXPECT_EQ(paid->far_chain, kEthereum);

    const auto signature = chain::parse_abi_signature(
        "CrossChainEvent(address indexed,bytes,address,uint64,bytes,bytes)");
    Hash256 sender{};
    std::copy_n(test::address(5).payload().begin(), 20, sender.bytes.begin() + 12);
    const Bytes data = parse_hex(word(Amount{160U}) + word(test::address(6)) + word(Amount{17U}) +
                                 word(Amount{224U}) + word(Amount{256U}) + bytes_tail("abcd") +
                                 word(Amount{}) + bytes_tail(poly_message()))
                           .value();
    const std::array topics{signature->hash, sender};
    const auto given =
        contract_facts().read_log({kEthereum, test::hash(1), 3, test::address(2), topics, data});
    ASSERT_TRUE(given);
    EXPECT_EQ(given->key, paid->key);
    EXPECT_EQ(given->index, 4U);
    EXPECT_EQ(given->far_chain, kPolygon);
}

TEST(ContractFacts, read_the_logs_of_a_mixer) {
    const auto signature = chain::parse_abi_signature("Deposit(bytes32 indexed,uint32,uint256)");
    const std::array topics{signature->hash, test::hash(5)};
    const Bytes data = parse_hex(word(Amount{3U}) + word(Amount{4U})).value();
    const auto fact = contract_facts().read_log({kEthereum, {}, 0, {}, topics, data});
    ASSERT_TRUE(fact);
    EXPECT_EQ(fact->kind, FactKind::kMixerDeposit);
    EXPECT_EQ(fact->key, "tornado:" + to_hex0x(test::hash(5)));
}

}  // namespace
}  // namespace cordon::patterns
