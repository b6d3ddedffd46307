// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "rpc_message.hpp"

#include <gtest/gtest.h>

namespace cordon::net {
namespace {

TEST(RpcMessage, reads_an_answer_and_keeps_its_result_as_it_stands) {
    const RpcMessage message =
        parse_rpc_message(R"( {"jsonrpc":"2.0", "id":7, "result": {"a":[1, 2.50],"b":"x\"y"} } )")
            .value();
    ASSERT_EQ(message.answers.size(), 1U);
    EXPECT_EQ(message.answers[0].id, 7U);
    EXPECT_EQ(message.answers[0].result, R"({"a":[1, 2.50],"b":"x\"y"})");
    EXPECT_EQ(parse_rpc_message(R"({"id":1,"result":"0x1" })").value().answers[0].result,
              R"("0x1")");
    EXPECT_EQ(parse_rpc_message(R"({"id":1,"result":null})").value().answers[0].result, "null");
    EXPECT_EQ(parse_rpc_message(R"({"id":1,"result":12 })").value().answers[0].result, "12");
}

TEST(RpcMessage, reads_faults_of_both_versions) {
    const auto two =
        parse_rpc_message(R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}})");
    EXPECT_EQ(two.value().answers[0].fault->code, -32601);
    const auto one = parse_rpc_message(
        R"({"result":null,"error":{"code":-5,"message":"Block not found"},"id":3})");
    EXPECT_EQ(one.value().answers[0].fault->message, "Block not found");
    EXPECT_EQ(one.value().answers[0].id, 3U);
    EXPECT_FALSE(parse_rpc_message(R"({"result":5,"error":null,"id":3})").value().answers[0].fault);
    EXPECT_EQ(parse_rpc_message(R"({"error":"busy","id":null})").value().answers[0].fault->message,
              "\"busy\"");
}

TEST(RpcMessage, reads_lists_in_any_order_and_notices_among_them) {
    const RpcMessage message =
        parse_rpc_message(
            R"([{"id":2,"result":1},{"method":"eth_subscription","params":{"subscription":"0xa",)"
            R"("result":{"number":"0x1"}}},{"id":1,"result":2}])")
            .value();
    ASSERT_EQ(message.answers.size(), 2U);
    EXPECT_EQ(message.answers[0].id, 2U);
    ASSERT_EQ(message.notices.size(), 1U);
    EXPECT_EQ(message.notices[0].subscription, "0xa");
    EXPECT_EQ(message.notices[0].result, R"({"number":"0x1"})");
    EXPECT_TRUE(parse_rpc_message("[]").value().answers.empty());
}

TEST(RpcMessage, refuses_what_is_no_answer) {
    for (const char* text :
         {"", "x", "1", "null", "{}", "[1]", "{\"id\":1}", "{\"id\":1,\"result\":", "<html>",
          "{\"id\":1,\"result\":1", "{\"id\":1,\"result\":[1,2}",
          "{\"id\":1,\"error\":{\"code\":\"x\"}}", "{\"method\":\"m\",\"params\":{}}",
          "{\"method\":\"m\",\"params\":7}", "[{\"id\":1,\"result\":1}"})
        EXPECT_FALSE(parse_rpc_message(text)) << text;
    EXPECT_FALSE(parse_rpc_message("{\"id\":1,\"result\":1} x"));
    EXPECT_FALSE(parse_rpc_message("{\"id\":1,\"result\":1} {\"id\":2,\"result\":1}"));
}

TEST(RpcMessage, bounds_a_list) {
    std::string text = "[";
    for (std::size_t i = 0; i <= kMaxRpcBatch; ++i)
        text += std::string{i ? "," : ""} + "{\"id\":1,\"result\":1}";
    EXPECT_EQ(parse_rpc_message(text + "]").error().code, ErrorCode::kLimit);
}

TEST(RpcMessage, writes_texts_that_it_reads_again) {
    const std::string text = "a\"b\\c\n\x01 é";
    EXPECT_EQ(parse_json_string(json_string(text)).value(), text);
    EXPECT_FALSE(parse_json_string("12"));
    EXPECT_FALSE(parse_json_string("\"a"));
}

}  // namespace
}  // namespace cordon::net
