// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "trace_desk.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <thread>

#include <cordon/base/format.hpp>
#include <cordon/report/canonical_json.hpp>

#include "ingest.hpp"
#include "view_document.hpp"

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::string hex(unsigned number, int digits) { return format("0x{:0{}x}", number, digits); }
std::string who(unsigned number) { return hex(number, 40); }

class TraceDeskTest : public testing::Test {
protected:
    void SetUp() override {
        folder_ = fs::temp_directory_path() /
                  ("cordon_trace_desk_" +
                   std::string{testing::UnitTest::GetInstance()->current_test_info()->name()});
        fs::remove_all(folder_);
        fs::create_directories(folder_);
        // 1 is robbed by 2, who pays 3 and 4 (an exchange); 20 to 39 are 3's neighbours.
        pay(1, 2, "100");
        for (unsigned i = 20; i < 40; ++i) pay(i, 3, std::to_string(i));
        pay(2, 3, "60");
        pay(2, 4, "40");
        pay(4, 5, "40");
        write("labels.csv", "chain,address,label,category,source,confidence\neth," + who(4) +
                                ",North Exchange,exchange,test list,0.9\n");
        take_in({{Schema::kLabels, (folder_ / "labels.csv").string()}});
    }
    void TearDown() override { fs::remove_all(folder_); }

    void pay(unsigned from, unsigned to, const std::string& amount) {
        ++block_;
        rows_ += format("eth,{},{},{},0,{},{},native,{},native\n", block_, 1'000 + block_,
                        hex(block_, 64), who(from), who(to), amount);
    }
    void write(const std::string& name, const std::string& text) {
        std::ofstream{folder_ / name} << text;
    }
    void take_in(std::vector<Source> more = {}) {
        const std::string name = format("t{}.csv", block_);
        write(name, "chain,block,time,tx,index,from,to,asset,amount,kind\n" + rows_);
        rows_.clear();
        more.push_back({Schema::kTransfers, (folder_ / name).string()});
        const auto done = ingest({ledger(), more, std::nullopt, 0}, {});
        ASSERT_TRUE(done) << done.error().message;
    }
    std::string ledger() const { return (folder_ / "ledger").string(); }
    std::string views() const { return (folder_ / "views").string(); }
    std::unique_ptr<TraceDesk> open(TraceDeskOptions options = {}) const {
        options.ledger = ledger();
        options.views = views();
        auto desk = TraceDesk::open(std::move(options));
        EXPECT_TRUE(desk) << desk.error().message;
        return std::move(*desk);
    }
    static TheftRequest from_thief(unsigned thief = 2) {
        TheftRequest request;
        request.seeds = who(thief);
        request.params.stop = trace::default_stop_categories();
        return request;
    }
    static std::string done(TraceDesk& desk, const TheftRequest& request = from_thief()) {
        const TraceJob job = desk.ask(request).value();
        const auto theft = desk.theft(job.id, 20s);
        EXPECT_TRUE(theft) << theft.error().message;
        return job.id;
    }

    fs::path folder_;
    unsigned block_ = 0;
    std::string rows_;
};

TEST_F(TraceDeskTest, gives_the_same_question_the_same_trace_however_it_is_written) {
    const auto desk = open();
    const std::string id = done(*desk);
    EXPECT_EQ(id.size(), 16u);
    TheftRequest again = from_thief();
    again.seeds = "eth:" + who(2) + "," + who(2);
    EXPECT_EQ(desk->ask(again)->id, id);
    TheftRequest other = from_thief();
    other.params.max_hops = 3;
    EXPECT_NE(desk->ask(other)->id, id);
    EXPECT_EQ(desk->jobs().size(), 2u);
    EXPECT_EQ(desk->job(id)->state, TraceJob::State::kDone);
    EXPECT_EQ(open()->ask(from_thief())->id, id) << "another desk, the same ledger";
}

TEST_F(TraceDeskTest, refuses_a_bad_seed_at_once_and_an_unknown_id) {
    const auto desk = open();
    EXPECT_EQ(desk->ask(from_thief(77)).error().code, ErrorCode::kNotFound);
    TheftRequest request = from_thief();
    request.seeds = "nonsense";
    EXPECT_EQ(desk->ask(request).error().code, ErrorCode::kMalformed);
    for (const char* id : {"", "0123456789abcdef", "../../etc/passwd"}) {
        EXPECT_EQ(desk->job(id).error().code, ErrorCode::kNotFound);
        EXPECT_EQ(desk->theft(id).error().code, ErrorCode::kNotFound);
        EXPECT_EQ(desk->view(id).error().code, ErrorCode::kNotFound);
    }
}

