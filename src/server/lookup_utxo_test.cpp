// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Pages of addresses and txns on a UTXO chain, screening, and the search for withdrawals.
#include <gmock/gmock.h>

#include <cordon/chain/text.hpp>
#include <cordon/engine/ingest.hpp>
#include <cordon/engine/screener.hpp>
#include <cordon/engine/trace_desk.hpp>
#include <cordon/guard/gate/test_stage.hpp>
#include <cordon/ledger/ledger.hpp>
#include <cordon/records/store.hpp>
#include <cordon/wallet/request_json.hpp>

#include "test_server.hpp"

namespace cordon::server {
namespace {

constexpr Roles kViewer = Roles{}.with(Role::kViewer);
constexpr uint64_t kCoin = 100'000'000;

Address owner(uint8_t n) {
    std::array<uint8_t, 20> payload{};
    payload[19] = n;
    return Address{AddressKind::kP2wpkh, payload};
}
std::string text_of(uint8_t n) { return chain::format_address(kBitcoin, owner(n)); }
Hash256 hash(uint8_t n) {
    Hash256 value;
    value.bytes[0] = n;  // As it is shown, the last digits: a hash is written backwards.
    value.bytes[31] = 1;
    return value;
}
std::string txid(uint8_t n) { return chain::format_hash(kBitcoin, hash(n)); }

/// Four blocks of a txn each. A miner (1) is paid 50 coins; 30 go to a shop (2), 19 come back; the
/// thief (3) takes both and pays 48 to an exchange (4), with a word to the world; the exchange
/// spends an output of a block that the ledger does not hold.
std::vector<Block> blocks() {
    UtxoTxn mined{.txid = hash(1), .coinbase = true, .inputs = {}, .outputs = {}};
    mined.outputs = {{50 * kCoin, owner(1)}};
    UtxoTxn shop{.txid = hash(2), .coinbase = false, .inputs = {}, .outputs = {}};
    shop.inputs = {{{hash(1), 0}, TxOut{50 * kCoin, owner(1)}}};
    shop.outputs = {{30 * kCoin, owner(2)}, {19 * kCoin, owner(1)}};
    UtxoTxn theft{.txid = hash(3), .coinbase = false, .inputs = {}, .outputs = {}};
    theft.inputs = {{{hash(2), 0}, TxOut{30 * kCoin, owner(2)}},
                    {{hash(2), 1}, TxOut{19 * kCoin, owner(1)}}};
    theft.outputs = {{48 * kCoin, owner(4)}, {0, Address{}}};
    UtxoTxn dark{.txid = hash(4), .coinbase = false, .inputs = {}, .outputs = {}};
    dark.inputs = {{{hash(99), 7}, std::nullopt}};
    dark.outputs = {{5 * kCoin, owner(4)}};
    std::vector<Block> out;
    BlockNum number = 0;
    for (UtxoTxn& txn : std::vector{mined, shop, theft, dark}) {
        ++number;
        Hash256 of_block;
        of_block.bytes[0] = static_cast<uint8_t>(number);
        of_block.bytes[31] = 2;
        out.push_back(Block{kBitcoin,
                            {number,
                             BlockNumKind::kHeight,
                             from_unix_seconds(1'600'000'000 + static_cast<int64_t>(number)),
                             of_block,
                             {}},
                            {},
                            {txn}});
    }
    return out;
}

class LookupUtxo : public testing::Test {
protected:
    LookupUtxo() {
        std::string pattern = (std::filesystem::temp_directory_path() / "utxo-XXXXXX").string();
        EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
        folder = pattern;
        const std::string ledger = folder + "/ledger";
        {
            const auto writer = ledger::open_writer(ledger).value();
            const auto all = blocks();
            EXPECT_TRUE(writer->append(all));
            const auto store = records::Store::open(engine::records_path(ledger)).value();
            const Label north{.chain = kBitcoin,
                              .address = owner(4),
                              .text = "North Exchange",
                              .category = Category::kExchange,
                              .source = "test list",
                              .confidence = 0.9};
            EXPECT_TRUE(store->put_labels({&north, 1}));
            const Price price{kBitcoin, Asset{}, from_unix_seconds(1'600'000'000), 10'000};
            EXPECT_TRUE(store->put_prices({&price, 1}));
        }
        desk = engine::TraceDesk::open({.ledger = ledger, .views = folder + "/views"}).value();
        const Label bad{.chain = kBitcoin,
                        .address = owner(2),
                        .text = "Somebody",
                        .category = Category::kSanctioned,
                        .source = "us-sdn",
                        .confidence = 1,
                        .list = "us-sdn"};
        screener = engine::Screener::open(
                       {.ledger = ledger},
                       screen::Lists::make(
                           {{.name = "us-sdn", .sha256 = "", .as_of = {}, .entries = 1}}, {bad}))
                       .value();
        server = std::make_unique<TestServer>(
            lookup_endpoints(desk.get(), nullptr, nullptr, nullptr, screener.get()));
    }
    ~LookupUtxo() override {
        server.reset();
        screener.reset();
        desk.reset();
        std::filesystem::remove_all(folder);
    }
    net::ServerResponse get(const std::string& path) {
        return server->as_token(kViewer, "GET", path);
    }
    boost::json::value data(const std::string& path) { return TestServer::data(get(path)); }

    std::string folder;
    std::unique_ptr<engine::TraceDesk> desk;
    std::unique_ptr<engine::Screener> screener;
    std::unique_ptr<TestServer> server;
};

TEST_F(LookupUtxo, say_what_an_address_holds) {
    const auto miner = data("/api/addresses/" + text_of(1)).at("addresses").at(0);
    EXPECT_EQ(miner.at("chain"), "btc");
    const auto& held = miner.at("holdings").at(0);
    EXPECT_EQ(held.at("symbol"), "BTC");
    EXPECT_EQ(held.at("received"), boost::json::value(std::to_string(69 * kCoin)));
    EXPECT_EQ(held.at("sent"), boost::json::value(std::to_string(69 * kCoin)));
    EXPECT_EQ(held.at("balance"), "0");
    EXPECT_EQ(miner.at("first"), "2020-09-13T12:26:41Z");
    EXPECT_EQ(miner.at("last"), "2020-09-13T12:26:43Z");
    const auto exchange = data("/api/addresses/" + text_of(4)).at("addresses").at(0);
    EXPECT_EQ(exchange.at("labels").at(0).at("label"), "North Exchange");
    EXPECT_EQ(exchange.at("holdings").at(0).at("balance"),
              boost::json::value(std::to_string(53 * kCoin)));
    EXPECT_EQ(exchange.at("holdings").at(0).at("usd"), 530'000.0);
    EXPECT_EQ(get("/api/addresses/" + text_of(1) + "?chain=eth").status, 400U);
    EXPECT_TRUE(data("/api/addresses/" + text_of(9)).at("addresses").as_array().empty());
}

TEST_F(LookupUtxo, list_what_an_address_got_and_spent) {
    const std::string of = "/api/addresses/" + text_of(1) + "/transfers";
    const auto all = data(of + "?order=asc").at("items");
    // Mined, paid to the shop, the rest of that, taken by the thief.
    ASSERT_EQ(all.as_array().size(), 4U) << boost::json::serialize(all);
    EXPECT_EQ(all.at(0).at("amount"), boost::json::value(std::to_string(50 * kCoin)));
    EXPECT_EQ(all.at(1).at("to"), boost::json::value(text_of(2)));
    EXPECT_EQ(all.at(3).at("to"), boost::json::value(text_of(4)));
    EXPECT_EQ(all.at(3).at("to_label"), "North Exchange");
    EXPECT_EQ(all.at(3).at("amount"), boost::json::value(std::to_string(19 * kCoin)));
    EXPECT_EQ(all.at(3).at("tx"), boost::json::value(txid(3)));
    EXPECT_EQ(data(of + "?side=in").at("items").as_array().size(), 2U);
    EXPECT_EQ(data(of + "?side=out").at("items").as_array().size(), 2U);
    // Page by page each once, also where two rows are of one txn.
    std::vector<boost::json::value> rows;
    std::string cursor;
    for (int pages = 0; pages < 10; ++pages) {
        const auto page = data(of + "?order=asc&limit=1" + cursor);
        for (const auto& row : page.at("items").as_array()) rows.push_back(row);
        if (page.at("next").is_null()) break;
        cursor = "&cursor=" + std::string{page.at("next").as_string()};
    }
    EXPECT_EQ(boost::json::value(boost::json::array(rows.begin(), rows.end())), all);
    const auto csv = get(of + ".csv").body;
    EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 5);
    const auto largest =
        data("/api/addresses/" + text_of(4) + "/counterparties?side=in").at("largest");
    EXPECT_EQ(largest.at(0).at("address"), boost::json::value(text_of(2)));
}

TEST_F(LookupUtxo, show_a_txn_with_what_it_spends_and_who_spends_it) {
    const auto theft = data("/api/txns/" + txid(3));
    EXPECT_EQ(theft.at("chain"), "btc");
    EXPECT_EQ(theft.at("inputs").at(0).at("outpoint"), boost::json::value(txid(2) + ":0"));
    EXPECT_EQ(theft.at("inputs").at(1).at("address"), boost::json::value(text_of(1)));
    EXPECT_EQ(theft.at("outputs").at(0).at("label"), "North Exchange");
    EXPECT_TRUE(theft.at("outputs").at(0).at("spent_by").is_null());
    EXPECT_EQ(theft.at("fee"), boost::json::value(std::to_string(kCoin)));
    const auto shop = data("/api/txns/" + txid(2) + "?chain=btc");
    EXPECT_EQ(shop.at("outputs").at(0).at("spent_by"), boost::json::value(txid(3)));
    // What is mined, and what spends money that nobody here has seen, has no fee that is known.
    EXPECT_EQ(data("/api/txns/" + txid(1)).as_object().if_contains("fee"), nullptr);
    const auto dark = data("/api/txns/" + txid(4));
    EXPECT_EQ(dark.as_object().if_contains("fee"), nullptr);
    EXPECT_TRUE(dark.at("inputs").at(0).at("amount").is_null());
    EXPECT_EQ(get("/api/txns/" + txid(9)).status, 404U);
}

TEST_F(LookupUtxo, screen_against_lists_and_the_money_behind) {
    const auto listed = data("/api/screen/" + text_of(2) + "?chain=btc");
    EXPECT_EQ(listed.at("subject"), boost::json::value(text_of(2)));
    EXPECT_EQ(listed.at("result"), "hit");
    EXPECT_EQ(listed.at("matches").at(0).at("list"), "us-sdn");
    const auto near = data("/api/screen/" + text_of(4));
    EXPECT_EQ(near.at("chain"), "btc");
    EXPECT_NE(near.at("result"), boost::json::value("hit")) << boost::json::serialize(near);
    const auto strange = data("/api/screen/" + text_of(9));
    EXPECT_TRUE(strange.at("matches").as_array().empty());
    EXPECT_EQ(get("/api/screen/nobody").status, 400U);
    EXPECT_EQ(get("/api/screen/" + text_of(2) + "?chain=mars").status, 400U);
    EXPECT_EQ(get("/api/screen/" + text_of(2) + "?chain=eth").status, 400U);
}

TEST_F(LookupUtxo, find_addresses_and_txns_by_their_form) {
    const auto find = [&](const std::string& q) {
        return data("/api/search?q=" + q).at("items").as_array();
    };
    ASSERT_EQ(find(text_of(2)).size(), 1U);
    EXPECT_EQ(find(text_of(2))[0].at("url"),
              boost::json::value("/address/" + text_of(2) + "?chain=btc"));
    ASSERT_EQ(find(txid(3)).size(), 1U);
    EXPECT_EQ(find(txid(3))[0].at("url"), boost::json::value("/tx/" + txid(3) + "?chain=btc"));
    EXPECT_TRUE(find(text_of(9)).empty());
}

TEST(LookupWithdrawals, are_found_by_a_part_of_their_id) {
    guard::stage::Stage stage;
    stage.world.wallets[guard::test_address(1)] = "hot";
    ASSERT_EQ(stage.check(guard::test_request("wd-7", 500)).decision, Decision::kHold);
    TestServer server{lookup_endpoints(nullptr, nullptr, nullptr, stage.gate.get(), nullptr)};
    const auto find = [&](const std::string& q) {
        return TestServer::data(server.as_token(kViewer, "GET", "/api/search?q=" + q))
            .at("items")
            .as_array();
    };
    const auto found = find("wd-7");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].at("type"), "withdrawal");
    EXPECT_EQ(found[0].at("detail"), "hold");
    EXPECT_EQ(found[0].at("url"), "/guard/wd-7");
    EXPECT_EQ(find("%20wd-7%20").size(), 1U);
    EXPECT_EQ(find("WD-7").size(), 1U);
    EXPECT_EQ(find("d-7").size(), 1U);
    for (const char* none : {"wd-70", "..%2Fwd-7", "hold"}) EXPECT_TRUE(find(none).empty()) << none;
}

}  // namespace
}  // namespace cordon::server
