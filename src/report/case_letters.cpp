// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/format.hpp>

#include "case_page.hpp"
#include "text.hpp"

namespace cordon::report {
namespace {

/// "12 ETH, 5 USDT", and what they were worth.
std::string sums(const Letter& letter, Money& money) {
    std::string text;
    for (const Letter::Total& total : letter.totals)
        text += (text.empty() ? "" : "<br>") + money.html(total.chain, total.asset, total.stolen) +
                " on " + to_string(total.chain);
    return text;
}

std::string worth(const Letter& letter) {
    std::string text;
    for (const Letter::Total& total : letter.totals)
        text += std::string{text.empty() ? "" : "<br>"} +
                (total.usd ? escape(usd_text(*total.usd)) : std::string{"unpriced"});
    return text;
}

}  // namespace

std::string letters_section(const CaseInput& input) {
    if (input.letters == nullptr) return {};
    const Letters& letters = *input.letters;
    Money money{input.context};
    std::string out = "<h3 id=\"letters\">Who can freeze it</h3>";
    if (letters.all.empty())
        out +=
            "<p>No letter: none of the stolen money was seen to rest where somebody is known to "
            "be able to hold it.</p>";
    else
        out +=
            "<table><thead><tr><th>Ask</th><th>For</th><th class=\"n\">Stolen amount</th><th "
            "class=\"n\">USD when it arrived</th></tr></thead><tbody>";
    for (const Letter& letter : letters.all)
        out += format(
            "<tr><td>{}<small>{}; {}</small></td><td>{}</td><td "
            "class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            escape(letter.service),
            letter.kind == Letter::Kind::kIssuer ? "issuer of a token" : to_string(letter.category),
            letter.drafted ? format("draft in letters/{}.html", escape(letter.key))
                           : std::string{"no letter was drafted: others were chosen"},
            letter.kind == Letter::Kind::kIssuer   ? "a freeze at others' addresses"
            : letter.category == Category::kBridge ? "where it went, and a hold"
                                                   : "a hold, and who the holder is",
            sums(letter, money), worth(letter));
    if (!letters.all.empty()) out += "</tbody></table>";
    if (letters.without.empty()) return out + "\n";
    constexpr std::size_t kShown = 20;
    out +=
        "<details open><summary>What no letter asks for, and why</summary><table "
        "class=\"dense\"><thead><tr><th>Where</th><th>Why not</th><th class=\"n\">Stolen "
        "amount</th></tr></thead><tbody>";
    const std::size_t shown = std::min(letters.without.size(), kShown);
    for (std::size_t i = 0; i < shown; ++i) {
        const Unasked& each = letters.without[i];
        out += format("<tr><td>{}</td><td>{}</td><td class=\"n\">{} on {}</td></tr>",
                      escape(each.name), escape(each.why),
                      money.html(each.chain, each.asset, each.stolen), to_string(each.chain));
    }
    return out + "</tbody></table></details>" +
           (shown < letters.without.size()
                ? format("<p class=\"mark\">{} further ones in case.json.</p>",
                         grouped(letters.without.size() - shown))
                : std::string{}) +
           "\n";
}

std::string log_section(const CaseInput& input) {
    if (input.entries.empty()) return {};
    std::string out =
        "<h2 id=\"log\">Log of the case</h2><table><thead><tr><th>Time (UTC)</th><th>Who</th>"
        "<th>What</th></tr></thead><tbody>";
    for (const CaseEntry& entry : input.entries) {
        std::string time = utc_text(entry.time);
        if (time.ends_with(" UTC")) time.resize(time.size() - 4);
        out += format("<tr><td style=\"white-space:nowrap\">{}</td><td>{}</td><td>{}{}</td></tr>",
                      time, safe(entry.by, 60), safe(entry.what, 300), paragraphs(entry.text));
    }
    return out + "</tbody></table>\n";
}

}  // namespace cordon::report
