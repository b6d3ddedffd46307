// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "witness_desk.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <mutex>

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>
#include <cordon/net/http_server.hpp>
#include <cordon/tlog/log.hpp>
#include <cordon/tlog/witness.hpp>

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A witness of our own: C2SP tlog-witness, with what it saw in memory.
class Witness {
public:
    explicit Witness(std::string name, tlog::PublicKey log)
        : key_{tlog::SigningKey::generate(std::move(name), tlog::PublicKey::Kind::kWitness)
                   .value()},
          log_{std::move(log)} {
        net::ServerOptions options;
        options.port = 0;
        std::vector<net::Route> routes;
        routes.push_back({.method = "POST",
                          .path = "/w/add-checkpoint",
                          .handler =
                              [this](const net::ServerRequest& request) {
                                  return answer(std::string{request.body});
                              },
                          .open = true});
        http_ =
            net::HttpServer::start(options, net::Routes::make(std::move(routes)).value()).value();
    }
    ServeConfig::Log::Witness config() const {
        return {key_.public_key(), format("http://127.0.0.1:{}/w", http_->port())};
    }
    std::atomic<bool> is_liar{false};
    std::atomic<bool> is_down{false};
    std::atomic<int> asked{0};
    std::optional<tlog::Checkpoint> seen;  // While nobody asks.

private:
    static net::ServerResponse said(unsigned status, std::string body) {
        net::ServerResponse out;
        out.status = status;
        out.body = std::move(body);
        return out;
    }
    net::ServerResponse answer(std::string body) {
        ++asked;
        if (is_down) return said(503, "not now\n");
        const std::size_t split = body.find("\n\n");
        if (!body.starts_with("old ") || split == std::string::npos) return said(400, "");
        std::vector<std::string> lines;
        for (std::string_view rest = std::string_view{body}.substr(4, split - 4); !rest.empty();) {
            const std::size_t end = std::min(rest.find('\n'), rest.size());
            lines.emplace_back(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        uint64_t old = 0;
        std::from_chars(lines[0].data(), lines[0].data() + lines[0].size(), old);
        auto note = tlog::parse_note(std::string_view{body}.substr(split + 2));
        if (!note || !tlog::is_signed_by(*note, log_)) return said(403, "");
        const auto checkpoint = tlog::parse_checkpoint(note->text).value();
        const std::scoped_lock lock{mutex_};
        const uint64_t known = seen ? seen->size : 0;
        if (old != known) return said(409, format("{}\n", known));
        if (known > 0) {
            std::vector<Hash256> proof;
            for (std::size_t i = 1; i < lines.size(); ++i) {
                Hash256 hash;
                const Bytes bytes = parse_base64(lines[i]).value();
                std::copy(bytes.begin(), bytes.end(), hash.bytes.begin());
                proof.push_back(hash);
            }
            if (!tlog::verify_consistency(known, checkpoint.size, seen->root, checkpoint.root,
                                          proof))
                return said(checkpoint.size == known ? 409 : 422, format("{}\n", known));
        }
        seen = checkpoint;
        const auto liar =
            tlog::SigningKey::generate(key_.public_key().name, tlog::PublicKey::Kind::kWitness);
        tlog::SignedNote own{note->text, {}};
        tlog::sign_note(own, is_liar ? *liar : key_, from_unix_seconds(1'800'000'000));
        return said(200, own.format().substr(own.text.size() + 1));
    }

    const tlog::SigningKey key_;
    const tlog::PublicKey log_;
    std::mutex mutex_;
    std::unique_ptr<net::HttpServer> http_;
};

class WitnessDeskTest : public testing::Test {
protected:
    WitnessDeskTest() {
        std::string pattern = (fs::temp_directory_path() / "witness-XXXXXX").string();
        EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
        folder = pattern;
        const auto key = tlog::SigningKey::generate("log", tlog::PublicKey::Kind::kLog).value();
        secret = key.secret_text();
        log_key = key.public_key();
        log = open_log("log");
        grow(10);
    }
    ~WitnessDeskTest() override {
        log.reset();
        fs::remove_all(folder);
    }
    std::unique_ptr<tlog::Log> open_log(const std::string& name) const {
        return tlog::Log::open(folder + "/" + name, tlog::SigningKey::parse(secret).value())
            .value();
    }
    void grow(int entries) {
        for (int i = 0; i < entries; ++i) EXPECT_TRUE(log->append(format("entry {}", log->size())));
        EXPECT_TRUE(log->publish());
    }
    std::unique_ptr<WitnessDesk> desk(std::vector<ServeConfig::Log::Witness> witnesses,
                                      uint64_t quorum) {
        return WitnessDesk::open(
                   {.config = {std::move(witnesses), quorum},
                    .logs = {{"log", folder + "/log", log_key}},
                    .folder = folder + "/witness",
                    .clock = [this] { return now; },
                    .warning = [this](const std::string& text) { warnings.push_back(text); }})
            .value();
    }
    tlog::SignedNote kept() const {
        std::ifstream in{folder + "/witness/log.checkpoint", std::ios::binary};
        const std::string text{std::istreambuf_iterator<char>{in}, {}};
        return tlog::parse_note(text).value();
    }

    std::string folder, secret;
    tlog::PublicKey log_key;
    std::unique_ptr<tlog::Log> log;
    UnixMillis now = from_unix_seconds(1'800'000'000);
    std::vector<std::string> warnings;
};

TEST_F(WitnessDeskTest, keeps_what_witnesses_cosigned_as_the_log_grows_and_after_a_restart) {
    Witness one{"one", log_key}, two{"two", log_key};
    const std::vector<tlog::PublicKey> keys{one.config().key, two.config().key};
    {
        const auto asks = desk({one.config(), two.config()}, 2);
        asks->tick();
        EXPECT_THAT(tlog::cosigners(kept(), keys), ElementsAre("one", "two"));
        EXPECT_TRUE(tlog::is_signed_by(kept(), log_key));
        grow(700);
        asks->tick();
        EXPECT_EQ(one.asked, 2);  // It knew what the witness had seen.
        asks->tick();
        EXPECT_EQ(one.asked, 2);  // Nothing is new.
        for (const WitnessStanding& each : asks->standing()) {
            EXPECT_EQ(each.entries, 710U);
            EXPECT_FALSE(each.trouble);
        }
    }
    EXPECT_TRUE(tlog::verify_log(folder + "/log", {}, tlog::parse_checkpoint(kept().text).value()));
    const auto again = desk({one.config(), two.config()}, 2);
    ASSERT_EQ(again->kept().size(), 1U);
    EXPECT_EQ(again->kept()[0].entries, 710U);
    EXPECT_THAT(again->kept()[0].witnesses, ElementsAre("one", "two"));
    now += std::chrono::minutes{6};
    again->tick();
    EXPECT_EQ(one.asked, 3);  // That it still answers.
    EXPECT_THAT(warnings, IsEmpty());
    // What was kept is lost: the witness says what it saw.
    fs::remove_all(folder + "/witness");
    grow(5);
    const auto lost = desk({one.config(), two.config()}, 2);
    lost->tick();
    EXPECT_EQ(lost->kept()[0].entries, 715U);
    EXPECT_THAT(lost->kept()[0].witnesses, ElementsAre("one", "two"));
}

TEST_F(WitnessDeskTest, one_that_is_down_is_told_once_and_the_quorum_is_kept) {
    Witness one{"one", log_key}, two{"two", log_key};
    const std::vector<tlog::PublicKey> keys{one.config().key, two.config().key};
    const auto asks = desk({one.config(), two.config()}, 2);
    asks->tick();
    two.is_down = true;
    grow(3);
    asks->tick();
    grow(3);
    asks->tick();
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_THAT(warnings[0], HasSubstr("two"));
    EXPECT_THAT(warnings[0], HasSubstr("503"));
    // A checkpoint that both signed is worth more than a newer one of one.
    EXPECT_EQ(asks->kept()[0].entries, 10U);
    EXPECT_THAT(asks->metrics(), HasSubstr("cordon_witness_well{log=\"log\",witness=\"two\"} 0\n"));
    EXPECT_THAT(asks->metrics(),
                HasSubstr("cordon_witness_entries{log=\"log\",witness=\"one\"} 16\n"));
    two.is_down = false;
    asks->tick();
    EXPECT_EQ(asks->kept()[0].entries, 16U);
    EXPECT_THAT(tlog::cosigners(kept(), keys), ElementsAre("one", "two"));
    EXPECT_EQ(warnings.size(), 1U);
}

TEST_F(WitnessDeskTest, an_older_log_in_the_place_of_the_one_that_was_seen_is_named) {
    Witness one{"one", log_key};
    fs::copy(folder + "/log", folder + "/older", fs::copy_options::recursive);
    const auto asks = desk({one.config()}, 1);
    grow(20);
    asks->tick();
    EXPECT_THAT(warnings, IsEmpty());
    log.reset();
    fs::remove_all(folder + "/log");
    fs::rename(folder + "/older", folder + "/log");
    log = open_log("log");
    asks->tick();  // By what it kept itself.
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_EQ(asks->standing()[0].trouble->code, ErrorCode::kConflict);
    fs::remove_all(folder + "/witness");
    const auto forgot = desk({one.config()}, 1);
    forgot->tick();  // By what the witness says.
    EXPECT_EQ(forgot->standing()[0].trouble->code, ErrorCode::kConflict);
    EXPECT_THAT(warnings.back(), HasSubstr("has 10 entries, and the witness saw 30"));
    // As long again, with other entries: a fork.
    for (int i = 0; i < 30; ++i) EXPECT_TRUE(log->append("other"));
    EXPECT_TRUE(log->publish());
    forgot->tick();
    ASSERT_TRUE(forgot->standing()[0].trouble);
    EXPECT_EQ(forgot->standing()[0].trouble->code, ErrorCode::kConflict);
    EXPECT_EQ(forgot->standing()[0].entries, 0U);
}

TEST_F(WitnessDeskTest, a_cosignature_of_another_key_counts_for_nothing) {
    Witness one{"one", log_key};
    one.is_liar = true;
    const auto asks = desk({one.config()}, 1);
    asks->tick();
    EXPECT_EQ(asks->standing()[0].trouble->code, ErrorCode::kChecksum);
    EXPECT_FALSE(fs::exists(folder + "/witness/log.checkpoint"));
    EXPECT_EQ(asks->kept()[0].entries, 0U);
}

TEST_F(WitnessDeskTest, stops_at_once_although_nobody_answers) {
    // Nobody listens there: TEST-NET-1 of RFC 5737 swallows what is sent.
    Witness one{"one", log_key};
    auto silent = one.config();
    silent.url = "http://192.0.2.1:9/";
    const auto asks = desk({silent}, 1);
    asks->start();
    const auto begin = std::chrono::steady_clock::now();
    grow(100);  // The log goes on meanwhile.
    asks->stop();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{4});
}

}  // namespace
}  // namespace cordon::engine
