// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "json.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <simdjson.h>

#include "crossing_text.hpp"
#include "csv.hpp"
#include "json_writer.hpp"
#include "test_case.hpp"

namespace cordon::report {
namespace {

using trace::test::TheftContext;

std::string written(const trace::TraceResult& result, const JsonOptions& options = {}) {
    std::string out;
    EXPECT_TRUE(write_trace_result(result, string_sink(out), options));
    return out;
}

TEST(TraceJson, of_every_case_reads_back_with_all_rows) {
    const TheftContext context;
    for (const auto& [name, theft] : test::picture_cases()) {
        if (theft.edges.size() > 10'000) continue;
        const std::string text = written(theft, {.context = &context});
        simdjson::dom::parser parser;
        simdjson::dom::element root;
        ASSERT_EQ(parser.parse(text).get(root), simdjson::SUCCESS) << name;
        EXPECT_EQ(uint64_t(root["v"]), 1U);
        EXPECT_EQ(std::string_view(root["kind"]), "trace.result");
        EXPECT_EQ(root["data"]["nodes"].get_array().size(), theft.nodes.size()) << name;
        EXPECT_EQ(root["data"]["edges"].get_array().size(), theft.edges.size()) << name;
        EXPECT_EQ(root["data"]["endpoints"].get_array().size(), theft.endpoints.size()) << name;
        EXPECT_EQ(bool(root["incomplete"]), false);
        for (const simdjson::dom::element edge : root["data"]["edges"].get_array()) {
            for (const char* key : {"tx", "from", "to", "asset", "amount", "tainted", "kind"})
                EXPECT_TRUE(edge[key].is_string()) << key;
            EXPECT_TRUE(edge["confidence"].is_number());
            const std::string_view from = edge["from"];
            EXPECT_EQ(std::string{from}.find_first_of("ABCDEF"), std::string::npos);
        }
    }
}

TEST(TraceJson, gives_the_books_of_the_main_asset_and_of_all) {
    const TheftContext context;
    const auto theft = test::make_theft({.edges = 50, .several_assets = true});
    const std::string text = written(theft, {.context = &context});
    simdjson::dom::parser parser;
    const simdjson::dom::element totals = parser.parse(text)["data"]["totals"];
    EXPECT_EQ(std::string_view(totals["seeded"]), theft.totals[0].seeded.to_string());
    EXPECT_TRUE(totals["assumed"].is_string());
    EXPECT_EQ(totals["by_asset"].get_array().size(), 2U);
}

/// The first movement as a bridge to another chain.
trace::TraceResult crossed() {
    auto theft = test::make_theft({.edges = 40});
    auto edges = theft.edges.all();
    trace::Edge& edge = edges.at(0);
    edge.kind = "bridge";
    edge.confidence = 0.97;
    edge.why = {"message id"};
    edge.to_chain = ChainId{ChainFamily::kEvm, 137};
    edge.to_txn = trace::test::hash_of(5);
    edge.to_asset = edge.asset;
    edge.to_amount = edge.to_tainted = Amount{99U};
    edge.via = trace::test::evm_address(77);
    theft.edges = edges;
    std::vector<trace::Endpoint> endpoints = theft.endpoints.all();
    endpoints.front().candidates = 3;
    endpoints.front().best_candidate = 0.31;
    theft.endpoints = endpoints;
    return theft;
}

TEST(TraceJson, says_where_a_crossing_arrives_and_where_one_may_have_left) {
    const auto theft = crossed();
    simdjson::dom::parser parser;
    const std::string text = written(theft);
    const simdjson::dom::element data = parser.parse(text)["data"];
    const simdjson::dom::element edge = data["edges"].at(0);
    EXPECT_EQ(std::string_view(edge["to_chain"]), "polygon");
    EXPECT_EQ(std::string_view(edge["to_tx"]).substr(0, 2), "0x");
    EXPECT_EQ(std::string_view(edge["via"]).size(), 42U);
    const simdjson::dom::element end = data["endpoints"].at(0);
    EXPECT_EQ(uint64_t(end["candidates"]), 3U);
    EXPECT_EQ(double(end["candidate_confidence"]), 0.31);
    EXPECT_EQ(double(data["params"]["min_confidence"]), 0.5);
    EXPECT_TRUE(data["edges"].at(1)["to_chain"].error());
    EXPECT_TRUE(data["layout"].error());
}

TEST(CrossingText, says_in_words_how_money_crossed_over) {
    trace::Edge edge = crossed().edges[0];
    EXPECT_EQ(crossing_text(edge), "bridge to polygon, message id, 97.0 %");
    edge.kind = "mixer\n<b>";
    edge.to_chain = edge.chain;
    edge.why = {"same address", "10 ETH"};
    EXPECT_EQ(crossing_text(edge), "mixer <b>, same address, 10 ETH, 97.0 %");
}

TEST(TraceJson, carries_the_picture_when_asked) {
    const TheftContext context;
    for (const auto& [name, theft] : test::picture_cases()) {
        if (theft.edges.size() > 10'000) continue;
        for (const auto mode : {trace::FlowMode::kStolenOnly, trace::FlowMode::kRaw}) {
            trace::LayoutParams params;
            params.mode = mode;
            const trace::FlowLayout layout = trace::lay_out(theft, &context, params);
            const std::string text = written(theft, {.context = &context, .layout = &layout});
            simdjson::dom::parser parser;
            simdjson::dom::element picture;
            ASSERT_EQ(parser.parse(text)["data"]["layout"].get(picture), simdjson::SUCCESS) << name;
            ASSERT_EQ(picture["nodes"].get_array().size(), layout.nodes.size());
            ASSERT_EQ(picture["ribbons"].get_array().size(), layout.ribbons.size());
            for (const simdjson::dom::element ribbon : picture["ribbons"].get_array())
                EXPECT_LT(uint64_t(ribbon["to"]), layout.nodes.size());
            for (const simdjson::dom::element node : picture["nodes"].get_array()) {
                EXPECT_EQ(uint64_t(node["count"]), node["members"].get_array().size());
                EXPECT_TRUE(node["sum"].is_number());
            }
        }
    }
}

TEST(TraceJson, is_one_line_when_asked) {
    const std::string text = written(test::make_theft({.edges = 30}), {.one_line = true});
    EXPECT_EQ(text.find('\n'),
              text.size() - 1 == text.find('\n') ? text.size() - 1 : std::string::npos);
}

TEST(TraceJson, passes_the_error_of_the_sink_on) {
    const Sink full = [](std::string_view) -> Status {
        return fail(ErrorCode::kNoSpace, "disk is full");
    };
    const auto status = write_trace_result(test::make_theft({.edges = 30}), full);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kNoSpace);
}

RC_GTEST_PROP(JsonWriter, any_text_reads_back_as_valid_json, (const std::string& text)) {
    std::string out = "[";
    append_json_string(out, text);
    out += "]";
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    RC_ASSERT(parser.parse(out).get(root) == simdjson::SUCCESS);
}

TEST(EdgesCsv, has_a_row_for_each_edge_and_defuses_formulas) {
    auto theft = test::make_theft({.edges = 40});
    auto edges = theft.edges.all();
    edges[0].kind = "=cmd|' /C calc'!A0";
    edges[1].why = {"said \"so\", twice"};
    edges[2].to_chain = ChainId{ChainFamily::kEvm, 137};
    theft.edges = edges;
    std::string out;
    ASSERT_TRUE(write_edges_csv(theft, string_sink(out)));
    EXPECT_EQ(static_cast<std::size_t>(std::count(out.begin(), out.end(), '\n')),
              theft.edges.size() + 1);
    EXPECT_NE(out.find("'=cmd"), std::string::npos);
    EXPECT_NE(out.find(",polygon,"), std::string::npos);
    EXPECT_NE(out.find("\"said \"\"so\"\", twice\""), std::string::npos);
}

}  // namespace
}  // namespace cordon::report
