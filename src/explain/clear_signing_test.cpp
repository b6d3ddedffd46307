// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "clear_signing.hpp"

#include <gmock/gmock.h>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/evm/abi.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::explain {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kContract = "0x1111111111111111111111111111111111111111";
constexpr std::string_view kToken = "0x2222222222222222222222222222222222222222";
constexpr std::string_view kPayee = "0x3333333333333333333333333333333333333333";

Address address(std::string_view text) { return *chain::parse_address(kEthereum, text); }

std::string word(std::string_view hex) {
    return std::string(64 - hex.size(), '0') + std::string{hex};
}

/// A call of `signature` with the words given in hex.
Bytes calldata(std::string_view signature, std::initializer_list<std::string_view> words) {
    const auto selector = chain::parse_abi_signature(signature)->selector();
    std::string hex = to_hex(selector);
    for (const std::string_view each : words) hex += word(each);
    return *parse_hex(hex);
}

/// A descriptor for kContract with these formats.
std::string descriptor(std::string_view formats, std::string_view more = "") {
    return format(
        R"j({{"context":{{"contract":{{"deployments":[{{"chainId":1,"address":"{}"}}]}}}},
             "metadata":{{"owner":"Acme","constants":{{"token":"{}"}},
                          "enums":{{"mode":{{"1":"stable","2":"variable"}}}}}}{},
             "display":{{"formats":{{{}}}}}}})j",
        kContract, kToken, more, formats);
}

ClearSigning reader(std::vector<ClearDocument> documents) {
    return ClearSigning{read_clear_registry(documents)};
}

Context tokens() {
    Context context;
    context.tokens.push_back({kEthereum, Asset::contract(address(kToken)), "USDX", 6});
    return context;
}

Result<ClearScreens> show(const ClearSigning& signing, const Bytes& data,
                          const Context& context = tokens()) {
    return signing.call({kEthereum, {}, address(kContract), Amount{5U}, data}, context);
}

std::vector<std::string> texts(const Result<ClearScreens>& screens) {
    std::vector<std::string> out;
    if (!screens) return {screens.error().message};
    for (const Screen& screen : screens->screens)
        out.push_back(format("{}: {}", screen.label, screen.value));
    return out;
}

