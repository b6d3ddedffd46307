// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "rpc.hpp"

#include <gtest/gtest.h>
#include <filesystem>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "../event_source.hpp"
#include "system_txn.hpp"

namespace cordon::chain::evm {
namespace {

const std::string kHash(64, 'a');
const std::string kAlice = "0x00000000000000000000000000000000000a11ce";
const std::string kBob = "0x0000000000000000000000000000000000000b0b";
const std::string kToken = "0x00000000000000000000000000000000000c0135";

Address address(std::string_view text) { return {AddressKind::kEvm, *parse_hex0x(text)}; }
std::string hash_text(char digit) { return "0x" + std::string(64, digit); }
Hash256 hash_of(char digit) {
    Hash256 out;
    EXPECT_TRUE(parse_hex_into(std::string(64, digit), out.bytes));
    return out;
}

std::string frame(std::string_view type, std::string_view more = "") {
    return format(R"({{"type":"{}","from":"{}","to":"{}"{}}})", type, kAlice, kBob, more);
}

std::string block_text(std::string_view txns) {
    return format(
        R"({{"number":"0x10","hash":"{}","parentHash":"{}","timestamp":"0x674c0aef","miner":"{}","transactions":[{}],"uncles":[]}})",
        hash_text('b'), hash_text('a'), kBob, txns);
}
std::string txn_text(char hash, std::string_view more) {
    return format(R"({{"hash":"{}","from":"{}","nonce":"0x1",{}}})", hash_text(hash), kAlice, more);
}
std::string receipt_text(char hash, std::string_view more, char block = 'b') {
    return format(
        R"({{"transactionHash":"{}","blockHash":"{}","gasUsed":"0x5208","effectiveGasPrice":"0x2",{}}})",
        hash_text(hash), hash_text(block), more);
}

TEST(RpcCalls, are_flattened_in_pre_order_whatever_the_order_of_their_keys) {
    const auto calls = parse_call_trace(
        R"({"calls":[)" + frame("DELEGATECALL", R"(,"calls":[)" + frame("STATICCALL") + "]") + "," +
        frame("CREATE2", R"(,"value":"0x5","output":"0x6001")") + R"(],"type":"CALL","from":")" +
        kAlice + R"(","to":")" + kBob + R"(","value":"0x1","input":"0xabcdef"})");
    ASSERT_TRUE(calls) << calls.error().message;
    ASSERT_EQ(calls->size(), 4U);
    EXPECT_EQ((*calls)[0].kind, CallKind::kCall);
    EXPECT_EQ((*calls)[0].parent, Call::kNoParent);
    EXPECT_EQ((*calls)[0].input, (Bytes{0xab, 0xcd, 0xef}));
    EXPECT_EQ((*calls)[1].kind, CallKind::kDelegateCall);
    EXPECT_EQ((*calls)[1].parent, 0U);
    EXPECT_EQ((*calls)[2].parent, 1U);
    EXPECT_EQ((*calls)[2].depth, 2U);
    EXPECT_EQ((*calls)[3].parent, 0U);
    EXPECT_EQ((*calls)[3].output, (Bytes{0x60, 0x01}));
}

TEST(RpcCalls, of_what_failed_move_nothing_and_neither_does_what_lies_below) {
    const auto calls = parse_call_trace(
        frame("CALL", R"(,"value":"0x1","calls":[)" +
                          frame("CALL", R"(,"value":"0x2","error":"execution reverted","calls":[)" +
                                            frame("CALL", R"(,"value":"0x3")") + "]") +
                          "," + frame("CREATE", R"(,"value":"0x4","error":"out of gas")") + "," +
                          frame("CALL", R"(,"value":"0x5")") + "," +
                          frame("SELFDESTRUCT", R"(,"value":"0x6")") + "," +
                          frame("DELEGATECALL", R"(,"value":"0x7")") + "]"));
    ASSERT_TRUE(calls) << calls.error().message;
    EXPECT_TRUE((*calls)[3].failed);
    EXPECT_TRUE((*calls)[3].to.empty()) << "nothing was created";
    const auto moved = transfers_of_calls(*calls);
    ASSERT_EQ(moved.size(), 3U);
    EXPECT_EQ(moved[0].kind, TransferKind::kNative);
    EXPECT_EQ(moved[1].amount, Amount{5U});
    EXPECT_EQ(moved[2].amount, Amount{6U});
    EXPECT_EQ(moved[2].index, 2U);
}

