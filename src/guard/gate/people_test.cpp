// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "people.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cordon::guard {
namespace {

using Needs = std::vector<ApprovalNeed>;

TEST(People, somebody_in_two_groups_stands_for_one) {
    Needs needs{{"treasury", 1, 0}, {"board", 1, 0}};
    EXPECT_FALSE(assign(needs, {{"alice", "1", {"treasury", "board"}}}));
    EXPECT_TRUE(assign(needs, {{"alice", "1", {"treasury", "board"}}}, false));
    // Whoever is in one only leaves the other to her, in any order.
    EXPECT_TRUE(assign(needs, {{"alice", "1", {"treasury", "board"}}, {"bob", "2", {"treasury"}}}));
    EXPECT_TRUE(assign(needs, {{"bob", "2", {"treasury"}}, {"alice", "1", {"treasury", "board"}}}));
    EXPECT_FALSE(assign(needs, {{"bob", "2", {"treasury"}}, {"carol", "3", {"treasury"}}}));
    EXPECT_EQ(needs[0].given, 1U);
    EXPECT_EQ(needs[1].given, 0U);
}

TEST(People, two_names_with_one_key_are_one_person) {
    Needs needs{{"treasury", 2, 0}};
    EXPECT_FALSE(assign(needs, {{"alice", "1", {"treasury"}}, {"alicia", "1", {"treasury"}}}));
    EXPECT_FALSE(assign(needs, {{"alice", "1", {"treasury"}}, {"alice", "2", {"treasury"}}}));
    EXPECT_TRUE(assign(needs, {{"alice", "1", {"treasury"}}, {"bob", "2", {"treasury"}}}));
}

/// Every way of giving people to groups, or to none.
bool can_be_met(const Needs& needs, const std::vector<Agreeing>& people, std::size_t person = 0,
                std::vector<unsigned> given = {}) {
    if (given.empty()) given.assign(needs.size(), 0);
    if (person == people.size()) {
        for (std::size_t i = 0; i < needs.size(); ++i)
            if (given[i] < needs[i].needed) return false;
        return true;
    }
    if (can_be_met(needs, people, person + 1, given)) return true;
    for (std::size_t i = 0; i < needs.size(); ++i) {
        if (!people[person].groups.contains(needs[i].group)) continue;
        ++given[i];
        if (can_be_met(needs, people, person + 1, given)) return true;
        --given[i];
    }
    return false;
}

TEST(People, needs_are_met_exactly_when_there_is_a_way) {
    EXPECT_TRUE(rc::check([] {
        const char* const groups[] = {"a", "b", "c"};
        Needs needs;
        for (const char* group : groups) needs.push_back({group, *rc::gen::inRange(0U, 3U), 0});
        std::vector<Agreeing> people;
        const int count = *rc::gen::inRange(0, 6);
        for (int i = 0; i < count; ++i) {
            Agreeing person{std::to_string(i), std::to_string(i), {}};
            for (const char* group : groups)
                if (*rc::gen::arbitrary<bool>()) person.groups.insert(group);
            people.push_back(person);
        }
        const bool wanted = can_be_met(needs, people);
        RC_ASSERT(assign(needs, people) == wanted);
        std::reverse(people.begin(), people.end());
        std::reverse(needs.begin(), needs.end());
        RC_ASSERT(assign(needs, people) == wanted);
    }));
}

}  // namespace
}  // namespace cordon::guard
