// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "bundle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "test_signer.hpp"

namespace cordon::wallet {
namespace {

using Kind = ApproverKey::Kind;
using testing::ElementsAre;
using testing::HasSubstr;

const UnixMillis kNow = from_unix_seconds(1'767'226'000);

/// Three members of which two are needed, and a request by somebody else.
struct World {
    TestSigner alice{Kind::kEd25519, 1};
    TestSigner bob{Kind::kFidoEs256, 2};
    TestSigner carol{Kind::kFidoEd25519, 3};
    TestSigner gate{Kind::kEd25519, 4};
    Quorum quorum{{{"alice", alice.key()}, {"bob", bob.key()}, {"carol", carol.key()}}, 2, {}};
    Bundle bundle;

    World() {
        WithdrawalRequest& request = bundle.request;
        request.id = "wd-1";
        request.chain = kEthereum;
        request.from =
            chain::parse_address(kEthereum, "0x1111111111111111111111111111111111111111").value();
        request.to =
            chain::parse_address(kEthereum, "0x2222222222222222222222222222222222222222").value();
        request.amount = Amount{250U};
        request.requester = "dave";
        request.time = from_unix_seconds(1'767'225'600);
        request.payload = {"evm", "0x02"};
        bundle.policy.bytes.fill(0xab);
    }

    Statement says(std::string by) const {
        Statement out;
        out.policy = bundle.policy;
        out.by = std::move(by);
        out.time = kNow - Seconds{60};
        out.expires = kNow + Seconds{60};
        out.about = withdrawal_text(bundle.request).value();
        return out;
    }
    void add(TestSigner& signer, const Statement& statement) {
        bundle.approvals.push_back(signer.sign(statement));
    }
    std::string why() const {
        const Result<Agreed> agreed = check_quorum(bundle, quorum, kNow);
        return agreed ? std::string{} : agreed.error().message;
    }
};

TEST(Bundle, is_read_from_what_it_writes) {
    World world;
    EXPECT_EQ(parse_bundle(format_bundle(world.bundle)).value(), world.bundle);
    world.add(world.alice, world.says("alice"));
    world.add(world.bob, world.says("bob"));
    const std::string text = format_bundle(world.bundle);
    EXPECT_EQ(parse_bundle(text).value(), world.bundle);
    for (std::size_t size = 0; size + 1 < text.size(); size += 7)
        EXPECT_FALSE(parse_bundle(text.substr(0, size)));
    EXPECT_FALSE(parse_bundle(text + "{}"));
    EXPECT_FALSE(parse_bundle(R"({"cordon":"bundle v2",)" + text.substr(text.find("\"request"))));
    EXPECT_FALSE(parse_bundle(R"({"note":1,)" + text.substr(1)));
    EXPECT_EQ(parse_bundle(std::string(9 << 20, ' ')).error().code, ErrorCode::kLimit);
}

TEST(Bundle, brings_no_quorum) {
    World world;
    world.add(world.alice, world.says("alice"));
    const std::string text = format_bundle(world.bundle);
    for (const char* name : {"quorum", "needed", "members", "gate"})
        EXPECT_FALSE(parse_bundle(format(R"({{"{}":1,)", name) + text.substr(1))) << name;
    EXPECT_THAT(world.why(), HasSubstr("1 of 2"));
}

TEST(Quorum, counts_different_members_in_any_order) {
    World world;
    EXPECT_THAT(world.why(), HasSubstr("0 of 2"));
    world.add(world.carol, world.says("carol"));
    EXPECT_THAT(world.why(), HasSubstr("1 of 2"));
    world.add(world.carol, world.says("carol"));
    EXPECT_THAT(world.why(), HasSubstr("agreed already"));
    world.add(world.alice, world.says("alice"));
    const Agreed agreed = check_quorum(world.bundle, world.quorum, kNow).value();
    EXPECT_THAT(agreed.who, ElementsAre("alice", "carol"));
    EXPECT_THAT(agreed.refused, ElementsAre(HasSubstr("agreed already")));
}

TEST(Quorum, does_not_count_what_was_signed_for_something_else) {
    const auto why = [](auto change) {
        World world;
        world.add(world.alice, world.says("alice"));
        Statement second = world.says("bob");
        change(second, world);
        world.add(world.bob, second);
        return world.why();
    };
    EXPECT_EQ(why([](Statement&, World&) {}), "");
    EXPECT_THAT(why([](Statement& s, World&) { s.policy.bytes[0] ^= 1; }),
                HasSubstr("another policy"));
    EXPECT_THAT(why([](Statement& s, World&) { s.about += "note: x\n"; }),
                HasSubstr("another request"));
    EXPECT_THAT(why([](Statement& s, World&) { s.subject = Subject::kPolicy; }),
                HasSubstr("another request"));
    EXPECT_THAT(why([](Statement& s, World&) { s.time = kNow + Seconds{1}; }),
                HasSubstr("later than now"));
    EXPECT_THAT(why([](Statement& s, World&) { s.expires = kNow; }), HasSubstr("expired"));
    EXPECT_THAT(why([](Statement& s, World&) { s.by = "carol"; }), HasSubstr("did not sign"));
    EXPECT_THAT(why([](Statement& s, World&) { s.by = "mallory"; }), HasSubstr("is not asked"));
    EXPECT_THAT(why([](Statement& s, World&) { s.by = "gate"; }), HasSubstr("is not asked"));
    EXPECT_THAT(why([](Statement& s, World&) { s.approves = false; }), HasSubstr("bob rejects"));
}

TEST(Quorum, does_not_let_people_agree_to_their_own_request) {
    World world;
    world.bundle.request.requester = "bob";
    world.add(world.alice, world.says("alice"));
    world.add(world.bob, world.says("bob"));
    EXPECT_THAT(world.why(), HasSubstr("cannot agree to it"));
}

TEST(Quorum, is_gone_when_request_or_payload_changed_after_it) {
    World world;
    world.add(world.alice, world.says("alice"));
    world.add(world.bob, world.says("bob"));
    EXPECT_EQ(world.why(), "");
    for (std::size_t i = 0; i < world.bundle.request.payload.data.size(); ++i) {
        World other = {};
        other.bundle = world.bundle;
        other.bundle.request.payload.data[i] ^= 1;
        EXPECT_THAT(other.why(), HasSubstr("another request"));
    }
    world.bundle.request.cancelled = true;
    EXPECT_THAT(world.why(), HasSubstr("taken back"));
}

TEST(Quorum, can_demand_the_gate_which_is_no_member) {
    World world;
    world.quorum.gate = world.gate.key();
    world.add(world.alice, world.says("alice"));
    world.add(world.bob, world.says("bob"));
    EXPECT_THAT(world.why(), HasSubstr("gate's statement is missing"));
    world.add(world.gate, world.says("gate"));
    const Agreed agreed = check_quorum(world.bundle, world.quorum, kNow).value();
    EXPECT_THAT(agreed.who, ElementsAre("alice", "bob"));

    world.bundle.approvals.pop_back();
    world.add(world.alice, world.says("gate"));
    EXPECT_THAT(world.why(), HasSubstr("did not sign"));
    Statement no = world.says("gate");
    no.approves = false;
    world.add(world.gate, no);
    EXPECT_THAT(world.why(), HasSubstr("gate rejects"));
}

TEST(Quorum, that_was_made_by_mistake_is_refused) {
    const auto code = [](auto change) {
        World world;
        change(world);
        const auto agreed = check_quorum(world.bundle, world.quorum, kNow);
        return agreed ? std::string{"agreed"} : std::string{to_string(agreed.error().code)};
    };
    const std::string bad{to_string(ErrorCode::kInvalidParam)};
    EXPECT_EQ(code([](World& w) { w.quorum.members[1].name = "alice"; }), bad);
    EXPECT_EQ(code([](World& w) { w.quorum.members[1].key = w.alice.key(); }), bad);
    EXPECT_EQ(code([](World& w) { w.quorum.members[1].name = "gate"; }), bad);
    EXPECT_EQ(code([](World& w) { w.quorum.gate = w.alice.key(); }), bad);
    EXPECT_EQ(code([](World& w) { w.quorum.needed = 0; }), bad);
}

TEST(Quorum, counts_no_more_than_signed_whatever_the_order_and_the_repeats) {
    World world;
    std::vector<SignedStatement> made;
    made.push_back(world.alice.sign(world.says("alice")));
    made.push_back(world.bob.sign(world.says("bob")));
    made.push_back(world.carol.sign(world.says("carol")));
    made.push_back(world.alice.sign(world.says("bob")));
    made.push_back(world.gate.sign(world.says("gate")));
    const bool holds = rc::check("who agrees is who signed", [&] {
        const auto picks = *rc::gen::container<std::vector<std::size_t>>(
            rc::gen::inRange<std::size_t>(0, made.size()));
        world.bundle.approvals.clear();
        std::array<bool, 5> has{};
        for (const std::size_t pick : picks) {
            world.bundle.approvals.push_back(made[pick]);
            has[pick] = true;
        }
        const int people = has[0] + has[1] + has[2];
        RC_ASSERT(check_quorum(world.bundle, world.quorum, kNow).has_value() == (people >= 2));
    });
    EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace cordon::wallet
