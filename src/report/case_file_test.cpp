// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "case_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>

#include <cordon/chain/text.hpp>

#include "case_page.hpp"
#include "svg.hpp"
#include "test_case.hpp"
#include "text.hpp"
#include "trace_answers.hpp"

namespace cordon::report {
namespace {

using trace::test::TheftContext;

/// Whether every element that is opened is closed in its order and every attribute is quoted: what
/// an XML reader asks for first. `voids` are HTML elements without end.
std::string malformed(const std::string& text, const std::vector<std::string>& voids = {}) {
    std::vector<std::string> open;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '&' && text.find(';', i) > i + 8) return "bare & at " + std::to_string(i);
        if (text[i] != '<') continue;
        if (text[i + 1] == '?' || text[i + 1] == '!') {
            i = text.find('>', i);
            continue;
        }
        std::size_t end = i + 1;
        char quote = 0;
        while (end < text.size() && (quote != 0 || text[end] != '>')) {
            if (text[end] == '"' || text[end] == '\'')
                quote = quote == 0 ? text[end] : quote == text[end] ? char{0} : quote;
            if (quote == 0 && text[end] == '<') return "< inside a tag at " + std::to_string(end);
            ++end;
        }
        if (end == text.size()) return "tag without end at " + std::to_string(i);
        const std::string tag = text.substr(i + 1, end - i - 1);
        const std::string name =
            tag.substr(tag[0] == '/', tag.find_first_of(" />", 1) - (tag[0] == '/'));
        if (tag[0] == '/') {
            if (open.empty() || open.back() != name)
                return "</" + name + "> closes " + (open.empty() ? "nothing" : open.back());
            open.pop_back();
        } else if (tag.back() != '/' &&
                   std::find(voids.begin(), voids.end(), name) == voids.end()) {
            open.push_back(name);
            if (name == "style") end = text.find("</style", end) - 1;
        }
        i = end;
    }
    return open.empty() ? "" : open.back() + " is never closed";
}

std::string page_of(const trace::TraceResult& theft, std::size_t rows = 2'000) {
    const TheftContext context;
    CaseInput input = test::case_input(theft, context);
    input.max_rows = rows;
    std::string page;
    EXPECT_TRUE(write_case_file(input, string_sink(page)));
    return page;
}

