// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "plain_txn.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "block.hpp"
#include "test_builder.hpp"
#include "test_data.hpp"
#include "txn.hpp"

namespace cordon::chain {
namespace {

using namespace test;

/// A model that was used before: nothing of it may be seen again.
UtxoTxn used_before() {
    UtxoTxn out;
    out.coinbase = true;
    out.version = 77;
    out.locktime = 77;
    out.inputs.resize(40, TxIn{point(7, 7), TxOut{7, {}}});
    out.outputs.resize(40, TxOut{7, {}});
    return out;
}

/// What is plain is what the long way makes of the same bytes. Gives whether it is.
bool is_plain(ByteView bytes) {
    UtxoTxn model = used_before();
    const auto plain = read_plain_txn(bytes, model);
    if (!plain) return false;
    Cursor cursor{bytes};
    TxnView view;
    EXPECT_TRUE(read_txn(cursor, view));
    EXPECT_TRUE(check_txn(view));
    EXPECT_EQ(plain->raw.data(), view.raw.data());
    EXPECT_EQ(plain->raw.size(), view.raw.size());
    EXPECT_EQ(plain->body.data(), view.body.data());
    EXPECT_EQ(plain->body.size(), view.body.size());
    EXPECT_EQ(plain->segwit, view.segwit);
    uint64_t total = 0;
    for (const OutputView& output : view.outputs) total += output.value;
    EXPECT_EQ(plain->total_out, total);
    EXPECT_EQ(model, to_model(view, model.txid));
    return true;
}

Bytes txn_of(std::size_t inputs, std::size_t outputs, uint64_t value = 5000) {
    std::vector<OutPoint> spends;
    for (std::size_t i = 0; i < inputs; ++i)
        spends.push_back(point(static_cast<uint8_t>(i), static_cast<uint32_t>(i)));
    return simple_txn(spends, {outputs, {value, p2pkh_script(3)}});
}

Bytes with_witness(Bytes txn, const Bytes& witness) {
    txn.insert(txn.begin() + 4, {0, 1});
    txn.resize(txn.size() - 4);
    put(txn, witness);
    put(txn, 99, 4);
    return txn;
}

TEST(PlainTxn, is_what_the_long_way_makes_of_it) {
    EXPECT_TRUE(is_plain(txn_of(1, 1)));
    EXPECT_TRUE(is_plain(txn_of(12, 300)));
    EXPECT_TRUE(is_plain(with_witness(txn_of(2, 2), Bytes{1, 2, 0xaa, 0xbb, 0})));
    EXPECT_TRUE(is_plain(simple_txn({point(1, 0)}, {{1, Bytes(300, 0x6a)}, {0, {}}})));
}

TEST(PlainTxn, is_nothing_that_the_long_way_must_look_at) {
    EXPECT_FALSE(is_plain(simple_txn({}, {{1, p2pkh_script(1)}}, height_script(9))));
    EXPECT_FALSE(is_plain(txn_of(13, 1)));
    EXPECT_FALSE(is_plain(txn_of(1, 0)));
    EXPECT_FALSE(is_plain(txn_of(1, 1, kMaxMoney + 1)));
    EXPECT_FALSE(is_plain(txn_of(1, 2, kMaxMoney)));
    EXPECT_FALSE(is_plain(txn_of(1, 20'000, UINT64_MAX / 10'000)));
    EXPECT_FALSE(is_plain(simple_txn({point(1, 2), point(3, 4), point(1, 2)}, {{1, {}}})));
    EXPECT_FALSE(is_plain(simple_txn({point(1, 0)}, {{1, Bytes(70'000, 0x6a)}})));
    EXPECT_FALSE(is_plain(with_witness(txn_of(2, 2), Bytes{0, 0})));
    Bytes flag = with_witness(txn_of(1, 1), Bytes{1, 0});
    flag[5] = 2;
    EXPECT_FALSE(is_plain(flag));
    Bytes longer = txn_of(1, 1);
    longer.erase(longer.begin() + 4);
    longer.insert(longer.begin() + 4, {0xfd, 1, 0});  // One input, not in the shortest form.
    EXPECT_FALSE(is_plain(longer));
}

TEST(PlainTxn, cut_at_any_byte_is_none) {
    const Bytes txn = with_witness(txn_of(3, 3), Bytes{1, 2, 0xaa, 0xbb, 0, 1, 0});
    ASSERT_TRUE(is_plain(txn));
    for (std::size_t size = 0; size < txn.size(); ++size)
        EXPECT_FALSE(is_plain(Bytes(txn.begin(), txn.begin() + static_cast<std::ptrdiff_t>(size))))
            << size;
}

RC_GTEST_PROP(PlainTxn, with_bytes_changed_is_none_or_what_the_long_way_makes_of_it, ()) {
    Bytes txn = txn_of(*rc::gen::inRange<std::size_t>(1, 14), *rc::gen::inRange<std::size_t>(1, 4));
    if (*rc::gen::arbitrary<bool>()) {
        Bytes witness;
        for (uint8_t i = 0; i < txn[4]; ++i) put(witness, Bytes{1, 1, 0xaa});
        txn = with_witness(txn, witness);
    }
    for (int changes = *rc::gen::inRange(0, 4); changes > 0; --changes)
        txn[*rc::gen::inRange<std::size_t>(0, txn.size())] = *rc::gen::arbitrary<uint8_t>();
    is_plain(txn);
    RC_ASSERT(!testing::Test::HasFailure());
}

TEST(PlainTxn, are_most_of_the_txns_of_real_blocks) {
    CORDON_TEST_DATA(folder, "btc/raw_blocks");
    std::size_t all = 0;
    std::size_t plain = 0;
    for (const auto& file : std::filesystem::directory_iterator{folder}) {
        if (file.path().filename().string().find(".raw") == std::string::npos) continue;
        const Bytes block = read_test_file(file.path());
        const auto visit = [&](const TxnView& txn, const Hash256&, std::size_t) -> Status {
            ++all;
            if (is_plain({txn.raw.data(), block.data() + block.size()})) ++plain;
            return {};
        };
        ASSERT_TRUE(read_block(block, visit)) << file.path();
    }
    EXPECT_GT(all, 5000U);
    EXPECT_GT(plain * 10, all * 9) << plain << " of " << all;
}

}  // namespace
}  // namespace cordon::chain
