// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// A gate whose old entries left answers as the one that has them all, and opens on nothing else
// than what its log's anchor names.
#include <gtest/gtest.h>

#include <array>
#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <random>

#include <cordon/chain/text.hpp>

#include "../json.hpp"
#include "../prune.hpp"
#include "../restored.hpp"
#include "snapshot.hpp"
#include "test_stage.hpp"

namespace cordon::guard::stage {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

GatePrune order(uint64_t until, std::string archive = {}) {
    return {.until = until,
            .archive = std::move(archive),
            .by = "alice",
            .why = "older than a year",
            .now = kNow};
}

Result<std::unique_ptr<Gate>> open_gate(const std::string& directory, TestWorld& world,
                                        Disk& disk = fast_disk()) {
    return Gate::open(directory, test_key(), "", world, {.disk = &disk});
}

/// Long payloads of what is over leave with their entries, and are told by their digest alone; one
/// of two gates has an anchor more, so numbers of entries differ.
std::string told(const Standing& standing) {
    auto out = standing_json(standing);
    out["verdict"].as_object().erase("entry");
    if (standing.payload_left || standing.request.payload.data.size() > kMaxInline) {
        out.erase("payload_left");
        out.erase("text");
        out["request"].as_object().erase("payload");
    }
    return boost::json::serialize(out);
}

/// Everything that anybody can ask a gate for.
std::string all_of(Gate& gate, const std::vector<std::string>& ids, UnixMillis at) {
    std::string all;
    for (const std::string& id : ids) {
        const auto standing = gate.find(id);
        EXPECT_TRUE(standing) << id << ": " << standing.error().message;
        if (!standing) return "";
        all += *standing ? told(**standing) : id + " unknown";
        all += '\n';
    }
    const auto add = [&](std::string_view what, const std::vector<Standing>& some) {
        all += what;
        for (const Standing& each : some) all += " " + each.request.id;
        all += '\n';
    };
    add("pending", gate.pending(at));
    add("unaccounted", gate.unaccounted(at + 1h));
    for (const Listed listed : {Listed::kAll, Listed::kWaiting, Listed::kAllowed}) {
        const auto page = gate.list(listed, {}, 1'000, at);
        EXPECT_TRUE(page);
        if (page) add("list", page->items);
    }
    for (const Breaker& each : gate.breakers(at))
        all += boost::json::serialize(breaker_json(each)) + '\n';
    for (const PolicyProposal& each : gate.proposals(at))
        all += each.text + boost::json::serialize(agreement_json(each.agreement)) + '\n';
    all += format("{}\n", gate.policy(at)->version());
    const auto strays = gate.strays(1'000);
    EXPECT_TRUE(strays);
    for (const Stray& each : *strays) all += each.text + format_rfc3339(each.time) + '\n';
    return all;
}

/// What limits leave: how many more of one unit are let through at a moment.
std::string answers_of(Gate& gate, const std::vector<WithdrawalRequest>& requests, UnixMillis at) {
    std::string all;
    for (const WithdrawalRequest& each : requests) {
        const auto verdict = gate.check(each, at);
        if (!verdict) {
            all += verdict.error().message + '\n';
            continue;
        }
        auto told = verdict_json(*verdict);
        told.erase("entry");  // One of them has an anchor more.
        all += boost::json::serialize(told) + '\n';
    }
    return all;
}

/// A history by chance. What was asked for.
class History {
public:
    History(Stage& on, uint32_t seed) : stage_{&on}, chance_{seed} {}
    /// The same history from here on, lived again.
    void move_to(Stage& on) { stage_ = &on; }

    void live(int steps) {
        for (int i = 0; i < steps; ++i) step();
    }
    std::vector<std::string> ids() const {
        std::vector<std::string> ids;
        for (const auto& each : requests) ids.push_back(each.id);
        return ids;
    }
    std::vector<WithdrawalRequest> requests;
    UnixMillis now = kNow;

private:
    uint32_t roll(uint32_t sides) { return static_cast<uint32_t>(chance_()) % sides; }
    const Person& somebody() {
        const std::array<const Person*, 4> all{&kAlice, &kBob, &kCarol, &kDave};
        return *all[roll(4)];
    }
    const WithdrawalRequest& known() {
        return requests[requests.size() - 1 -
                        roll(static_cast<uint32_t>(std::min<std::size_t>(requests.size(), 40)))];
    }
    void step() {
        now += std::chrono::milliseconds{roll(8) == 0 ? roll(3'600'000) : roll(40'000)};
        Gate& gate = *stage_->gate;
        const uint32_t what = requests.empty() ? 0 : roll(20);
        if (what < 8) {
            const std::array<uint64_t, 4> amounts{3, 30, 150, 20'000};
            WithdrawalRequest request =
                test_request(format("w {}", requests.size()), amounts[roll(4)] + roll(5));
            request.from = test_address(static_cast<uint8_t>(1 + roll(3)));
            request.to = test_address(static_cast<uint8_t>(10 + roll(3)));
            if (roll(10) == 0) request.payload = {"psbt", std::string(roll(2) ? 50 : 60'000, 'x')};
            requests.push_back(request);
            static_cast<void>(gate.check(request, now, "desk"));
        } else if (what < 12) {
            static_cast<void>(stage_->approve(somebody(), known(), now, roll(8) != 0));
        } else if (what == 12) {
            static_cast<void>(gate.cancel(known().id, "desk", now, "a mistake"));
        } else if (what == 13) {
            static_cast<void>(gate.trip(key(), "bob", "looks wrong", now));
        } else if (what == 14) {
            for (const Breaker& each : gate.breakers(now))
                static_cast<void>(gate.approve(
                    stage_->statement(somebody(), wallet::Subject::kBreaker,
                                      wallet::breaker_text(each.key.text(), each.since).value(),
                                      now),
                    now));
        } else if (what == 15) {
            static_cast<void>(gate.bundle(known().id, now));
        } else if (what < 18) {
            const WithdrawalRequest& each = known();
            Transfer transfer;
            transfer.index = roll(3);
            transfer.from = each.from;
            transfer.to = roll(5) == 0 ? test_address(99) : each.to;
            transfer.asset = each.asset;
            transfer.amount = each.amount;
            Hash256 txn;
            txn.bytes[0] = static_cast<uint8_t>(roll(200));
            static_cast<void>(gate.on_outflow(kEthereum, txn, transfer, now));
        } else if (what == 18) {
            Alert alert;
            alert.id = format("alert {}", roll(30));
            alert.detector = "D11";
            alert.severity = Severity::kCritical;
            alert.chain = kEthereum;
            alert.subject = test_address(static_cast<uint8_t>(1 + roll(3)));
            alert.reason = "delegatecall";
            static_cast<void>(gate.take_alerts(std::array{alert}, now));
        } else if (roll(6) == 0) {
            ++version_;
            static_cast<void>(gate.propose_policy(
                policy_text_of(version_, format("# {}\n", version_)), "bob", now));
        } else {
            for (const PolicyProposal& each : gate.proposals(now))
                static_cast<void>(gate.approve(
                    stage_->statement(somebody(), wallet::Subject::kPolicy, each.text, now), now));
        }
    }
    BreakerKey key() {
        if (roll(3) == 0) return {};
        return {BreakerKey::Kind::kWallet, kEthereum,
                chain::format_address(kEthereum, test_address(static_cast<uint8_t>(1 + roll(3))))};
    }

    Stage* stage_;
    std::mt19937 chance_;
    uint64_t version_ = 1;
};

/// One history, with its old entries gone twice, at places by chance: the second snapshot is made
/// from the first.
void compare(uint32_t seed) {
    SCOPED_TRACE(format("seed {}", seed));
    Stage stage;
    stage.world.wallets[test_address(1)] = "hot";
    stage.world.wallets[test_address(2)] = "hot";
    const std::string whole = stage.folder / "whole";
    const std::string gate = stage.folder / "gate";
    History history{stage, seed};
    uint64_t left = 0;
    const auto prune = [&] {
        stage.gate.reset();
        const auto done = prune_gate(gate, test_key(), order(UINT64_MAX), fast_disk());
        ASSERT_TRUE(done) << done.error().message;
        left += done->entries;
        stage.open();
    };
    const auto failed = [] { return ::testing::Test::HasFatalFailure(); };
    // The same to both: what the one is asked, the other is asked by the same history.
    history.live(1'500);
    ASSERT_TRUE(stage.gate->log().publish());
    stage.gate.reset();
    fs::copy(gate, whole, fs::copy_options::recursive);
    stage.open();
    prune();
    if (failed()) return;
    History rest = history;
    history.live(800);
    prune();
    if (failed()) return;
    stage.gate.reset();
    Stage other;
    other.world.wallets = stage.world.wallets;
    other.gate.reset();
    fs::remove_all(other.folder / "gate");
    fs::copy(whole, other.folder / "gate", fs::copy_options::recursive);
    other.open();
    rest.move_to(other);
    rest.live(800);
    ASSERT_EQ(rest.now, history.now);
    other.open();
    stage.open();
    EXPECT_GE(left, 512U);

    Gate& pruned = *stage.gate;
    Gate& all = *other.gate;
    // Both forget what is over.
    UnixMillis now = history.now + 2h;
    stage.check(test_request("tick", 1), now);
    other.check(test_request("tick", 1), now);
    const auto ids = history.ids();
    ASSERT_EQ(all_of(pruned, ids, now), all_of(all, ids, now));
    ASSERT_EQ(answers_of(pruned, history.requests, now), answers_of(all, history.requests, now));
    // And what limits leave to others, now and as windows pass.
    std::vector<WithdrawalRequest> others;
    for (int i = 0; i < 12; ++i) {
        others.push_back(test_request(format("other {}", i), 20));
        others.back().from = test_address(static_cast<uint8_t>(1 + i % 3));
    }
    for (const auto later : {0h, 1h, 23h, 25h}) {
        for (auto& each : others) each.id += "+";
        ASSERT_EQ(answers_of(pruned, others, now + later), answers_of(all, others, now + later));
    }
    ASSERT_EQ(all_of(pruned, ids, now + 26h), all_of(all, ids, now + 26h));
}

TEST(Snapshot, answers_as_the_gate_that_has_every_entry) {
    const char* text = std::getenv("CORDON_RACES");  // 100 in ./test --full.
    const uint32_t rounds = text ? static_cast<uint32_t>(std::atoi(text)) / 5 : 2;
    for (uint32_t seed = 1; seed <= rounds && !::testing::Test::HasFatalFailure(); ++seed)
        compare(seed);
}

/// 600 withdrawals, a breaker, a hold that waits.
class Pruned : public ::testing::Test {
protected:
    void SetUp() override {
        stage.world.wallets[test_address(1)] = "hot";
        for (int i = 0; i < 600; ++i)
            stage.check(test_request(format("r{}", i), 1), kNow + i * 7min);
        stage.check(test_request("big", 500), kNow + 600 * 7min);
        ASSERT_TRUE(stage.gate->trip({BreakerKey::Kind::kAsset, kEthereum, "native"}, "bob", "why",
                                     kNow + 600 * 7min));
        ASSERT_TRUE(stage.gate->log().publish());
        stage.gate.reset();
    }
    Result<tlog::Log::Pruned> prune(uint64_t until, std::string archive = {}) {
        return prune_gate(gate, test_key(), order(until, std::move(archive)), fast_disk());
    }
    std::string snapshot() const {
        return fs::directory_iterator{gate + "/snapshot"} -> path().string();
    }
    Error refused() {
        const auto opened = open_gate(gate, stage.world);
        EXPECT_FALSE(opened);
        return opened ? Error{} : opened.error();
    }
    Stage stage;
    const std::string gate = stage.folder / "gate";
};

TEST_F(Pruned, refuses_a_snapshot_that_was_edited_or_is_missing_by_its_name) {
    ASSERT_TRUE(prune(512));
    const std::string path = snapshot();
    std::string text;
    {
        std::ifstream in{path};
        text.assign(std::istreambuf_iterator<char>{in}, {});
    }
    // A denied request that would be let through; a limit that begins at zero; a bit anywhere.
    for (std::size_t at = 0; at < text.size(); at += text.size() / 40) {
        std::string edited = text;
        edited[at] = static_cast<char>(edited[at] ^ 1);
        std::ofstream{path} << edited;
        const Error error = refused();
        EXPECT_EQ(error.code, ErrorCode::kChecksum) << at;
        EXPECT_NE(error.message.find(path), std::string::npos) << error.message;
        EXPECT_FALSE(check_gate_snapshot(gate));
    }
    fs::remove(path);
    EXPECT_EQ(refused().code, ErrorCode::kNotFound);
    EXPECT_NE(refused().message.find(path), std::string::npos);
    EXPECT_FALSE(check_gate_snapshot(gate));
    std::ofstream{path} << text;
    EXPECT_TRUE(check_gate_snapshot(gate));
    EXPECT_TRUE(open_gate(gate, stage.world));
}

TEST_F(Pruned, refuses_a_pointer_to_what_no_anchor_says) {
    ASSERT_TRUE(prune(256));
    const std::string path = gate + "/log/retention";
    const auto say = [&](uint64_t until, uint64_t anchor) {
        std::ofstream{path} << tlog::format_retention({until, anchor});
    };
    const auto is = tlog::read_retention(gate + "/log").value();
    say(is.until, is.anchor - 1);
    EXPECT_EQ(refused().code, ErrorCode::kCorrupt);
    say(0, 0);  // The entries themselves are not there either.
    EXPECT_FALSE(open_gate(gate, stage.world));
    say(is.until, is.anchor);
    EXPECT_TRUE(open_gate(gate, stage.world));
}

TEST_F(Pruned, does_without_its_snapshot_as_long_as_every_entry_is_there) {
    ASSERT_TRUE(prune(0));
    EXPECT_TRUE(open_gate(gate, stage.world));
    std::ofstream{snapshot()} << "{}";
    auto opened = open_gate(gate, stage.world);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ((*opened)->check(test_request("r3", 1), kNow + 4300min)->id, "r3");
}

TEST_F(Pruned, says_what_it_cannot_see_and_refuses_windows_that_reach_there) {
    auto opened = open_gate(gate, stage.world).value();
    const UnixMillis at = kNow + 601 * 7min;
    opened.reset();
    ASSERT_TRUE(prune(512));
    opened = open_gate(gate, stage.world).value();
    const auto with_window = [](uint64_t version, std::string_view window) {
        std::string text = policy_text_of(version);
        const std::string from = "window: 24h";
        return text.replace(text.find(from), from.size(), format("window: {}", window));
    };
    // 601 withdrawals at seven minutes, the first 254 of them gone: the rest knows forty hours.
    const auto far = opened->propose_policy(with_window(2, "90d"), "bob", at);
    ASSERT_FALSE(far);
    EXPECT_EQ(far.error().code, ErrorCode::kConflict);
    EXPECT_NE(far.error().message.find("left the log"), std::string::npos) << far.error().message;
    EXPECT_TRUE(opened->propose_policy(with_window(2, "30h"), "bob", at));
    const auto news = opened->news(3, 1'000);
    ASSERT_TRUE(news) << news.error().message;
    EXPECT_TRUE(news->changed);
    EXPECT_EQ(opened->list(Listed::kAll, {}, 1'000, at)->items.size(), 601U);
}

TEST_F(Pruned, is_what_its_archive_and_its_log_say) {
    const auto done = prune(512, stage.folder / "archive");
    ASSERT_TRUE(done) << done.error().message;
    const std::array keys{test_key().public_key()};
    EXPECT_TRUE(tlog::verify_log(stage.folder / "archive", keys));
    const auto check = tlog::verify_log(gate + "/log", keys);
    ASSERT_TRUE(check) << check.error().message;
    EXPECT_EQ(check->left, 256U);  // The last whole bundle stays.
    uint64_t kept = 0;
    ASSERT_TRUE(each_kept_entry(gate, [&](uint64_t index, std::string_view) -> Status {
        EXPECT_LT(index, 256U);
        ++kept;
        return {};
    }));
    EXPECT_EQ(kept, 254U);  // All but the first policy.
}

TEST_F(Pruned, is_refused_before_a_restored_gate_was_opened_and_without_its_key) {
    const auto other =
        prune_gate(gate, tlog::SigningKey::generate("test", tlog::PublicKey::Kind::kLog).value(),
                   order(512), fast_disk());
    EXPECT_FALSE(other);
    ASSERT_TRUE(mark_restored(gate, {kNow, kNow, 1, "x"}, fast_disk()));
    EXPECT_EQ(prune(512).error().code, ErrorCode::kConflict);
    EXPECT_FALSE(fs::exists(gate + "/snapshot"));
}

/// One prune on a disk that fails once; whatever is there afterwards, the gate is whole.
void pull_the_plug(FaultDisk::Fault fault) {
    Stage stage;
    for (int i = 0; i < 600; ++i)
        stage.check(test_request(format("r{}", i), i % 50 == 0 ? 20'000 : 1), kNow + i * 7min);
    ASSERT_TRUE(stage.gate->log().publish());
    std::vector<std::string> ids;
    for (int i = 0; i < 600; i += 13) ids.push_back(format("r{}", i));
    const UnixMillis at = kNow + 601 * 7min;
    const std::string wanted = all_of(*stage.gate, ids, at);
    stage.gate.reset();
    int refused = 0;
    int done = 0;
    for (uint64_t write = 0;; write += write < 30 ? 1 : 7) {
        SCOPED_TRACE(format("fault at write {}", write));
        const std::string gate = stage.folder / format("copy{}", write);
        fs::copy(stage.folder / "gate", gate, fs::copy_options::recursive);
        FaultDisk disk{fault, write, write};
        const auto pruned = prune_gate(gate, test_key(), order(512, gate + "-archive"), disk);
        (pruned ? done : refused) += 1;
        disk.lose_power();
        auto opened = open_gate(gate, stage.world);
        ASSERT_TRUE(opened) << opened.error().message;
        ASSERT_EQ(all_of(**opened, ids, at), wanted);
        ASSERT_TRUE((*opened)->log().publish());
        ASSERT_TRUE(tlog::verify_log(gate + "/log", std::array{test_key().public_key()}));
        opened->reset();
        // And what did not come to its end does the next time.
        if (!pruned && fs::exists(gate + "/log/tile/entries/000")) {
            const auto again =
                prune_gate(gate, test_key(), order(512, gate + "-archive"), fast_disk());
            ASSERT_TRUE(again) << again.error().message;
        }
        opened = open_gate(gate, stage.world);
        ASSERT_TRUE(opened) << opened.error().message;
        ASSERT_EQ(all_of(**opened, ids, at), wanted);
        opened->reset();
        fs::remove_all(gate);
        fs::remove_all(gate + "-archive");
        if (!disk.happened()) break;
    }
    EXPECT_GT(refused, 10);
    EXPECT_GT(done, 0);
}

TEST(SnapshotCrash, leaves_a_whole_gate_when_the_process_is_killed_at_any_write) {
    pull_the_plug(FaultDisk::Fault::kKill);
}
TEST(SnapshotCrash, leaves_a_whole_gate_when_the_power_goes_at_any_write) {
    pull_the_plug(FaultDisk::Fault::kPower);
}
TEST(SnapshotCrash, leaves_a_whole_gate_when_the_disk_is_full_at_any_write) {
    pull_the_plug(FaultDisk::Fault::kNoSpace);
}

}  // namespace
}  // namespace cordon::guard::stage