TEST_F(TraceDeskTest, makes_a_trace_again_that_it_has_put_away) {
    const auto desk = open({.kept = 1});
    const std::string first = done(*desk);
    const auto held = desk->theft(first).value();
    done(*desk, from_thief(3));
    EXPECT_EQ(desk->theft(first).error().code, ErrorCode::kUnavailable);
    const auto again = desk->theft(first, 20s).value();
    EXPECT_EQ(again->result.edges.size(), held->result.edges.size());
}

TEST_F(TraceDeskTest, knows_when_the_ledger_has_grown) {
    const auto desk = open({.kept = 1});
    const std::string before = done(*desk);
    pay(3, 6, "60");
    take_in();
    EXPECT_EQ(desk->ask(from_thief())->id, before) << "until somebody looks";
    ASSERT_TRUE(desk->refresh());
    const std::string after = done(*desk);
    EXPECT_NE(after, before);
    EXPECT_EQ(desk->theft(before).error().code, ErrorCode::kNotFound) << "put away, and gone";
    EXPECT_TRUE(desk->refresh()) << "nothing new";
    EXPECT_EQ(desk->ask(from_thief())->id, after);
}

TEST_F(TraceDeskTest, looks_again_for_what_was_not_there_yet) {
    const auto desk = open();
    TheftRequest request = from_thief();
    pay(3, 6, "60");
    request.seeds = "eth:" + hex(block_, 64);  // As an alert names it.
    EXPECT_EQ(desk->ask(request).error().code, ErrorCode::kNotFound);
    take_in();
    const auto theft = desk->theft(done(*desk, request)).value();
    EXPECT_EQ(theft->result.edges.size(), 1u);
}

TEST_F(TraceDeskTest, follows_what_waits_however_the_ledger_grows) {
    std::promise<void> grown;
    const auto desk = open(
        {.threads = 1, .on_change = [&, wait = grown.get_future().share()](const TraceJob& job) {
             if (job.state == TraceJob::State::kRunning) wait.wait();
         }});
    std::vector<std::future<std::string>> ids;
    for (unsigned thief : {20U, 21U})  // One runs, and one waits.
        ids.push_back(std::async(std::launch::async,
                                 [&, thief] { return desk->ask(from_thief(thief)).value().id; }));
    while (desk->jobs().size() < ids.size()) std::this_thread::sleep_for(1ms);
    for (unsigned thief : {20U, 21U}) pay(thief, 6, "5");
    take_in();
    const std::string before = desk->version();
    ASSERT_TRUE(desk->refresh());
    EXPECT_NE(desk->version(), before);
    grown.set_value();
    for (auto& id : ids) {
        const auto theft = desk->theft(id.get(), 20s);
        ASSERT_TRUE(theft) << theft.error().message;
        EXPECT_EQ((*theft)->result.edges.size(), 1u) << "as it was when asked";
    }
    EXPECT_EQ(desk->theft(done(*desk, from_thief(20))).value()->result.edges.size(), 2u);
}

TEST_F(TraceDeskTest, draws_and_expands_without_reordering) {
    const auto desk = open();
    const std::string id = done(*desk);
    const auto plain = desk->drawn(id, {}).value();
    EXPECT_EQ(desk->drawn(id, {}).value(), plain) << "made once";
    const auto mule = std::find_if(
        plain->layout.nodes.begin(), plain->layout.nodes.end(),
        [](const trace::FlowNode& node) { return node.key.ends_with(who(3).substr(2)); });
    ASSERT_NE(mule, plain->layout.nodes.end());

    FlowView view;
    view.expanded.push_back({mule->key, true});
    const auto wide = desk->drawn(id, view).value();
    std::size_t shown = 0;
    for (const trace::FlowNode& node : wide->layout.nodes)
        if (node.kind == trace::FlowKind::kContext) {
            ++shown;
            EXPECT_EQ(node.through(), 0);
        }
    EXPECT_EQ(shown, 11u) << "ten, and the rest as one";
    EXPECT_EQ(wide->context.front().address, "eth:" + who(39)) << "the largest first";
    EXPECT_EQ(wide->context.back().count, 10u);
    for (const trace::ContextNode& node : wide->context) EXPECT_NE(node.address, "eth:" + who(2));
    const auto data = boost::json::parse(wide->json).at("data");
    EXPECT_EQ(data.at("nodes").as_array().size(), wide->layout.nodes.size());
    EXPECT_EQ(boost::json::parse(wide->json).at("kind"), "trace.layout");

    view.expanded.push_back({"no such key", false});
    EXPECT_EQ(desk->drawn(id, view).value()->layout.nodes.size(), wide->layout.nodes.size());
    view.expanded.resize(100);
    EXPECT_EQ(desk->drawn(id, view).error().code, ErrorCode::kLimit);
}

