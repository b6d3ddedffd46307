// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What rules cost: a file of 10,000 beside one of 100 when their events are disjoint (others pay
// for nothing), the shipped rules on transfers, and a correlation on every transfer.
#include <benchmark/benchmark.h>

#include <cordon/chain/evm/abi.hpp>
#include <cordon/detect/rules/rule_set.hpp>
#include <cordon/detect/test_stream.hpp>

namespace cordon::detect {
namespace {

constexpr std::size_t kEvents = 4096;

std::string rule(unsigned n, const std::string& rest) {
    return "- rule: r" + std::to_string(n) + "\n  desc: bench\n  output: seen\n  priority: low\n" +
           rest;
}

struct Bench {
    WatchConfig config;
    TestKnowledge knowledge;
    std::unique_ptr<World> world;
    std::unique_ptr<RuleSet> rules;
    Findings findings;
    TxnActivity activity;
    std::vector<Transfer> transfers;
    BlockHeader header;
    TxnView view;

    explicit Bench(const std::vector<RuleText>& texts) {
        for (unsigned i = 0; i < 16; ++i)
            config.wallets.push_back(
                {kEthereum, named("ours" + std::to_string(i)), "hot-1", "acme", "hot"});
        knowledge.prices[Asset{}] = 2000;
        world = std::make_unique<World>(config, knowledge, 1 << 16);
        CompiledRules compiled = compile_rules(texts, &config);
        CORDON_CHECK(compiled.ok());
        rules = std::make_unique<RuleSet>(compiled.program);
        header.number = 1;
        header.time = from_unix_seconds(1'700'000'000);
        view.chain = kEthereum;
        view.block = &header;
        view.time = *header.time;
        view.has_logs = true;
    }
    /// Every hundredth pays from a wallet of ours.
    void pay() {
        for (unsigned i = 0; i < kEvents; ++i)
            transfers.push_back(
                {i, named((i % 100 == 0 ? "ours" : "other") + std::to_string(i % 16)),
                 named("to" + std::to_string(i % 500)), Asset{},
                 Amount{uint64_t{i} * 1'000'000'000'000'000U}, TransferKind::kNative});
        view.movements = world->movements(kEthereum, transfers, view.time);
    }
    void run(benchmark::State& state) {
        for (auto _ : state) {
            rules->on_txn(view, *world, findings);
            findings.clear();
        }
        state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kEvents));
    }
};

std::string event_name(unsigned n) { return "Event" + std::to_string(n) + "(uint256 value)"; }

/// Logs of a hundred kinds; of `count` rules a hundred are about them.
void logs(benchmark::State& state, unsigned count) {
    std::string text;
    for (unsigned i = 0; i < count; ++i)
        text += rule(i, "  condition: log is \"" + event_name(i) + "\" and arg.value > 1000000\n");
    Bench bench{{{"bench.yaml", text}}};
    for (unsigned i = 0; i < kEvents; ++i) {
        Log log;
        log.index = i;
        log.contract = named("contract" + std::to_string(i % 7));
        log.topics = {chain::parse_abi_signature(event_name(i % 100))->hash};
        log.data.assign(32, 0);
        bench.activity.logs.push_back(log);
    }
    bench.view.activity = &bench.activity;
    bench.run(state);
}
BENCHMARK_CAPTURE(logs, 10000, 10'000U);
BENCHMARK_CAPTURE(logs, floor : 100, 100U);

void transfers(benchmark::State& state, const std::vector<RuleText>& texts) {
    Bench bench{texts};
    bench.pay();
    bench.run(state);
}
void shipped(benchmark::State& state) { transfers(state, shipped_rules()); }
BENCHMARK(shipped)->Name("transfers/shipped");
void counted(benchmark::State& state) {
    transfers(state, {{"bench.yaml",
                       rule(0,
                            "  condition: amount > 0\n  event: transfer\n  correlate: {type: "
                            "count, by: [to], window: 10m, having: group.value >= 1000000}\n")}});
}
BENCHMARK(counted)->Name("transfers/correlated");

}  // namespace
}  // namespace cordon::detect
