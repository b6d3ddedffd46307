// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "txn.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <simdjson.h>

#include <cordon/base/hex.hpp>

#include "../text.hpp"
#include "script.hpp"
#include "test_builder.hpp"
#include "test_data.hpp"

namespace cordon::chain {
namespace {

using namespace test;
namespace json = simdjson::dom;

void expect_round_trip(const Bytes& bytes) {
    const Result<TxnView> txn = parse_txn(bytes);
    ASSERT_TRUE(txn) << txn.error().message << "\n" << to_hex(bytes);
    Bytes again;
    append_txn(again, *txn);
    EXPECT_EQ(to_hex(again), to_hex(bytes));
}

ErrorCode code_of(const Bytes& bytes) {
    const Result<TxnView> txn = parse_txn(bytes);
    return txn ? ErrorCode::kCancelled : txn.error().code;
}

Bytes sample() {
    return simple_txn({point(1, 0), point(2, 7)}, {{5000, p2pkh_script(3)}, {0, Bytes{0x6a}}});
}

Bytes segwit_sample() {
    Bytes out = sample();
    out.insert(out.begin() + 4, {0, 1});
    out.resize(out.size() - 4);
    put(out, Bytes{1, 2, 0xaa, 0xbb, 0});  // One item for the first input, none for the second.
    put(out, 99, 4);
    return out;
}

TEST(Txn, is_taken_apart_and_written_again) {
    const Bytes bytes = sample();
    const TxnView txn = parse_txn(bytes).value();
    ASSERT_EQ(txn.inputs.size(), 2U);
    EXPECT_EQ(txn.inputs[1].prevout, point(2, 7));
    ASSERT_EQ(txn.outputs.size(), 2U);
    EXPECT_EQ(txn.outputs[0].value, 5000U);
    EXPECT_EQ(txn.weight(), bytes.size() * 4);
    EXPECT_EQ(txid_of(txn), wtxid_of(txn));
    expect_round_trip(bytes);
}

TEST(Txn, with_witness_has_the_txid_of_its_stripped_form) {
    const Bytes bytes = segwit_sample();
    const TxnView txn = parse_txn(bytes).value();
    EXPECT_TRUE(txn.segwit);
    EXPECT_EQ(txn.witness(txn.inputs[0]).size(), 1U);
    EXPECT_TRUE(txn.witness(txn.inputs[1]).empty());
    Bytes stripped = sample();
    stripped.resize(stripped.size() - 4);
    put(stripped, 99, 4);
    EXPECT_EQ(txid_of(txn), txid_of(parse_txn(stripped).value()));
    EXPECT_NE(wtxid_of(txn), txid_of(txn));
    EXPECT_EQ(txn.weight(), stripped.size() * 3 + bytes.size());
    expect_round_trip(bytes);
}

TEST(Txn, cut_at_any_byte_is_truncated_and_says_where) {
    for (const Bytes& whole : {sample(), segwit_sample()}) {
        for (std::size_t size = 0; size < whole.size(); ++size) {
            const Result<TxnView> txn = parse_txn(ByteView{whole}.first(size));
            ASSERT_FALSE(txn) << size;
            EXPECT_EQ(txn.error().code, ErrorCode::kTruncated)
                << size << ": " << txn.error().message;
            EXPECT_NE(txn.error().message.find("offset "), std::string::npos);
        }
    }
}

TEST(Txn, with_bytes_behind_it_is_trailing) {
    Bytes bytes = sample();
    bytes.push_back(0);
    EXPECT_EQ(code_of(bytes), ErrorCode::kTrailing);
}

TEST(Txn, with_a_witness_flag_but_no_witness_is_refused) {
    Bytes bytes = sample();
    bytes.insert(bytes.begin() + 4, {0, 1});
    bytes.insert(bytes.end() - 4, {0, 0});
    EXPECT_EQ(code_of(bytes), ErrorCode::kMalformed);
}

TEST(Txn, with_an_unknown_flag_is_refused) {
    Bytes bytes = segwit_sample();
    bytes[5] = 2;
    EXPECT_EQ(code_of(bytes), ErrorCode::kMalformed);
}

TEST(Txn, with_a_compact_size_that_is_not_the_shortest_is_refused) {
    Bytes bytes = sample();
    bytes[4] = 0xfd;
    bytes.insert(bytes.begin() + 5, {2, 0});
    EXPECT_EQ(code_of(bytes), ErrorCode::kMalformed);
}

TEST(Txn, that_claims_more_inputs_than_its_bytes_can_hold_is_refused_before_making_room) {
    for (const Bytes& count : {Bytes{0xfd, 0xff, 0xff}, Bytes{0xfe, 0xff, 0xff, 0xff, 0xff},
                               Bytes{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}) {
        Bytes bytes = sample();
        bytes.erase(bytes.begin() + 4);
        bytes.insert(bytes.begin() + 4, count.begin(), count.end());
        EXPECT_EQ(code_of(bytes), ErrorCode::kTruncated);
    }
}

TEST(CheckTxn, refuses_what_no_chain_accepts) {
    const auto check = [](const Bytes& bytes) {
        const Status status = check_txn(parse_txn(bytes).value());
        return status ? ErrorCode::kCancelled : status.error().code;
    };
    const auto pay = [](uint64_t value) { return std::pair{value, p2pkh_script(1)}; };
    EXPECT_EQ(check(sample()), ErrorCode::kCancelled);
    EXPECT_EQ(check(simple_txn({point(1, 0)}, {})), ErrorCode::kMalformed);
    EXPECT_EQ(check(simple_txn({point(1, 0)}, {pay(kMaxMoney + 1)})), ErrorCode::kOverflow);
    EXPECT_EQ(check(simple_txn({point(1, 0)}, {pay(UINT64_MAX)})), ErrorCode::kOverflow);
    EXPECT_EQ(check(simple_txn({point(1, 0)}, {pay(kMaxMoney), pay(1)})), ErrorCode::kOverflow);
    EXPECT_EQ(check(simple_txn({point(1, 0)}, {pay(kMaxMoney)})), ErrorCode::kCancelled);
    EXPECT_EQ(check(simple_txn({point(1, 0), point(2, 0), point(1, 0)}, {pay(1)})),
              ErrorCode::kDuplicate);
    EXPECT_EQ(check(simple_txn({point(1, 0), point(0, UINT32_MAX)}, {pay(1)})),
              ErrorCode::kMalformed);
    EXPECT_EQ(check(simple_txn({}, {pay(1)}, Bytes{1})), ErrorCode::kMalformed);
    EXPECT_EQ(check(simple_txn({}, {pay(1)}, Bytes(101, 0))), ErrorCode::kMalformed);
}

TEST(CheckTxn, refuses_a_txn_without_inputs) {
    EXPECT_FALSE(check_txn(parse_txn(Bytes{1, 0, 0, 0, 0, 0, 0, 0, 0, 0}).value()));
}

TEST(TxnModel, of_a_coinbase_has_no_inputs) {
    const Bytes bytes = simple_txn({}, {{50 * kCoin, p2pkh_script(9)}}, height_script(500));
    const TxnView txn = parse_txn(bytes).value();
    const UtxoTxn model = to_model(txn, txid_of(txn));
    EXPECT_TRUE(model.coinbase);
    EXPECT_TRUE(model.inputs.empty());
    EXPECT_EQ(model.outputs[0].address.kind(), AddressKind::kP2pkh);
    EXPECT_EQ(model.version, 2U);
}

RC_GTEST_PROP(Txn, from_random_bytes_is_refused_or_written_again_alike, (const Bytes& noise)) {
    const Result<TxnView> txn = parse_txn(noise);
    if (!txn) return;
    Bytes again;
    append_txn(again, *txn);
    RC_ASSERT(again == noise);
}

RC_GTEST_PROP(Txn, with_one_byte_changed_is_refused_or_written_again_alike, ()) {
    Bytes bytes = segwit_sample();
    bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] = *rc::gen::arbitrary<uint8_t>();
    const Result<TxnView> txn = parse_txn(bytes);
    if (!txn) return;
    Bytes again;
    append_txn(again, *txn);
    RC_ASSERT(again == bytes);
}

// --- Published vectors

TEST(TxnVectors, of_core_that_are_valid_round_trip) {
    CORDON_TEST_DATA(path, "btc/vectors/core_tx_valid.json");
    json::parser parser;
    std::size_t seen = 0;
    for (const json::element test : parser.load(path.string()).get_array()) {
        if (!test.at(0).is_array()) continue;  // A comment.
        const Bytes bytes = parse_hex(test.at(1).get_string().value()).value();
        expect_round_trip(bytes);
        EXPECT_TRUE(check_txn(parse_txn(bytes).value())) << to_hex(bytes);
        ++seen;
    }
    EXPECT_GT(seen, 0U);
}

TEST(TxnVectors, of_core_that_are_invalid_are_refused_or_round_trip) {
    CORDON_TEST_DATA(path, "btc/vectors/core_tx_invalid.json");
    json::parser parser;
    std::size_t refused = 0;
    for (const json::element test : parser.load(path.string()).get_array()) {
        if (!test.at(0).is_array()) continue;
        const Bytes bytes = parse_hex(test.at(1).get_string().value()).value();
        const Result<TxnView> txn = parse_txn(bytes);
        const bool good = txn && check_txn(*txn);
        refused += good ? 0 : 1;
        // Flag "BADTX" marks what CheckTransaction refuses; the rest fails in its scripts, which
        // are not run here.
        const bool bad = test.at(2).get_string().value() == "BADTX";
        EXPECT_FALSE(bad && good) << to_hex(bytes);
        if (txn) expect_round_trip(bytes);
    }
    EXPECT_GT(refused, 0U);
}

TEST(TxnVectors, of_core_sighash_round_trip) {
    CORDON_TEST_DATA(path, "btc/vectors/core_sighash.json");
    json::parser parser;
    std::size_t seen = 0;
    for (const json::element test : parser.load(path.string()).get_array()) {
        if (test.get_array().size() < 5) continue;
        expect_round_trip(parse_hex(test.at(0).get_string().value()).value());
        ++seen;
    }
    EXPECT_GT(seen, 0U);
}

TEST(TxnVectors, of_taproot_round_trip_and_their_prevouts_have_addresses) {
    CORDON_TEST_DATA(path, "btc/vectors/taproot_script_assets.jsonl.xz");
    const std::string text = as_text(read_test_file(path));
    json::parser parser;
    std::size_t seen = 0;
    for (const json::element test : parser.parse_many(text)) {
        const Bytes bytes = parse_hex(test["tx"].get_string().value()).value();
        expect_round_trip(bytes);
        for (const json::element prevout : test["prevouts"].get_array()) {
            const Bytes output = parse_hex(prevout.get_string().value()).value();
            Cursor cursor{output};
            cursor.u64("value");
            const Bytes script{[&] {
                const ByteView v = cursor.var_bytes("script");
                return Bytes(v.begin(), v.end());
            }()};
            ASSERT_TRUE(cursor.ok());
            const Address address = address_of_script(script);
            EXPECT_EQ(to_hex(script_of_address(address).value_or(script)), to_hex(script));
        }
        ++seen;
    }
    EXPECT_GT(seen, 0U);
}

TEST(TxnVectors, of_the_dmm_theft_have_the_published_ids) {
    CORDON_TEST_DATA(path, "btc/dmm_theft_2024");
    json::parser parser;
    const json::element facts = parser.load((path / "dmm.json").string());
    for (const std::string name : {"theft", "funding"}) {
        std::string hex = as_text(read_test_file(path / (name + "_tx.hex")));
        while (!hex.empty() && hex.back() <= ' ') hex.pop_back();
        const Bytes bytes = parse_hex(hex).value();
        const TxnView txn = parse_txn(bytes).value();
        EXPECT_EQ(format_hash(kBitcoin, txid_of(txn)), facts[name + "_txid"].get_string().value());
        expect_round_trip(bytes);
        if (name != "theft") continue;
        EXPECT_EQ(format_hash(kBitcoin, wtxid_of(txn)), facts["theft_wtxid"].get_string().value());
        EXPECT_EQ(txn.vsize(), facts["theft_vsize"].get_uint64().value());
        const Address thief = address_of_script(txn.outputs[0].script);
        EXPECT_EQ(format_address(kBitcoin, thief), facts["attacker_address"].get_string().value());
    }
}

}  // namespace
}  // namespace cordon::chain
