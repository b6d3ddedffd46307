// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <cordon/base/format.hpp>
#include <cordon/engine/ingest.hpp>
#include <cordon/engine/trace_desk.hpp>

/// For tests: a small theft in a ledger of its own. 1 is robbed by 2, who pays 3 and 4 (an
/// exchange); 20 to 39 paid 3 before.
namespace cordon::server {

inline std::string test_address(unsigned number) { return format("0x{:040x}", number); }
inline std::string test_hash(unsigned number) { return format("0x{:064x}", number); }

class TestTheft {
public:
    TestTheft() {
        std::string pattern = (std::filesystem::temp_directory_path() / "theft-XXXXXX").string();
        EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
        folder = pattern;
        pay(1, 2, "100000000000000000000");
        for (unsigned i = 20; i < 40; ++i) pay(i, 3, std::to_string(i) + "000000000000000000");
        pay(20, 3, "0");  // Poison.
        pay(2, 3, "60000000000000000000");
        pay(2, 4, "40000000000000000000");
        write("t.csv", "chain,block,time,tx,index,from,to,asset,amount,kind\n" + rows_);
        write("l.csv", "chain,address,label,category,source,confidence\neth," + test_address(4) +
                           ",North Exchange,exchange,test list,0.9\n");
        write("p.csv", "chain,asset,time,usd\neth,native,2020-01-01T00:00:00Z,2000\n");
        const auto path = [this](const char* name) { return folder + "/" + name; };
        const auto done = engine::ingest({path("ledger"),
                                          {{engine::Schema::kLabels, path("l.csv")},
                                           {engine::Schema::kPrices, path("p.csv")},
                                           {engine::Schema::kTransfers, path("t.csv")}},
                                          std::nullopt,
                                          0},
                                         {});
        EXPECT_TRUE(done) << (done ? "" : done.error().message);
        desk = engine::TraceDesk::open({.ledger = path("ledger"), .views = path("views")}).value();
    }
    ~TestTheft() {
        desk.reset();
        std::filesystem::remove_all(folder);
    }
    TestTheft(const TestTheft&) = delete;
    TestTheft& operator=(const TestTheft&) = delete;

    /// Of its last txn.
    std::string last_hash() const { return test_hash(block_); }

    std::string folder;
    std::unique_ptr<engine::TraceDesk> desk;

private:
    void pay(unsigned from, unsigned to, const std::string& amount) {
        ++block_;
        rows_ += format("eth,{},{},{},0,{},{},native,{},native\n", block_, 1'600'000'000 + block_,
                        test_hash(block_), test_address(from), test_address(to), amount);
    }
    void write(const std::string& name, const std::string& text) {
        std::ofstream{folder + "/" + name} << text;
    }
    unsigned block_ = 0;
    std::string rows_;
};

}  // namespace cordon::server
