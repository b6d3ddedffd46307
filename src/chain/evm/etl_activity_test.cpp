// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "../csv_test_file.hpp"
#include "../event_source.hpp"

namespace cordon::chain {
namespace {

const std::string kA = "0x" + std::string(40, 'a');
const std::string kB = "0x" + std::string(40, 'b');
const std::string kC = "0x" + std::string(40, 'c');
const std::string kT1 = "0x" + std::string(64, '1');
const std::string kT2 = "0x" + std::string(64, '2');
const std::string kTxns =
    "block_number,hash,from_address,to_address,value,transaction_index,nonce,block_timestamp,"
    "receipt_status,input\n";
const std::string kTraces =
    "block_number,transaction_hash,trace_type,call_type,from_address,to_address,value,"
    "trace_address,status,input,output\n";
const std::string kLogs = "block_number,transaction_hash,log_index,address,data,topics\n";

std::vector<SeenBlock> seen(const std::vector<std::string>& texts) {
    std::vector<InputFile> files;
    for (std::size_t i = 0; i < texts.size(); ++i)
        files.push_back(text_file(texts[i], "file" + std::to_string(i)));
    auto source = open_evm_etl_events(std::move(files), kEthereum);
    EXPECT_TRUE(source) << source.error().message;
    std::vector<SeenBlock> out;
    FeedEvent event;
    while (true) {
        const auto more = (*source)->read(event);
        EXPECT_TRUE(more) << more.error().message;
        if (!more || !*more) return out;
        out.push_back(std::get<SeenBlock>(event));
    }
}

TEST(EtlActivity, has_every_txn_with_its_logs_and_calls) {
    const auto blocks = seen({
        kTxns + "7," + kT2 + "," + kA + "," + kB + ",0,1,3,1700000000,1,0xaabb\n" +  //
            "7," + kT1 + "," + kA + ",,5,0,2,1700000000,1,0x6000\n" +                //
            "8," + kT1.substr(0, 65) + "3," + kA + "," + kB + ",0,0,4,1700000012,0,\n",
        kTraces + "7," + kT2 + ",call,delegatecall," + kB + "," + kC + ",0,\"0,0\",1,0x,0x\n" +  //
            "7," + kT2 + ",call,call," + kB + "," + kC + ",9,0,0,0x01,\n" +                      //
            "7," + kT2 + ",call,call," + kA + "," + kB + ",0,,1,0xaabb,0x\n",
        kLogs + "7," + kT2 + ",4," + kC + ",0x01,\"\"\n" +  // Anonymous.
            "7," + kT2 + ",3," + kC + ",0x," + kT1 + "\n",
    });
    ASSERT_EQ(blocks.size(), 2U);
    const Activity& first = blocks[0].activity;
    EXPECT_TRUE(first.has_txns && first.has_logs && first.has_calls);
    ASSERT_EQ(first.txns.size(), 2U);
    EXPECT_TRUE(first.txns[0].to.empty()) << "a creation, also when value was sent with it";
    EXPECT_FALSE(first.txns[0].created.empty());
    const TxnActivity& txn = first.txns[1];
    EXPECT_EQ(txn.input, (Bytes{0xaa, 0xbb}));
    EXPECT_EQ(txn.nonce, 3U);
    ASSERT_EQ(txn.logs.size(), 2U);
    EXPECT_EQ(txn.logs[0].index, 3U);
    EXPECT_TRUE(txn.logs[1].topics.empty());
    ASSERT_EQ(txn.calls.size(), 3U);
    EXPECT_TRUE(txn.calls[1].failed);
    EXPECT_EQ(txn.calls[2].kind, CallKind::kDelegateCall);
    EXPECT_EQ(txn.calls[2].parent, 1U);
    EXPECT_EQ(txn.calls[2].depth, 2U);
    // Nothing of the failed call moved, and no txn of block 8 moved anything.
    EXPECT_EQ(blocks[0].block.account_txns.size(), 1U);
    ASSERT_EQ(blocks[1].activity.txns.size(), 1U);
    EXPECT_EQ(blocks[1].activity.txns[0].succeeded, false);
    EXPECT_TRUE(blocks[1].activity.has_txns);
    EXPECT_FALSE(blocks[1].activity.has_logs) << "the file of logs has ended before";
}

TEST(EtlActivity, of_traces_alone_takes_the_txn_from_its_first_frame) {
    const auto blocks =
        seen({kTraces + "7," + kT1 + ",call,call," + kA + "," + kB + ",5,,1,0xab,\n" + "7," + kT2 +
                  ",call,call," + kB + "," + kC + ",5,0,1,,\n",
              "number,hash,timestamp\n7," + kT1 + ",1700000000\n"});
    ASSERT_EQ(blocks.size(), 1U);
    const Activity& activity = blocks[0].activity;
    EXPECT_TRUE(activity.has_txns && activity.has_calls);
    EXPECT_EQ(activity.missing, 1U) << "of the second the first frame is missing";
    ASSERT_EQ(activity.txns.size(), 2U);
    EXPECT_EQ(activity.txns[0].input, Bytes{0xab});
    EXPECT_TRUE(activity.txns[1].calls.empty());
}

}  // namespace
}  // namespace cordon::chain