TEST(RpcCalls, say_what_tokens_move_unless_the_token_says_no) {
    const std::string to = std::string(24, '0') + kBob.substr(2);
    const std::string amount = std::string(62, '0') + "2a";
    const auto call = [&](std::string_view type, std::string_view input, std::string_view output) {
        return format(R"({{"type":"{}","from":"{}","to":"{}","input":"0x{}","output":"0x{}"}})",
                      type, kAlice, kToken, input, output);
    };
    const std::string good = "a9059cbb" + to + amount;
    const std::string yes = std::string(63, '0') + "1", no(64, '0');
    const auto calls = parse_call_trace(
        frame("CALL", R"(,"calls":[)" + call("CALL", good, yes) + "," + call("CALL", good, "") +
                          "," + call("CALL", good, no) + "," + call("DELEGATECALL", good, yes) +
                          "," + call("STATICCALL", good, yes) + "," +
                          call("CALL", "a9059cbb" + std::string(64, 'f') + amount, yes) + "," +
                          call("CALL", good.substr(0, 100), yes) + "," +
                          call("CALL", "23b872dd" + to + to + amount, yes) + "]"));
    ASSERT_TRUE(calls) << calls.error().message;
    const auto moved = transfers_of_calls(*calls);
    ASSERT_EQ(moved.size(), 3U);
    EXPECT_EQ(moved[0].asset.text(), kToken);
    EXPECT_EQ(moved[0].amount, Amount{42U});
    EXPECT_EQ(moved[0].from, address(kAlice));
    EXPECT_EQ(moved[2].from, address(kBob));
}

TEST(RpcCalls, refuse_what_is_no_frame) {
    for (const std::string_view bad :
         {"", "{}", "[]", "null", "{\"type\":\"CALL\"}", "{\"type\":\"CALL\",\"from\":\"0x12\"}",
          "{\"type\":\"JUMP\",\"from\":\"0x00000000000000000000000000000000000a11ce\"}",
          "{\"type\":\"CALL\",\"from\":\"0x00000000000000000000000000000000000a11ce\",\"calls\":1}",
          "{\"type\":\"CALL\",\"from\":\"0x00000000000000000000000000000000000a11ce\"} {}",
          "{\"type\":\"CALL\",\"from\":\"0x00000000000000000000000000000000000a11ce\",\"calls\":["})
        EXPECT_FALSE(parse_call_trace(bad)) << bad;
    EXPECT_EQ(parse_call_trace(frame("CALL", R"(,"value":"0x1","value":"0x2")")).error().code,
              ErrorCode::kDuplicate);
}

