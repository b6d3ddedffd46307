// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "transfer_log.hpp"

#include <gtest/gtest.h>

#include <cordon/crypto/hash.hpp>

namespace cordon::chain {
namespace {

Hash256 word(uint8_t last) {
    Hash256 out;
    out.bytes[31] = last;
    return out;
}

Bytes join(std::initializer_list<Hash256> words) {
    Bytes out;
    for (const Hash256& w : words) out.insert(out.end(), w.bytes.begin(), w.bytes.end());
    return out;
}

TEST(TransferLog, topic_is_the_hash_of_the_signature) {
    constexpr std::string_view kSignature = "Transfer(address,address,uint256)";
    EXPECT_EQ(kTransferTopic,
              crypto::keccak256(
                  {reinterpret_cast<const uint8_t*>(kSignature.data()), kSignature.size()}));
}

TEST(TransferLog, reads_every_split_between_topics_and_data) {
    const std::array<Hash256, 4> all{kTransferTopic, word(1), word(2), word(9)};
    const std::span<const Hash256> topics{all};
    for (const auto& [count, data] : {std::pair{3, join({word(9)})},
                                      {2, join({word(2), word(9)})},
                                      {1, join({word(1), word(2), word(9)})},
                                      {4, Bytes{}}}) {
        const auto log = decode_transfer_log(topics.first(static_cast<std::size_t>(count)), data);
        ASSERT_TRUE(log) << count;
        EXPECT_EQ(log->from.payload()[19], 1);
        EXPECT_EQ(log->to.payload()[19], 2);
        EXPECT_EQ(log->amount, Amount{9u});
        EXPECT_EQ(log->non_fungible, count == 4);
    }
}

TEST(TransferLog, is_nothing_when_topics_or_data_do_not_fit) {
    const std::array<Hash256, 5> topics{kTransferTopic, word(1), word(2), word(3), word(4)};
    const std::span<const Hash256> all{topics};
    EXPECT_FALSE(decode_transfer_log({}, {}));
    EXPECT_FALSE(decode_transfer_log(all, {}));
    EXPECT_FALSE(decode_transfer_log(all.subspan(1, 3), join({word(1)})));
    EXPECT_FALSE(decode_transfer_log(all.first(3), {}));
    EXPECT_FALSE(decode_transfer_log(all.first(3), join({word(1), word(2)})));
    EXPECT_FALSE(decode_transfer_log(all.first(3), Bytes(31)));
    EXPECT_FALSE(decode_transfer_log(all.first(4), Bytes(1)));
}

TEST(TransferLog, refuses_words_that_are_no_addresses) {
    Hash256 dirty = word(1);
    dirty.bytes[11] = 1;
    const std::array<Hash256, 3> topics{kTransferTopic, dirty, word(2)};
    EXPECT_FALSE(decode_transfer_log(topics, join({word(9)})));
}

TEST(TransferLog, tells_mint_and_burn_by_the_zero_address) {
    const Address zero{AddressKind::kEvm, std::array<uint8_t, 20>{}};
    const Address some{AddressKind::kEvm, std::array<uint8_t, 20>{1}};
    EXPECT_EQ(token_transfer_kind(zero, some), TransferKind::kMint);
    EXPECT_EQ(token_transfer_kind(some, zero), TransferKind::kBurn);
    EXPECT_EQ(token_transfer_kind(some, some), TransferKind::kToken);
    EXPECT_EQ(token_transfer_kind(zero, zero), TransferKind::kToken);
}

}  // namespace
}  // namespace cordon::chain
