// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "evm_node.hpp"

#include <gmock/gmock.h>
#include <fake_server.hpp>

#include <cordon/base/format.hpp>

namespace cordon::feed {
namespace {

using test::FakeServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string digits(char digit) { return "0x" + std::string(64, digit); }
constexpr std::string_view kAlice = "0x00000000000000000000000000000000000000a1";
constexpr std::string_view kBob = "0x00000000000000000000000000000000000000b0";

std::string block(std::string_view number, std::string_view hash, bool with_txn = true) {
    const std::string txn =
        format(R"({{"hash":"{}","from":"{}","to":"{}","nonce":"0x1","value":"0x5","input":"0x"}})",
               digits('1'), kAlice, kBob);
    return format(R"({{"number":"{}","hash":"{}","parentHash":"{}","timestamp":"0x674c0aef",)"
                  R"("miner":"{}","transactions":[{}]}})",
                  number, hash, digits('a'), kBob, with_txn ? txn : "");
}
std::string receipt(char of_block = 'b') {
    return format(R"({{"transactionHash":"{}","blockHash":"{}","gasUsed":"0x0",)"
                  R"("effectiveGasPrice":"0x0","status":"0x1","logs":[]}})",
                  digits('1'), digits(of_block));
}
std::string frame() {
    return format(R"({{"type":"CALL","from":"{}","to":"{}","value":"0x5"}})", kAlice, kBob);
}
std::string traces(std::string_view result) {
    return format(R"([{{"txHash":"{}","result":{}}}])", digits('1'), result);
}

/// A node that knows some methods by heart: what follows is its answer's "result" or "error".
class Methods {
public:
    std::map<std::string, std::string> answers;
    std::vector<std::string> asked;
    std::mutex mutex;
    FakeServer server{[this](const std::string& body, unsigned) { return answer(body); }};