TEST_F(TraceDeskTest, answers_result_and_summary) {
    const auto desk = open();
    const std::string id = done(*desk);
    const auto result = boost::json::parse(*desk->result_json(id).value());
    EXPECT_EQ(result.at("kind"), "trace.result");
    const auto summary = boost::json::parse(*desk->summary_json(id).value()).at("data");
    const auto& services = summary.at("services").as_array();
    ASSERT_EQ(services.size(), 1u);
    EXPECT_EQ(services[0].at("name"), "North Exchange");
    EXPECT_EQ(services[0].at("tainted").at(0).at("amount"), "40");
    EXPECT_EQ(services[0].at("said_by").at(0), "test list");
    double share = 0;
    for (const auto& each : summary.at("reached").as_array())
        share += each.at("share").to_number<double>();
    EXPECT_NEAR(share, 1, 1e-9);
}

TEST_F(TraceDeskTest, follows_through_a_service_that_it_is_told_to) {
    const auto desk = open();
    TheftRequest request = from_thief();
    const std::string stopped = done(*desk, request);
    std::array<uint8_t, 20> four{};
    four.back() = 4;
    request.params.through.emplace_back(kEthereum, Address{AddressKind::kEvm, four});
    const std::string through = done(*desk, request);
    EXPECT_NE(through, stopped);
    EXPECT_EQ(desk->theft(stopped).value()->result.edges.size() + 1,
              desk->theft(through).value()->result.edges.size());
}

TEST_F(TraceDeskTest, tells_how_far_it_is_and_ends_cleanly) {
    std::mutex mutex;
    std::map<std::string, std::vector<TraceJob::State>> told;
    {
        const auto desk = open({.on_change = [&](const TraceJob& job) {
            const std::scoped_lock lock{mutex};
            told[job.id].push_back(job.state);
        }});
        done(*desk);
        for (unsigned i = 0; i < 5; ++i) static_cast<void>(desk->ask(from_thief(20 + i)));
    }
    const std::scoped_lock lock{mutex};
    ASSERT_GE(told.size(), 5u);
    for (const auto& [id, states] : told)  // Waiting, running, done or failed: never back.
        EXPECT_TRUE(std::ranges::is_sorted(states)) << id;
    EXPECT_TRUE(std::ranges::any_of(
        told, [](const auto& one) { return one.second.back() == TraceJob::State::kDone; }));
}

