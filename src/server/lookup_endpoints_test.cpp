// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "test_server.hpp"
#include "test_theft.hpp"

namespace cordon::server {
namespace {

using testing::HasSubstr;

std::string text(const boost::json::value& value) { return std::string{value.as_string()}; }

constexpr Roles kViewer = Roles{}.with(Role::kViewer);

class LookupEndpoints : public testing::Test {
protected:
    net::ServerResponse get(const std::string& path) {
        return server.as_token(kViewer, "GET", path);
    }
    static std::string of(unsigned number) { return "/api/addresses/" + test_address(number); }

    TestTheft theft;
    TestServer server{lookup_endpoints(theft.desk.get(), nullptr, nullptr, nullptr, nullptr)};
};

TEST_F(LookupEndpoints, say_what_is_known_of_an_address) {
    const auto info = TestServer::data(get(of(4)));
    const auto& row = info.at("addresses").at(0);
    EXPECT_EQ(row.at("chain"), "eth");
    EXPECT_EQ(row.at("labels").at(0).at("label"), "North Exchange");
    EXPECT_EQ(row.at("holdings").at(0).at("balance"), "40000000000000000000");
    EXPECT_EQ(row.at("holdings").at(0).at("usd"), 80'000.0);
    EXPECT_EQ(row.at("cut"), false);
    EXPECT_TRUE(TestServer::data(get(of(99))).at("addresses").as_array().empty());
    EXPECT_EQ(get("/api/addresses/nobody").status, 400U);
    EXPECT_EQ(get(of(4) + "?chain=mars").status, 400U);
    EXPECT_EQ(get(of(4) + "?chain=btc").status, 400U);
}

TEST_F(LookupEndpoints, list_transfers_page_by_page_without_dust) {
    std::string query = "?limit=7";
    std::set<std::string> seen;
    std::size_t pages = 0;
    for (std::string cursor; pages < 10;) {
        const auto data = TestServer::data(get(of(3) + "/transfers" + query + cursor));
        ++pages;
        for (const auto& row : data.at("items").as_array()) {
            EXPECT_TRUE(seen.insert(std::string{row.at("tx").as_string()}).second);
            EXPECT_NE(row.at("amount"), "0");
        }
        if (data.at("next").is_null()) break;
        cursor = "&cursor=" + std::string{data.at("next").as_string()};
    }
    EXPECT_EQ(seen.size(), 21U);
    EXPECT_EQ(pages, 3U);
    const auto all = TestServer::data(get(of(3) + "/transfers?dust=true&order=asc&side=in"));
    EXPECT_EQ(all.at("items").as_array().size(), 22U);
    EXPECT_EQ(text(all.at("items").at(0).at("from")), test_address(20));
    EXPECT_TRUE(
        TestServer::data(get(of(3) + "/transfers?side=out")).at("items").as_array().empty());
    const auto csv = get(of(3) + "/transfers.csv");
    EXPECT_EQ(std::count(csv.body.begin(), csv.body.end(), '\n'), 22);
    for (const char* bad : {"cursor=1", "cursor=1.2.x", "limit=0", "limit=501", "dust=maybe",
                            "order=up", "asset=%20", "cursor=99999999999999999999.1.1"})
        EXPECT_EQ(get(of(3) + "/transfers?" + bad).status, 400U) << bad;
}

TEST_F(LookupEndpoints, name_the_largest_counterparties) {
    const auto data = TestServer::data(get(of(3) + "/counterparties?side=in&top=3"));
    EXPECT_EQ(data.at("largest").as_array().size(), 3U);
    EXPECT_EQ(text(data.at("largest").at(0).at("address")), test_address(2));
    EXPECT_EQ(text(data.at("largest").at(1).at("address")), test_address(39));
    EXPECT_EQ(data.at("more"), 18);
    EXPECT_EQ(data.at("cut"), false);
    const auto out = TestServer::data(get(of(2) + "/counterparties"));
    EXPECT_EQ(out.at("largest").at(1).at("label"), "North Exchange");
}

TEST_F(LookupEndpoints, show_a_txn) {
    const auto txn = TestServer::data(get("/api/txns/" + theft.last_hash()));
    EXPECT_EQ(txn.at("transfers").at(0).at("to_label"), "North Exchange");
    EXPECT_EQ(txn.at("transfers").at(0).at("usd"), 80'000.0);
    EXPECT_EQ(get("/api/txns/" + test_hash(12345)).status, 404U);
    EXPECT_EQ(get("/api/txns/" + theft.last_hash() + "?chain=btc").status, 404U);
    EXPECT_EQ(get("/api/txns/xyz").status, 400U);
}

TEST_F(LookupEndpoints, find_by_form_and_by_name) {
    const auto find = [&](const std::string& q) {
        return TestServer::data(get("/api/search?q=" + q)).at("items").as_array();
    };
    ASSERT_EQ(find(test_address(4)).size(), 1U);
    EXPECT_EQ(text(find(test_address(4))[0].at("url")),
              "/address/" + test_address(4) + "?chain=eth");
    EXPECT_EQ(find(theft.last_hash())[0].at("type"), "txn");
    ASSERT_EQ(find("nORTH").size(), 1U);
    EXPECT_EQ(find("exch")[0].at("type"), "label");
    for (const char* nothing : {"zebra", "%20", "%25", "'%3B--", "%C3%A9"})
        EXPECT_TRUE(find(nothing).empty()) << nothing;
    EXPECT_EQ(get("/api/search").status, 400U);
    EXPECT_EQ(get("/api/search?q=%0A").status, 400U);
    EXPECT_EQ(get("/api/search?q=" + std::string(5'000, 'a')).status, 400U);
}

}  // namespace
}  // namespace cordon::server
