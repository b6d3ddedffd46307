// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "people.hpp"

#include <algorithm>

namespace cordon::guard {
namespace {

/// Maximum matching by augmenting paths (Kuhn): people on one side, places of needs on the other.
class Matching {
public:
    Matching(const std::vector<ApprovalNeed>& needs, const std::vector<Agreeing>& people)
        : people_{people} {
        for (std::size_t i = 0; i < needs.size(); ++i) {
            // More places than people cannot be taken; a policy may ask for any number.
            const std::size_t count = std::min<std::size_t>(needs[i].needed, people.size());
            for (std::size_t n = 0; n < count; ++n) places_.push_back({i, needs[i].group, kNobody});
        }
        for (std::size_t person = 0; person < people.size(); ++person) {
            tried_.assign(places_.size(), false);
            place(person);
        }
    }
    unsigned given(std::size_t need) const {
        return static_cast<unsigned>(std::count_if(
            places_.begin(), places_.end(),
            [&](const Place& each) { return each.need == need && each.person != kNobody; }));
    }

private:
    static constexpr std::size_t kNobody = SIZE_MAX;
    struct Place {
        std::size_t need;
        std::string_view group;
        std::size_t person;
    };
    bool place(std::size_t person) {
        for (std::size_t i = 0; i < places_.size(); ++i) {
            if (tried_[i] || !people_[person].groups.contains(std::string{places_[i].group}))
                continue;
            tried_[i] = true;
            if (places_[i].person != kNobody && !place(places_[i].person)) continue;
            places_[i].person = person;
            return true;
        }
        return false;
    }
    const std::vector<Agreeing>& people_;
    std::vector<Place> places_;
    std::vector<bool> tried_;
};

}  // namespace

bool assign(std::vector<ApprovalNeed>& needs, const std::vector<Agreeing>& people,
            bool one_group_each) {
    std::vector<Agreeing> different;
    for (const Agreeing& each : people) {
        const auto same = std::find_if(different.begin(), different.end(), [&](const auto& other) {
            return other.name == each.name || other.key == each.key;
        });
        if (same == different.end()) different.push_back(each);
    }
    bool met = true;
    const Matching matching{needs, different};
    for (std::size_t i = 0; i < needs.size(); ++i) {
        // Alone a need takes everybody of its group.
        needs[i].given =
            one_group_each ? matching.given(i) : Matching{{needs[i]}, different}.given(0);
        met = met && needs[i].given >= needs[i].needed;
    }
    return met;
}

bool is_member(const Policy& policy, std::string_view group, std::string_view name) {
    const auto members = policy.group(group);
    return members && std::any_of(members->begin(), members->end(),
                                  [&](const auto& each) { return each.name == name; });
}

}  // namespace cordon::guard
