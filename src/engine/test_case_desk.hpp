// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <cordon/base/format.hpp>

#include "case_desk.hpp"
#include "ingest.hpp"

/// For tests: a small theft in a ledger, a log, and a desk of cases over both.
namespace cordon::engine {

class TestCaseDesk {
public:
    TestCaseDesk() {
        std::string pattern = (std::filesystem::temp_directory_path() / "case-XXXXXX").string();
        EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
        folder = pattern;
        // 1 is robbed by 2, who pays 3, 4 and 5 (an exchange) and a bridge; a token rests with 2.
        pay(1, 2, "native", "1000");
        pay(1, 2, who(90), "700");
        pay(2, 3, "native", "300");
        pay(3, 4, "native", "300");
        pay(7, 5, "native", "55");
        pay(2, 5, "native", "200");
        pay(2, 6, "native", "100");
        write("t.csv", "chain,block,time,tx,index,from,to,asset,amount,kind\n" + rows_);
        write("labels.csv", "chain,address,label,category,source,confidence\n" +
                                label(4, "North Exchange: deposit address", "deposit") +
                                label(5, "North Exchange 2", "exchange") +
                                label(6, "</td><script>alert(1)</script> Bridge", "bridge") +
                                label(90, "Coin House: token", "service"));
        const auto done = ingest(
            {folder + "/ledger",
             {{Schema::kTransfers, folder + "/t.csv"}, {Schema::kLabels, folder + "/labels.csv"}},
             std::nullopt,
             0},
            {});
        EXPECT_TRUE(done) << (done ? "" : done.error().message);
        log =
            tlog::Log::open(
                folder + "/log",
                tlog::SigningKey::parse(
                    tlog::SigningKey::generate("test", tlog::PublicKey::Kind::kLog)->secret_text())
                    .value())
                .value();
    }
    ~TestCaseDesk() { std::filesystem::remove_all(folder); }
    TestCaseDesk(const TestCaseDesk&) = delete;
    TestCaseDesk& operator=(const TestCaseDesk&) = delete;

    static std::string who(unsigned number) { return format("0x{:040x}", number); }
    std::shared_ptr<const Theft> theft(unsigned block = 1) const {
        TheftRequest request{folder + "/ledger", format("eth:0x{:064x}", block), {}};
        request.params.stop = trace::default_stop_categories();
        auto found = follow_theft(request, {}, nullptr);
        EXPECT_TRUE(found) << (found ? "" : found.error().message);
        return found ? std::make_shared<const Theft>(*std::move(found)) : nullptr;
    }
    /// Traces "t1" and "t2" (of the native coin, of the token), a view "v1" of the first, an alert.
    /// `name`: of its store; another desk has another.
    std::unique_ptr<CaseDesk> desk(const std::string& name = "cases") {
        CaseSources sources;
        sources.theft = [this](std::string_view id) -> Result<std::shared_ptr<const Theft>> {
            if (id == "t1") return theft(1);
            if (id == "t2") return theft(2);
            return fail(ErrorCode::kNotFound, "no such trace");
        };
        sources.view = [](std::string_view id) -> Result<std::string> {
            if (id == "v1") return R"({"v":1,"trace":"t1"})";
            return fail(ErrorCode::kNotFound, "no such view");
        };
        sources.alerts = [](std::string_view id) -> Result<std::vector<records::StoredAlert>> {
            if (id != "a1") return fail(ErrorCode::kNotFound, "no such alert");
            records::StoredAlert stored;
            stored.alert.id = "a1";
            stored.alert.chain = kEthereum;
            stored.alert.title = "Hot wallet drained";
            stored.alert.reason = "All of it left within one block";
            return std::vector{stored};
        };
        auto made = CaseDesk::open({.store = folder + "/" + name + ".sqlite",
                                    .archives = folder + "/archives",
                                    .ledger = folder + "/ledger",
                                    .log = folder + "/log",
                                    .version = "1.2.3",
                                    .chromium = "/no/browser",
                                    .words = {},
                                    .on_step = on_step},
                                   std::move(sources), *log);
        EXPECT_TRUE(made) << (made ? "" : made.error().message);
        return *std::move(made);
    }

    std::string folder;
    std::function<void(const std::string&, std::string_view)> on_step;
    std::unique_ptr<tlog::Log> log;
    UnixMillis now = from_unix_seconds(1'767'225'600);

private:
    void pay(unsigned from, unsigned to, const std::string& asset, const std::string& amount) {
        ++block_;
        rows_ +=
            format("eth,{},{},0x{:064x},0,{},{},{},{},{}\n", block_, 1'767'225'000 + block_, block_,
                   who(from), who(to), asset, amount, asset == "native" ? "native" : "token");
    }
    static std::string label(unsigned number, const std::string& text,
                             const std::string& category) {
        return format("eth,{},{},{},test list,0.9\n", who(number), text, category);
    }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream{folder + "/" + name} << text;
    }
    unsigned block_ = 0;
    std::string rows_;
};

}  // namespace cordon::engine