TEST(FlowSvg, is_well_formed_in_every_case_and_theme) {
    const TheftContext context;
    for (const auto& [name, theft] : test::picture_cases()) {
        if (theft.edges.size() > 10'000) continue;
        const auto layout = trace::lay_out(theft, &context, flow_params(theft));
        for (const Theme theme : {Theme::kAuto, Theme::kLight, Theme::kDark}) {
            const std::string svg =
                flow_svg(theft, layout, {theme, test::hostile_names()[0], false});
            EXPECT_EQ(malformed(svg), "") << name;
            EXPECT_EQ(svg.find("<script"), std::string::npos) << name;
            EXPECT_EQ(svg.find("http", svg.find("viewBox")), std::string::npos) << name;
        }
    }
}

TEST(FlowSvg, of_a_search_calls_nothing_stolen) {
    const TheftContext context;
    for (auto& [name, theft] : test::picture_cases()) {
        if (theft.edges.size() > 10'000) continue;
        const auto svg = [&, &found = theft] {
            return flow_svg(found, trace::lay_out(found, &context, flow_params(found)));
        };
        if (!theft.edges.empty()) {
            EXPECT_NE(svg().find("Flow of the stolen money"), std::string::npos) << name;
        }
        for (const trace::Mode mode : {trace::Mode::kRanked, trace::Mode::kPaths}) {
            theft.mode = mode;
            const std::string picture = svg();
            EXPECT_EQ(malformed(picture), "") << name;
            EXPECT_EQ(picture.find("stolen"), std::string::npos) << name;
            EXPECT_EQ(picture.find("THEFT"), std::string::npos) << name;
            EXPECT_NE(picture.find("Movements that were found"), std::string::npos) << name;
        }
    }
}

TEST(CaseFile, is_well_formed_and_loads_nothing_from_outside) {
    for (const auto& [name, theft] : test::picture_cases()) {
        if (theft.edges.size() > 10'000) continue;
        const std::string page = page_of(theft);
        EXPECT_EQ(malformed(page, {"meta", "br"}), "") << name;
        EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
        for (const char* word :
             {"<script", "<link", "<img", "<iframe", "@import", "url(", "javascript:", "<object"})
            EXPECT_EQ(page.find(word), std::string::npos) << name << ": " << word;
    }
}

TEST(CaseFile, shows_hostile_labels_and_titles_as_text_only) {
    auto theft = test::make_theft(
        {.seed = 13, .edges = 120, .service = 0.5, .services = test::hostile_names()});
    theft.warnings = test::hostile_names();
    const TheftContext context;
    for (const std::string& name : test::hostile_names()) {
        CaseInput input = test::case_input(theft, context);
        input.title = name + "</style><b>";
        input.notes = name;
        input.sources = {name};
        input.evidence.command_line = name;
        input.evidence.inputs[0].name = name;
        std::string page;
        ASSERT_TRUE(write_case_file(input, string_sink(page)));
        EXPECT_EQ(malformed(page, {"meta", "br"}), "");
        EXPECT_EQ(page.find("<script"), std::string::npos);
        EXPECT_EQ(page.find("\xE2\x80\xAE"), std::string::npos);
        EXPECT_EQ(page.find(std::string(5'000, 'W')), std::string::npos);
    }
}

TEST(CaseFile, always_has_method_limits_and_evidence) {
    for (const auto& theft : {trace::TraceResult{}, test::make_theft({.edges = 30})}) {
        const std::string page = page_of(theft);
        for (const char* id :
             {"id=\"now\"", "id=\"flow\"", "id=\"freeze\"", "id=\"watch\"", "id=\"addresses\"",
              "id=\"transactions\"", "id=\"method\"", "id=\"evidence\""})
            EXPECT_NE(page.find(id), std::string::npos) << id;
    }
}

TEST(CaseFile, says_how_many_rows_it_cut) {
    const auto theft = test::make_theft({.seed = 3, .edges = 90});
    const std::string page = page_of(theft, 40);
    EXPECT_NE(page.find(std::to_string(theft.edges.size() - 40) + " further rows in result.json"),
              std::string::npos);
    EXPECT_EQ(page_of(theft).find("further rows in result.json"), std::string::npos);
}

TEST(CaseFile, says_when_the_trace_is_incomplete) {
    auto theft = test::make_theft({.edges = 30});
    EXPECT_EQ(page_of(theft).find("trace is incomplete"), std::string::npos);
    theft.incomplete = true;
    EXPECT_NE(page_of(theft).find("trace is incomplete"), std::string::npos);
}

TEST(CaseFile, folds_a_long_list_of_starts_and_counts_it) {
    auto theft = test::make_theft({.edges = 60});
    EXPECT_NE(page_of(theft).find("It starts at one address:"), std::string::npos);
    std::vector<trace::Node> nodes = theft.nodes.all();
    for (trace::Node& node : nodes) node.hop = 0;
    theft.nodes = nodes;
    const std::string page = page_of(theft);
    const std::string all = std::to_string(theft.nodes.size());
    EXPECT_NE(page.find("It starts at " + all + " addresses:"), std::string::npos);
    EXPECT_NE(page.find("and " + std::to_string(theft.nodes.size() - 12) + " more: hop 0"),
              std::string::npos);
}

TEST(CaseFile, names_every_address_of_a_movement_by_a_number_of_the_address_table) {
    const auto theft = test::make_theft({.seed = 3, .edges = 90});
    const std::string page = page_of(theft);
    std::size_t links = 0;
    for (std::size_t at = 0; (at = page.find("href=\"#a", at)) != std::string::npos; ++at) {
        const std::size_t end = page.find('"', at + 8);
        const std::string id = page.substr(at + 7, end - at - 7);
        if (id == "addresses") continue;
        ++links;
        EXPECT_NE(page.find("id=\"" + id + "\""), std::string::npos) << id;
    }
    EXPECT_EQ(links, 2 * theft.edges.size());
    // Beyond a cut table there is no number: the address stands in full.
    const std::string cut = page_of(theft, 10);
    const trace::Node& beyond = theft.nodes[12];
    EXPECT_NE(cut.find(chain::display_address(beyond.chain, beyond.address)), std::string::npos);
}

TEST(CaseFile, tells_a_theft_of_one_transaction_in_one_sentence) {
    auto theft = test::make_theft({.edges = 1});
    const std::string page = page_of(theft);
    EXPECT_NE(page.find(", in one transaction."), std::string::npos);
    EXPECT_NE(page.find("None of it was seen to reach a named service."), std::string::npos);
    EXPECT_EQ(page.find("0 named services"), std::string::npos);
    EXPECT_EQ(page.find("1 movement "), std::string::npos);
}

TEST(CaseFile, fits_a_wide_flow_into_print_and_lets_it_scroll_on_screen) {
    const auto narrow = page_of(test::make_theft({.seed = 3, .edges = 16}));
    EXPECT_EQ(narrow.find("scroll it sideways"), std::string::npos);
    const auto wide = page_of(test::make_theft({.seed = 5, .edges = 300, .peel = 0.1}));
    EXPECT_NE(wide.find("class=\"flow"), std::string::npos);
    EXPECT_EQ(wide.find("min-width:0!important"), std::string::npos);
    EXPECT_EQ(wide.find("style=\"min-width"), std::string::npos);
}

TEST(Paragraphs, split_at_sentences_and_list_what_is_counted_up_without_changing_a_word) {
    const std::string sentence = "It was valid and two of three had signed it in the night. ";
    std::string text;
    for (int i = 0; i < 12; ++i) text += sentence;
    text += "A gate could have seen: one thing; another thing; a third. The end <b>.";
    const std::string html = paragraphs(text);
    EXPECT_NE(html.find("</p><p>"), std::string::npos);
    EXPECT_NE(html.find("seen:</p><ul><li>one thing;</li><li>another thing;</li><li>a third.</li>"),
              std::string::npos)
        << html;
    EXPECT_EQ(html.find("<b>"), std::string::npos);
    EXPECT_EQ(paragraphs("Paid to J. Smith at No. 5 Main. St. Ann"),
              "<p>Paid to J. Smith at No. 5 Main. St. Ann</p>");
    EXPECT_EQ(paragraphs("a\n\nb"), "<p>a</p><p>b</p>");
    EXPECT_EQ(paragraphs(""), "");
}

TEST(CaseFile, tells_the_shares_that_the_summary_tells_and_letters_what_is_inherited) {
    for (const bool several : {false, true}) {
        auto theft =
            test::make_theft({.seed = 11, .edges = 300, .service = 0.4, .several_assets = several});
        ASSERT_FALSE(theft.totals.empty());
        // As an overspending address leaves it in the books.
        theft.totals.front().inherited = theft.totals.front().seeded;
        const TheftContext context;
        const trace::ValueScale scale = trace::ValueScale::make(theft, &context);
        const Whole whole = whole_of(theft, scale);
        EXPECT_NEAR(whole.named + whole.elsewhere + whole.gone, whole.traced, 1e-9 * whole.traced);
        EXPECT_LE(whole.freezable, whole.named);
        EXPECT_GT(whole.inherited, 0);
        const std::string page = page_of(theft);
        for (const std::string& told :
             {percent_text(whole.share(whole.named)) + " lies at",
              whole.freezable < whole.named
                  ? "(" + percent_text(whole.share(whole.freezable)) + " at those that hold"
                  : std::string{"all of which hold money"},
              std::string{"Every share is of all that was traced"}})
            EXPECT_NE(page.find(escape(told)), std::string::npos) << told;
        std::string summary;
        ASSERT_TRUE(write_trace_summary(theft, string_sink(summary), {.context = &context}));
        const auto data = boost::json::parse(summary).at("data");
        EXPECT_DOUBLE_EQ(data.at("traced").to_number<double>(), whole.traced);
        EXPECT_DOUBLE_EQ(data.at("freezable").to_number<double>(), whole.freezable);
        EXPECT_DOUBLE_EQ(data.at("named").to_number<double>(), whole.named);
        double sum = 0;
        for (const auto& each : data.at("reached").as_array())
            sum += each.at("share").to_number<double>();
        EXPECT_NEAR(sum, 1, 1e-9);
        const LetterSource source{theft, context, {}};
        const Letters letters = report::letters({&source, 1});
        for (const Letter& letter : letters.all)
            EXPECT_NE(letter.confidence.find(percent_text(whole.share(whole.inherited)) +
                                             " is not the money that was taken but inherited"),
                      std::string::npos)
                << letter.confidence;
    }
}

TEST(CaseFile, calls_an_unknown_price_unpriced) {
    const auto theft = test::make_theft({.edges = 30});
    const TheftContext context{false};
    std::string page;
    ASSERT_TRUE(write_case_file(test::case_input(theft, context), string_sink(page)));
    EXPECT_NE(page.find("unpriced"), std::string::npos);
    EXPECT_EQ(page.find("$0"), std::string::npos);
}

TEST(CaseFile, is_the_same_to_the_last_byte_when_made_twice) {
    const auto theft = test::make_theft({.seed = 8, .edges = 400, .several_assets = true});
    EXPECT_EQ(page_of(theft), page_of(theft));
}

class Manifest : public testing::Test {
protected:
    void SetUp() override {
        directory_ = std::filesystem::path{testing::TempDir()} /
                     ("cordon-manifest-" + std::to_string(::getpid()));
        std::filesystem::remove_all(directory_);
        std::filesystem::create_directories(directory_);
        put("result.json", "{\"v\":1}\n");
        put("case.html", "<p>page</p>");
        write();
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    std::string path(const std::string& name) const { return (directory_ / name).string(); }
    void put(const std::string& name, const std::string& text) const {
        std::ofstream{path(name), std::ios::binary} << text;
    }
    std::string read(const std::string& name) const {
        std::ifstream file{path(name), std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    void write() {
        Evidence evidence = test::case_input(theft_, context_).evidence;
        evidence.command_line = test::hostile_names()[1];
        evidence.files = {*evidence_file(path("result.json"))};
        std::string text;
        ASSERT_TRUE(write_manifest(evidence, *evidence_file(path("case.html")), string_sink(text)));
        put("manifest.json", text);
    }

    std::filesystem::path directory_;
    trace::TraceResult theft_;
    TheftContext context_;
};

TEST_F(Manifest, of_unchanged_files_verifies) {
    const auto status = verify_manifest(directory_.string());
    EXPECT_TRUE(status) << (status ? "" : status.error().message);
}

TEST_F(Manifest, names_every_file_that_was_changed_or_is_missing) {
    put("result.json", "{\"v\":2}\n");
    std::filesystem::remove(path("case.html"));
    const auto status = verify_manifest(directory_.string());
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kChecksum);
    EXPECT_NE(status.error().message.find("result.json"), std::string::npos);
    EXPECT_NE(status.error().message.find("case.html"), std::string::npos);
}

TEST_F(Manifest, notices_a_change_of_any_byte_of_the_evidence) {
    const std::string good = read("manifest.json");
    const std::size_t begin = good.find("\"evidence\":") + 11;
    const std::size_t end = good.rfind("\"evidence_sha256\"");
    for (std::size_t i = begin; i < end; i += 7) {
        std::string bad = good;
        bad[i] = bad[i] == 'x' ? 'y' : 'x';
        put("manifest.json", bad);
        EXPECT_FALSE(verify_manifest(directory_.string())) << i;
    }
}

TEST_F(Manifest, refuses_names_that_lead_out_of_the_folder) {
    std::string text = read("manifest.json");
    text.replace(text.find("\"case.html\""), 11, "\"../x.html\"");
    put("manifest.json", text);
    const auto status = verify_manifest(directory_.string());
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kMalformed);
}

TEST_F(Manifest, refuses_what_is_none) {
    for (const std::string text :
         {"", "{", "[]", "{\"kind\":\"evidence.manifest\"}", "\xFF\xFE", "null"}) {
        put("manifest.json", text);
        const auto status = verify_manifest(directory_.string());
        ASSERT_FALSE(status) << text;
        EXPECT_EQ(status.error().code, ErrorCode::kMalformed) << text;
    }
    std::filesystem::remove(path("manifest.json"));
    EXPECT_EQ(verify_manifest(directory_.string()).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace cordon::report
