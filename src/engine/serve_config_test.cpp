// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "serve_config.hpp"

#include <gtest/gtest.h>

#include <cordon/base/format.hpp>

namespace cordon::engine {
namespace {

Result<ServeConfig> parse(std::string_view text) {
    return parse_serve_config(memory_file(
        "/etc/cordon/serve.yaml", {reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
}
std::string error_of(std::string_view text) {
    const auto config = parse(text);
    return config ? "" : config.error().message;
}

TEST(ServeConfig, reads_all_of_it_with_paths_beside_the_file) {
    const auto config = parse(R"(version: 1
name: Examplia treasury
data: data
listen: "[::1]:8471"
origins: [https://cordon.example]
known: [labels:labels.csv, wallets:/srv/wallets.csv]
watch:
  sources: ["evm-rpc:wss://node.example/key", "btc-rpc:env:NODE", tail:queue.jsonl]
  config: watch.yaml
  rules: [rules]
  append: true
guard: {policy: policy.yaml, context: /srv/context.yaml}
words: case.json
)");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->words_file, "/etc/cordon/case.json");
    EXPECT_EQ(config->name, "Examplia treasury");
    EXPECT_EQ(config->data, "/etc/cordon/data");
    EXPECT_EQ(config->ledger, "/etc/cordon/data/ledger");
    EXPECT_EQ(config->address, "::1");
    EXPECT_EQ(config->port, 8471);
    EXPECT_EQ(config->known, (std::vector<std::string>{"labels:/etc/cordon/labels.csv",
                                                       "wallets:/srv/wallets.csv"}));
    EXPECT_EQ(config->watch.sources,
              (std::vector<std::string>{"evm-rpc:wss://node.example/key", "btc-rpc:env:NODE",
                                        "tail:/etc/cordon/queue.jsonl"}));
    EXPECT_EQ(config->watch.rules, std::vector<std::string>{"/etc/cordon/rules"});
    EXPECT_TRUE(config->watch.append);
    EXPECT_FALSE(parse("version: 1\ndata: d\n")->watch.append) << "the ledger may be another's";
    EXPECT_EQ(config->guard.policy, "/etc/cordon/policy.yaml");
    EXPECT_EQ(config->guard.context, "/srv/context.yaml");
}

TEST(ServeConfig, tells_every_problem_with_its_line) {
    const std::string text = error_of(R"(version: 2
data: d
listen: localhost
surprise: 1
watch: {speed: -1, simulated: maybe}
guard: {}
)");
    for (const char* each :
         {"serve.yaml:1: field version", "serve.yaml:3: field listen", "no field \"surprise\"",
          "serve.yaml:5: field simulated", "serve.yaml:5: field speed", "field policy is missing"})
        EXPECT_NE(text.find(each), std::string::npos) << each << "\n" << text;
}

TEST(ServeConfig, appends_no_simulation_to_the_ledger) {
    EXPECT_NE(error_of("version: 1\ndata: d\nwatch: {simulated: true, append: true}\n")
                  .find("serve.yaml:3: field append"),
              std::string::npos);
}

TEST(ServeConfig, says_what_callers_may_use) {
    const auto plain = parse("version: 1\ndata: d\n");
    ASSERT_TRUE(plain) << plain.error().message;
    EXPECT_EQ(plain->limits.requests_per_second, 100);
    EXPECT_EQ(plain->limits.streams_per_address, 0u);
    const auto config = parse(R"(version: 1
data: d
limits:
  requests_per_second: 2500.5
  burst: 5000
  logins_per_minute: 60
  connections: 4000
  streams: 20000
  connections_per_address: 300
  streams_per_address: 250
)");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->limits.requests_per_second, 2500.5);
    EXPECT_EQ(config->limits.burst, 5000);
    EXPECT_EQ(config->limits.logins_per_minute, 60);
    EXPECT_EQ(config->limits.connections, 4000u);
    EXPECT_EQ(config->limits.streams, 20000u);
    EXPECT_EQ(config->limits.connections_per_address, 300u);
    EXPECT_EQ(config->limits.streams_per_address, 250u);
}

TEST(ServeConfig, refuses_limits_that_nobody_means) {
    const std::string text = error_of(R"(version: 1
data: d
limits:
  requests_per_second: 0
  burst: many
  logins_per_minute: -1
  connections: 1
  streams: 1e9
  connections_per_address: 0.5
  streams_per_address: 99999999999999999999
  threads: 3
)");
    for (const char* each :
         {":4: field requests_per_second: expected a number from 1 to 1000000", ":5: field burst",
          ":6: field logins_per_minute", ":7: field connections: expected a number from 16 to",
          ":8: field streams", ":9: field connections_per_address",
          ":10: field streams_per_address", ":11: no field \"threads\" here"})
        EXPECT_NE(text.find(each), std::string::npos) << each << "\n" << text;
}

TEST(ServeConfig, never_sends_passwords_over_a_net_in_the_clear) {
    EXPECT_NE(error_of("version: 1\ndata: d\nlisten: 0.0.0.0:8470\n").find("needs tls"),
              std::string::npos);
    const std::string with_tls =
        "version: 1\ndata: d\nlisten: 0.0.0.0:8470\n"
        "tls: {certificate: c.pem, key: k.pem}\n";
    EXPECT_NE(error_of(with_tls).find("needs origins"), std::string::npos);
    EXPECT_EQ(error_of(with_tls + "origins: [https://cordon.example]\n"), "");
    EXPECT_NE(error_of("version: 1\ndata: d\norigins: [http://cordon.example]\n"), "");
}

constexpr std::string_view kColo = "colo+a571622c+BN7X1jC3z37NovxrRy30HFb3BI8UZtNXQdjLLKCu3PSy";
constexpr std::string_view kAuditor =
    "auditor+c18209cb+BCxURhJoPhUGpRonik6yxSafN+eBUjmlqha2MnXcXJY2";
/// Of a log, not of a witness.
constexpr std::string_view kLogKey = "log+9e7176f2+Ad3YYX/8lbfM+tshZD+J7T2xw+EkWYfsOp0fRV0FPD2o";

std::string with_log(std::string_view log) { return format("version: 1\ndata: d\nlog:\n{}", log); }

TEST(ServeConfig, names_witnesses_and_how_many_of_them_must_cosign) {
    const std::string two = format(
        "  witnesses:\n    - {{key: \"{}\", url: \"https://w.example/\"}}\n"
        "    - {{key: \"{}\", url: \"http://10.1.0.7:8080\"}}\n",
        kColo, kAuditor);
    const auto all = parse(with_log(two));
    ASSERT_TRUE(all) << all.error().message;
    ASSERT_EQ(all->log.witnesses.size(), 2U);
    EXPECT_EQ(all->log.witnesses[0].key.text(), kColo);
    EXPECT_EQ(all->log.witnesses[1].url, "http://10.1.0.7:8080");
    EXPECT_EQ(all->log.quorum, 2U);
    EXPECT_EQ(parse(with_log(two + "  quorum: 1\n"))->log.quorum, 1U);
    for (const char* quorum : {"0", "3", "-1", "x", "1.5"})
        EXPECT_NE(error_of(with_log(two + "  quorum: " + quorum + "\n")).find("field quorum"),
                  std::string::npos)
            << quorum;
}

TEST(ServeConfig, takes_no_witness_that_is_none_or_stands_twice) {
    const auto one = [](std::string_view key, std::string_view url) {
        return format("    - {{key: \"{}\", url: \"{}\"}}\n", key, url);
    };
    const std::string good = one(kColo, "https://w.example");
    for (const std::string& bad :
         {one(kLogKey, "https://w.example"), one("colo", "https://w.example"),
          one(kColo, "wss://w.example"), one(kColo, "w.example"), good + good, good + "    - 3\n",
          good + "    - {key: x}\n"})
        EXPECT_NE(error_of(with_log("  witnesses:\n" + bad)), "") << bad;
    EXPECT_NE(error_of(with_log("  witnesses: []\n")), "");
    EXPECT_NE(error_of(with_log("  quorum: 1\n")), "");
}

TEST(ServeConfig, refuses_what_is_none) {
    for (const char* each : {"", "[]", "x", "version: 1", "{", "data: [a]\nversion: 1",
                             "version: 1\ndata: d\nwatch: 3", "version: 1\ndata: d\nknown: {a: 1}"})
        EXPECT_NE(error_of(each), "") << each;
}

}  // namespace
}  // namespace cordon::engine
