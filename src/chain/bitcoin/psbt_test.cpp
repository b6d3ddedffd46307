// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "psbt.hpp"

#include <gtest/gtest.h>

#include "psbt_builder.hpp"

namespace cordon::chain {
namespace {

using namespace test;

const OutPoint kPoint{Hash256{{9}}, 1};

Bytes unsigned_txn() { return simple_txn({kPoint}, {{1000, p2wpkh_script(1)}}); }
PsbtMaps plain() { return psbt_v0(unsigned_txn(), 1, 1); }

ErrorCode code_of(const PsbtMaps& maps) {
    const Bytes bytes = maps.bytes();
    const auto psbt = parse_psbt(bytes);
    EXPECT_FALSE(psbt);
    return psbt ? ErrorCode::kIo : psbt.error().code;
}

TEST(Psbt, is_written_again_byte_for_byte) {
    PsbtMaps maps = plain();
    maps.globals.push_back({{0xfc, 1, 'x', 0}, {1, 2, 3}});  // Proprietary.
    maps.inputs[0].push_back({{0x7f, 5}, {9}});              // Unknown.
    const Bytes bytes = maps.bytes();
    const auto psbt = parse_psbt(bytes);
    ASSERT_TRUE(psbt) << psbt.error().message;
    EXPECT_EQ(psbt->inputs[0].entries[0].name, "");
    EXPECT_EQ(psbt->globals[1].name, "PSBT_GLOBAL_PROPRIETARY");
    Bytes again;
    append_psbt(again, *psbt);
    EXPECT_EQ(again, bytes);
}

TEST(Psbt, of_version_2_makes_its_txn_of_fields) {
    const Bytes bytes = psbt_v2(5000, p2wpkh_script(7)).bytes();
    const auto psbt = parse_psbt(bytes);
    ASSERT_TRUE(psbt) << psbt.error().message;
    EXPECT_EQ(psbt->txn.outputs[0].value, 5000U);
    EXPECT_EQ(psbt->txn.inputs[0].sequence, 0xffffffffU);
    EXPECT_EQ(psbt_locktime(*psbt), 0U);
}

TEST(Psbt, has_each_key_once) {
    PsbtMaps maps = plain();
    maps.inputs[0] = {{{0x03}, le32(1)}, {{0x03}, le32(2)}};
    EXPECT_EQ(code_of(maps), ErrorCode::kDuplicate);
}

TEST(Psbt, keeps_to_the_fields_of_its_version) {
    PsbtMaps maps = plain();
    maps.inputs[0] = {{{0x10}, le32(1)}};
    EXPECT_EQ(code_of(maps), ErrorCode::kConflict);
    maps = psbt_v2(1, p2wpkh_script(1));
    maps.globals.push_back({{0x00}, unsigned_txn()});
    EXPECT_EQ(code_of(maps), ErrorCode::kConflict);
}

TEST(Psbt, refuses_sizes_that_a_field_cannot_have) {
    PsbtMaps maps = plain();
    maps.inputs[0] = {{{0x03}, {1, 0, 0}}};
    EXPECT_EQ(code_of(maps), ErrorCode::kMalformed);
    maps.inputs[0] = {{{0x03, 0}, le32(1)}};
    EXPECT_EQ(code_of(maps), ErrorCode::kMalformed);
    maps.inputs[0] = {{joined({0x06, 5}, Bytes(32, 1)), le32(1)}};  // No key begins with 05.
    EXPECT_EQ(code_of(maps), ErrorCode::kMalformed);
}

TEST(Psbt, believes_a_txn_only_by_its_hash) {
    PsbtMaps maps = plain();
    maps.inputs[0] = {{{0x00}, simple_txn({kPoint}, {{5, p2pkh_script(1)}})}};
    EXPECT_EQ(code_of(maps), ErrorCode::kChecksum);
}

TEST(Psbt, proves_an_input_by_the_txn_that_another_input_gives) {
    const Bytes parent = simple_txn({kPoint}, {{5, p2pkh_script(1)}, {6, p2pkh_script(2)}});
    const Hash256 txid = txid_of(*parse_txn(parent));
    PsbtMaps maps = psbt_v0(simple_txn({{txid, 0}, {txid, 1}}, {{3, p2pkh_script(3)}}), 2, 1);
    maps.inputs[0] = {{{0x00}, parent}};
    const Bytes bytes = maps.bytes();
    const auto psbt = parse_psbt(bytes);
    ASSERT_TRUE(psbt) << psbt.error().message;
    ASSERT_TRUE(psbt->inputs[1].proven);
    EXPECT_EQ(psbt->inputs[1].proven->value, 6U);
}

TEST(Psbt, refuses_counts_that_the_bytes_cannot_hold) {
    PsbtMaps maps = psbt_v2(1, p2wpkh_script(1));
    maps.globals[2].second = {0xfe, 0xff, 0xff, 0xff, 0x7f};
    EXPECT_EQ(code_of(maps), ErrorCode::kTruncated);
    maps.globals[2].second = {2};
    EXPECT_FALSE(parse_psbt(maps.bytes()));
}

TEST(Psbt, refuses_every_beginning_of_itself_and_every_tail) {
    Bytes bytes = plain().bytes();
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(parse_psbt(ByteView{bytes}.first(size))) << size;
    bytes.push_back(0);
    EXPECT_EQ(parse_psbt(bytes).error().code, ErrorCode::kTrailing);
}

TEST(Psbt, takes_the_height_where_height_and_time_would_do) {
    PsbtMaps maps = psbt_v2(1, p2wpkh_script(1));
    maps.inputs[0].push_back({{0x11}, le32(1'700'000'000)});
    const Bytes time_bytes = maps.bytes();
    EXPECT_EQ(psbt_locktime(*parse_psbt(time_bytes)), 1'700'000'000U);
    maps.inputs[0].push_back({{0x12}, le32(800'000)});
    const Bytes both_bytes = maps.bytes();
    EXPECT_EQ(psbt_locktime(*parse_psbt(both_bytes)), 800'000U);
    maps.inputs[0].back() = {{0x12}, le32(0)};
    EXPECT_EQ(code_of(maps), ErrorCode::kMalformed);
}

TEST(Psbt, tells_a_signer_what_speaks_against_an_input) {
    PsbtMaps maps = plain();
    const auto faults = [&] {
        const Bytes bytes = maps.bytes();
        return psbt_input_faults(*parse_psbt(bytes), 0);
    };
    EXPECT_EQ(faults().size(), 1U);  // Nothing is said of what it spends.
    maps.inputs[0] = {{{0x01}, output_bytes(7, p2wpkh_script(3))}};
    EXPECT_TRUE(faults().empty());
    maps.inputs[0] = {{{0x01}, output_bytes(7, p2pkh_script(3))}};
    EXPECT_EQ(faults().size(), 1U);  // A claim about an input whose signature covers no amount.
    maps.inputs[0] = {{{0x01}, output_bytes(7, p2wpkh_script(3))}, {{0x05}, {0x51}}};
    EXPECT_EQ(faults().size(), 1U);  // A script that is not spent.
}

}  // namespace
}  // namespace cordon::chain
