// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What it costs to judge a withdrawal by a policy, with all answers of the world at hand.
#include <benchmark/benchmark.h>

#include <string>

#include <cordon/base/format.hpp>
#include <cordon/guard/policy/told_world.hpp>

namespace cordon {
namespace {

/// As those of real policies: each asks for two to four things, most of them by numbers of its own,
/// and few are true of one withdrawal.
std::string policy_of(int rules) {
    std::string yaml = "version: 1\nbook:\n";
    for (int i = 0; i < 200; ++i)
        yaml += format("  - {{chain: eth, address: \"0x{:040x}\", name: payee}}\n", i + 1000);
    yaml += "limits:\n";
    for (const char* scope : {"wallet", "tier", "requester", "all"})
        yaml += format("  - {{id: {}, scope: {}, window: 24h, usd: 1000000}}\n", scope, scope);
    yaml +=
        "rules:\n  - {id: small, when: \"tier == hot and usd <= 1000 and to in book\", then: "
        "allow}\n";
    constexpr std::array<std::string_view, 8> kMore{
        "tier == cold and usd > {}",
        "usd > {} and not (to in book)",
        "screen.hit and amount > {}",
        "exposure.mixer > 10% and usd > {}",
        "paid.count == 0 and usd > 20_000 and amount > {}",
        "requester == 'person-{}' and usd > 10",
        "to.look_alike and usd > {}",
        "alerts.worst >= high and usd > {} and tier in (hot, warm)"};
    for (int i = 1; i < rules; ++i) {
        std::string condition{kMore[static_cast<std::size_t>(i) % kMore.size()]};
        condition.replace(condition.find("{}"), 2, std::to_string(i * 1000));
        yaml += format("  - {{id: r{}, when: \"{}\", then: deny}}\n", i, condition);
    }
    return yaml;
}

WithdrawalRequest request() {
    WithdrawalRequest out;
    out.id = "wd-1";
    out.chain = kEthereum;
    std::array<uint8_t, 20> bytes{};
    bytes[19] = 1;
    out.from = Address{AddressKind::kEvm, bytes};
    bytes[18] = 1000 >> 8;
    bytes[19] = 1000 & 0xFF;
    out.to = Address{AddressKind::kEvm, bytes};
    out.amount = Amount{100'000'000'000'000'000U};
    out.requester = "alice";
    return out;
}

/// Judging alone: `answers` is told the world once, as the gate gathers it before it judges.
void judge(benchmark::State& state) {
    const auto compiled =
        guard::Policy::compile(policy_of(static_cast<int>(state.range(0))), "bench");
    const WithdrawalRequest asked = request();
    guard::ToldWorld world;
    world.wallets = {{kEthereum, asked.from, "hot-1", "acme", "hot"}};
    world.prices = {{kEthereum, Asset{}, UnixMillis{}, 2000.0}};
    const guard::ToldSpending spending;
    if (!compiled.policy) return state.SkipWithError("the policy does not compile");
    if (compiled.policy->judge(asked, world, spending, UnixMillis{}).decision != Decision::kAllow)
        return state.SkipWithError("the request is not allowed");
    for (auto _ : state)
        benchmark::DoNotOptimize(compiled.policy->judge(asked, world, spending, UnixMillis{}));
}
BENCHMARK(judge)->Arg(10)->Arg(200)->Arg(1'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace cordon
