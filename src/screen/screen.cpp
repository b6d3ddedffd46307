// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "screen.hpp"

#include <algorithm>
#include <tuple>

#include <cordon/base/format.hpp>

namespace cordon::screen {
namespace {

std::string percent(double share) { return format("{:.2f} %", share * 100); }

std::string dollars(Cents cents) {
    return format("{}.{:02} USD", cents / 100, static_cast<int>(cents % 100));
}

class Judge {
public:
    Judge(Screening& screening, const Settings& settings)
        : screening_{screening}, settings_{settings} {
        screening_.outcome = Outcome::kClear;
        screening_.reasons.clear();
        screening_.incomplete = false;
    }

    void matches() {
        for (const Match& match : screening_.matches) {
            const Outcome outcome = asked_by(match);
            if (outcome == Outcome::kClear) continue;
            say(outcome, format("{}: {} ({}, {})", match.list, match.entry,
                                to_string(match.category), match.why));
        }
    }

    void exposure() {
        for (const Exposure& each : screening_.exposure) {
            const auto rule = settings_.rules.find(each.category);
            if (rule == settings_.rules.end() || is_dust(each)) continue;
            const Limit& limit = each.direct ? rule->second.direct : rule->second.indirect;
            const bool by_share = limit.share && each.share >= *limit.share;
            const bool by_value = limit.usd && each.usd && *each.usd >= *limit.usd;
            if (!by_share && !by_value) continue;
            std::string value = percent(each.share);
            if (each.usd) value += ", " + dollars(*each.usd);
            const std::string_view verb = each.incoming ? "received from" : "sent to";
            say(Outcome::kReview,
                format("{} of its {} was {} {} {}{}", value,
                       each.asset.is_native() ? "native asset" : each.asset.text(), verb,
                       to_string(each.category), each.direct ? "directly" : "indirectly",
                       each.label.empty() ? "" : ": " + each.label));
        }
    }

    void lists() {
        for (const ListUsed& list : screening_.lists) {
            if (!list.stale) continue;
            screening_.incomplete = true;
            if (list.sha256.empty())
                say(Outcome::kReview, format("the list {} is required and absent", list.name));
            else if (!list.as_of)
                say(Outcome::kReview,
                    format("the list {} has no date: its age is not known", list.name));
            else
                say(Outcome::kReview, format("the list {} is of {}: too old", list.name,
                                             format_rfc3339(*list.as_of)));
        }
    }

    void rest() {
        for (const std::string& gap : screening_.gaps) {
            screening_.incomplete = true;
            say(Outcome::kReview, gap);
        }
        if (!screening_.service.empty())
            screening_.reasons.push_back(
                format("it is a service ({}): its customers' money says nothing about it and was "
                       "not looked at",
                       screening_.service));
        else if (screening_.reasons.empty())
            screening_.reasons.push_back("on no list, and no money behind it reaches a limit");
    }

private:
    Outcome asked_by(const Match& match) const {
        const auto rule = settings_.rules.find(match.category);
        Outcome outcome = rule == settings_.rules.end() ? Outcome::kClear : rule->second.listed;
        if (settings_.forbidding.contains(match.list)) outcome = Outcome::kHit;
        if (outcome == Outcome::kHit && match.score < settings_.certain) return Outcome::kReview;
        return outcome;
    }

    bool is_dust(const Exposure& each) const {
        return each.usd ? *each.usd < settings_.dust_usd : each.share < settings_.dust_share;
    }

    void say(Outcome outcome, std::string reason) {
        screening_.outcome = std::max(screening_.outcome, outcome);
        screening_.reasons.push_back(std::move(reason));
    }

    Screening& screening_;
    const Settings& settings_;
};

}  // namespace

std::string_view to_string(Outcome outcome) noexcept {
    switch (outcome) {
        case Outcome::kClear: return "clear";
        case Outcome::kReview: return "review";
        case Outcome::kHit: return "hit";
    }
    return "review";
}

std::map<Category, CategoryRule> Settings::default_rules() {
    // In USD cents. Why these: docs/formats/screen-result.md.
    const Limit any{.share = 0.0};
    return {
        {Category::kSanctioned, {Outcome::kHit, any, {.share = 0.01, .usd = 1'000'00}}},
        {Category::kTheft, {Outcome::kReview, any, {.share = 0.05, .usd = 10'000'00}}},
        {Category::kRansomware, {Outcome::kReview, any, {.share = 0.05, .usd = 10'000'00}}},
        {Category::kScam, {Outcome::kReview, any, {.share = 0.10, .usd = 10'000'00}}},
        {Category::kMixer,
         {Outcome::kReview, {.share = 0.01, .usd = 1'000'00}, {.share = 0.10, .usd = {}}}},
    };
}

void judge(Screening& screening, const Settings& settings) {
    std::stable_sort(screening.matches.begin(), screening.matches.end(),
                     [](const Match& a, const Match& b) { return a.score > b.score; });
    std::stable_sort(screening.exposure.begin(), screening.exposure.end(),
                     [](const Exposure& a, const Exposure& b) {
                         if (a.share != b.share) return a.share > b.share;
                         return std::tuple{!a.incoming, a.category, !a.direct, a.asset} <
                                std::tuple{!b.incoming, b.category, !b.direct, b.asset};
                     });
    Judge judge{screening, settings};
    judge.matches();
    judge.exposure();
    judge.lists();
    judge.rest();
}

}  // namespace cordon::screen
