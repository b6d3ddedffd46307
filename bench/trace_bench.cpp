// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <cstdlib>
#include <cstring>

#include <cordon/trace/layout.hpp>
#include <cordon/trace/layout_test_theft.hpp>

#include "builders.hpp"
#include "fake_context.hpp"
#include "memory_ledger.hpp"
#include "trace/in_ledger.hpp"
#include "trace/theft.hpp"

/// A trace of a made-up theft by policy, among as many transfers of strangers: the ledger is in
/// memory, so that the walk alone is measured. The same in a real ledger of any size, and beside
/// networkx: trace/in_ledger.hpp, which tools/bench_lib/trace.py runs. And the layout of what was
/// found.
namespace cordon {
namespace {

constexpr uint32_t kMoves = 400'000;
constexpr uint32_t kStrangers = 100'000;
constexpr uint32_t kTxnsPerBlock = 100;

/// The generator of MINSTD: the same chain on every machine.
class Random {
public:
    uint32_t below(uint32_t limit) {
        state_ = state_ * 48271 % 2147483647;
        return static_cast<uint32_t>(state_ % limit);
    }

private:
    uint64_t state_ = 20240531;
};

std::vector<Block> make_theft() {
    std::vector<Block> blocks;
    uint64_t txns = 0;
    const auto put = [&](const Transfer& row) {
        if (txns % kTxnsPerBlock == 0) {
            Block& block = blocks.emplace_back();
            block.chain = kEthereum;
            block.header.number = blocks.size();
            block.header.time = test::AccountChain::time_of(block.header.number);
        }
        blocks.back().account_txns.push_back({test::hash(++txns), {row}});
    };
    const auto stranger = [](gen::Random& random) {
        return test::address(static_cast<unsigned>(10'000'000 + random.below(kStrangers)));
    };
    gen::Random random{1};
    bench::Theft theft{kMoves, stranger};
    Transfer payment;
    while (theft.next(payment)) {
        put(test::transfer().from(stranger(random)).to(stranger(random)).amount(1U));
        put(payment);
    }
    return blocks;
}

/// The worst that one address can be: it deals in small lots with strangers, pays gas each time,
/// and everyone deals with everyone else, so that taint without limits reaches all.
std::vector<Block> make_hub() {
    constexpr uint32_t kDeals = 50'000, kTraders = 5'000;
    Random random;
    test::AccountChain chain;
    const Address thief = test::address(1), hub = test::address(2);
    const auto trader = [&] { return test::address(10'000 + random.below(kTraders)); };
    chain.pay(thief, hub, 1'000'000'000);
    for (uint32_t i = 0; i < kDeals; ++i) {
        chain.pay(i % 2 == 0 ? trader() : thief, hub, 1'000 + random.below(1'000));
        chain.txn({test::transfer().from(hub).to(trader()).amount(1'500U),
                   test::transfer().from(hub).to(trader()).amount(3U).kind(TransferKind::kFee)});
        chain.pay(trader(), trader(), 1 + random.below(2'000));
    }
    return chain.blocks();
}

void follow_hub(benchmark::State& state) {
    static const test::MemoryLedger ledger{make_hub()};
    const test::FakeContext context;
    trace::Params params;
    params.policy = static_cast<trace::Policy>(state.range(0));
    params.max_hops = 1'000'000;
    params.max_nodes = params.max_edges = 10'000'000;
    params.min_share = params.min_purity = 0;
    params.service_degree = params.service_both_sides = params.stranger_senders = 0;
    const trace::Seed seed{kEthereum, trace::Seed::FromAddress{test::address(1), {}}, "thief"};
    std::size_t edges = 0;
    for ([[maybe_unused]] auto _ : state) {
        const auto result = trace::trace(ledger, context, {}, std::span{&seed, 1}, params);
        if (!result) return state.SkipWithError(result.error().message.c_str());
        edges = result->edges.size();
    }
    state.SetLabel(std::string{to_string(params.policy)});
    state.counters["edges"] = static_cast<double>(edges);
}
BENCHMARK(follow_hub)->DenseRange(0, 4)->Unit(benchmark::kMillisecond)->Iterations(1);

void follow_theft(benchmark::State& state) {
    static const test::MemoryLedger ledger{make_theft()};
    const test::FakeContext context;
    trace::Params params;
    params.policy = static_cast<trace::Policy>(state.range(0));
    params.max_hops = 1'000'000;
    params.max_nodes = params.max_edges = 10'000'000;
    params.min_share = 0;
    const trace::Seed seed{kEthereum, trace::Seed::FromAddress{bench::Theft::thief(), {}}, "thief"};
    std::size_t edges = 0;
    for ([[maybe_unused]] auto _ : state) {
        const auto result = trace::trace(ledger, context, {}, std::span{&seed, 1}, params);
        if (!result) return state.SkipWithError(result.error().message.c_str());
        edges = result->edges.size();
        benchmark::DoNotOptimize(result);
    }
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    state.SetLabel(std::string{to_string(params.policy)});
    state.counters["edges"] = static_cast<double>(edges);
    state.counters["edges/s"] = benchmark::Counter(static_cast<double>(edges),
                                                   benchmark::Counter::kIsIterationInvariantRate);
    state.counters["peak_MiB"] = static_cast<double>(usage.ru_maxrss) / 1024;
}
BENCHMARK(follow_theft)->DenseRange(0, 4)->Unit(benchmark::kMillisecond)->Iterations(1);

void lay_out(benchmark::State& state) {
    const auto edges = static_cast<std::size_t>(state.range(0));
    const auto result =
        trace::test::TheftMaker{{.seed = 7, .edges = edges, .several_assets = true}}.make();
    trace::LayoutParams params;
    params.mode = static_cast<trace::FlowMode>(state.range(1));
    for ([[maybe_unused]] auto _ : state)
        benchmark::DoNotOptimize(trace::lay_out(result, nullptr, params));
    constexpr std::array kModes{"stolen only", "all money", "raw"};
    state.SetLabel(kModes.at(static_cast<std::size_t>(state.range(1))));
    state.counters["edges"] = static_cast<double>(result.edges.size());
}
BENCHMARK(lay_out)
    ->Args({50'000, 0})
    ->Args({50'000, 1})
    ->Args({50'000, 2})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace cordon

/// As a program of Google Benchmark; or `make DIR ROWS MOVES [CSV]` and `follow DIR`.
int main(int count, char** words) {
    if (count >= 5 && std::strcmp(words[1], "make") == 0)
        return cordon::bench::make_theft({words[2], std::strtoull(words[3], nullptr, 10),
                                          std::strtoull(words[4], nullptr, 10),
                                          count > 5 ? words[5] : ""});
    if (count == 3 && std::strcmp(words[1], "follow") == 0)
        return cordon::bench::follow_theft(words[2]);
    benchmark::Initialize(&count, words);
    if (benchmark::ReportUnrecognizedArguments(count, words)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