    Methods() {
        set("eth_chainId", R"("0x1")");
        set("eth_getBlockByNumber", block("0x10", digits('b')));
        set("eth_getBlockReceipts", "[" + receipt() + "]");
        set("callTracer", traces(frame()));
        set("prestateTracer", traces(R"({"pre":{},"post":{}})"));
    }
    void set(const std::string& method, std::string_view result) {
        answers[method] = "\"result\":" + std::string{result};
    }
    void refuse(const std::string& method, int code, std::string_view text = "no such method") {
        answers[method] = format(R"("error":{{"code":{},"message":"{}"}})", code, text);
    }
    std::unique_ptr<Node> node(EvmNodeOptions options = {}) {
        options.rpc.backoff = Millis{1};
        options.rpc.tries = 2;
        options.clock = [] { return UnixMillis{}; };
        auto made = make_evm_node(server.url(), options);
        EXPECT_TRUE(made);
        return std::move(*made);
    }
    unsigned count(std::string_view method) {
        const std::scoped_lock lock{mutex};
        return static_cast<unsigned>(std::count(asked.begin(), asked.end(), method));
    }

private:
    std::string one(std::string_view call) {
        const auto between = [&](std::string_view before, char end) {
            const std::size_t at = call.find(before) + before.size();
            return std::string{call.substr(at, call.find(end, at) - at)};
        };
        std::string method = between("\"method\":\"", '"');
        if (method.starts_with("debug_")) {
            const bool calls = call.find("callTracer") != call.npos;
            if (answers.count(method) == 0) method = calls ? "callTracer" : "prestateTracer";
        }
        const std::scoped_lock lock{mutex};
        asked.push_back(method);
        const auto found = answers.find(method);
        return "{\"id\":" + between("\"id\":", ',') + "," +
               (found == answers.end() ? R"("error":{"code":-32601,"message":"what?"})"
                                       : found->second) +
               "}";
    }
    std::string answer(const std::string& body) {
        if (body.front() != '[') return FakeServer::ok(one(body));
        std::string all;
        for (std::size_t at = body.find("{\"jsonrpc"); at != body.npos;) {
            const std::size_t next = body.find("{\"jsonrpc", at + 1);
            all += (all.empty() ? "" : ",") + one(std::string_view{body}.substr(at, next - at));
            at = next;
        }
        return FakeServer::ok("[" + all + "]");
    }
};

TEST(EvmNode, puts_a_block_together_from_all_that_the_node_has) {
    Methods methods;
    auto node = methods.node();
    EXPECT_EQ(node->chain().value(), kEthereum);
    EXPECT_EQ(node->head().value().number, 16U);
    const auto blocks = node->range(16, 1).value();
    ASSERT_THAT(blocks, SizeIs(1));
    EXPECT_THAT(blocks[0].missing, IsEmpty());
    const Activity& activity = blocks[0].seen.activity;
    EXPECT_TRUE(activity.has_txns && activity.has_logs && activity.has_calls &&
                activity.has_changes);
    EXPECT_THAT(activity.txns[0].calls, SizeIs(1));
    EXPECT_THAT(node->warnings(), IsEmpty());
}

TEST(EvmNode, knows_tron_by_its_number) {
    Methods methods;
    methods.set("eth_chainId", R"("0x2b6653dc")");
    EXPECT_EQ(methods.node()->chain().value(), kTronMainnet);
    for (const char* bad : {R"("0x0")", R"("1")", "1", R"("0xzz")", "null"}) {
        methods.set("eth_chainId", bad);
        EXPECT_EQ(methods.node()->chain().error().code, ErrorCode::kMalformed) << bad;
    }
}

TEST(EvmNode, says_once_what_a_node_without_traces_does_not_show) {
    Methods methods;
    methods.refuse("callTracer", -32601);
    methods.refuse("prestateTracer", -32601);
    auto node = methods.node();
    for (int i = 0; i < 3; ++i) {
        const auto blocks = node->range(16, 1).value();
        EXPECT_THAT(blocks[0].missing, IsEmpty());
        EXPECT_FALSE(blocks[0].seen.activity.has_calls);
        EXPECT_TRUE(blocks[0].seen.activity.has_logs);
    }
    EXPECT_EQ(methods.count("callTracer"), 2U);  // The block, its txn, and no more.
    EXPECT_THAT(node->warnings(), ElementsAre(HasSubstr("gives no call traces"),
                                              HasSubstr("gives no storage changes")));
}

TEST(EvmNode, asks_txn_by_txn_where_a_node_cannot_tell_a_whole_block) {
    Methods methods;
    methods.refuse("eth_getBlockReceipts", -32601);
    methods.set("eth_getTransactionReceipt", receipt());
    methods.refuse("debug_traceBlockByHash", -32601);
    methods.set("callTracer", frame());
    methods.set("prestateTracer", R"({"pre":{},"post":{}})");
    auto node = methods.node();
    (void)node->range(16, 1);
    const auto blocks = node->range(16, 1).value();
    const Activity& activity = blocks[0].seen.activity;
    EXPECT_TRUE(activity.has_logs && activity.has_calls && activity.has_changes);
    EXPECT_EQ(methods.count("eth_getBlockReceipts"), 1U);
    EXPECT_THAT(node->warnings(), IsEmpty());
}

TEST(EvmNode, says_what_failed_for_one_block_and_stops_asking_for_a_while) {
    Methods methods;
    auto node = methods.node();
    ASSERT_TRUE(node->range(16, 1));
    methods.refuse("callTracer", -32000, "execution timeout");
    for (int i = 0; i < 5; ++i) {
        const auto blocks = node->range(16, 1).value();
        EXPECT_THAT(blocks[0].missing, ElementsAre(HasSubstr("execution timeout")));
        EXPECT_TRUE(blocks[0].seen.activity.has_changes);
    }
    EXPECT_THAT(node->range(16, 1).value()[0].missing, IsEmpty());
    EXPECT_THAT(node->warnings(), ElementsAre(HasSubstr("execution timeout")));
    EXPECT_EQ(methods.count("callTracer"), 6U);
    methods.set("callTracer", traces(frame()));
    for (int i = 0; i < 100; ++i) (void)node->range(16, 1);
    EXPECT_TRUE(node->range(16, 1).value()[0].seen.activity.has_calls);
    EXPECT_THAT(node->warnings(), IsEmpty());
}

TEST(EvmNode, traces_that_cannot_be_read_do_not_cost_the_block) {
    Methods methods;
    methods.set("callTracer", traces(R"({"type":"NONSENSE"})"));
    const auto blocks = methods.node()->range(16, 1).value();
    EXPECT_THAT(blocks[0].missing, ElementsAre(HasSubstr("its traces cannot be read")));
    EXPECT_TRUE(blocks[0].seen.activity.has_logs);
    methods.set("eth_getBlockReceipts", "[7]");
    const auto bare = methods.node()->range(16, 1).value();
    EXPECT_THAT(bare[0].missing, ElementsAre(HasSubstr("its receipts cannot be read")));
    EXPECT_EQ(bare[0].seen.activity.txns.size(), 1U);
}

TEST(EvmNode, answers_of_two_blocks_are_no_block) {
    Methods methods;
    methods.set("eth_getBlockReceipts", "[" + receipt('c') + "]");
    EXPECT_EQ(methods.node()->range(16, 1).error().code, ErrorCode::kConflict);
}

TEST(EvmNode, a_block_that_it_does_not_have_is_none) {
    Methods methods;
    methods.set("eth_getBlockByNumber", "null");
    methods.set("eth_getBlockReceipts", "null");
    auto node = methods.node();
    EXPECT_THAT(node->range(99, 4).value(), IsEmpty());
    EXPECT_EQ(node->header_at(99).value(), std::nullopt);
    EXPECT_FALSE(node->head());
}

TEST(EvmNode, a_block_told_for_another_hash_is_not_its_parent) {
    Methods methods;
    methods.set("eth_getBlockByHash", block("0x10", digits('b')));
    auto node = methods.node();
    Hash256 hash;
    hash.bytes.fill(0xbb);
    Hash256 parent;
    parent.bytes.fill(0xaa);
    EXPECT_EQ(node->parent_of(hash).value(), parent);
    hash.bytes.fill(0xcc);
    EXPECT_EQ(node->parent_of(hash).value(), std::nullopt);
}

TEST(EvmNode, polls_the_mempool_and_leaves_out_what_is_mined_meanwhile) {
    Methods methods;
    methods.set("eth_newPendingTransactionFilter", R"("0xf1")");
    methods.set("eth_getFilterChanges", format(R"(["{}"])", digits('1')));
    const auto txn = [](std::string_view in) {
        return format(R"({{"hash":"{}","from":"{}","to":"{}","nonce":"0x1","value":"0x5",)"
                      R"("input":"0x","blockHash":{}}})",
                      digits('1'), kAlice, kBob, in);
    };
    methods.set("eth_getTransactionByHash", txn("null"));
    auto node = methods.node();
    std::vector<PendingTxn> pending;
    ASSERT_TRUE(node->wait(Millis{0}, pending));
    ASSERT_THAT(pending, SizeIs(1));
    EXPECT_THAT(pending[0].transfers.transfers, SizeIs(1));
    methods.set("eth_getTransactionByHash", txn("\"" + digits('b') + "\""));
    ASSERT_TRUE(node->wait(Millis{0}, pending));
    EXPECT_THAT(pending, SizeIs(1));
    // A filter that the node has forgotten is made anew.
    methods.refuse("eth_getFilterChanges", -32000, "filter not found");
    ASSERT_TRUE(node->wait(Millis{0}, pending));
    ASSERT_TRUE(node->wait(Millis{0}, pending));
    EXPECT_EQ(methods.count("eth_newPendingTransactionFilter"), 2U);
}

TEST(EvmNode, lives_without_a_mempool) {
    Methods methods;
    auto node = methods.node();
    std::vector<PendingTxn> pending;
    ASSERT_TRUE(node->wait(Millis{0}, pending));
    ASSERT_TRUE(node->wait(Millis{0}, pending));
    EXPECT_EQ(methods.count("eth_newPendingTransactionFilter"), 1U);
    EXPECT_THAT(node->warnings(), ElementsAre(HasSubstr("does not tell its mempool")));
}

}  // namespace
}  // namespace cordon::feed
