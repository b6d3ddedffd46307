// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "letter.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include <cordon/base/format.hpp>

#include "test_case.hpp"

namespace cordon::report {
namespace {

/// Labels and units as the theft of the tests has them.
class Names final : public trace::Context {
public:
    explicit Names(const trace::TraceResult& result) {
        for (const trace::Node& node : result.nodes)
            if (node.label) labels_[node.address] = *node.label;
    }
    std::optional<Label> label(ChainId, const Address& address) const override {
        const auto found = labels_.find(address);
        return found == labels_.end() ? std::nullopt : std::optional{found->second};
    }
    std::optional<AssetInfo> asset(ChainId chain, const Asset& asset) const override {
        return AssetInfo{chain, asset, asset.is_native() ? "ETH" : "USD<b>", 18,
                         AssetStatus::kVerified};
    }
    std::optional<double> usd(ChainId, const Asset&, const Amount& amount,
                              std::optional<UnixMillis>) const override {
        return amount.to_double() / 1e15;
    }

private:
    std::map<Address, Label> labels_;
};

Amount claimed(const Letters& letters) {
    Amount sum;
    for (const Letter& letter : letters.all)
        for (const LetterRow& row : letter.rows) sum += row.stolen;
    return sum;
}

bool can_be_asked(const trace::Endpoint& end) {
    return end.stop == trace::Stop::kLabel && end.label && end.label->category != Category::kMixer;
}

TEST(Letters, claim_all_that_rests_at_services_nothing_twice_and_no_clean_money) {
    for (uint64_t seed = 1; seed <= 40; ++seed) {
        const trace::TraceResult result = test::make_theft({.seed = seed,
                                                            .edges = 20 + seed * 10,
                                                            .service = 0.3,
                                                            .clean = 0.5,
                                                            .several_assets = seed % 2 == 0});
        const Names names{result};
        const LetterSource source{result, names, {}};
        const Letters letters = report::letters({&source, 1});
        Amount rests;
        for (const trace::Endpoint& end : result.endpoints)
            if (can_be_asked(end)) rests += end.tainted;
        Amount missing;
        for (const Unasked& each : letters.without)
            if (each.why.starts_with("no movement")) missing += each.stolen;
        EXPECT_EQ(claimed(letters) + missing, rests) << seed;
        EXPECT_TRUE(missing.is_zero()) << seed;
        std::set<std::string> keys;
        std::set<std::pair<Hash256, Address>> movements;  // Each edge has a txn of its own.
        for (const Letter& letter : letters.all) {
            EXPECT_TRUE(keys.insert(letter.key).second);
            std::map<Asset, Amount> totals, resting;
            for (const LetterRow& row : letter.rows) {
                EXPECT_LE(row.stolen, row.amount);
                EXPECT_FALSE(row.stolen.is_zero());
                EXPECT_TRUE(movements.emplace(row.txn, row.address).second);
                totals[row.asset] += row.stolen;
            }
            for (const Letter::Resting& each : letter.resting) resting[each.asset] += each.resting;
            EXPECT_EQ(totals, resting);
            EXPECT_EQ(letter.totals.size(), totals.size());
            for (const Letter::Total& total : letter.totals)
                EXPECT_EQ(total.stolen, totals[total.asset]);
        }
        // The same trace twice claims the same.
        const std::vector<LetterSource> twice{source, source};
        EXPECT_EQ(claimed(report::letters(twice)), claimed(letters));
    }
}

TEST(Letters, are_not_made_of_what_measures_nothing) {
    for (const bool backward : {false, true}) {
        trace::TraceResult result = test::make_theft({.seed = 3, .edges = 60, .service = 0.4});
        result.params.policy = backward ? trace::Policy::kLifo : trace::Policy::kPoison;
        result.params.direction =
            backward ? trace::Direction::kBackward : trace::Direction::kForward;
        const Names names{result};
        const LetterSource source{result, names, {}};
        const Letters letters = report::letters({&source, 1});
        EXPECT_TRUE(letters.all.empty());
        EXPECT_FALSE(letters.without.empty());
    }
    EXPECT_TRUE(report::letters({}).all.empty());
}

TEST(Letters, join_the_addresses_of_one_holder) {
    const trace::TraceResult result =
        test::make_theft({.seed = 5,
                          .edges = 200,
                          .service = 0.5,
                          .services = {"North Exchange", "north exchange 14",
                                       "North Exchange: deposit 0x12", "South", "\xD0\xA1outh"}});
    const Names names{result};
    const LetterSource source{result, names, {}};
    std::set<std::string> keys;
    const Letters letters = report::letters({&source, 1});
    for (const Letter& letter : letters.all) keys.insert(letter.key);
    ASSERT_EQ(keys.size(), 3U);
    EXPECT_TRUE(keys.contains("north-exchange"));
    EXPECT_TRUE(keys.contains("south"));  // The one in Cyrillic is another.
}

TEST(Letters, are_harmless_whatever_labels_and_stories_say) {
    const trace::TraceResult result = test::make_theft({.seed = 13,
                                                        .edges = 160,
                                                        .service = 0.5,
                                                        .services = test::hostile_names(),
                                                        .several_assets = true});
    const Names names{result};
    const LetterSource source{result, names, {}};
    const Letters letters = report::letters({&source, 1});
    ASSERT_FALSE(letters.all.empty());
    for (const Letter& letter : letters.all) {
        EXPECT_LE(letter.key.size(), 60U);
        EXPECT_EQ(letter.key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"),
                  std::string::npos)
            << letter.key;
        LetterPage page;
        page.case_title = page.story = test::hostile_names().front();
        page.sender.organisation = page.sender.name = page.sender.role = page.case_title;
        page.sender.phone = page.sender.email = page.sender.answer_to = page.case_title;
        page.sender.reference = page.sender.hold_until = page.case_title;
        page.case_id = "</style><script>";
        const std::string html = letter_html(letter, page);
        EXPECT_EQ(html.find("<script"), std::string::npos);
        EXPECT_EQ(html.find("\xE2\x80\xAE"), std::string::npos);
        EXPECT_EQ(html.find("<b>\""), std::string::npos);
        const std::string text = letter_text(letter, page);
        EXPECT_EQ(text.find('\0'), std::string::npos);
        EXPECT_EQ(text.find("\xE2\x80\xAE"), std::string::npos);
        for (const std::string& row : {letter_csv(letter)})
            EXPECT_EQ(static_cast<std::size_t>(std::count(row.begin(), row.end(), '\n')),
                      letter.rows.size() + 1);
    }
}

TEST(Letters, leave_open_what_only_people_know) {
    trace::TraceResult result = test::make_theft({.seed = 3, .edges = 16, .service = 0.6});
    const Names names{result};
    ledger::ChainSummary chain;
    chain.chain = kEthereum;
    chain.tip.number = 18'050'000;
    chain.tip.time = from_unix_seconds(1'705'000'000);
    const LetterSource source{result, names, {chain}};
    const Letters letters = report::letters({&source, 1});
    ASSERT_FALSE(letters.all.empty());
    const Letter& letter = letters.all.front();
    const std::string html = letter_html(letter, {});
    const std::string text = letter_text(letter, {});
    for (const char* part : {"DRAFT FOR COUNSEL", "Legal basis", "Authority, and its case number",
                             "Contact", "Signature", "not sealed yet", "block 18,050,000"}) {
        EXPECT_NE(html.find(part), std::string::npos) << part;
        EXPECT_NE(text.find(part), std::string::npos) << part;
    }
    // A mail program breaks nothing but what cannot be broken.
    std::size_t begin = 0;
    for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
        if (text.find("0x", begin) > end) {
            EXPECT_LE(end - begin, 78U) << text.substr(begin, 90);
        }
    EXPECT_EQ(letter_html(letter, {}), html);
    for (const char* part : {"At a glance", "Hold:", "Where:", "Until:", "On the word of:",
                             "Call back:", "Answer to:", "Before you act:"})
        EXPECT_NE(text.find(part), std::string::npos) << part;
    EXPECT_NE(
        letter_html(letter, {.evidence_sha256 = std::string(64, 'a')}).find(std::string(64, 'a')),
        std::string::npos);
}

TEST(Letters, say_who_writes_them_and_leave_no_line_open_that_is_known) {
    trace::TraceResult result = test::make_theft({.seed = 3, .edges = 16, .service = 0.6});
    const Names names{result};
    const LetterSource source{result, names, {}};
    const Letters letters = report::letters({&source, 1});
    ASSERT_FALSE(letters.all.empty());
    const Letter& letter = letters.all.front();
    LetterPage page;
    page.sender = {.organisation = "Examplia Ltd",
                   .name = "Ana <Ruiz>",
                   .role = "head of security",
                   .email = "ana@examplia.test",
                   .phone = "+1 555 0100",
                   .reference = "P-17/26",
                   .answer_to = "desk@examplia.test",
                   .hold_until = "2026-12-31 12:00 UTC"};
    const std::string html = letter_html(letter, page), text = letter_text(letter, page);
    for (const char* part :
         {"Examplia Ltd", "head of security", "ana@examplia.test", "+1 555 0100", "P-17/26",
          "desk@examplia.test", "until 2026-12-31 12:00 UTC, or until an order"}) {
        EXPECT_NE(html.find(part), std::string::npos) << part;
        std::string flat;  // Lines of the text are broken at blanks.
        for (const char c : text) {
            const char plain = c == '\n' ? ' ' : c;
            if (plain != ' ' || flat.empty() || flat.back() != ' ') flat += plain;
        }
        EXPECT_NE(flat.find(part), std::string::npos) << part;
    }
    EXPECT_NE(html.find("Ana &lt;Ruiz&gt;"), std::string::npos);
    for (const char* part : {"Contact:", "Hold until", "Authority, and its case number"})
        EXPECT_EQ(html.find(part), std::string::npos) << part;
    EXPECT_NE(html.find("Legal basis"), std::string::npos);
    // What the case says of its units and of its labels' authors stands beside them.
    ASSERT_FALSE(letter.said_by.empty());
    const std::string author = letter.said_by.front().substr(0, letter.said_by.front().find(": "));
    page.words.assets.emplace(letter.totals.front().asset.text(), "worth <one> dollar");
    page.words.authors.emplace(author, "the authors of a study");
    EXPECT_NE(letter_html(letter, page).find("worth &lt;one&gt; dollar"), std::string::npos);
    EXPECT_NE(letter_html(letter, page).find("the authors of a study"), std::string::npos);
    EXPECT_NE(letter_text(letter, page).find("worth <one> dollar"), std::string::npos);
    // What is not known stays a line to fill in.
    page.sender.phone.clear();
    EXPECT_NE(letter_html(letter, page).find("Contact: telephone"), std::string::npos);
    EXPECT_EQ(letter_html(letter, page).find("Contact: e-mail"), std::string::npos);
}

}  // namespace
}  // namespace cordon::report
