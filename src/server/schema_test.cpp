// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "schema.hpp"

#include <gmock/gmock.h>

#include <rapidcheck/gtest.h>
#include <boost/json.hpp>

#include <cordon/base/format.hpp>

namespace cordon::server {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

/// Empty: it fits.
std::string refusal(const Schema& schema, std::string_view text) {
    const Status status = schema.check(json::parse({text.data(), text.size()}));
    if (status) return {};
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidParam);
    return status.error().message;
}
bool fits(const Schema& schema, std::string_view text) { return refusal(schema, text).empty(); }
bool fits_text(const Schema& schema, std::string_view text) {
    return schema.check_text(text).has_value();
}

TEST(Schema, takes_what_it_says) {
    EXPECT_TRUE(fits(Schema::any(), R"({"a":[1,null]})"));
    EXPECT_TRUE(fits(Schema::boolean(), "true"));
    EXPECT_TRUE(fits(Schema::integer(-1, 500), "-1"));
    EXPECT_TRUE(fits(Schema::integer(-1, 500), "500.0"));  // JSON Schema counts it as an integer.
    EXPECT_TRUE(fits(Schema::number(0, 1), "0.5"));
    EXPECT_TRUE(fits(Schema::text(3), "\"äöü\""));
    EXPECT_TRUE(fits(Schema::text(9), R"("a\n\tb")"));
    EXPECT_TRUE(fits(Schema::text(9, "", "[a-z]+"), "\"abc\""));
    EXPECT_TRUE(fits(Schema::choice({"in", "out"}), "\"out\""));
    EXPECT_TRUE(fits(Schema::time(), "\"2024-05-31T04:26:00Z\""));
    EXPECT_TRUE(fits(Schema::amount(), "\"0\""));
    EXPECT_TRUE(fits(Schema::array(Schema::boolean(), 2), "[true,false]"));
    EXPECT_TRUE(fits(Schema::or_null(Schema::boolean()), "null"));
    EXPECT_TRUE(fits(Schema::object({required("a", Schema::boolean())}), R"({"a":true})"));
    EXPECT_TRUE(fits(Schema::object({optional("a", Schema::boolean())}), "{}"));
}

