// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "bitcoin_node.hpp"

#include <gmock/gmock.h>
#include <fake_server.hpp>
#include <map>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/bitcoin/test_builder.hpp>
#include <cordon/chain/bitcoin/txn.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::feed {
namespace {

using test::FakeServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::size_t kMost = 2'000;  // Told at once.

/// A node whose mempool is filled, and that tells when or not.
class Mempool {
public:
    bool tells_times = true;
    unsigned asked_for_times = 0;
    std::optional<std::string> broken;  // Said instead of txns...
    unsigned whole = 0;                 // ... after so many answers.

    /// Txns that came one second after the other.
    void fill(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            const Bytes raw = chain::test::simple_txn({chain::test::point(1, 0)},
                                                      {{1'000 + came_.size(), Bytes{0x51}}});
            const Hash256 txid = chain::txid_of(chain::parse_txn(raw).value());
            raw_[chain::format_hash(kBitcoin, txid)] = to_hex(raw);
            came_.push_back(txid);
        }
    }
    void mine() { raw_.clear(); }
    /// The newest, from the oldest of them on.
    std::vector<Hash256> newest(std::size_t count) const {
        return {came_.end() - static_cast<std::ptrdiff_t>(count), came_.end()};
    }
    ErrorCode refusal() {
        std::vector<PendingTxn> pending;
        const Status done = node->wait(Millis{0}, pending);
        EXPECT_FALSE(done);
        EXPECT_THAT(pending, IsEmpty());
        return done.error().code;
    }
    std::vector<Hash256> told() {
        std::vector<PendingTxn> pending;
        const Status done = node->wait(Millis{0}, pending);
        EXPECT_TRUE(done) << done.error().message;
        std::vector<Hash256> txids;
        for (const PendingTxn& each : pending) txids.push_back(each.utxo->txid);
        return txids;
    }

private:
    std::string result(std::string_view call) {
        if (call.find("getrawtransaction") != call.npos)
            return "\"" + raw_.at(std::string{call.substr(call.find("[\"") + 2, 64)}) + "\"";
        const bool times = call.find("[true]") != call.npos;
        if (times) ++asked_for_times;
        if (times && !tells_times) return "[]";
        std::map<std::string, std::size_t> when;
        for (std::size_t i = 0; i < came_.size(); ++i)
            when[chain::format_hash(kBitcoin, came_[i])] = 1'700'000'000 + i;
        std::string all;
        for (const auto& [txid, raw] : raw_) {
            all += format("{}\"{}\"", all.empty() ? "" : ",", txid);
            if (times) all += format(R"(:{{"vsize":61,"time":{},"depends":[]}})", when[txid]);
        }
        return times ? "{" + all + "}" : "[" + all + "]";
    }
    std::string answer(const std::string& body) {
        if (broken && body.find("getrawtransaction") != body.npos) {
            if (whole == 0) return *broken;
            --whole;
        }
        std::string all;
        for (std::size_t at = body.find("{\"jsonrpc"); at != body.npos;) {
            const std::size_t next = body.find("{\"jsonrpc", at + 1);
            const std::string_view call = std::string_view{body}.substr(at, next - at);
            const std::size_t id = call.find("\"id\":");
            all += format(R"({}{{{},"result":{}}})", all.empty() ? "" : ",",
                          call.substr(id, call.find(',', id) - id), result(call));
            at = next;
        }
        return FakeServer::ok(body.front() == '[' ? "[" + all + "]" : all);
    }

    std::vector<Hash256> came_;
    std::map<std::string, std::string> raw_;  // Of those that wait, by their txid.
    FakeServer server_{[this](const std::string& body, unsigned) { return answer(body); }};

public:
    std::unique_ptr<Node> node = make_bitcoin_node(server_.url(),
                                                   [] {
                                                       BitcoinNodeOptions options;
                                                       options.mempool = Millis{0};
                                                       options.rpc.tries = 1;
                                                       options.clock = [] { return UnixMillis{}; };
                                                       return options;
                                                   }())
                                     .value();
};

TEST(BitcoinNode, tells_what_is_new_in_its_mempool_once) {
    Mempool pool;
    pool.fill(2);
    EXPECT_THAT(pool.told(), SizeIs(2));
    EXPECT_THAT(pool.told(), IsEmpty());
    pool.fill(1);
    EXPECT_EQ(pool.told(), pool.newest(1));
    pool.fill(kMost);
    EXPECT_THAT(pool.told(), SizeIs(kMost));
    EXPECT_EQ(pool.node->dropped(), 0U);
    EXPECT_EQ(pool.asked_for_times, 0U);
}

TEST(BitcoinNode, tells_the_newest_of_a_burst_and_counts_the_rest) {
    Mempool pool;
    pool.fill(kMost + 300);
    EXPECT_EQ(pool.told(), pool.newest(kMost));
    EXPECT_EQ(pool.node->dropped(), 300U);
    EXPECT_THAT(pool.told(), IsEmpty());
    pool.mine();
    pool.fill(kMost + 1);
    EXPECT_EQ(pool.told(), pool.newest(kMost));
    EXPECT_EQ(pool.node->dropped(), 301U);
    EXPECT_EQ(pool.asked_for_times, 2U);
    EXPECT_THAT(pool.node->warnings(), IsEmpty());
}

TEST(BitcoinNode, that_does_not_tell_when_txns_came_gives_some_of_a_burst_and_says_so) {
    Mempool pool;
    pool.tells_times = false;
    pool.fill(kMost + 300);
    EXPECT_THAT(pool.told(), SizeIs(kMost));
    pool.fill(kMost + 1);
    EXPECT_THAT(pool.told(), SizeIs(kMost));
    EXPECT_EQ(pool.node->dropped(), 301U);
    pool.tells_times = true;
    pool.mine();
    pool.fill(kMost + 1);
    EXPECT_EQ(pool.told(), pool.newest(kMost)) << "it is asked again";
    EXPECT_THAT(pool.node->warnings(), ElementsAre(HasSubstr("not the newest")));
}

TEST(BitcoinNode, tells_later_what_it_did_not_answer_for) {
    const std::string busy = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
    for (const auto& [said, code] :
         {std::pair{busy, ErrorCode::kLimit}, {std::string{}, ErrorCode::kUnavailable}}) {
        Mempool pool;
        pool.fill(kMost);
        pool.broken = said;
        pool.whole = 3;
        EXPECT_EQ(pool.refusal(), code);
        EXPECT_EQ(pool.refusal(), code);
        pool.broken.reset();
        EXPECT_THAT(pool.told(), SizeIs(kMost));
        EXPECT_THAT(pool.told(), IsEmpty());
    }
}

TEST(BitcoinNode, counts_a_burst_once_that_it_is_asked_for_twice) {
    Mempool pool;
    pool.fill(kMost + 300);
    pool.broken.emplace();
    EXPECT_EQ(pool.refusal(), ErrorCode::kUnavailable);
    EXPECT_EQ(pool.node->dropped(), 0U);
    pool.broken.reset();
    EXPECT_EQ(pool.told(), pool.newest(kMost));
    EXPECT_EQ(pool.node->dropped(), 300U);
}

TEST(BitcoinNode, is_not_asked_again_for_what_cannot_be_read) {
    Mempool pool;
    pool.fill(2);
    pool.broken = FakeServer::ok("[]");
    EXPECT_EQ(pool.refusal(), ErrorCode::kMalformed);
    pool.broken.reset();
    EXPECT_THAT(pool.told(), IsEmpty());
    pool.fill(1);
    EXPECT_EQ(pool.told(), pool.newest(1));
}

}  // namespace
}  // namespace cordon::feed
