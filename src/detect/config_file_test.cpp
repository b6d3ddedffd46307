// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "config_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "detector.hpp"

namespace cordon::detect {
namespace {

using ::testing::HasSubstr;

Result<WatchConfig> parse(std::string_view text) {
    return parse_watch_config(
        memory_file("watch.yaml", {reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
}
std::string refusal(std::string_view text) {
    const auto config = parse(text);
    return config ? "" : config.error().message;
}

constexpr std::string_view kA = "0x00000000000000000000000000000000000000aa";
constexpr std::string_view kB = "0x00000000000000000000000000000000000000bb";

TEST(ConfigFile, reads_everything_that_can_be_said) {
    const auto config = parse(R"(
version: 1
wallets:
  - {set: hot, entity: acme, tier: hot, chain: eth, addresses: ["0x00000000000000000000000000000000000000aa"]}
  - {set: hot, entity: acme, tier: hot, addresses: ["bsc:0x00000000000000000000000000000000000000aa", "eip155:10:0x00000000000000000000000000000000000000aa"]}
  - {set: vault, entity: acme, tier: cold, chain: btc, addresses: [1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa]}
protocols:
  - {name: lend, chain: eth, contracts: ["0x00000000000000000000000000000000000000bb"], min_delay: 48h, value_usd: 1000000.50}
safes:
  - {name: treasury, chain: eth, address: "0x00000000000000000000000000000000000000cc", singletons: ["0x00000000000000000000000000000000000000dd"]}
bridges:
  - {name: span, contracts: ["eth:0x00000000000000000000000000000000000000ee"], finality: 15m}
allowed:
  - {chain: eth, addresses: ["0x00000000000000000000000000000000000000ff"], set: hot, note: custodian, until: 2030-01-01T00:00:00Z}
tickets:
  - {id: CHG-1, set: vault, from: 2025-01-01T00:00:00Z, until: 2025-01-02T00:00:00Z, usd: 5000000}
disabled: [my-rule]
)");
    ASSERT_TRUE(config.has_value()) << config.error().message;
    ASSERT_EQ(config->wallets.size(), 4U);
    EXPECT_EQ(config->wallets[2].chain, (ChainId{ChainFamily::kEvm, 10}));
    EXPECT_EQ(config->wallets[3].tier, "cold");
    EXPECT_EQ(config->protocols[0].min_delay, Seconds{48 * 3600});
    EXPECT_EQ(config->protocols[0].value, 100'000'050);
    EXPECT_EQ(config->safes[0].singletons.size(), 1U);
    EXPECT_EQ(config->bridges[0].finality, Seconds{900});
    EXPECT_EQ(config->allowed[0].set, "hot");
    EXPECT_EQ(config->tickets[0].usd, 500'000'000);
    EXPECT_EQ(config->disabled, std::vector<std::string>{"my-rule"});
}

TEST(ConfigFile, what_is_guarded_comes_from_hot_to_cold_and_once) {
    const auto config = parse(R"(
version: 1
wallets:
  - {set: in, entity: acme, tier: deposit, chain: eth, addresses: ["0x00000000000000000000000000000000000000dd"]}
  - {set: vault, entity: acme, tier: cold, chain: eth, addresses: ["0x00000000000000000000000000000000000000cc"]}
  - {set: hot, entity: acme, tier: hot, chain: eth, addresses: ["0x00000000000000000000000000000000000000aa"]}
safes:
  - {name: treasury, chain: eth, address: "0x00000000000000000000000000000000000000cc"}
protocols:
  - {name: lend, chain: eth, contracts: ["0x00000000000000000000000000000000000000bb"]}
)");
    ASSERT_TRUE(config) << config.error().message;
    std::string order;
    for (const Place& place : guarded_places(*config))
        order += chain::format_address(place.chain, place.address).substr(40);
    EXPECT_EQ(order, "aaccddbb");
}

TEST(ConfigFile, tells_all_that_is_wrong_with_its_lines) {
    const std::string message = refusal(R"(version: 1
walets: []
wallets:
  - {set: hot, entity: acme, tier: lukewarm, chain: eth, addresses: ["0x12"]}
tickets:
  - {id: T, set: hot, from: 2025-01-02T00:00:00Z, until: 2025-01-01T00:00:00Z}
parameters:
  D99: {share: 1}
disabled: [D98]
)");
    EXPECT_THAT(message, HasSubstr("watch.yaml:2: no field \"walets\""));
    EXPECT_THAT(message, HasSubstr("watch.yaml:4: field tier"));
    EXPECT_THAT(message, HasSubstr("watch.yaml:4: field addresses"));
    EXPECT_THAT(message, HasSubstr("watch.yaml:6: field until"));
    EXPECT_THAT(message, HasSubstr("there is no detector \"D99\""));
    EXPECT_THAT(message, HasSubstr("\"D98\""));
}

TEST(ConfigFile, refuses_what_could_mean_two_things) {
    const std::string head =
        "version: 1\nwallets:\n  - {set: a, entity: e, tier: hot, chain: eth, addresses: [\"";
    EXPECT_THAT(refusal(head + std::string{kA} +
                        "\"]}\n  - {set: b, entity: e, tier: hot, chain: eth, addresses: [\"" +
                        std::string{kA} + "\"]}\n"),
                HasSubstr("is in the set \"a\" already"));
    EXPECT_THAT(refusal(head + std::string{kA} +
                        "\"]}\n  - {set: a, entity: e, tier: cold, chain: eth, addresses: [\"" +
                        std::string{kB} + "\"]}\n"),
                HasSubstr("another entity or tier"));
    EXPECT_THAT(refusal("version: 1\nallowed:\n  - {chain: eth, addresses: [\"" + std::string{kA} +
                        "\"]}\n"),
                HasSubstr("field note is missing"));
    EXPECT_THAT(
        refusal("version: 1\nallowed:\n  - {addresses: [\"" + std::string{kA} + "\"], note: n}\n"),
        HasSubstr("the chain is missing"));
}

TEST(ConfigFile, refuses_other_files_and_numbers_out_of_range) {
    EXPECT_NE(refusal(""), "");
    EXPECT_NE(refusal("version: 2\n"), "");
    EXPECT_NE(refusal("- a\n"), "");
    EXPECT_NE(refusal("version: 1\nwallets: {a: b}\n"), "");
    EXPECT_NE(refusal("version: 1\nwallets: [x]\n"), "");
    std::string many = "version: 1\n";
    for (int i = 0; i < 200; ++i) many += "f" + std::to_string(i) + ": x\n";
    EXPECT_THAT(refusal(many), HasSubstr("and 150 more"));
    for (const Maker& maker : detectors())
        for (const Parameter& parameter : maker.descriptor->parameters) {
            const std::string field = "version: 1\nparameters:\n  " +
                                      std::string{maker.descriptor->id} + ": {" +
                                      std::string{parameter.name} + ": ";
            EXPECT_EQ(refusal(field + format("{}", parameter.min) + "}\n"), "") << field;
            EXPECT_NE(refusal(field + format("{}", parameter.max * 2 + 1) + "}\n"), "") << field;
            EXPECT_NE(refusal(field + "nan}\n"), "") << field;
        }
}

TEST(ConfigFile, shipped_parameters_lie_in_their_ranges) {
    for (const Maker& maker : detectors())
        for (const Parameter& parameter : maker.descriptor->parameters)
            EXPECT_TRUE(parameter.min <= parameter.value && parameter.value <= parameter.max)
                << maker.descriptor->id << " " << parameter.name;
}

}  // namespace
}  // namespace cordon::detect
