// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include "builders.hpp"
#include "fake_context.hpp"
#include "memory_ledger.hpp"

/// A trace of a made-up theft of a million transfers, by policy: half of them a laundering tree
/// that splits, peels and commingles, half background among strangers. The ledger is in memory, so
/// that the walk alone is measured; the numbers of the real ledger are in ledger_bench.
namespace cordon {
namespace {

constexpr uint32_t kTransfers = 1'000'000;
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
    Random random;
    std::vector<Block> blocks;
    uint64_t txns = 0;
    const auto pay = [&](const Address& from, const Address& to, uint64_t amount) {
        if (txns % kTxnsPerBlock == 0) {
            Block& block = blocks.emplace_back();
            block.chain = kEthereum;
            block.header.number = blocks.size();
            block.header.time = test::AccountChain::time_of(block.header.number);
        }
        blocks.back().account_txns.push_back(
            {test::hash(++txns), {test::transfer().from(from).to(to).amount(amount)}});
    };
    const auto stranger = [&] { return test::address(10'000'000 + random.below(kStrangers)); };
    // Every mule passes on what it got in up to three parts; the tree grows from one thief.
    std::vector<std::pair<uint32_t, uint64_t>> mules{{1, 1'000'000'000'000'000'000}};
    uint32_t next = 2;
    for (std::size_t at = 0; txns < kTransfers; ++at) {
        pay(stranger(), stranger(), 1 + random.below(1'000'000));
        if (at >= mules.size()) continue;
        auto [who, left] = mules[at];
        if (random.below(3) == 0)
            pay(stranger(), test::address(who), 1'000 + random.below(1'000'000));
        for (uint32_t part = 1 + random.below(3); part > 0 && left > 1; --part) {
            const uint64_t amount =
                part == 1 ? left : left / 2 + random.below(1'000) % (left / 2 + 1);
            pay(test::address(who), test::address(next), amount);
            mules.emplace_back(next++, amount);
            left -= amount;
        }
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
    const trace::Seed seed{kEthereum, trace::Seed::FromAddress{test::address(1), {}}, "thief"};
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

}  // namespace
}  // namespace cordon