TEST(RpcCalls, deeper_than_the_machine_can_call_are_refused) {
    const auto nested = [](std::size_t levels) {
        std::string text;
        for (std::size_t i = 0; i < levels; ++i)
            text += format(R"({{"type":"CALL","from":"{}","to":"{}","calls":[)", kAlice, kBob);
        for (std::size_t i = 0; i < levels; ++i) text += "]}";
        return text;
    };
    const auto deepest = parse_call_trace(nested(1'025));
    ASSERT_TRUE(deepest) << deepest.error().message;
    EXPECT_EQ(deepest->back().depth, 1'024U);
    EXPECT_EQ(parse_call_trace(nested(1'026)).error().code, ErrorCode::kLimit);
}

TEST(RpcChanges, are_slots_that_differ_and_zeros_left_out_count) {
    const auto changes = parse_state_diff(format(
        R"({{"post":{{"{0}":{{"storage":{{"0x01":"0x2a","0x3":"0x1"}}}}}},
            "pre":{{"{0}":{{"nonce":1,"storage":{{"0x{1:064}":"0x{1:064}","0x2":"0x7","0x3":"0x1"}}}},
                    "{2}":{{"balance":"0x0","code":"0x"}}}}}})",
        kBob, 0, kAlice));
    ASSERT_TRUE(changes) << changes.error().message;
    ASSERT_EQ(changes->size(), 2U);
    EXPECT_EQ((*changes)[0].slot.bytes[31], 1);
    EXPECT_EQ((*changes)[0].before, Hash256{});
    EXPECT_EQ((*changes)[0].after.bytes[31], 0x2a);
    EXPECT_EQ((*changes)[1].after, Hash256{});
    EXPECT_FALSE(parse_state_diff("{\"" + kBob + "\":{}}")) << "prestateTracer without diffMode";
}

TEST(RpcBlock, puts_the_answers_together) {
    const std::string log = format(
        R"({{"address":"{}","topics":["0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef","0x{:0>64}","0x{:0>64}"],"data":"0x{:0>64}","logIndex":"0x7","removed":false}})",
        kToken, kAlice.substr(2), kBob.substr(2), "2a");
    const std::string block =
        block_text(txn_text('1', format(R"("to":"{}","value":"0x5","input":"0x01")", kBob)) + "," +
                   txn_text('2', R"("to":null,"value":"0x0","input":"0x6000")") + "," +
                   txn_text('3', format(R"("to":"{}","value":"0x9","input":"0x")", kBob)));
    const std::string receipts =
        "[" + receipt_text('1', R"("status":"0x1","contractAddress":null,"logs":[)" + log + "]") +
        "," +
        receipt_text('2', format(R"("status":"0x1","contractAddress":"{}","logs":[])", kToken)) +
        "," + receipt_text('3', R"("status":"0x0","logs":[])") + "]";
    const std::string calls = format(
        R"([{{"txHash":"{}","result":{}}},{{"txHash":"{}","error":"execution timeout"}},
                   {{"txHash":"{}","result":{}}}])",
        hash_text('1'),
        frame("CALL", R"(,"value":"0x5","calls":[)" + frame("CALL", R"(,"value":"0x6")") + "]"),
        hash_text('2'), hash_text('3'), frame("CALL", R"(,"error":"out of gas")"));
    const auto seen = parse_rpc_block(kEthereum, {block, receipts, calls, "null"});
    ASSERT_TRUE(seen) << seen.error().message;
    EXPECT_EQ(seen->block.header.number, 16U);
    EXPECT_EQ(seen->block.header.parent, hash_of('a'));
    const Activity& activity = seen->activity;
    EXPECT_TRUE(activity.has_txns && activity.has_logs && activity.has_calls);
    EXPECT_FALSE(activity.has_changes);
    EXPECT_EQ(activity.missing, 1U);
    ASSERT_EQ(activity.txns.size(), 3U);
    EXPECT_EQ(activity.txns[0].calls.size(), 2U);
    EXPECT_EQ(activity.txns[0].logs[0].index, 7U);
    EXPECT_EQ(activity.txns[1].created, address(kToken));
    EXPECT_EQ(activity.txns[2].succeeded, false);

    ASSERT_EQ(seen->block.account_txns.size(), 3U);
    const auto& first = seen->block.account_txns[0].transfers;
    ASSERT_EQ(first.size(), 4U);
    EXPECT_EQ(first[0].kind, TransferKind::kFee);
    EXPECT_EQ(first[0].amount, Amount{42'000U});
    EXPECT_EQ(first[1].amount, Amount{5U});
    EXPECT_EQ(first[2].kind, TransferKind::kInternal);
    EXPECT_EQ(first[3].index, 1'000'007U);
    EXPECT_EQ(first[3].asset.text(), kToken);
    ASSERT_EQ(seen->block.account_txns[2].transfers.size(), 1U);
    EXPECT_EQ(seen->block.account_txns[2].transfers[0].kind, TransferKind::kFee);
}

TEST(RpcBlock, takes_answers_in_any_order_and_none_that_is_cut_off) {
    const std::string to = format(R"("to":"{}","value":"0x5","input":"0x01")", kBob);
    const std::string block = block_text(txn_text('1', to) + "," + txn_text('2', to));
    const std::string receipts = "[" + receipt_text('2', R"("status":"0x0","logs":[])") + "," +
                                 receipt_text('1', R"("status":"0x1","logs":[])") + "]";
    const std::string calls =
        format(R"([{{"result":{},"txHash":"{}"}},{{"result":{},"txHash":"{}"}}])", frame("CALL"),
               hash_text('2'), frame("CALL", R"(,"input":"0x01")"), hash_text('1'));
    const auto seen = parse_rpc_block(kEthereum, {block, receipts, calls, {}});
    ASSERT_TRUE(seen) << seen.error().message;
    EXPECT_EQ(seen->activity.txns[0].succeeded, true);
    EXPECT_EQ(seen->activity.txns[1].succeeded, false);
    EXPECT_EQ(seen->activity.txns[0].calls[0].input, Bytes{0x01});
    for (std::size_t size = 1; size < block.size(); ++size)
        EXPECT_FALSE(parse_rpc_block(kEthereum, {block.substr(0, size), {}, {}, {}})) << size;
    for (std::size_t size = 1; size < receipts.size(); ++size)
        EXPECT_FALSE(parse_rpc_block(kEthereum, {block, receipts.substr(0, size), {}, {}})) << size;
    for (std::size_t size = 1; size < calls.size(); ++size)
        EXPECT_FALSE(parse_rpc_block(kEthereum, {block, {}, calls.substr(0, size), {}})) << size;
    const std::string twice =
        format(R"([{{"result":{0},"txHash":"{1}"}},{{"result":{0},"txHash":"{1}"}}])",
               frame("CALL"), hash_text('2'));
    EXPECT_EQ(parse_rpc_block(kEthereum, {block, {}, twice, {}}).error().code,
              ErrorCode::kDuplicate);
}

TEST(RpcBlock, without_traces_a_creation_has_the_address_that_sender_and_nonce_make) {
    // The contract of the first known creation of a sender: keccak256(rlp([sender, nonce])).
    const std::string block = block_text(format(
        R"({{"hash":"{}","from":"0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0","nonce":"0x0","to":null,"value":"0x5","input":"0x00"}})",
        hash_text('1')));
    const auto seen = parse_rpc_block(kEthereum, {block, {}, {}, {}});
    ASSERT_TRUE(seen) << seen.error().message;
    EXPECT_EQ(seen->block.account_txns[0].transfers[0].to,
              address("0xcd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"));
    EXPECT_FALSE(seen->activity.txns[0].succeeded);
    EXPECT_TRUE(seen->activity.txns[0].created.empty()) << "nobody says that it succeeded";
}

TEST(RpcBlock, without_nonces_tells_none_and_guesses_no_address_of_a_creation) {
    const auto created = [](std::string_view more) {
        return block_text(format(R"({{"hash":"{}","from":"{}",{}"value":"0x5","input":"0x00"}})",
                                 hash_text('1'), kAlice, more));
    };
    for (const auto& [chain, more] : {std::pair{kEthereum, ""},
                                      {kEthereum, R"("nonce":null,)"},
                                      {kTronMainnet, R"("nonce":"0x0",)"}}) {
        const auto seen = parse_rpc_block(chain, {created(more), {}, {}, {}});
        ASSERT_TRUE(seen) << seen.error().message;
        EXPECT_FALSE(seen->activity.txns[0].nonce) << more;
        EXPECT_TRUE(seen->block.account_txns.empty()) << more;
    }
}

TEST(RpcBlock, of_a_txn_without_hash_or_sender_is_refused) {
    const std::string fine = txn_text('1', R"("to":null,"value":"0x0")");
    EXPECT_TRUE(parse_rpc_block(kEthereum, {block_text(fine), {}, {}, {}}));
    for (const std::string& value : {hash_text('1'), std::string{kAlice}}) {
        std::string none = fine;
        none.replace(none.find(value) - 1, value.size() + 2, "null");
        const auto seen = parse_rpc_block(kEthereum, {block_text(none), {}, {}, {}});
        ASSERT_FALSE(seen) << none;
        EXPECT_EQ(seen.error().code, ErrorCode::kMalformed) << seen.error().message;
    }
}

TEST(RpcBlock, answers_of_different_blocks_are_a_conflict) {
    const std::string block = block_text(txn_text('1', R"("to":null,"value":"0x0")"));
    const auto code = [&](std::string_view receipts, std::string_view calls) {
        const auto seen = parse_rpc_block(kEthereum, {block, receipts, calls, {}});
        return seen ? ErrorCode::kCancelled : seen.error().code;
    };
    const std::string fine = R"("status":"0x1","logs":[])";
    EXPECT_EQ(code("[" + receipt_text('1', fine, 'c') + "]", ""), ErrorCode::kConflict);
    EXPECT_EQ(code("[" + receipt_text('2', fine) + "]", ""), ErrorCode::kConflict);
    EXPECT_EQ(code("[]", ""), ErrorCode::kConflict);
    EXPECT_EQ(code("", format(R"([{{"txHash":"{}","result":{}}}])", hash_text('2'), frame("CALL"))),
              ErrorCode::kConflict);
    EXPECT_EQ(code("", "[" + frame("CALL") + "," + frame("CALL") + "]"), ErrorCode::kConflict);
}

TEST(RpcBlock, receipts_before_byzantium_have_a_root_and_say_nothing_of_success) {
    const std::string block = block_text(txn_text('1', format(R"("to":"{}","value":"0x3")", kBob)));
    const std::string receipts =
        "[" + receipt_text('1', format(R"("root":"{}","logs":[])", hash_text('d'))) + "]";
    const auto seen = parse_rpc_block(kEthereum, {block, receipts, {}, {}});
    ASSERT_TRUE(seen) << seen.error().message;
    EXPECT_FALSE(seen->activity.txns[0].succeeded.has_value());
    EXPECT_EQ(seen->block.account_txns[0].transfers.size(), 2U);
}

TEST(RpcBlock, of_tron_has_its_addresses_and_no_fee) {
    const std::string block = block_text(txn_text('1', format(R"("to":"{}","value":"0x3")", kBob)));
    const std::string log = format(
        R"({{"address":"{}","topics":["0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef","0x{:0>64}","0x{:0>64}"],"data":"0x{:0>64}","logIndex":"0x0"}})",
        kToken, kAlice.substr(2), kBob.substr(2), "2a");
    const std::string receipts =
        "[" + receipt_text('1', R"("status":"0x1","logs":[)" + log + "]") + "]";
    const auto seen = parse_rpc_block(kTronMainnet, {block, receipts, {}, {}});
    ASSERT_TRUE(seen) << seen.error().message;
    EXPECT_EQ(seen->activity.txns[0].from.kind(), AddressKind::kTron);
    const auto& transfers = seen->block.account_txns[0].transfers;
    ASSERT_EQ(transfers.size(), 2U);
    EXPECT_EQ(transfers[1].to.kind(), AddressKind::kTron);
    EXPECT_TRUE(transfers[1].asset.text().starts_with("T"));
}

/// Of block 17,173,049 of Ethereum, as execution-apis writes the first two.
const std::string kWithdrawals =
    R"([{"index":"0x21bbc0","validatorIndex":"0x83e46","address":"0xb9d7934878b5fb9610b3fe8a5e441e8fad7e293f","amount":"0x2ba460b"},)"
    R"({"index":"0x21bbc1","validatorIndex":"0x83e47","address":"0xb9d7934878b5fb9610b3fe8a5e441e8fad7e293f","amount":"0xbd866a"}])";

Result<SeenBlock> with_withdrawals(ChainId chain, std::string_view list) {
    const std::string bare = block_text("");
    return parse_rpc_block(
        chain,
        {bare.substr(0, bare.size() - 1) + format(R"(,"withdrawals":{}}})", list), {}, {}, {}});
}

TEST(RpcBlock, pays_validators_in_a_txn_of_its_own) {
    const auto seen = with_withdrawals(kEthereum, kWithdrawals);
    ASSERT_TRUE(seen) << seen.error().message;
    EXPECT_TRUE(seen->activity.txns.empty()) << "no txn of the chain paid them";
    ASSERT_EQ(seen->block.account_txns.size(), 1U);
    const AccountTxn& txn = seen->block.account_txns[0];
    EXPECT_EQ(txn.hash, system_txn_hash(kEthereum, 16));
    ASSERT_EQ(txn.transfers.size(), 2U);
    const Address validator = address("0xb9d7934878b5fb9610b3fe8a5e441e8fad7e293f");
    const Address zero = address("0x" + std::string(40, '0'));
    EXPECT_EQ(txn.transfers[0],
              (Transfer{0, zero, validator, Asset{}, Amount{45'762'059U} * Amount{1'000'000'000U},
                        TransferKind::kMint}));
    EXPECT_EQ(txn.transfers[1].index, 1U);
    EXPECT_EQ(txn.transfers[1].amount, *Amount::parse("12420714000000000"));
}

TEST(RpcBlock, without_withdrawals_or_with_such_of_nothing_pays_nobody) {
    for (
        const std::string_view list :
        {"null", "[]",
         R"([{"index":"0x1","address":"0x00000000000000000000000000000000000a11ce","amount":"0x0"}])"}) {
        const auto seen = with_withdrawals(kEthereum, list);
        ASSERT_TRUE(seen) << seen.error().message;
        EXPECT_TRUE(seen->block.account_txns.empty()) << list;
    }
}

TEST(RpcBlock, of_a_chain_that_pays_validators_in_a_token_mints_no_coins) {
    const auto seen = with_withdrawals({ChainFamily::kEvm, 100}, kWithdrawals);
    ASSERT_TRUE(seen) << seen.error().message;
    EXPECT_TRUE(seen->block.account_txns.empty());
}

TEST(RpcBlock, writes_both_sides_of_a_withdrawal_as_its_chain_does) {
    const auto seen = with_withdrawals(kTronMainnet, kWithdrawals);
    ASSERT_TRUE(seen) << seen.error().message;
    const Transfer& paid = seen->block.account_txns[0].transfers[0];
    EXPECT_EQ(paid.from.kind(), AddressKind::kTron);
    EXPECT_EQ(paid.to.kind(), AddressKind::kTron);
}

TEST(RpcBlock, with_withdrawals_that_are_none_is_refused) {
    const std::string address_field = R"("address":"0x00000000000000000000000000000000000a11ce")";
    const auto code = [&](const std::string& list) {
        const auto seen = with_withdrawals(kEthereum, list);
        return seen ? ErrorCode::kCancelled : seen.error().code;
    };
    const std::string second = R"({"index":"0x2","amount":"0x1",)" + address_field + "}";
    EXPECT_EQ(code("[" + second + "," + second + "]"), ErrorCode::kOrder);
    EXPECT_EQ(code(R"([{"index":"0x2","amount":"0x1"}])"), ErrorCode::kMalformed);
    EXPECT_EQ(code(R"([{"index":"0x2",)" + address_field + "}]"), ErrorCode::kMalformed);
    EXPECT_EQ(code(R"([{"index":"0x2","amount":1,)" + address_field + "}]"), ErrorCode::kMalformed);
    EXPECT_EQ(code(R"([{"index":"0x2","amount":"0x10000000000000000",)" + address_field + "}]"),
              ErrorCode::kOverflow);
    EXPECT_EQ(code(R"(["0x2"])"), ErrorCode::kMalformed);
    EXPECT_EQ(code(R"({})"), ErrorCode::kMalformed);
}

TEST(RpcBlock, that_the_node_does_not_have_is_not_found) {
    EXPECT_EQ(parse_rpc_block(kEthereum, {"null", {}, {}, {}}).error().code, ErrorCode::kNotFound);
    EXPECT_FALSE(parse_rpc_block(kEthereum, {block_text("\"" + hash_text('1') + "\""), {}, {}, {}}))
        << "hashes only";
    EXPECT_FALSE(parse_rpc_block(kBitcoin, {block_text(""), {}, {}, {}}));
}

TEST(RpcBlock, where_no_txn_could_be_traced_has_no_calls) {
    const std::string block = block_text(txn_text('1', R"("to":null,"value":"0x0")"));
    const auto seen = parse_rpc_block(
        kEthereum, {block, {}, R"([{"error":"historical state unavailable"}])", {}});
    ASSERT_TRUE(seen) << seen.error().message;
    EXPECT_FALSE(seen->activity.has_calls);
}

TEST(RpcHeader, tells_number_hash_parent_and_time) {
    const auto header = parse_rpc_header(format(
        R"({{"parentHash":"{}","number":"0x1451aca","timestamp":"0x674c0aef","hash":"{}","extraData":"0x"}})",
        hash_text('a'), hash_text('b')));
    ASSERT_TRUE(header) << header.error().message;
    EXPECT_EQ(header->number, 21'306'058U);
    EXPECT_EQ(to_unix_seconds(*header->time), 1'733'036'783);
    EXPECT_FALSE(parse_rpc_header("{}"));
}

TEST(RpcTxn, of_the_mempool_says_what_it_would_move) {
    const auto pending = parse_rpc_txn(
        kEthereum,
        txn_text(
            '1',
            format(R"("to":"{}","value":"0x1","input":"0xa9059cbb{:0>64}{:0>64}","blockHash":null)",
                   kToken, kBob.substr(2), "2a")),
        from_unix_seconds(5));
    ASSERT_TRUE(pending) << pending.error().message;
    ASSERT_EQ(pending->transfers.transfers.size(), 2U);
    EXPECT_EQ(pending->transfers.transfers[1].to, address(kBob));
    EXPECT_EQ(pending->transfers.hash, pending->activity.hash);
}

InputFile text_file(std::string name, const std::string& text) {
    return memory_file(std::move(name),
                       {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

TEST(EvmTraces, come_in_the_order_of_their_index_and_number_their_chains_alone) {
    const std::string one = frame("CALL", R"(,"value":"0x1")");
    const std::string answer = R"({"jsonrpc":"2.0","id":1,"result":)" + frame("CREATE") + "}";
    const std::string list = format(
        R"({{"result":[{{"txHash":"{}","result":{}}},{{"error":"x"}}]}})", hash_text('9'), one);
    const std::string index = "tx,chain,victim\n" + hash_text('2') + ",bsc,x\n" + hash_text('1') +
                              ",eth,y\n0x12,nowhere,z\n";
    const std::string readme = "# what it is";
    const std::string other = R"({"pre":{},"post":{}})";
    auto source = open_evm_traces(
        {text_file("d/README.md", readme), text_file("d/eth_" + hash_text('1') + ".json", one),
         text_file("d/bsc_" + hash_text('2') + ".json", answer), text_file("d/list.json", list),
         text_file("d/other.json", other), text_file("d/index.csv", index)},
        kEthereum);
    ASSERT_TRUE(source) << source.error().message;
    std::vector<SeenBlock> blocks;
    FeedEvent event;
    while (true) {
        const auto more = (*source)->read(event);
        ASSERT_TRUE(more) << more.error().message;
        if (!*more) break;
        blocks.push_back(std::get<SeenBlock>(event));
    }
    ASSERT_EQ(blocks.size(), 3U);
    EXPECT_EQ(to_string(blocks[0].block.chain), "bsc");
    EXPECT_EQ(blocks[0].activity.txns[0].created, address(kBob));
    EXPECT_EQ(blocks[1].activity.txns[0].hash, hash_of('1'));
    EXPECT_EQ(blocks[1].block.header.number, 1U);
    EXPECT_EQ(blocks[1].block.account_txns.size(), 1U);
    EXPECT_EQ(blocks[2].activity.txns[0].hash, hash_of('9'));
    EXPECT_EQ(blocks[2].block.header.number, 2U);
    EXPECT_EQ((*source)->warnings().size(), 2U);
}

TEST(EvmTraces, where_none_is_say_so) {
    const std::string text = "hello";
    auto source = open_evm_traces({text_file("x", text)}, kEthereum);
    ASSERT_TRUE(source);
    FeedEvent event;
    EXPECT_EQ((*source)->read(event).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace cordon::chain::evm
