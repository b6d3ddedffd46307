// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "case_file.hpp"

#include <algorithm>
#include <set>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "case_page.hpp"
#include "case_style.hpp"
#include "text.hpp"

namespace cordon::report {

CasePage::CasePage(const CaseInput& in)
    : input{in},
      result{in.result},
      money{in.context},
      scale{trace::ValueScale::make(in.result, &in.context)},
      evidence_hash{evidence_sha256(in.evidence)} {
    std::map<std::pair<std::string, Category>, ServiceGroup> groups;
    std::set<std::pair<ChainId, Address>> ends;
    for (const trace::Endpoint& end : result.endpoints) {
        ends.emplace(end.chain, end.address);
        if (end.stop != trace::Stop::kLabel || !end.label) {
            resting.push_back(&end);
            continue;
        }
        std::string name = clean_text(end.label->text, 80);
        if (name.empty()) name = "unnamed " + std::string{to_string(end.label->category)};
        ServiceGroup& group = groups[{name, end.label->category}];
        group.name = name;
        group.category = end.label->category;
        group.ends.push_back(&end);
        group.value += value(end);
    }
    for (auto& [key, group] : groups) services.push_back(std::move(group));
    std::stable_sort(services.begin(), services.end(),
                     [](const auto& a, const auto& b) { return a.value > b.value; });
    const auto by_value = [this](const trace::Endpoint* a, const trace::Endpoint* b) {
        return value(*a) > value(*b);
    };
    for (ServiceGroup& group : services)
        std::stable_sort(group.ends.begin(), group.ends.end(), by_value);
    std::stable_sort(resting.begin(), resting.end(), by_value);
    for (uint32_t i = 0; i < result.edges.size(); ++i) {
        const trace::Edge& edge = result.edges[i];
        if (ends.contains({edge.chain, edge.to})) arrivals[{edge.chain, edge.to}].push_back(i);
    }
}

std::string CasePage::address(ChainId chain, const Address& address) const {
    return escape(chain::display_address(chain, address));
}

std::string cut_note(std::size_t shown, std::size_t all, std::string_view what) {
    if (shown >= all) return {};
    return format("<p class=\"mark\">{} further {} in result.json.</p>", grouped(all - shown),
                  what);
}

Status write_case_file(const CaseInput& input, const Sink& sink) {
    CasePage page{input};
    const std::string title = safe(input.title.empty() ? "Case" : input.title, 160);
    CORDON_TRY(
        sink("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
             "'unsafe-inline'; "
             "base-uri 'none'; form-action 'none'\">"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
             "<meta name=\"referrer\" content=\"no-referrer\"><title>" +
             title + " – case file</title><style>" + case_style(input.title, page.evidence_hash) +
             "</style></head>\n<body><main>\n<p class=\"kicker\">Case file</p><h1>" + title +
             "</h1>\n"));
    CORDON_TRY(sink(story_section(page)));
    CORDON_TRY(sink(flow_section(page)));
    CORDON_TRY(sink(freeze_section(page)));
    CORDON_TRY(sink(watch_section(page)));
    CORDON_TRY(table_sections(page, sink));
    CORDON_TRY(sink(method_section(page)));
    CORDON_TRY(sink(evidence_section(page)));
    return sink("</main></body></html>\n");
}

}  // namespace cordon::report
