// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "explain.hpp"

#include <gtest/gtest.h>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "builders.hpp"
#include "explain_context.hpp"

namespace cordon::engine {
namespace {

using explain::Explanation;
using explain::Finding;
using explain::Verdict;
using test::address;

std::string text(const Address& address) { return to_hex0x(address.payload()); }
const Address kSafe = address(1), kPayee = address(2), kOther = address(3), kOwner = address(4);

/// A folder of its own for each test, gone afterwards.
class ExplainFiles : public testing::Test {
protected:
    void SetUp() override {
        folder_ = std::filesystem::temp_directory_path() /
                  format("cordon-{}-{}",
                         testing::UnitTest::GetInstance()->current_test_info()->name(), ::getpid());
        std::filesystem::create_directories(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string write(const std::string& name, std::string_view content) {
        const std::filesystem::path path = folder_ / name;
        std::ofstream{path, std::ios::binary} << content;
        return path.string();
    }
    ExplainRequest pays(const Address& to, std::string_view amount) {
        ExplainRequest request;
        request.kind = "safe";
        request.input = write(
            "payload.json",
            format(R"({{"safe":"{}","chainId":1,"to":"{}","value":"{}","operation":0,"nonce":7,)"
                   R"("version":"1.4.1"}})",
                   text(kSafe), text(to), amount));
        return request;
    }
    static std::optional<Verdict> raised(const ExplainRequest& request, std::string_view rule) {
        const auto out = explain_payloads(request);
        EXPECT_TRUE(out) << (out ? "" : out.error().message);
        if (!out || out->size() != 1) return std::nullopt;
        for (const Finding& each : out->front().findings)
            if (each.rule == rule && each.judged) return each.severity;
        return std::nullopt;
    }

    std::filesystem::path folder_;
};

TEST_F(ExplainFiles, know_what_a_context_file_says) {
    ExplainRequest request = pays(kPayee, "5");
    request.context =
        write("known.yaml", format(R"(version: 1
chain: eth
now: 2025-02-21T14:00:00Z
owners: ["{3}"]
threshold: 1
book:
  - {{address: "{1}", name: Exchange, may: [be-paid]}}
history:
  - {{from: "{0}", to: "{2}", amount: "1", time: 2025-01-01}}
balances:
  - {{address: "{0}", amount: "6"}}
failed_executions: [2025-02-21T13:00:00Z]
proposals: [{{nonce: 7, hash: "0xAB"}}]
request: {{id: wd-1, to: "{1}", amount: "5"}}
)",
                                   text(kSafe), text(kPayee), text(kOther), text(kOwner)));
    EXPECT_EQ(raised(request, "R12"), Verdict::kOk);
    EXPECT_EQ(raised(request, "R11"), Verdict::kWarn);
    EXPECT_EQ(raised(request, "R9"), Verdict::kWarn);
    EXPECT_EQ(raised(request, "R8"), Verdict::kWarn);
    EXPECT_FALSE(raised(request, "R3"));
    const auto out = explain_payloads(request);
    EXPECT_NE(out->front().summary.find("Exchange ("), std::string::npos);
}

TEST_F(ExplainFiles, are_refused_with_line_and_field) {
    const auto bad = [&](std::string_view content, std::string_view names) {
        ExplainRequest request = pays(kPayee, "5");
        request.context = write("bad.yaml", content);
        const auto out = explain_payloads(request);
        ASSERT_FALSE(out) << content;
        EXPECT_NE(out.error().message.find(names), std::string::npos) << out.error().message;
    };
    bad("", "");
    bad("chain: eth\n", "version");
    bad("version: 2\n", "version");
    bad("version: 1\nownerz: []\n", "ownerz");
    bad("version: 1\nowners: [nobody]\n", ":2");
    bad("version: 1\nbook:\n  - {address: \"" + text(kPayee) + "\", may: [be-trusted]}\n",
        "be-paid");
    bad("version: 1\nhistory:\n  - {from: \"" + text(kPayee) + "\"}\n", "to");
    bad("version: 1\nrequest: {id: a}\n", "to");
    bad("version: 1\nthreshold: -1\n", "threshold");
    ExplainRequest request = pays(kPayee, "5");
    request.kind = "anything";
    EXPECT_EQ(explain_payloads(request).error().code, ErrorCode::kInvalidParam);
    request.kind = "safe";
    request.input = (folder_ / "absent").string();
    EXPECT_EQ(explain_payloads(request).error().code, ErrorCode::kNotFound);
}

TEST_F(ExplainFiles, bind_to_the_request_of_a_withdrawal) {
    ExplainRequest request = pays(kPayee, "5");
    const auto asked = [&](const Address& to) {
        return write("wd.json",
                     format(R"({{"id":"wd-1","chain":"eth","asset":"native","from":"{}","to":"{}",)"
                            R"("amount":"5","requester":"alice","time":"2026-01-01T00:00:00Z"}})",
                            text(kSafe), text(to)));
    };
    request.request = asked(kPayee);
    EXPECT_EQ(raised(request, "R12"), Verdict::kOk);
    request.request = asked(kOther);
    EXPECT_EQ(raised(request, "R12"), Verdict::kBlock);
}

TEST_F(ExplainFiles, learn_history_from_a_ledger) {
    const std::string ledger = (folder_ / "ledger").string();
    {
        auto writer = ledger::open_writer(ledger);
        ASSERT_TRUE(writer);
        test::AccountChain chain;
        chain.pay(kSafe, kPayee, 5).pay(kSafe, kPayee, 7);
        ASSERT_TRUE((*writer)->append(chain.blocks()));
    }
    ExplainRequest request = pays(kPayee, "7");
    request.ledger = ledger;
    EXPECT_FALSE(raised(request, "R3"));
    EXPECT_FALSE(raised(request, "R11"));
    request = pays(kOther, "8");
    request.ledger = ledger;
    EXPECT_EQ(raised(request, "R3"), Verdict::kWarn);
    EXPECT_EQ(raised(request, "R11"), Verdict::kWarn);
}

TEST_F(ExplainFiles, take_what_a_node_saw) {
    ExplainRequest request = pays(kPayee, "5");
    const auto lines = simulation_requests(request, "0x60");
    ASSERT_TRUE(lines);
    ASSERT_EQ(lines->size(), 1U);
    EXPECT_NE(lines->front().find("prestateTracer"), std::string::npos);
    request.simulation = write(
        "seen.json", format(R"({{"result":{{"pre":{{"{0}":{{"storage":{{"0x{1}":"0x{1}"}}}}}},)"
                            R"("post":{{"{0}":{{"storage":{{"0x{1}":"0x{2}"}}}}}}}}}})",
                            text(kSafe), std::string(64, '0'), std::string(64, '1')));
    EXPECT_EQ(raised(request, "R2"), Verdict::kBlock);
    request.simulation = write("bad.json", R"({"pre":{}})");
    EXPECT_FALSE(explain_payloads(request));
}

}  // namespace
}  // namespace cordon::engine