TEST(Schema, refuses_the_rest) {
    EXPECT_FALSE(fits(Schema::boolean(), "null"));
    EXPECT_FALSE(fits(Schema::boolean(), "1"));
    EXPECT_FALSE(fits(Schema::integer(0, 5), "6"));
    EXPECT_FALSE(fits(Schema::integer(0, 5), "0.5"));
    EXPECT_FALSE(fits(Schema::integer(0, INT64_MAX), "18446744073709551615"));
    EXPECT_FALSE(fits(Schema::integer(INT64_MIN, INT64_MAX), "1e300"));
    EXPECT_FALSE(fits(Schema::integer(0, 5), "\"5\""));
    EXPECT_FALSE(fits(Schema::number(0, 1), "1.0001"));
    EXPECT_FALSE(fits(Schema::text(2), "\"äöü\""));
    EXPECT_FALSE(fits(Schema::text(9), R"("a\u0000")"));
    EXPECT_FALSE(fits(Schema::text(9), R"("\u001b[2J")"));
    EXPECT_FALSE(fits(Schema::text(9, "", "[a-z]+"), "\"abc1\""));  // All of it, not a part.
    EXPECT_FALSE(fits(Schema::text(9, "", "[a-z]+"), "\"abc\\n\""));
    EXPECT_FALSE(fits(Schema::choice({"in", "out"}), "\"IN\""));
    for (const char* time : {"\"2024-05-31\"", "\"1717129560\"", "1717129560", "\"T\"", "\"\""})
        EXPECT_FALSE(fits(Schema::time(), time)) << time;
    for (const char* amount : {"0", "\"\"", "\"-1\"", "\"01\"", "\"1.5\"", "\"0x1\"", "\" 1\""})
        EXPECT_FALSE(fits(Schema::amount(), amount)) << amount;
    EXPECT_TRUE(fits(Schema::amount(),  // 2^256 - 1, and one more.
                     "\"115792089237316195423570985008687907853269984665640564039457584007913129639"
                     "935\""));
    EXPECT_FALSE(fits(Schema::amount(),
                      "\"11579208923731619542357098500868790785326998466564056403945758400791312963"
                      "9936\""));
    EXPECT_FALSE(fits(Schema::array(Schema::boolean(), 1), "[true,true]"));
    EXPECT_FALSE(fits(Schema::object({}), "[]"));
}

TEST(Schema, names_the_place_and_not_the_content) {
    const Schema row = Schema::object(
        {required("kind", Schema::choice({"in", "out"})), optional("a/b~c", Schema::boolean())});
    const Schema body = Schema::object({required("items", Schema::array(row, 4))});
    EXPECT_EQ(refusal(body, R"({"items":[{"kind":"in"},{"kind":"hunter2"}]})"),
              "/items/1/kind: expected one of in, out, found text");
    EXPECT_EQ(refusal(body, R"({"items":[{}]})"), "/items/0/kind: is required, found nothing");
    EXPECT_EQ(refusal(body, R"({"items":[{"kind":"in","a/b~c":1}]})"),
              "/items/0/a~1b~0c: expected true or false, found a number");
    EXPECT_EQ(refusal(body, R"({"items":[],"more":1})"),
              "/more: nothing of this name is known here");
    EXPECT_EQ(refusal(body, R"({"items":[],"<script>":1})"),
              "expected only names that are known here");
    EXPECT_EQ(refusal(body, "7"), "expected an object, found a number");
    EXPECT_EQ(refusal(body, R"({"items":[1,2,3,4,5]})"),
              "/items: expected an array of at most 4, found 5");
}

TEST(Schema, reads_query_text) {
    EXPECT_TRUE(fits_text(Schema::integer(1, 500), "500"));
    EXPECT_FALSE(fits_text(Schema::integer(1, 500), "501"));
    for (const char* text : {"", " 1", "1 ", "+1", "1e2", "0x1", "1,2", "99999999999999999999"})
        EXPECT_FALSE(fits_text(Schema::integer(1, 500), text)) << text;
    EXPECT_TRUE(fits_text(Schema::number(0, 9), "1.5"));
    EXPECT_FALSE(fits_text(Schema::number(0, 9), "nan"));
    EXPECT_FALSE(fits_text(Schema::number(0, 9), "inf"));
    EXPECT_TRUE(fits_text(Schema::boolean(), "false"));
    EXPECT_FALSE(fits_text(Schema::boolean(), "0"));
    const Schema list = Schema::array(Schema::choice({"a", "b"}), 2);
    EXPECT_TRUE(fits_text(list, ""));
    EXPECT_TRUE(fits_text(list, "a,b"));
    EXPECT_FALSE(fits_text(list, "a,b,a"));
    EXPECT_FALSE(fits_text(list, "a,,b"));
    EXPECT_FALSE(fits_text(Schema::text(9), "\xff"));
    EXPECT_FALSE(fits_text(Schema::text(9), std::string_view{"a\0b", 3}));
    EXPECT_FALSE(fits_text(Schema::object({}), "{}"));
}

TEST(Schema, is_a_json_schema) {
    const Schema schema =
        Schema::object({required("limit", Schema::integer(1, 500, "Rows.")),
                        optional("next", Schema::or_null(Schema::text(9, "", "[a-z]+")))});
    EXPECT_EQ(json::serialize(schema.json()),
              R"({"type":"object","properties":{"limit":{"type":"integer","minimum":1,)"
              R"("maximum":500,"description":"Rows."},"next":{"type":["string","null"],)"
              R"("maxLength":9,"pattern":"^(?:[a-z]+)$"}},"required":["limit"],)"
              R"("additionalProperties":false})");
    EXPECT_FALSE(schema.json(Schema::Use::kAnswer).as_object().contains("additionalProperties"));
    EXPECT_EQ(json::serialize(Schema::or_null(Schema::choice({"a"})).json()),
              R"({"type":["string","null"],"enum":["a",null]})");
}

/// A value of about this depth.
rc::Gen<json::value> some_value(int depth) {
    const auto leaf = rc::gen::oneOf(
        rc::gen::just(json::value{}),
        rc::gen::map(rc::gen::arbitrary<bool>(), [](bool b) { return json::value(b); }),
        rc::gen::map(rc::gen::arbitrary<int64_t>(), [](int64_t n) { return json::value(n); }),
        rc::gen::map(rc::gen::arbitrary<double>(), [](double n) { return json::value(n); }),
        rc::gen::map(rc::gen::arbitrary<std::string>(),
                     [](const std::string& s) { return json::value(json::string{s}); }));
    if (depth == 0) return leaf;
    return rc::gen::oneOf(
        leaf,
        rc::gen::map(rc::gen::container<std::vector<json::value>>(some_value(depth - 1)),
                     [](const std::vector<json::value>& items) {
                         return json::value(json::array(items.begin(), items.end()));
                     }),
        rc::gen::map(
            rc::gen::container<std::vector<std::pair<std::string, json::value>>>(
                rc::gen::pair(rc::gen::element<std::string>("a", "b", "c"), some_value(depth - 1))),
            [](const std::vector<std::pair<std::string, json::value>>& pairs) {
                json::object out;
                for (const auto& [key, value] : pairs) out[key] = value;
                return json::value(std::move(out));
            }));
}

RC_GTEST_PROP(Schema, PointsAtSomethingThatIsThereOrMissing, ()) {
    const Schema leaf =
        Schema::object({required("a", Schema::integer(0, 9)), optional("b", Schema::text(3))});
    const Schema schema = Schema::object(
        {required("a", Schema::array(leaf, 3)), optional("b", Schema::or_null(Schema::boolean()))});
    const json::value value = *some_value(3);
    const Status status = schema.check(value);
    if (status || !status.error().message.starts_with('/')) return;
    const std::string& message = status.error().message;
    const std::string pointer = message.substr(0, message.find(": "));
    boost::system::error_code error;
    const json::value* at = value.find_pointer(pointer, error);
    RC_ASSERT((at != nullptr) == (message.find("is required") == std::string::npos));
}

}  // namespace
}  // namespace cordon::server
