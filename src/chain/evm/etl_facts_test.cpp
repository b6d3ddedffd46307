// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "../block_source.hpp"
#include "../csv_test_file.hpp"
#include "../event_source.hpp"
#include "activity_facts.hpp"

namespace cordon::chain {
namespace {

const std::string kA = "0x" + std::string(40, 'a');
const std::string kB = "0x" + std::string(40, 'b');
const std::string kT1 = "0x" + std::string(64, '1');
const std::string kTopic = "0x" + std::string(64, '7');

/// Knows the selector 01020304 and the topic 77…77, and tells how long what it saw was.
class Lengths final : public FactReader {
public:
    bool knows_call(std::span<const uint8_t, 4> selector) const override {
        return selector[0] == 1 && selector[3] == 4;
    }
    bool knows_log(const Hash256& topic) const override { return topic.bytes[0] == 0x77; }
    std::optional<Fact> read_call(const CallView& call) const override {
        Fact fact;
        fact.txn = call.txn;
        fact.key = "call " + std::to_string(call.input.size());
        return fact;
    }
    std::optional<Fact> read_log(const LogView& log) const override {
        Fact fact;
        fact.txn = log.txn;
        fact.index = log.index + 1;
        fact.key = "log " + std::to_string(log.data.size());
        return fact;
    }
};
const Lengths kLengths;

std::string transaction(std::string_view input, int status = 1, int value = 5) {
    return "hash,block_number,from_address,to_address,value,block_timestamp,receipt_status,"
           "transaction_index,input\n" +
           kT1 + ",1," + kA + "," + kB + "," + std::to_string(value) + ",1600000000," +
           std::to_string(status) + ",0," + std::string{input} + "\n";
}
std::string log(std::string_view data) {
    return "log_index,transaction_hash,block_number,address,data,topics\n3," + kT1 + ",1," + kB +
           "," + std::string{data} + "," + kTopic + "\n";
}

Result<std::vector<std::string>> keys(const std::vector<std::string>& texts,
                                      const FactReader* reader = &kLengths) {
    std::vector<InputFile> files;
    for (std::size_t i = 0; i < texts.size(); ++i)
        files.push_back(text_file(texts[i], "file" + std::to_string(i)));
    CORDON_TRY(auto source, open_evm_etl(std::move(files), kEthereum, reader));
    std::vector<std::string> found;
    for (;;) {
        CORDON_TRY(auto block, source->next());
        if (!block) return found;
        for (const Fact& fact : block->facts) found.push_back(fact.key);
    }
}

TEST(EtlFacts, come_from_calls_and_logs_in_their_order) {
    EXPECT_EQ(keys({log("0xabcd"), transaction("0x0102030405")}).value(),
              (std::vector<std::string>{"call 5", "log 2"}));
}

TEST(EtlFacts, come_once_from_a_record_that_comes_twice) {
    EXPECT_EQ(
        keys({log("0xabcd"), log("0xabcd"), transaction("0x01020304"), transaction("0x01020304")})
            ->size(),
        2U);
}

TEST(EtlFacts, are_none_without_a_reader_of_reverted_txns_and_where_nothing_moved) {
    const std::string call = "0x0102030405";
    EXPECT_TRUE(keys({transaction(call)}, nullptr)->empty());
    EXPECT_TRUE(keys({transaction(call, 0)})->empty());
    EXPECT_TRUE(keys({transaction(call, 1, 0)})->empty());
}

TEST(EtlFacts, are_none_of_calls_that_nobody_knows_whatever_their_bytes) {
    for (const std::string_view input : {"0x", "", "0x010203", "0x99999999zz", "zz", "0xzzzzzzzz"})
        EXPECT_TRUE(keys({transaction(input)})->empty()) << input;
}

TEST(EtlFacts, of_known_calls_and_logs_must_be_hex) {
    EXPECT_EQ(keys({transaction("0x01020304zz")}).error().code, ErrorCode::kMalformed);
    EXPECT_EQ(keys({transaction("0x010203040")}).error().code, ErrorCode::kMalformed);
    EXPECT_EQ(keys({transaction("0x"), log("0x1")}).error().code, ErrorCode::kMalformed);
}

/// What is read of the txns of a block beside their value, as a node gives it.
std::vector<Fact> facts_of_events(const std::vector<std::string>& texts) {
    std::vector<InputFile> files;
    for (std::size_t i = 0; i < texts.size(); ++i)
        files.push_back(text_file(texts[i], "file" + std::to_string(i)));
    const auto source = open_evm_etl_events(std::move(files), kEthereum).value();
    FeedEvent event;
    EXPECT_TRUE(source->read(event).value());
    return facts_of(std::get<SeenBlock>(event), kLengths);
}

TEST(ActivityFacts, are_those_of_an_export) {
    const std::string call = "0x0102030405";
    for (const auto& texts :
         std::vector<std::vector<std::string>>{{log("0xabcd"), transaction(call)},
                                               {log("0xabcd"), transaction("0x")},
                                               {transaction(call)},
                                               {transaction(call, 0)},
                                               {log("0xabcd"), transaction(call, 1, 0)},
                                               {transaction("0x99999999")},
                                               {transaction("0x010203")}}) {
        std::vector<std::string> found;
        for (const Fact& fact : facts_of_events(texts)) found.push_back(fact.key);
        EXPECT_EQ(found, keys(texts).value());
    }
}

}  // namespace
}  // namespace cordon::chain
