// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <random>

#include <cordon/base/format.hpp>

#include "event_source.hpp"
#include "events_reader.hpp"

namespace cordon::chain {
namespace {

/// Any event of any chain, the same for the same seed.
class Made {
public:
    explicit Made(unsigned seed) : random_{seed} {}

    FeedEvent event() {
        chain_ = pick({kEthereum, kTronMainnet, kBitcoin});
        switch (up_to(8)) {
            case 0: return Rewind{chain_, up_to(1000)};
            case 1: return pending();
            case 2:
                return WithdrawalRequest{
                    text(), chain_, asset(), maybe() ? address() : Address{}, address(), amount(),
                    text(), time(), maybe()};
            case 3: return Liabilities{text(), chain_, asset(), amount(), time()};
            case 4:
                return SigningRequest{text(), chain_, address(), text(), text(), text(), time()};
            case 5: return Price{chain_, asset(), time(), static_cast<double>(up_to(1U << 30)) / 7};
            case 6:
                return FeedStatus{chain_, static_cast<FeedState>(up_to(6)), up_to(100), time(),
                                  text()};
            default: return block();
        }
    }

private:
    uint32_t up_to(uint32_t end) {
        return std::uniform_int_distribution<uint32_t>{0, end - 1}(random_);
    }
    bool maybe() { return up_to(2) == 0; }
    template <typename T>
    T pick(std::initializer_list<T> all) {
        return all.begin()[up_to(static_cast<uint32_t>(all.size()))];
    }
    Hash256 hash() {
        Hash256 out;
        for (uint8_t& byte : out.bytes) byte = static_cast<uint8_t>(up_to(256));
        return out;
    }
    Address address() {
        const AddressKind kind = chain_ == kTronMainnet ? AddressKind::kTron
                                 : chain_ == kBitcoin   ? AddressKind::kP2wpkh
                                                        : AddressKind::kEvm;
        return {kind, ByteView{hash().bytes}.first(20)};
    }
    Asset asset() { return maybe() ? Asset{} : *Asset::parse(format("0x{:040x}", up_to(99))); }
    Amount amount() { return maybe() ? Amount{up_to(9)} : *Amount::from_big_endian(hash().bytes); }
    UnixMillis time() { return UnixMillis{std::chrono::milliseconds{up_to(2'000'000'000)}}; }
    std::string text() {
        return pick<std::string>({"", "a\"b\\c", "line\nbreak\x01", "Übergabe 你"});
    }
    Bytes bytes() {
        const Hash256 from = hash();
        return {from.bytes.begin(), from.bytes.begin() + up_to(32)};
    }

    AccountTxn transfers(const Hash256& name) {
        AccountTxn txn{name, {}, maybe() ? std::optional{time()} : std::nullopt};
        uint32_t index = 0;
        for (uint32_t i = up_to(4); i > 0; --i, index += 1 + up_to(3))
            txn.transfers.push_back({index, address(), address(), asset(), amount(),
                                     static_cast<TransferKind>(up_to(6))});
        return txn;
    }
    TxnActivity activity(const Hash256& name) {
        TxnActivity txn{.hash = name,
                        .from = address(),
                        .to = maybe() ? address() : Address{},
                        .created = maybe() ? address() : Address{},
                        .value = amount(),
                        .nonce = chain_ == kEthereum && maybe() ? std::optional<uint64_t>{up_to(5)}
                                                                : std::nullopt,
                        .input = bytes(),
                        .succeeded = pick<std::optional<bool>>({std::nullopt, true, false}),
                        .logs = {},
                        .calls = {},
                        .changes = {}};
        for (uint32_t i = up_to(3); i > 0; --i)
            txn.logs.push_back(
                {up_to(99), address(), std::vector<Hash256>(up_to(5), hash()), bytes()});
        for (uint32_t i = 0, count = up_to(4); i < count; ++i) {
            const uint32_t parent = i == 0 ? Call::kNoParent : up_to(i);
            const uint32_t depth = i == 0 ? 0 : txn.calls[parent].depth + 1;
            txn.calls.push_back({parent, depth, static_cast<CallKind>(up_to(7)), address(),
                                 maybe() ? address() : Address{}, amount(), bytes(), bytes(),
                                 maybe()});
        }
        for (uint32_t i = up_to(3); i > 0; --i)
            txn.changes.push_back({address(), hash(), hash(), hash()});
        return txn;
    }
    UtxoTxn utxo() {
        UtxoTxn txn{hash(), maybe(), up_to(3), up_to(9), {}, {}};
        for (uint32_t i = up_to(3); i > 0; --i)
            txn.inputs.push_back(
                {{hash(), up_to(9)},
                 maybe() ? std::optional{TxOut{up_to(99), address()}} : std::nullopt});
        for (uint32_t i = up_to(3); i > 0; --i)
            txn.outputs.push_back({up_to(99), maybe() ? address() : Address{}});
        return txn;
    }
    PendingTxn pending() {
        PendingTxn out;
        out.chain = chain_;
        out.seen = time();
        if (chain_ == kBitcoin) {
            out.utxo = utxo();
        } else {
            out.activity = activity(hash());
            out.transfers = transfers(out.activity.hash);
        }
        return out;
    }
    SeenBlock block() {
        SeenBlock seen;
        seen.block.chain = chain_;
        seen.block.header = {up_to(999), static_cast<BlockNumKind>(up_to(3)),
                             maybe() ? std::optional{time()} : std::nullopt, hash(),
                             maybe() ? std::optional{hash()} : std::nullopt};
        for (uint32_t i = up_to(4); i > 0; --i) {
            if (chain_ == kBitcoin) {
                seen.block.utxo_txns.push_back(utxo());
                continue;
            }
            const Hash256 name = hash();
            const uint32_t part = up_to(3);  // Some txns move nothing, some are known by that only.
            if (part != 0) seen.block.account_txns.push_back(transfers(name));
            if (part != 1) seen.activity.txns.push_back(activity(name));
        }
        seen.activity.has_txns = maybe();
        seen.activity.has_logs = seen.activity.has_txns && maybe();
        seen.activity.has_calls = seen.activity.has_txns && maybe();
        seen.activity.has_changes = seen.activity.has_txns && maybe();
        seen.activity.missing = up_to(3);
        return seen;
    }

    std::mt19937 random_;
    ChainId chain_;
};

TEST(Events, written_and_read_again_are_the_same) {
    EventReader reader;
    for (unsigned seed = 0; seed < 3'000; ++seed) {
        const FeedEvent event = Made{seed}.event();
        const std::string line = format_event(event);
        ASSERT_TRUE(line.ends_with("}\n") && line.find('\n') == line.size() - 1) << line;
        const auto again = reader.read(line);
        ASSERT_TRUE(again) << again.error().message << "\n" << line;
        ASSERT_TRUE(*again == event) << line << format_event(*again);
    }
}

TEST(Events, cut_off_anywhere_are_refused) {
    EventReader reader;
    for (unsigned seed = 0; seed < 60; ++seed) {
        const std::string line = format_event(Made{seed}.event());
        for (std::size_t size = 0; size + 2 < line.size(); size += 1 + size / 40)
            EXPECT_FALSE(reader.read(std::string_view{line}.substr(0, size)))
                << line.substr(0, size);
    }
}

TEST(Events, tell_a_nonce_only_of_chains_that_have_one) {
    const auto told = [](std::string_view chain, std::string_view more) {
        const bool tron = chain == "tron";
        const auto event = EventReader{}.read(format(
            R"({{"type":"pending","chain":"{}","seen":1,"hash":"{}{:064x}","transfers":[],"from":"{}"{}}})",
            chain, tron ? "" : "0x", 1,
            tron ? "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"
                 : "0x0000000000000000000000000000000000000b0b",
            more));
        EXPECT_TRUE(event) << event.error().message;
        return event ? std::get<PendingTxn>(*event).activity.nonce : 99U;
    };
    EXPECT_EQ(told("eth", R"(,"nonce":0)"), 0U);
    EXPECT_EQ(told("eth", ""), std::nullopt);
    EXPECT_EQ(told("tron", R"(,"nonce":0)"), std::nullopt);
}

std::string error_of(std::string_view line) {
    const auto event = EventReader{}.read(line);
    return event ? "none" : event.error().message;
}

TEST(Events, of_a_person_need_few_keys_in_any_order) {
    const auto event = EventReader{}.read(
        R"({"time":"2024-01-01","txns":[{"transfers":[{"amount":5,"asset":"native","extra":[{}],
            "to":"0x0000000000000000000000000000000000000b0b","from":"0x00000000000000000000000000000000000a11ce"}],
            "hash":"0x1111111111111111111111111111111111111111111111111111111111111111"}],
            "hash":"0x2222222222222222222222222222222222222222222222222222222222222222",
            "number":7,"chain":"eth","type":"block","gives":["logs"]})");
    ASSERT_TRUE(event) << event.error().message;
    const auto& seen = std::get<SeenBlock>(*event);
    EXPECT_EQ(seen.block.account_txns[0].transfers[0].kind, TransferKind::kNative);
    EXPECT_TRUE(seen.activity.has_txns && seen.activity.has_logs);
    EXPECT_FALSE(seen.activity.has_calls);
    EXPECT_TRUE(seen.activity.txns.empty());
}

TEST(Events, that_are_wrong_say_what_was_expected) {
    EXPECT_NE(error_of(R"({"type":"blok","chain":"eth"})").find("unknown type \"blok\""),
              std::string::npos);
    EXPECT_NE(error_of(R"({"chain":"eth"})").find("type and chain"), std::string::npos);
    EXPECT_NE(error_of(R"({"type":"rewind","chain":"eth"})").find("\"keep\" is missing"),
              std::string::npos);
    EXPECT_NE(error_of(R"({"type":"rewind","chain":"eth","keep":1,"keep":2})").find("twice"),
              std::string::npos);
    EXPECT_NE(error_of(R"({"type":"rewind","chain":"eth","keep":-1})").find("keep:"),
              std::string::npos);
    EXPECT_NE(error_of(R"({"type":"price","chain":"eth","asset":"native","time":1,"usd":"nan"})")
                  .find("dollars"),
              std::string::npos);
    EXPECT_NE(
        error_of(R"({"type":"status","chain":"eth","state":"x","block":1,"time":1,"text":""})")
            .find("caught-up"),
        std::string::npos);
    EXPECT_NE(error_of(R"({"type":"rewind","chain":"eth","keep":1} {})").find("after its end"),
              std::string::npos);
}

Result<std::vector<FeedEvent>> read_all_of(const std::string& text) {
    CORDON_TRY(auto source,
               open_events(
                   memory_file("x", {reinterpret_cast<const uint8_t*>(text.data()), text.size()})));
    std::vector<FeedEvent> out;
    while (true) {
        FeedEvent event;
        CORDON_TRY(const bool more, source->read(event));
        if (!more) return out;
        out.push_back(std::move(event));
    }
}

TEST(Events, rise_in_each_chain_but_for_rewinds) {
    const auto block = [](std::string_view chain, int number) {
        return format(R"({{"type":"block","chain":"{}","number":{},"hash":"0x{:064x}","txns":[]}})"
                      "\n",
                      chain, number, number);
    };
    const std::string back = R"({"type":"rewind","chain":"eth","keep":1})"
                             "\n";
    EXPECT_EQ(read_all_of(block("eth", 1) + block("bsc", 1) + "\n" + block("eth", 2) + back +
                          block("eth", 2))
                  ->size(),
              5U);
    const auto wrong = read_all_of(block("eth", 2) + block("eth", 2));
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, ErrorCode::kOrder);
    EXPECT_TRUE(wrong.error().message.starts_with("x:2: ")) << wrong.error().message;
}

TEST(RpcBlocks, are_answers_of_a_node_a_line_each) {
    const std::string line = format(
        R"({{"chain":"eth","block":{{"number":"0x1","hash":"0x{0:064x}","parentHash":"0x{0:064x}",
                  "timestamp":"0x5","transactions":[]}},"receipts":[],"calls":null}})",
        1);
    std::string text;
    for (const char c : line)
        if (c != '\n') text += c;
    auto source = open_rpc_blocks(
        memory_file("x", {reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
    ASSERT_TRUE(source);
    FeedEvent event;
    const auto more = (*source)->read(event);
    ASSERT_TRUE(more) << more.error().message;
    EXPECT_TRUE(std::get<SeenBlock>(event).activity.has_logs);
    EXPECT_FALSE(std::get<SeenBlock>(event).activity.has_calls);
    EXPECT_FALSE(*(*source)->read(event));
}

}  // namespace
}  // namespace cordon::chain