TEST_F(TraceDeskTest, is_bounded_and_serves_many_threads) {
    const auto desk = open({.threads = 2, .kept = 2});
    std::vector<std::thread> threads;
    std::atomic<unsigned> good{0};
    for (unsigned t = 0; t < 8; ++t)
        threads.emplace_back([&, t] {
            for (unsigned i = 0; i < 6; ++i) {
                const auto job = desk->ask(from_thief(20 + (t + i) % 5));
                if (!job) continue;
                const auto theft = desk->theft(job->id, 20s);
                if (theft && (*theft)->context->label(kEthereum, {}) == std::nullopt &&
                    desk->records())
                    ++good;
            }
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(good.load(), 48u);
}

constexpr const char* kView =
    R"({"v":1,"trace":"0123456789abcdef","question":{"seeds":"x"},"mode":"stolen","axis":"hop",)"
    R"("open":["fold:1:a"],"notes":[{"key":"k","text":"é","by":"ann","time":"2024-05-31T04:26:00Z"}],)"
    R"("moved":[{"key":"k","y":12.50}]})";

TEST_F(TraceDeskTest, saves_a_view_by_its_content_and_never_over_another) {
    const auto desk = open();
    const std::string id = desk->save_view(kView).value();
    EXPECT_EQ(id.size(), 32u);
    boost::json::value turned = boost::json::parse(kView);
    EXPECT_EQ(desk->save_view("  " + boost::json::serialize(turned) + "\n").value(), id);
    const std::string text = desk->view(id).value();
    EXPECT_EQ(view_id(text), id);
    EXPECT_NE(text.find("\"y\":12.5}"), std::string::npos) << text;
    std::ofstream{fs::path{views()} / (id + ".json"), std::ios::app} << " ";
    EXPECT_EQ(desk->view(id).error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(desk->save_view(kView).value(), id);
    EXPECT_EQ(desk->view(id).error().code, ErrorCode::kCorrupt) << "was written over";
}

TEST(ViewDocument, refuses_what_the_page_does_not_say) {
    const std::string good = kView;
    ASSERT_TRUE(canonical_view(good)) << canonical_view(good).error().message;
    const auto without = [&](const std::string& part, const std::string& by) {
        std::string text = good;
        return text.replace(text.find(part), part.size(), by);
    };
    for (const std::string& bad :
         {std::string{},
          std::string{"null"},
          std::string{"[]"},
          std::string{"{}"},
          good.substr(0, 60),
          good + "x",
          without("\"v\":1", "\"v\":2"),
          without("\"hop\"", "\"hops\""),
          without("\"axis\":\"hop\",", ""),
          without("{\"seeds\":\"x\"}", "7"),
          without("\"v\":1", "\"v\":1,\"v\":1"),
          without("\"v\":1", "\"v\":1.0"),
          without("\"open\"", "\"opened\""),
          without("12.50", "\"a\""),
          without("12.50", "1e999"),
          without("\"y\"", "\"z\""),
          without("2024-05-31T04", "2024-05-31X04"),
          without("é", "\xc3"),
          without("{\"seeds\":\"x\"}", std::string(200, '[') + std::string(200, ']')),
          without("[\"fold:1:a\"]", "\"fold\""),
          without("é", "\\ud800")})
        EXPECT_FALSE(canonical_view(bad)) << bad;
    EXPECT_EQ(canonical_view(std::string(kMaxView + 1, ' ')).error().code, ErrorCode::kLimit);
}

TEST(CanonicalJson, is_that_of_rfc_8785) {
    // Section 3.2.2 and its number table (appendix B).
    const auto canonical = [](const std::string& text) {
        return report::canonical_json(text, 16).value();
    };
    EXPECT_EQ(canonical(R"({"numbers":[333333333.33333329,1E30,4.50,2e-3,
        0.000000000000000000000000001],"string":"€$\u000f\nA'B\"\\\\\"/",
        "literals":[null,true,false]})"),
              "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,"
              "1e-27],\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
    for (const auto& [given, expected] : std::vector<std::pair<std::string, std::string>>{
             {"-0.0", "0"},
             {"5e-324", "5e-324"},
             {"1.7976931348623157e308", "1.7976931348623157e+308"},
             {"9007199254740993", "9007199254740992"},
             {"1.8446744073709550e19", "18446744073709550000"},
             {"9.999999999999997e22", "9.999999999999997e+22"},
             {"1e23", "1e+23"},
             {"1e21", "1e+21"},
             {"0.000001", "0.000001"},
             {"1e-7", "1e-7"},
             {"-1424953923781206.2", "-1424953923781206.2"},
             {"-7", "-7"}})
        EXPECT_EQ(canonical(given), expected);
    for (const char* beyond : {"123456789012345678901234567890", "2.9514790517935283e20", "-1e19"})
        EXPECT_FALSE(report::canonical_json(beyond, 16)) << beyond << " is beyond 64 bits";
    // By UTF-16: U+1F600 (D83D DE00) stands before U+FB33, the other way round than by code point.
    EXPECT_EQ(
        canonical("{\"\\ufb33\":1,\"\\ud83d\\ude00\":2,\"\\u20ac\":3,\"1\":4,\"\\r\":5,"
                  "\"\\u0080\":6,\"\":7,\"11\":8}"),
        "{\"\":7,\"\\r\":5,\"1\":4,\"11\":8,\"\xC2\x80\":6,\"€\":3,\"😀\":2,\"\xEF\xAC\xB3\":1}");
}

}  // namespace
}  // namespace cordon::engine