TEST(ClearSigning, shows_what_the_descriptor_says_with_exact_values) {
    const ClearSigning signing = reader({{"a.json", descriptor(R"j(
        "pay(address to, uint256 amount, uint8 mode, uint256 until)" : {
                          "intent" : "Pay",
                          "interpolatedIntent" : "Pay {amount} to {to} {{now}}",
                          "fields" : [
                              {"path" : "to", "label" : "To", "format" : "addressName"}, {
                                  "path" : "#.amount",
                                  "label" : "Amount",
                                  "format" : "tokenAmount",
                                  "params" : {
                                      "token" : "$.metadata.constants.token",
                                      "threshold" : "0xffff",
                                      "message" : "All"
                                  }
                              },
                              {
                                  "path" : "mode",
                                  "label" : "Mode",
                                  "format" : "enum",
                                  "params" : {"$ref" : "$.metadata.enums.mode"}
                              },
                              {
                                  "path" : "until",
                                  "label" : "Until",
                                  "format" : "date",
                                  "params" : {"encoding" : "timestamp"}
                              },
                              {"path" : "@.value", "label" : "Sent", "format" : "amount"}
                          ]
                      })j")}});
    const std::string_view call = "pay(address,uint256,uint8,uint256)";
    const auto shown = show(signing, calldata(call, {kPayee.substr(2), "2", "2", "65f2c000"}));
    EXPECT_THAT(texts(shown),
                ElementsAre("To: 0x3333333333333333333333333333333333333333",
                            "Amount: 0.000002 USDX", "Mode: variable",
                            "Until: 2024-03-14 09:14:40 AM UTC", "Sent: 0.000000000000000005 ETH"));
    EXPECT_EQ(shown->owner, "Acme");
    EXPECT_EQ(shown->sentence,
              "Pay 0.000002 USDX to 0x3333333333333333333333333333333333333333 {now}");
    const auto all = show(signing, calldata(call, {kPayee.substr(2), "ffff", "7", "0"}));
    EXPECT_THAT(texts(all), Contains("Amount: All USDX"));
    EXPECT_THAT(texts(all), Contains("Mode: 7 (not in the descriptor's list)"));
}

TEST(ClearSigning, an_unknown_token_is_a_raw_number_and_is_named) {
    const ClearSigning signing = reader({{"a.json", descriptor(R"j(
        "pay(address token, uint256 amount)" : {
                        "fields" : [ {
                            "path" : "amount",
                            "label" : "Amount",
                            "format" : "tokenAmount",
                            "params" : {"tokenPath" : "token"}
                        } ]
                    })j")}});
    EXPECT_THAT(
        texts(show(signing, calldata("pay(address,uint256)", {kPayee.substr(2), "f"}))),
        ElementsAre("Amount: 15 ???", "Unknown token: 0x3333333333333333333333333333333333333333"));
}

TEST(ClearSigning, what_the_descriptor_hides_is_named) {
    const ClearSigning signing = reader({{"a.json", descriptor(R"j(
        "pay(address to, uint256 amount, bool all)" : {
                                          "fields" : [
                                              {"path" : "amount", "label" : "Amount"},
                                              {"path" : "to", "label" : "To", "visible" : "never"}
                                          ]
                                      })j")}});
    const auto shown = show(signing, calldata("pay(address,uint256,bool)", {"1", "2", "1"}));
    EXPECT_THAT(texts(shown), ElementsAre("Amount: 2"));
    EXPECT_THAT(shown->left_out, ElementsAre("to", "all"));
}

constexpr std::string_view kNested = R"j(
    "exec(address to, uint256 value, bytes data, uint8 operation)": {"intent":"Execute","fields":[
      {"path":"data","label":"Transaction","format":"calldata","params":{"calleePath":"to"}}]},
    "pay(address to)": {"intent":"Pay","fields":[{"path":"to","label":"To"}]})j";

Bytes exec(std::string_view to, std::string_view operation, std::string_view inner) {
    Bytes data = calldata("exec(address,uint256,bytes,uint8)",
                          {to.substr(2), "7", "80", operation, format("{:x}", inner.size() / 2)});
    Bytes tail = *parse_hex(inner);
    tail.resize((tail.size() + 31) / 32 * 32);
    data.insert(data.end(), tail.begin(), tail.end());
    return data;
}

TEST(ClearSigning, a_call_within_shows_whom_it_calls_and_what_it_sends) {
    const ClearSigning signing = reader({{"a.json", descriptor(kNested)}});
    const std::string pay = to_hex(calldata("pay(address)", {kPayee.substr(2)}));
    EXPECT_THAT(texts(show(signing, exec(kContract, "0", pay))),
                ElementsAre("Transaction calls: 0x1111111111111111111111111111111111111111",
                            "Transaction sends: 0.000000000000000007 ETH", "Transaction type: Pay",
                            "To: 0x3333333333333333333333333333333333333333"));
    EXPECT_THAT(texts(show(signing, exec(kPayee, "0", pay))), Contains(HasSubstr("not described")));
}

TEST(ClearSigning, a_delegatecall_is_never_shown_as_the_call_it_looks_like) {
    const ClearSigning signing = reader({{"a.json", descriptor(kNested)}});
    const std::string pay = to_hex(calldata("pay(address)", {kPayee.substr(2)}));
    const auto shown = texts(show(signing, exec(kContract, "1", pay)));
    EXPECT_THAT(shown, Contains(HasSubstr("DELEGATECALL")));
    EXPECT_THAT(shown, Not(Contains(HasSubstr("Pay"))));
}

TEST(ClearSigning, calls_in_calls_end_at_a_depth) {
    const ClearSigning signing = reader({{"a.json", descriptor(kNested)}});
    std::string inner = to_hex(calldata("pay(address)", {kPayee.substr(2)}));
    for (int i = 0; i < 6; ++i) inner = to_hex(exec(kContract, "0", inner));
    EXPECT_THAT(texts(show(signing, *parse_hex(inner))), Contains(HasSubstr("too deep")));
}

TEST(ClearSigning, lists_of_structures_go_side_by_side) {
    const ClearSigning signing = reader({{"a.json", descriptor(R"j(
        "pay((address to,uint256 amount)[] parts)" : {
                                              "fields" : [
                                                  {"path" : "parts.[].to", "label" : "To"},
                                                  {"path" : "parts.[].amount", "label" : "Amount"}
                                              ]
                                          })j")}});
    const Bytes data = calldata("pay((address,uint256)[])", {"20", "2", "1", "a", "2", "b"});
    EXPECT_THAT(texts(show(signing, data)),
                ElementsAre("To: 0x0000000000000000000000000000000000000001", "Amount: 10",
                            "To: 0x0000000000000000000000000000000000000002", "Amount: 11"));
}

TEST(ClearSigning, includes_are_merged_and_overridden_field_by_field) {
    const std::string common =
        R"j({"display":{"formats":{"pay(address to, uint256 amount)" : {
                                    "intent" : "Pay", "fields" : [
                                        {"path" : "to", "label" : "To"},
                                        {"path" : "amount", "label" : "Sum"}
                                    ]
                                }
                            }}})j";
    const std::string own = descriptor(R"j("pay(address to, uint256 amount)":{"fields":[
        {"path":"amount","label":"Amount"}]})j",
                                       R"j(,"includes":"../common.json")j");
    const ClearSigning signing = reader({{"common.json", common}, {"acme/a.json", own}});
    EXPECT_THAT(signing.registry().refused, IsEmpty());
    const auto shown = show(signing, calldata("pay(address,uint256)", {"1", "2"}));
    EXPECT_THAT(texts(shown),
                ElementsAre("To: 0x0000000000000000000000000000000000000001", "Amount: 2"));
    EXPECT_EQ(shown->intent, "Pay");
}

TEST(ClearSigning, a_document_that_cannot_be_read_is_named_and_leaves_the_others) {
    const ClearSigning signing =
        reader({{"bad.json", "{"},
                {"far.json", descriptor("", R"j(,"includes":"https://example.org/x.json")j")},
                {"loop.json", descriptor("", R"j(,"includes":"loop.json")j")},
                {"out.json", descriptor("", R"j(,"includes":"../../etc/passwd")j")},
                {"good.json",
                 descriptor(R"j("pay(address to)":{"fields":[{"path":"to","label":"To"}]})j")}});
    EXPECT_THAT(signing.registry().refused,
                ElementsAre(HasSubstr("bad.json"), HasSubstr("far.json"), HasSubstr("loop.json"),
                            HasSubstr("out.json")));
    EXPECT_TRUE(show(signing, calldata("pay(address)", {"1"})));
}

TEST(ClearSigning, a_selector_described_twice_is_described_by_none) {
    const ClearSigning signing =
        reader({{"a.json", descriptor(R"j("pay(address to)" : {"fields" : []},
                                                     "pay(address from)" : {"fields" : []})j")}});
    EXPECT_EQ(show(signing, calldata("pay(address)", {"1"})).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(signing.registry().descriptors[0].refused.size(), 2U);
}

TEST(ClearSigning, other_contracts_and_chains_are_not_meant) {
    const ClearSigning signing = reader({{"a.json", descriptor(kNested)}});
    const Bytes data = calldata("pay(address)", {"1"});
    const Context none;
    EXPECT_EQ(signing.call({kEthereum, {}, address(kPayee), {}, data}, none).error().code,
              ErrorCode::kNotFound);
    const ChainId other{ChainFamily::kEvm, 10};
    EXPECT_EQ(signing.call({other, {}, address(kContract), {}, data}, none).error().code,
              ErrorCode::kNotFound);
    EXPECT_EQ(show(signing, {}).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(show(signing, Bytes(data.begin(), data.begin() + 20)).error().code,
              ErrorCode::kTruncated);
}

TEST(ClearSigning, words_from_outside_cannot_move_the_screen) {
    const ClearSigning signing = reader({{"a.json", descriptor(R"j("pay(address to)" : {
                                                "intent" : "P\u001b[2Jay\u202e",
                                                "fields" : [ {"path" : "to", "label" : "T\no"} ]
                                            })j")}});
    const auto shown = show(signing, calldata("pay(address)", {"1"}));
    EXPECT_EQ(shown->intent, "P\\u{1b}[2Jay\\u{202e}");
    EXPECT_EQ(shown->screens[0].label, "T\\u{a}o");
}

std::string permit(std::string_view name, std::string_view contract) {
    return format(
        R"j({{"types":{{"Permit":[{{"name":"spender","type":"address"}},
        {{"name":"value","type":"uint256"}}]}},"primaryType":"Permit",
        "domain":{{"name":"{}","chainId":1,"verifyingContract":"{}"}},
        "message":{{"spender":"{}","value":"1500000"}}}})j",
        name, contract, kPayee);
}

TEST(ClearSigning, typed_messages_are_bound_by_contract_and_domain) {
    const std::string document =
        R"j({"context":{"eip712":{"domain":{"name":"USD X"},"deployments":[{"chainId":1,"address":")j" +
        std::string{kToken} +
        R"j("}]}},"metadata":{"owner":"X"},"display":{"formats":{
        "Permit(address spender,uint256 value)":{"intent":"Permit","fields":[
          {"path":"spender","label":"Spender"},
          {"path":"value","label":"Most","format":"tokenAmount","params":{"tokenPath":"@.to"}}]}}}})j";
    const ClearSigning signing = reader({{"p.json", document}});
    const auto ask = [&](std::string_view name, std::string_view contract) {
        return signing.message(*chain::parse_typed_data(permit(name, contract)), {}, tokens());
    };
    EXPECT_THAT(
        texts(ask("USD X", kToken)),
        ElementsAre("Spender: 0x3333333333333333333333333333333333333333", "Most: 1.5 USDX"));
    EXPECT_THAT(ask("USD X", kToken)->warnings, IsEmpty());
    EXPECT_THAT(ask("Other", kToken)->warnings, ElementsAre(HasSubstr("\"Other\"")));
    EXPECT_EQ(ask("USD X", kPayee).error().code, ErrorCode::kNotFound);
}

TEST(ClearSigning, paths_are_read_strictly_and_their_parts_found) {
    for (const std::string_view bad : {"a..b", "a.", "a.[", "a.[x]", "a[0", "[0]b"})
        EXPECT_FALSE(parse_clear_path(bad)) << bad;
    ClearValue root;
    root.names = {"packed"};
    root.items = {ClearValue::uint(*Amount::from_big_endian(*parse_hex("0102030405")))};
    const auto part = [&](std::string_view path) {
        return to_hex(pick(root, *parse_clear_path(path), {})->bytes);
    };
    EXPECT_EQ(part("packed.[-2:]"), "0405");
    EXPECT_EQ(part("#.packed.[27:29]"), "0102");
    EXPECT_EQ(part("packed.[-1]"), "05");
    EXPECT_EQ(part("packed.[99:]"), "");
    EXPECT_FALSE(pick(root, *parse_clear_path("packed.[32]"), {}));
    EXPECT_FALSE(pick(root, *parse_clear_path("other"), {}));
}

}  // namespace
}  // namespace cordon::explain
