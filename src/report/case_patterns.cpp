// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <cordon/base/format.hpp>

#include "case_page.hpp"
#include "text.hpp"

namespace cordon::report {

std::string patterns_section(const CasePage& page) {
    constexpr std::size_t kShown = 10;
    std::vector<const trace::Finding*> shapes;
    std::set<std::pair<ChainId, Address>> bait;
    for (const trace::Finding& finding : page.result.findings) {
        if (finding.addresses.empty()) continue;
        if (finding.pattern == "address-poisoning")
            // Whom it is about and whom the bait imitates come first.
            for (std::size_t i = 2; i < finding.addresses.size(); ++i)
                bait.emplace(finding.chain, finding.addresses[i]);
        else if (finding.pattern != "look-alikes")
            shapes.push_back(&finding);
    }
    if (shapes.empty() && bait.empty()) return {};
    std::stable_sort(shapes.begin(), shapes.end(),
                     [](const auto* a, const auto* b) { return a->confidence > b->confidence; });
    std::string out =
        "<h3 id=\"patterns\">What the movements look like</h3><p class=\"soft\">Patterns are leads "
        "with a confidence, not facts; reasons and transactions are in result.json.</p><ul>";
    for (std::size_t i = 0; i < std::min(shapes.size(), kShown); ++i) {
        const trace::Finding& finding = *shapes[i];
        std::string text = safe(finding.text, 200);
        if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
            text[0] = static_cast<char>(text[0] - 'a' + 'A');
        out +=
            format("<li>{}: <code>{}</code> <span class=\"soft\">{}, confidence {:.2f}</span></li>",
                   text, page.brief(finding.chain, finding.addresses.front()),
                   escape(finding.pattern), finding.confidence);
    }
    if (!bait.empty())
        out += format(
            "<li>{} look-alike {} sent bait to addresses of this trace; none is followed for it."
            "</li>",
            grouped(bait.size()), bait.size() == 1 ? "address" : "addresses");
    out += "</ul>";
    return out + cut_note(std::min(shapes.size(), kShown), shapes.size(), "patterns are") + "\n";
}

}  // namespace cordon::report
